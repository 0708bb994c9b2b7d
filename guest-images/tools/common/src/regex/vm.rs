//! Runs a program over text.

use super::Groups;
use super::parse::{Class, Look, lower};
use super::program::{Program, Step};

const NONE: usize = usize::MAX;

/// The character at a place and its length; a broken byte stands for itself (in a private range).
fn decode(text: &[u8], at: usize) -> Option<(char, usize)> {
    let first = *text.get(at)?;
    if first < 128 {
        return Some((first as char, 1));
    }
    let len = match first {
        0xc2..=0xdf => 2,
        0xe0..=0xef => 3,
        0xf0..=0xf4 => 4,
        _ => 1,
    };
    let whole = text
        .get(at..at + len)
        .and_then(|bytes| std::str::from_utf8(bytes).ok());
    Some(match whole.and_then(|text| text.chars().next()) {
        Some(c) => (c, len),
        None => (
            char::from_u32(0xf_ff00 + u32::from(first)).unwrap_or('\u{fffd}'),
            1,
        ),
    })
}

fn word_before(text: &[u8], at: usize) -> bool {
    at > 0 && (text[at - 1] >= 128 || Class::Word.has(text[at - 1] as char))
}

fn word_after(text: &[u8], at: usize) -> bool {
    text.get(at)
        .is_some_and(|byte| *byte >= 128 || Class::Word.has(*byte as char))
}

fn holds(look: Look, text: &[u8], at: usize) -> bool {
    let (before, after) = (word_before(text, at), word_after(text, at));
    match look {
        Look::LineStart => at == 0,
        Look::LineEnd => at == text.len(),
        Look::Boundary => before != after,
        Look::NotBoundary => before == after,
        Look::WordStart => !before && after,
        Look::WordEnd => before && !after,
    }
}

struct Threads {
    /// Program place and its slots, in order of preference.
    list: Vec<(usize, Vec<usize>)>,
    /// The text position at which a place was last added, plus one.
    seen: Vec<usize>,
}

/// The first match at `from` or later. Without `groups` only the whole match is reported.
pub fn find(program: &Program, text: &[u8], from: usize, groups: bool) -> Option<Groups> {
    if from > text.len() {
        return None;
    }
    let slots = if groups || program.backrefs {
        2 * (program.groups + 1)
    } else {
        2
    };
    let found = if program.backrefs {
        backtrack_all(program, text, from, slots)
    } else {
        simulate(program, text, from, slots)
    }?;
    Some(
        found
            .chunks(2)
            .map(|pair| (pair[0] != NONE && pair[1] != NONE).then(|| (pair[0], pair[1])))
            .collect(),
    )
}

fn simulate(program: &Program, text: &[u8], from: usize, slots: usize) -> Option<Vec<usize>> {
    let size = program.steps.len();
    let mut now = Threads {
        list: Vec::new(),
        seen: vec![0; size],
    };
    let mut next = Threads {
        list: Vec::new(),
        seen: vec![0; size],
    };
    let mut best: Option<Vec<usize>> = None;
    let mut stack = Vec::new();
    let mut at = from;
    loop {
        if now.list.is_empty() {
            if best.is_some() || (program.anchored && at > 0) {
                return best;
            }
            if let Some(starts) = &program.starts {
                at += text[at..].iter().position(|byte| starts[*byte as usize])?;
            }
        }
        if best.is_none() {
            add(
                program,
                &mut now,
                0,
                vec![NONE; slots],
                text,
                at,
                &mut stack,
            );
        }
        let here = decode(text, at);
        let folded = here.map(|(c, _)| if program.fold { lower(c) } else { c });
        for (place, saved) in now.list.drain(..) {
            let passes = match (&program.steps[place], here) {
                (Step::Match, _) => {
                    let better = program.first
                        || best.as_ref().is_none_or(|b| {
                            saved[0] < b[0]
                                || (saved[0] == b[0] && saved[1] > b[1] && !program.first)
                        });
                    if better {
                        best = Some(saved);
                    }
                    if program.first {
                        break;
                    }
                    continue;
                }
                (_, None) => false,
                (Step::Char(wanted), _) => folded == Some(*wanted),
                (Step::Any, Some((c, _))) => c != '\0',
                (Step::Set(set), Some((c, _))) => set.has(c, program.fold),
                _ => false,
            };
            // Later starts cannot beat a match that was already found.
            let hopeless = best.as_ref().is_some_and(|b| saved[0] > b[0]);
            if let (true, false, Some((_, len))) = (passes, hopeless, here) {
                add(
                    program,
                    &mut next,
                    place + 1,
                    saved,
                    text,
                    at + len,
                    &mut stack,
                );
            }
        }
        let Some((_, len)) = here else { return best };
        std::mem::swap(&mut now, &mut next);
        next.list.clear();
        at += len;
    }
}

