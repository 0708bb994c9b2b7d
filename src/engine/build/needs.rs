//! What a Dockerfile needs: which stages lead to the one that is wanted, which images they begin with, which files of the context
//! they copy. Pure.

use super::args::Args;
use super::copied::is_address;
use super::dockerfile::{Copied, Dockerfile, Instruction, Mount, MountKind, RunFlags, Stage};
use super::expand::Lexer;

/// For each stage whether the last one needs it.
pub fn stages(file: &Dockerfile, lexer: &Lexer, args: &Args) -> Vec<bool> {
    let mut needed = vec![false; file.stages.len()];
    let mut left: Vec<usize> = file.stages.len().checked_sub(1).into_iter().collect();
    while let Some(at) = left.pop() {
        if std::mem::replace(&mut needed[at], true) {
            continue;
        }
        let stage = &file.stages[at];
        left.extend(named(file, at, &base(stage, lexer, args)));
        for copied in copies(stage).filter(|c| !c.from.is_empty()) {
            let number = copied.from.parse().ok().filter(|n: &usize| *n < at);
            left.extend(named(file, at, &copied.from).or(number));
        }
        let mounts = runs(stage).flat_map(mounts);
        left.extend(mounts.filter_map(|mount| named(file, at, &mount.from)));
    }
    needed
}

/// The stage above `at` with a name.
pub fn named(file: &Dockerfile, at: usize, name: &str) -> Option<usize> {
    let name = name.to_lowercase();
    let above = file.stages[..at].iter();
    above
        .rev()
        .position(|s| !s.name.is_empty() && s.name == name)
        .map(|back| at - 1 - back)
}

/// What stands behind a stage's `FROM`, expanded as far as that can be done.
pub fn base(stage: &Stage, lexer: &Lexer, args: &Args) -> String {
    let expanded = lexer.word(&stage.base, &args.globals());
    expanded.unwrap_or_else(|_| stage.base.clone())
}

/// The paths that stages copy from the context; `None` when only the whole will do. Empty: nothing is copied.
pub fn context(file: &Dockerfile, needed: &[bool]) -> Option<Vec<String>> {
    let mut all = Vec::new();
    let stages = file.stages.iter().zip(needed);
    for (stage, _) in stages.filter(|(_, needed)| **needed) {
        let copies = copies(stage).filter(|c| c.from.is_empty());
        let copied = copies.flat_map(|c| c.sources.iter().filter(|s| !is_address(s)).cloned());
        let mounts = runs(stage).flat_map(mounts);
        let bound = mounts.filter(|m| m.kind == MountKind::Bind && m.from.is_empty());
        for source in copied.chain(bound.map(|m| m.source)) {
            let path = source.trim_start_matches('/');
            let path = path.strip_prefix("./").unwrap_or(path);
            let whole = matches!(path.trim_end_matches('/'), "" | ".");
            // What a variable stands for is known when its step is done.
            if whole || path.contains(['$', '\\', '"', '\'']) || path.split('/').any(|p| p == "..")
            {
                return None;
            }
            all.push(path.trim_end_matches('/').to_owned());
        }
    }
    Some(all)
}

/// What a stage copies and mounts from beside the context.
pub fn froms(stage: &Stage) -> impl Iterator<Item = &str> {
    let copies = copies(stage).map(|copied| copied.from.as_str());
    copies.filter(|from| !from.is_empty())
}

/// Whether a file is one stage that takes files from no other place than its context: BuildKit counts such places as stages, and
/// that of any mount too.
pub fn is_alone(file: &Dockerfile) -> bool {
    let [stage] = file.stages.as_slice() else {
        return false;
    };
    copies(stage).all(|c| c.from.is_empty()) && runs(stage).all(|flags| flags.mounts.is_empty())
}

/// The mounts of a `RUN`, with variables unexpanded; one that cannot be read is told of when its step is done.
pub fn mounts(flags: &RunFlags) -> impl Iterator<Item = Mount> {
    let read = |text: &String| Mount::parse(text, |value| Ok(value.to_owned())).ok();
    flags.mounts.iter().filter_map(read)
}

fn runs(stage: &Stage) -> impl Iterator<Item = &RunFlags> {
    stage.steps.iter().filter_map(|step| match &step.what {
        Instruction::Run { flags, .. } => Some(flags),
        _ => None,
    })
}

fn copies(stage: &Stage) -> impl Iterator<Item = &Copied> {
    stage.steps.iter().filter_map(|step| match &step.what {
        Instruction::Copy(copied) | Instruction::Add(copied) => Some(copied),
        _ => None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeMap;

    fn read(text: &str) -> (Dockerfile, Vec<bool>) {
        let file = Dockerfile::parse("Dockerfile", text).unwrap();
        let needed = stages(&file, &Lexer::new(file.escape), &Args::new(BTreeMap::new()));
        (file, needed)
    }

    #[test]
    fn only_stages_that_lead_to_the_last_are_needed() {
        let (_, needed) = read(
            "FROM a AS one\nFROM b AS two\nFROM one AS three\nFROM c\nCOPY --from=three /x /\nCOPY --from=nosuch /x /\n",
        );
        assert_eq!(needed, [true, false, true, true]);
        let (_, by_number) = read("FROM a\nFROM b\nFROM c\nCOPY --from=1 /x /\n");
        assert_eq!(by_number, [false, true, true]);
    }

    #[test]
    fn the_context_is_asked_for_what_is_copied_and_no_more() {
        let paths = |text: &str| {
            let (file, needed) = read(text);
            context(&file, &needed)
        };
        assert_eq!(paths("FROM a\nRUN x\n"), Some(vec![]));
        let some = paths("FROM a\nCOPY ./b /c d/ /\nADD http://x/y /\nCOPY --from=z /q /\n");
        assert_eq!(
            some,
            Some(vec!["b".to_owned(), "c".to_owned(), "d".to_owned()])
        );
        for whole in ["COPY . /", "COPY / /x/", "ADD $x /", "COPY a/../b /"] {
            assert_eq!(paths(&format!("FROM a\n{whole}\n")), None, "{whole}");
        }
    }
}
