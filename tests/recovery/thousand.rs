//! A thousand containers at once, twice, and nothing left of them afterwards.

use crate::support::World;

#[test]
fn a_thousand_sleepers_come_and_go() {
    let world = World::new();
    world.ok(&["run", "--rm", "alpine", "sleep", "0"]);
    let base = Footprint::of(&world);
    let first = round(&world);
    let second = round(&world);
    println!("base {base:?}\nafter one round {first:?}\nafter two {second:?}");
    assert!(
        second.descriptors <= base.descriptors + 8,
        "descriptors: {base:?} then {second:?}"
    );
    assert!(
        second.threads <= base.threads + 16,
        "threads: {base:?} then {second:?}"
    );
    // The allocator keeps what the first thousand needed; what leaks would be asked for again.
    assert!(
        second.kib <= first.kib + 48 * 1024,
        "memory: {first:?} then {second:?}"
    );
}

/// Starts a thousand, sees them run, kills and removes them.
fn round(world: &World) -> Footprint {
    std::thread::scope(|scope| {
        for worker in 0..4 {
            scope.spawn(move || {
                for n in 0..250 {
                    let name = format!("s{worker}-{n}");
                    world.ok(&["run", "-d", "--name", &name, "alpine", "sleep", "1000"]);
                }
            });
        }
    });
    let ids = world.ok(&["ps", "-q"]);
    let ids: Vec<&str> = ids.lines().collect();
    assert_eq!(ids.len(), 1000);
    println!("with a thousand {:?}", Footprint::of(world));
    for part in ids.chunks(100) {
        world.ok(&[&["kill"][..], part].concat());
        world.ok(&[&["rm"][..], part].concat());
    }
    assert_eq!(world.ok(&["ps", "-aq"]), "");
    Footprint::of(world)
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
