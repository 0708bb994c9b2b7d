//! Transcripts: what a real engine answered to some hundred commands in a row, typed again from the first to the last on an
//! engine of ours that is as empty as the real one was. Each command finds what those before it left behind, so order, tables
//! of everything and what is left over count, which the cases (each for itself) cannot show.
//!
//! What this machine decides (ports, the registry, the folder) is exchanged on the way in and on the way out.

#![cfg(unix)]

use crate::axes::expected;
use crate::difference::tell;
use crate::list::{TRANSCRIPTS, files_in, save_in};
use crate::normalise::normalise;
use crate::run::{Shell, Target, link};
use crate::support::registry::Registry;
use crate::support::{World, available};
use crate::transcript::{Answer, Explained, Part, Step};
use crate::world::{ours, prepared, real_client};
use regex::Regex;
use std::net::TcpListener;
use std::path::PathBuf;
use std::sync::LazyLock;

/// The folder in which the record was made, and the home.
const HOME: &str = "/home/me";
/// The registry of the record.
const REGISTRY: &str = "localhost:5000";
/// The port that the record publishes.
const PORT: &str = "8080";
/// Where the real engine keeps its state.
const STATE: &str = "/var/lib/docker";
/// Set to `explain`, answers that differ are written behind the record, for a person to say why.
const REPLAY: &str = "SCHOONER_REPLAY";
/// A remark: the command goes through BuildKit's door where docker's client types it, and needs its plugin.
const BUILDKIT: &str = "buildkit";
/// A plugin of docker's that is not where docker looks.
const BUILDX: &str = "SCHOONER_TEST_BUILDX";

