//! `commit`: what a container changed is in the image, and nothing else.

use crate::support::{World, text};
use serde_json::Value;

#[test]
fn what_a_container_changed_becomes_an_image() {
    let world = World::new();
    let script = "mkdir /d; echo x >/d/x; ln /d/x /d/y; ln -s x /d/l; chmod 4755 /d/x; \
                  rm /etc/motd; echo more >>/etc/passwd; chown -h 1000:7 /d/l; mkdir /e; rmdir /e";
    world.ok(&[
        "run",
        "--name",
        "box",
        "-e",
        "A=1",
        "-v",
        "/kept",
        "alpine",
        "sh",
        "-c",
        &format!("{script}; echo v >/kept/v"),
    ]);
    let id = world.ok(&[
        "commit",
        "-a",
        "me",
        "-m",
        "why",
        "-c",
        "ENV B=2",
        "-c",
        "CMD [\"sh\", \"-c\", \"echo $A$B\"]",
        "box",
        "made:v1",
    ]);
    assert!(id.starts_with("sha256:"), "{id}");

    assert_eq!(world.ok(&["run", "--rm", "made:v1"]), "12\n");
    let look = "cat /d/x /d/y; stat -c '%a %h' /d/x; readlink /d/l; ls /etc/motd /e 2>&1 | wc -l; \
                tail -n1 /etc/passwd; ls /kept | wc -l";
    assert_eq!(
        world.ok(&["run", "--rm", "made:v1", "sh", "-c", look]),
        "x\nx\n4755 2\nx\n2\nmore\n0\n"
    );
    let image: Value = serde_json::from_str(&world.ok(&["inspect", "made:v1"])).expect("JSON");
    let image = &image[0];
    assert_eq!(image["Id"], id.trim());
    assert_eq!(
        (&image["Author"], &image["Comment"]),
        (&"me".into(), &"why".into())
    );
    let base = world.ok(&["inspect", "-f", "{{.Id}}", "alpine"]);
    assert_eq!(image["Parent"], base.trim());

    // One layer more. The same tree gives the same one, an unchanged tree none.
    let layers = |id: &str| -> Vec<String> {
        let shown = world.ok(&["inspect", "-f", "{{json .RootFS.Layers}}", id.trim()]);
        serde_json::from_str(&shown).expect("a list")
    };
    assert_eq!(layers(&id)[..layers(&id).len() - 1], layers("alpine"));
    let again = world.ok(&["commit", "box"]);
    assert_ne!(again, id);
    assert_eq!(layers(&again), layers(&id));
    world.ok(&["create", "--name", "still", "alpine"]);
    let still = world.ok(&["commit", "still"]);
    assert_eq!(layers(&still), layers("alpine"));

    // An image of an image, of a container that runs.
    world.ok(&[
        "run",
        "-d",
        "--name",
        "c2",
        "made:v1",
        "sh",
        "-c",
        "echo z >/z; sleep 1000",
    ]);
    world.ok(&[
        "exec",
        "c2",
        "sh",
        "-c",
        "until [ -s /z ]; do sleep 0.01; done",
    ]);
    world.ok(&["commit", "-p=false", "c2", "made:v2"]);
    world.ok(&["commit", "c2", "made:v3"]);
    assert_eq!(
        world.ok(&["inspect", "-f", "{{.State.Status}}", "c2"]),
        "running\n"
    );
    for tag in ["made:v2", "made:v3"] {
        assert_eq!(
            world.ok(&["run", "--rm", tag, "cat", "/z", "/d/x"]),
            "z\nx\n"
        );
    }
}

#[test]
fn refusals_of_commit() {
    let world = World::new();
    world.ok(&["create", "--name", "box", "alpine"]);
    for (args, words) in [
        (
            &["nosuch"][..],
            "Error response from daemon: No such container: nosuch\n",
        ),
        (
            &["box", "UPPER"],
            "invalid reference format: repository name (library/UPPER) must be lowercase\n",
        ),
        (
            &[
                "box",
                "a@sha256:de697182e89e8dd0f556a43ea416ac349b4ee2d3e26e2f8a8bb6da344fab093f",
            ],
            "refusing to create a tag with a digest reference\n",
        ),
        (
            &["-c", "RUN x", "box"],
            "Error response from daemon: RUN is not a valid change command\n",
        ),
    ] {
        let args: Vec<&str> = std::iter::once("commit")
            .chain(args.iter().copied())
            .collect();
        let output = world.run(&args);
        assert_eq!(output.status.code(), Some(1));
        assert_eq!(text(&output.stderr), words, "{args:?}");
    }
    let none = text(&world.run(&["commit"]).stderr);
    assert!(
        none.contains("'schooner commit' requires at least 1 and at most 2 arguments"),
        "{none}"
    );
}
