//! One line of advice after the errors that beginners meet first. On a terminal only, never in place of Docker's line.

use super::app::App;
use super::error::Error;

/// Words of an error, and the advice for it.
const ADVICE: &[(&str, &str)] = &[
    (
        "executable file not found in $PATH",
        "the image has no such program, or an option stands behind the image's name: options go before it.",
    ),
    (
        "is already in use by container",
        "remove the old container with `rm NAME`, or let `run --rm` remove it when it ends.",
    ),
    (
        "container is running: stop the container before removing",
        "`stop NAME` first, or `rm -f NAME` to do both.",
    ),
    (
        "the input device is not a TTY",
        "leave out `-t` where no terminal is connected, as in scripts and pipes.",
    ),
    (
        "must be lowercase",
        "names of images are written in small letters.",
    ),
    (
        "No such container",
        "`ps -a` lists every container, stopped ones too.",
    ),
    (
        "You cannot attach to a stopped container",
        "`start -a NAME` starts and attaches in one step.",
    ),
    (
        "exec format error",
        "this engine runs WebAssembly programs; this file is something else.",
    ),
];

/// Prints the advice for an error, if there is any.
pub fn after(app: &App, error: &Error) {
    let found = ADVICE
        .iter()
        .find(|(words, _)| error.message.contains(words));
    if let Some((_, advice)) = found {
        app.hint(advice);
    }
}
