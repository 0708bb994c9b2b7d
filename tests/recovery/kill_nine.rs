//! R01: the engine is killed at random moments under load, and nothing that it acknowledged is lost.

use crate::support::World;
use std::collections::BTreeSet;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

/// What the engine has acknowledged.
#[derive(Default)]
struct Ledger {
    /// Containers that were created and not asked to be removed.
    alive: BTreeSet<String>,
    /// Containers whose removal was acknowledged.
    removed: BTreeSet<String>,
    /// Containers with a file that a finished command had written.
    written: BTreeSet<String>,
}

#[test]
fn r01_twenty_kills_lose_nothing() {
    let world = World::new();
    world.ok(&["run", "--rm", "alpine", "true"]);
    let ledger = Mutex::new(Ledger::default());
    for round in 0..20u64 {
        let stop = AtomicBool::new(false);
        std::thread::scope(|scope| {
            for worker in 0..3 {
                let (world, ledger, stop) = (&world, &ledger, &stop);
                scope.spawn(move || load(world, ledger, stop, &format!("r{round}w{worker}")));
            }
            // Spread over the workers' rhythm; which instant is hit differs from run to run.
            std::thread::sleep(Duration::from_millis(40 + round * 13 % 170));
            kill(&world);
            stop.store(true, Ordering::SeqCst);
        });
        check(&world, &ledger.lock().expect("the ledger"));
    }
    let ledger = ledger.into_inner().expect("the ledger");
    println!(
        "{} alive, {} removed, {} with files",
        ledger.alive.len(),
        ledger.removed.len(),
        ledger.written.len()
    );
    assert!(
        ledger.alive.len() + ledger.removed.len() > 20,
        "the load was too light to prove anything"
    );
    for name in ledger
        .written
        .iter()
        .filter(|n| ledger.alive.contains(*n))
        .take(20)
    {
        world.ok(&["start", name]);
        assert_eq!(
            world.ok(&["exec", name, "cat", "/written"]),
            format!("{name}\n"),
            "the file of {name}"
        );
    }
    let found = world.ok(&["system", "check"]);
    assert!(!found.contains("damaged"), "{found}");
}

/// Makes containers, writes in them, removes every third, until the engine dies.
fn load(world: &World, ledger: &Mutex<Ledger>, stop: &AtomicBool, prefix: &str) {
    for n in 0.. {
        if stop.load(Ordering::SeqCst) {
            return;
        }
        let name = format!("{prefix}n{n}");
        let made = world.run(&["run", "-d", "--name", &name, "alpine", "sleep", "1000"]);
        if !made.status.success() {
            return;
        }
        ledger
            .lock()
            .expect("the ledger")
            .alive
            .insert(name.clone());
        let script = format!("echo {name} > /written");
        if world
            .run(&["exec", &name, "sh", "-c", &script])
            .status
            .success()
        {
            ledger
                .lock()
                .expect("the ledger")
                .written
                .insert(name.clone());
        }
        if n % 3 == 2 {
            // Asked for: from now on either outcome is right until it is acknowledged.
            ledger.lock().expect("the ledger").alive.remove(&name);
            if world.run(&["rm", "-f", &name]).status.success() {
                ledger.lock().expect("the ledger").removed.insert(name);
            }
        }
    }
}

pub fn kill(world: &World) {
    let pid = rustix::process::Pid::from_raw(world.engine_pid()).expect("a pid");
    rustix::process::kill_process(pid, rustix::process::Signal::KILL).expect("killed");
}

fn check(world: &World, ledger: &Ledger) {
    let shown: BTreeSet<String> = world
        .ok(&["ps", "-a", "--format", "{{.Names}}"])
        .lines()
        .map(str::to_owned)
        .collect();
    let lost: Vec<_> = ledger.alive.difference(&shown).collect();
    assert!(lost.is_empty(), "acknowledged and lost: {lost:?}");
    let back: Vec<_> = ledger.removed.intersection(&shown).collect();
    assert!(
        back.is_empty(),
        "acknowledged as removed and back: {back:?}"
    );
}