/// What a screen full of an engine's state shows beside ids and times, and the word for it.
static SCREEN: LazyLock<Vec<(Regex, &str)>> = LazyLock::new(|| {
    [
        // The images are others, so megabytes are too; the small layers of the commands themselves are the same.
        (r"\b\d+(\.\d+)? ?[MG]i?B\b", "N MB"),
        (r#""Size": \d+"#, r#""Size": N"#),
        (r#""Containers":"[^"]*""#, r#""Containers":"N""#),
        // What a process of the engine's numbering is, when it began, how much memory it has.
        (
            r"^((root|1000)? +)?\d+( +\d+ +\d+ +\d\d:\d\d|  +sleep$)",
            "N",
        ),
        (r"\b\d+\.\d\d%", "N%"),
        (r" [A-Z][a-z]{2} [ \d]\d \d\d:\d\d ", " DATE "),
        (r"\b([0-9a-f]{2}:){5}[0-9a-f]{2}\b", "MAC"),
        (r"\btime=[\d.]+ ms", "time=N ms"),
        (r"= [\d.]+/[\d.]+/[\d.]+ ms", "= N ms"),
        (r"^(#\d+) \d+\.\d{3} ", "$1 N "),
        (r" \d+\.\d+s( done)?$", " Ns"),
        (r"\b(transferring \w+: )\d+B", "${1}NB"),
        (r"\bof ref \S+:", "of ref REF:"),
        (r"( |/)[a-z]{3,}_[a-z]{3,}\d?(/|$)", "${1}a_name$2"),
        (r"\x1b\[\d*m", ""),
    ]
    .into_iter()
    .map(|(pattern, word)| (Regex::new(pattern).expect("a pattern"), word))
    .collect()
});

/// One replay: a client, an empty engine of ours, and what stands for the machine of the record.
struct Replay {
    _world: World,
    _registry: Registry,
    target: Target,
    links: tempfile::TempDir,
    folder: tempfile::TempDir,
    /// Without docker's plugin there are steps that docker's client cannot take.
    builds: bool,
    /// The word in the record, and what it is here.
    here: Vec<(&'static str, String)>,
}

impl Replay {
    fn new(client: PathBuf) -> Option<Replay> {
        let registry = Registry::start(None)?;
        let world = World::new();
        let host = prepared(&world);
        world.ok(&["container", "prune", "-f"]);
        alone(&world);
        let links = tempfile::tempdir().expect("a folder");
        link(&client, links.path());
        let folder = tempfile::tempdir().expect("a folder");
        let free = TcpListener::bind("127.0.0.1:0").expect("a port");
        let port = free.local_addr().expect("an address").port();
        let here = vec![
            (HOME, folder.path().to_string_lossy().into_owned()),
            (REGISTRY, format!("localhost:{}", registry.address.port())),
            (PORT, port.to_string()),
            (STATE, world.home().to_string_lossy().into_owned()),
        ];
        Some(Replay {
            _world: world,
            _registry: registry,
            target: Target { client, host },
            links,
            folder,
            builds: true,
            here,
        })
    }

    /// Types one command; the answer in the words of the record.
    fn step(&self, step: &Step) -> Answer {
        let shell = Shell {
            buildx: false,
            target: &self.target,
            links: self.links.path(),
            folder: self.folder.path(),
        };
        let mut command = step.command.clone();
        for (word, here) in &self.here {
            command = command.replace(word, here);
        }
        let mut answer = shell.execute(&command);
        for line in answer.out.iter_mut().chain(&mut answer.err) {
            for (word, here) in &self.here {
                *line = line.replace(here, word);
            }
        }
        comparable(&mut answer, step);
        answer
    }
}

/// Leaves one image, made as the one of the record was: by an import, in one layer and without a digest.
fn alone(world: &World) {
    let id = world.ok(&["create", "busybox"]);
    let archive = world.home().join("busybox.tar");
    let archive = archive.to_string_lossy();
    world.ok(&["export", "-o", &archive, id.trim()]);
    world.ok(&["rm", id.trim()]);
    world.ok(&["rmi", "alpine", "busybox"]);
    let shell = r#"CMD ["/bin/sh"]"#;
    world.ok(&["import", "-c", shell, &archive, "busybox"]);
}

/// What is the same in every run, and on every machine.
fn comparable(answer: &mut Answer, step: &Step) {
    normalise(answer, HOME);
    for line in answer.out.iter_mut().chain(&mut answer.err) {
        for (pattern, word) in SCREEN.iter() {
            *line = pattern.replace_all(line, *word).into_owned();
        }
        line.truncate(line.trim_end().len());
    }
    if has(step, BUILDKIT) {
        vertices(&mut answer.err);
    }
    if has(step, "unordered") || has(step, BUILDKIT) {
        answer.out.sort();
        answer.err.sort();
    }
}

fn has(step: &Step, remark: &str) -> bool {
    step.remarks.iter().any(|r| r == remark)
}

/// Of the progress of a build what is told, not in which order, how often and about how many bytes: a real BuildKit does several
/// things at once, and numbers them as they come. Whether it has just looked at a base image is no matter either.
fn vertices(lines: &mut Vec<String>) {
    static LOUD: LazyLock<[Regex; 3]> = LazyLock::new(|| {
        [
            r"^(#\d+) \[.*\] FROM ",
            r"^#\d+ ",
            r"^(transferring \w+|exporting layers|(naming|writing) \S+ \S+)\b.*",
        ]
        .map(|pattern| Regex::new(pattern).expect("a pattern"))
    });
    let bases: Vec<String> = lines
        .iter()
        .filter_map(|line| LOUD[0].captures(line).map(|found| found[1].to_owned()))
        .collect();
    lines.retain(|line| {
        let state = line
            .strip_suffix(" CACHED")
            .or(line.strip_suffix(" DONE Ns"));
        !state.is_some_and(|number| bases.iter().any(|base| base == number))
    });
    for line in lines.iter_mut() {
        *line = LOUD[1].replace(line, "").into_owned();
        *line = LOUD[2].replace(line, "$1").into_owned();
    }
    lines.sort();
    lines.dedup();
    lines.retain(|line| !line.is_empty());
}

/// Types a whole transcript and fails with all differences.
fn replay(name: &str, replay: &Replay, parts: &[Part]) {
    let mut file = files_in(TRANSCRIPTS)
        .into_iter()
        .find_map(|(n, file)| (n == name).then_some(file))
        .expect("the transcript");
    let explain = std::env::var(REPLAY).is_ok_and(|v| v == "explain");
    let (mut commands, mut differ, mut text) = (0, 0, String::new());
    for case in &mut file.cases {
        for step in &mut case.steps {
            if !replay.builds && has(step, BUILDKIT) {
                continue;
            }
            commands += 1;
            let answer = replay.step(step);
            let mut compared = step.clone();
            for known in compared
                .recorded
                .iter_mut()
                .chain(compared.explained.iter_mut().map(|e| &mut e.answer))
            {
                comparable(known, step);
            }
            let expected = expected(&compared, parts);
            if expected.contains(&&answer) {
                continue;
            }
            differ += 1;
            tell(
                &mut text,
                &case.name,
                step,
                expected.first().copied(),
                &answer,
            );
            if explain {
                let part = parts[parts.len() - 1];
                step.explained.retain(|e| e.part != part);
                let line = "to be explained".to_owned();
                step.explained.push(Explained { part, line, answer });
            }
        }
    }
    if explain {
        save_in(TRANSCRIPTS, name, &file);
    }
    println!("{name}: {commands} commands, {differ} differ");
    assert!(
        differ == 0,
        "{name}: {differ} of {commands} differ:\n\n{text}"
    );
}

/// With our own client.
fn ours_replays(name: &str) {
    let Some(made) = Replay::new(ours()) else {
        return;
    };
    replay(name, &made, &[Part::Engine, Part::Cli]);
}

/// With docker's own client, whose `build` needs its plugin below the home. `whole`: not without the builds, whose images later
/// commands show.
fn the_real_one_replays(name: &str, whole: bool) {
    let test = "a transcript typed into docker's client";
    let Some(mut made) = real_client(test).and_then(Replay::new) else {
        return;
    };
    if let Some(plugin) = std::env::var_os(BUILDX) {
        let plugins = made.folder.path().join(".docker/cli-plugins");
        std::fs::create_dir_all(&plugins).expect("a folder");
        std::os::unix::fs::symlink(plugin, plugins.join("docker-buildx")).expect("a link");
    } else {
        made.builds = available("docker", &["buildx", "version"], "builds in transcripts");
        if !made.builds && whole {
            return;
        }
    }
    replay(name, &made, &[Part::Engine]);
}

#[test]
fn images_networks_and_volumes() {
    ours_replays("images-networks-volumes");
}

#[test]
fn images_networks_and_volumes_with_the_real_client() {
    the_real_one_replays("images-networks-volumes", true);
}

#[test]
fn lifecycle_and_images() {
    ours_replays("lifecycle-and-images");
}

#[test]
fn lifecycle_and_images_with_the_real_client() {
    the_real_one_replays("lifecycle-and-images", false);
}

#[test]
fn mistakes_of_beginners() {
    ours_replays("errors");
}

#[test]
fn mistakes_of_beginners_with_the_real_client() {
    the_real_one_replays("errors", false);
}
