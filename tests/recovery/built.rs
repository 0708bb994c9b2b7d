//! A build acknowledges its last image: that one survives a kill -9, with its names and all that it stands on.

use crate::support::World;

#[test]
fn the_image_that_a_build_told_of_survives_a_kill() {
    let world = World::new();
    let folder = tempfile::tempdir().expect("a folder");
    let context = folder.path().to_str().expect("a path");
    let steps = "FROM alpine\nRUN echo made >/made\nENV a=1\nCMD cat /made\n";
    std::fs::write(folder.path().join("Dockerfile"), steps).expect("written");
    for tags in [&["-t", "kept", "-t", "kept:2"][..], &[]] {
        let mut args = vec!["build", "-q", "--no-cache"];
        args.extend(tags);
        args.push(context);
        let id = world.ok(&args).trim().to_owned();
        let host = world.host();
        crate::kill_nine::kill(&world);
        let socket = host.strip_prefix("unix://").expect("a socket");
        // Until it is gone it still takes connections, which then break.
        while std::os::unix::net::UnixStream::connect(socket).is_ok() {
            std::thread::yield_now();
        }
        assert_eq!(world.ok(&["run", "--rm", &id]), "made\n");
        if !tags.is_empty() {
            let named = world.ok(&["images", "-q", "--no-trunc", "kept"]);
            assert_eq!(named.lines().collect::<Vec<_>>(), [&id, &id]);
        }
        // Steps and their containers are gone with a crash or there as a whole.
        assert_eq!(world.ok(&["ps", "-aq"]), "");
        assert_eq!(world.ok(&["system", "check"]), "Everything is in order.\n");
        // All steps are in the cache: made again, they would have other times and so other ids.
        assert_eq!(world.ok(&["build", "-q", context]).trim(), id);
    }
}
