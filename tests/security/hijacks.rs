//! S33: many attached streams at once keep apart and leave nothing behind.

use crate::support::World;

#[test]
fn s33_parallel_execs_do_not_mix() {
    let world = World::new();
    world.ok(&["run", "-d", "--name", "hh", "alpine", "sleep", "1000"]);
    world.ok(&["exec", "hh", "true"]);
    let before = world.engine_count("fd");
    let (threads, each) = (8, 25);
    std::thread::scope(|scope| {
        for thread in 0..threads {
            let world = &world;
            scope.spawn(move || {
                for n in 0..each {
                    let word = format!("word-{thread}-{n}");
                    let script = format!("echo {word}; echo {word} >&2");
                    let output = world.run(&["exec", "hh", "sh", "-c", &script]);
                    assert_eq!(String::from_utf8_lossy(&output.stdout), format!("{word}\n"));
                    assert_eq!(String::from_utf8_lossy(&output.stderr), format!("{word}\n"));
                }
            });
        }
    });
    let left = world.ok(&["exec", "hh", "ps"]);
    assert_eq!(
        left.lines().count(),
        3,
        "the title, pid 1 and ps itself:\n{left}"
    );
    let after = world.engine_count("fd");
    assert!(
        after <= before + 2,
        "{before} descriptors before, {after} after"
    );
}
