//! What a container takes from its image where the user said nothing.

use crate::wire::ContainerConfig;

/// Docker's `runconfig.Merge`: the user's value wins, lists and maps are united.
pub fn image(user: &mut ContainerConfig, image: &ContainerConfig) {
    let text = |mine: &mut String, theirs: &String| {
        if mine.is_empty() {
            mine.clone_from(theirs);
        }
    };
    text(&mut user.user, &image.user);
    text(&mut user.working_dir, &image.working_dir);
    text(&mut user.stop_signal, &image.stop_signal);
    if let Some(ports) = image.exposed_ports.as_ref().filter(|p| !p.is_empty()) {
        user.exposed_ports
            .get_or_insert_default()
            .extend(ports.clone());
    }
    if let Some(volumes) = image.volumes.as_ref().filter(|v| !v.is_empty()) {
        user.volumes.get_or_insert_default().extend(volumes.clone());
    }
    let key = |entry: &str| entry.split('=').next().unwrap_or_default().to_owned();
    let mine: Vec<String> = user.env.iter().flatten().map(|e| key(e)).collect();
    let theirs: Vec<String> = image
        .env
        .iter()
        .flatten()
        .filter(|e| !mine.contains(&key(e)))
        .cloned()
        .collect();
    if user.env.is_some() || !theirs.is_empty() {
        user.env.get_or_insert_default().extend(theirs);
    }
    let labels = user.labels.get_or_insert_default();
    for (key, value) in image.labels.iter().flatten() {
        labels.entry(key.clone()).or_insert_with(|| value.clone());
    }
    let empty = |list: &Option<Vec<String>>| list.as_ref().is_none_or(Vec::is_empty);
    if empty(&user.entrypoint) {
        if empty(&user.cmd) {
            user.cmd.clone_from(&image.cmd);
        }
        // An empty list (`--entrypoint ''` of old clients) resets the image's, null does not.
        if user.entrypoint.is_none() {
            user.entrypoint.clone_from(&image.entrypoint);
        }
    }
    match (&mut user.healthcheck, &image.healthcheck) {
        (mine @ None, theirs) => mine.clone_from(theirs),
        (Some(mine), Some(theirs)) => {
            if mine.test.as_ref().is_none_or(Vec::is_empty) {
                mine.test.clone_from(&theirs.test);
            }
            for (mine, theirs) in [
                (&mut mine.interval, theirs.interval),
                (&mut mine.timeout, theirs.timeout),
                (&mut mine.start_period, theirs.start_period),
                (&mut mine.start_interval, theirs.start_interval),
                (&mut mine.retries, theirs.retries),
            ] {
                if *mine == 0 {
                    *mine = theirs;
                }
            }
        }
        (Some(_), None) => {}
    }
    if user.stop_timeout.is_none() {
        user.stop_timeout = image.stop_timeout;
    }
    if empty(&user.shell) {
        user.shell.clone_from(&image.shell);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn list(words: &[&str]) -> Option<Vec<String>> {
        Some(words.iter().map(|w| (*w).to_owned()).collect())
    }

    fn merged(
        entrypoint: Option<Vec<String>>,
        cmd: Option<Vec<String>>,
    ) -> (Option<Vec<String>>, Option<Vec<String>>) {
        let from = ContainerConfig {
            entrypoint: list(&["e"]),
            cmd: list(&["c"]),
            ..Default::default()
        };
        let mut user = ContainerConfig {
            entrypoint,
            cmd,
            ..Default::default()
        };
        image(&mut user, &from);
        (user.entrypoint, user.cmd)
    }

    #[test]
    fn entrypoint_and_command_follow_dockers_table() {
        assert_eq!(merged(None, None), (list(&["e"]), list(&["c"])));
        assert_eq!(merged(None, list(&["x"])), (list(&["e"]), list(&["x"])));
        assert_eq!(merged(list(&["y"]), None), (list(&["y"]), None));
        assert_eq!(merged(list(&[]), None), (list(&[]), list(&["c"])));
        assert_eq!(merged(list(&[""]), None), (list(&[""]), None));
    }

    #[test]
    fn the_users_environment_comes_first_and_wins() {
        let from = ContainerConfig {
            env: list(&["A=image", "PATH=/bin"]),
            ..Default::default()
        };
        let mut user = ContainerConfig {
            env: list(&["A=user"]),
            ..Default::default()
        };
        image(&mut user, &from);
        assert_eq!(user.env, list(&["A=user", "PATH=/bin"]));
    }
}
