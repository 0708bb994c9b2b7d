//! One line of advice after the errors that beginners meet first, and after the ends that puzzle them.
//!
//! On a terminal only, on standard error, never in place of Docker's line: `App::hint` sees to that. The advice for errors is in
//! `table`; what shows without an error (an exit code, a slow stop, a volume that was meant as a folder) is here.

mod table;

use super::app::App;
use super::error::Error;
use std::time::Duration;

/// Prints the advice for an error, if there is any.
pub fn after(app: &App, error: &Error) {
    if let Some(advice) = table::advice(&error.message) {
        app.hint(advice);
    }
}

/// After a container or an exec has ended with this code.
pub fn after_code(app: &App, code: i32) {
    let advice = match code {
        126 => "126: the program was found and cannot be executed; `chmod +x` it in the image.",
        127 => "127: there is no such program in the container; images without bash have sh.",
        137 => {
            "137: ended by SIGKILL. `inspect -f {{.State.OOMKilled}} NAME` tells whether the memory limit did it; raise it with `-m`."
        }
        255 => {
            "255: if `exec ...` failed above, the file is no WebAssembly program, or a script whose `#!` line names nothing here (or ends in CR)."
        }
        _ => return,
    };
    app.hint(advice);
}

/// After a stop that took so long.
pub fn after_stop(app: &App, took: Duration) {
    if took >= Duration::from_secs(9) {
        app.hint(
            "the first process ignored SIGTERM, so it was killed after the grace period; `run --init` or a `trap` in the script makes it end at once.",
        );
    }
}

/// Before a container is made with these `-v` values: one that names a volume although a folder has the same name.
pub fn before_volumes(app: &App, volumes: &[String]) {
    if let Some(name) = volumes
        .iter()
        .find_map(|v| meant_as_folder(v, |name| std::path::Path::new(name).is_dir()))
    {
        app.hint(&format!(
            "`{name}` names a volume, not the folder beside you; write `./{name}` for the folder."
        ));
    }
}

fn meant_as_folder(volume: &str, is_folder: impl Fn(&str) -> bool) -> Option<&str> {
    let (source, target) = volume.split_once(':')?;
    let is_name = !source.is_empty() && !source.contains(['/', '\\', '.', '~']);
    (is_name && target.starts_with('/') && is_folder(source)).then_some(source)
}

/// After a list of running containers that was empty.
pub fn after_empty_list(app: &App) {
    app.hint("nothing runs now; `ps -a` lists the containers that have ended, too.");
}

#[cfg(test)]
mod tests {
    use super::meant_as_folder;

    #[test]
    fn a_volume_with_a_folders_name_is_noticed() {
        let here = |name: &str| name == "data";
        assert_eq!(meant_as_folder("data:/srv", here), Some("data"));
        for other in [
            "cache:/srv",
            "./data:/srv",
            "/data:/srv",
            "data",
            "data:srv",
        ] {
            assert_eq!(meant_as_folder(other, here), None, "{other}");
        }
    }
}
