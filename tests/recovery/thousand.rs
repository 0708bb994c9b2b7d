//! A thousand containers at once, twice, and nothing left of them afterwards.

use crate::support::World;
use std::time::{Duration, Instant};

#[test]
fn a_thousand_sleepers_come_and_go() {
    let world = World::new();
    world.ok(&["run", "--rm", "alpine", "sleep", "0"]);
    let base = Footprint::of(&world);
    round(&world);
    let first = Footprint::settled(&world, &base);
    round(&world);
    let second = Footprint::settled(&world, &base);
    println!("base {base:?}\nafter one round {first:?}\nafter two {second:?}");
    assert!(
        second.descriptors <= base.descriptors + 8,
        "descriptors: {base:?} then {second:?}"
    );
    assert!(
        second.threads <= base.threads + 16,
        "threads: {base:?} then {second:?}"
    );
    assert!(
        second.kib <= base.kib + ROOM_KIB,
        "memory: {base:?} then {second:?}"
    );
}

/// What the engine may keep: the records' cache, and pages of which a little is still used.
const ROOM_KIB: usize = 40 * 1024;

/// Starts a thousand, sees them run, kills and removes them.
fn round(world: &World) {
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
}

/// What the engine holds of the host.
#[derive(Debug)]
struct Footprint {
    descriptors: usize,
    threads: usize,
    kib: usize,
}

impl Footprint {
    /// Memory comes back a moment after the containers have gone; what never comes back is returned too.
    fn settled(world: &World, base: &Self) -> Self {
        let deadline = Instant::now() + Duration::from_secs(30);
        loop {
            let now = Self::of(world);
            if now.kib <= base.kib + ROOM_KIB || Instant::now() > deadline {
                return now;
            }
            std::thread::sleep(Duration::from_millis(100));
        }
    }

    fn of(world: &World) -> Self {
        let (descriptors, threads) = (world.engine_count("fd"), world.engine_count("task"));
        Self {
            descriptors,
            threads,
            kib: world.engine_kib(),
        }
    }
}