fn add(
    program: &Program,
    threads: &mut Threads,
    place: usize,
    saved: Vec<usize>,
    text: &[u8],
    at: usize,
    stack: &mut Vec<(usize, Vec<usize>)>,
) {
    stack.push((place, saved));
    while let Some((place, mut saved)) = stack.pop() {
        if threads.seen[place] == at + 1 {
            continue;
        }
        threads.seen[place] = at + 1;
        match &program.steps[place] {
            Step::Jump(to) => stack.push((*to, saved)),
            Step::Split(a, b) => {
                stack.push((*b, saved.clone()));
                stack.push((*a, saved));
            }
            Step::Save(slot) => {
                if *slot < saved.len() {
                    saved[*slot] = at;
                }
                stack.push((place + 1, saved));
            }
            Step::Look(look) => {
                if holds(*look, text, at) {
                    stack.push((place + 1, saved));
                }
            }
            _ => threads.list.push((place, saved)),
        }
    }
}

/// With back-references only a search by trial helps; the number of trials is bounded so that no pattern hangs.
fn backtrack_all(program: &Program, text: &[u8], from: usize, slots: usize) -> Option<Vec<usize>> {
    let mut budget = 20_000_000usize;
    let mut at = from;
    loop {
        let mut saved = vec![NONE; slots];
        if backtrack(program, text, at, &mut saved, &mut budget) {
            return Some(saved);
        }
        if program.anchored && at == 0 {
            return None;
        }
        at += decode(text, at)?.1;
    }
}

fn backtrack(
    program: &Program,
    text: &[u8],
    start: usize,
    saved: &mut Vec<usize>,
    budget: &mut usize,
) -> bool {
    // Places still to be tried: program place, text position, slots, and where this path last entered each loop.
    let mut stack = vec![(0usize, start, saved.clone())];
    while let Some((mut place, mut at, mut slots)) = stack.pop() {
        loop {
            if *budget == 0 {
                return false;
            }
            *budget -= 1;
            let here = decode(text, at);
            match &program.steps[place] {
                Step::Match => {
                    *saved = slots;
                    return true;
                }
                Step::Jump(to) => {
                    // A loop body that took nothing would go round for ever: `Split` before it has the way out on the stack.
                    if *to < place
                        && stack.iter().any(|(p, a, _)| {
                            *a == at
                                && matches!(program.steps[*to], Step::Split(_, out) if *p == out)
                        })
                    {
                        break;
                    }
                    place = *to;
                }
                Step::Split(a, b) => {
                    stack.push((*b, at, slots.clone()));
                    place = *a;
                }
                Step::Save(slot) => {
                    if *slot < slots.len() {
                        slots[*slot] = at;
                    }
                    place += 1;
                }
                Step::Look(look) if holds(*look, text, at) => place += 1,
                Step::Back(group) => {
                    let (from, to) = (slots[2 * group], slots[2 * group + 1]);
                    if from == NONE || to == NONE {
                        break;
                    }
                    let wanted = &text[from..to];
                    let Some(found) = text.get(at..at + wanted.len()) else {
                        break;
                    };
                    if found != wanted && !(program.fold && found.eq_ignore_ascii_case(wanted)) {
                        break;
                    }
                    at += wanted.len();
                    place += 1;
                }
                step => {
                    let Some((c, len)) = here else { break };
                    let passes = match step {
                        Step::Char(wanted) => *wanted == if program.fold { lower(c) } else { c },
                        Step::Any => c != '\0',
                        Step::Set(set) => set.has(c, program.fold),
                        _ => false,
                    };
                    if !passes {
                        break;
                    }
                    at += len;
                    place += 1;
                }
            }
        }
    }
    false
}
