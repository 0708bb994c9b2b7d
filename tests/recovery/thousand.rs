//! A thousand containers at once, and nothing left of them afterwards.

use crate::support::World;

#[test]
fn a_thousand_sleepers_come_and_go() {
    let world = World::new();
    world.ok(&["run", "--rm", "alpine", "sleep", "0"]);
    let base = Footprint::of(&world);
    std::thread::scope(|scope| {
        for worker in 0..4 {
            let world = &world;
            scope.spawn(move || {
                for n in 0..250 {
                    world.ok(&[
                        "run",
                        "-d",
                        "--name",
                        &format!("s{worker}-{n}"),
                        "alpine",
                        "sleep",
                        "1000",
                    ]);
                }
            });
        }
    });
    let ids = world.ok(&["ps", "-q"]);
    let ids: Vec<&str> = ids.lines().collect();
    assert_eq!(ids.len(), 1000);
    let many = Footprint::of(&world);
    for part in ids.chunks(100) {
        world.ok(&[&["kill"][..], part].concat());
        world.ok(&[&["rm"][..], part].concat());
    }
    assert_eq!(world.ok(&["ps", "-aq"]), "");
    let after = Footprint::of(&world);
    println!("before {base:?}\nwith 1000 {many:?}\nafter {after:?}");
    assert!(
        after.descriptors <= base.descriptors + 8,
        "descriptors: {base:?} then {after:?}"
    );
    assert!(
        after.threads <= base.threads + 8,
        "threads: {base:?} then {after:?}"
    );
    assert!(
        after.kib <= base.kib + 64 * 1024,
        "memory: {base:?} then {after:?}"
    );
}

/// What the engine holds of the host.
#[derive(Debug)]
struct Footprint {
    descriptors: usize,
    threads: usize,
    kib: usize,
}

impl Footprint {
    fn of(world: &World) -> Self {
        let (descriptors, threads) = (world.engine_count("fd"), world.engine_count("task"));
        Self {
            descriptors,
            threads,
            kib: world.engine_kib(),
        }
    }
}
