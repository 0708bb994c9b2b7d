//! From a tree to a program for the virtual machine.

use super::parse::{Look, Node, Set, lower};

/// One instruction. Numbers are places in the program.
#[derive(Clone, Debug)]
pub enum Step {
    Char(char),
    Any,
    Set(Set),
    /// First choice, second choice.
    Split(usize, usize),
    Jump(usize),
    Save(usize),
    Look(Look),
    Back(usize),
    Match,
}

/// A compiled pattern.
#[derive(Debug)]
pub struct Program {
    pub steps: Vec<Step>,
    pub groups: usize,
    pub backrefs: bool,
    pub fold: bool,
    /// The first possible match wins (Perl) instead of the longest (POSIX).
    pub first: bool,
    /// Bytes a match can begin with, when every match takes at least one.
    pub starts: Option<Box<[bool; 256]>>,
    /// A match can only begin at the start of the text.
    pub anchored: bool,
}

const LIMIT: usize = 200_000;

/// Compiles a tree.
pub fn compile(node: &Node, fold: bool, first: bool) -> Result<Program, String> {
    let mut program = Program {
        steps: Vec::new(),
        groups: 0,
        backrefs: false,
        fold,
        first,
        starts: None,
        anchored: false,
    };
    program.emit(&Node::Group(Box::new(node.clone()), Some(0)))?;
    program.steps.push(Step::Match);
    let mut starts = Box::new([false; 256]);
    let mut seen = vec![false; program.steps.len()];
    if program.first_bytes(0, &mut starts, &mut seen) {
        program.starts = Some(starts);
    }
    program.anchored = anchored(node);
    Ok(program)
}

fn anchored(node: &Node) -> bool {
    match node {
        Node::Look(Look::LineStart) => true,
        Node::Cat(list) => list.first().is_some_and(anchored),
        Node::Alt(list) => list.iter().all(anchored),
        Node::Group(inner, _) => anchored(inner),
        _ => false,
    }
}

impl Program {
    fn emit(&mut self, node: &Node) -> Result<(), String> {
        if self.steps.len() > LIMIT {
            return Err("Regular expression too big".into());
        }
        match node {
            Node::Char(c) => self
                .steps
                .push(Step::Char(if self.fold { lower(*c) } else { *c })),
            Node::Any => self.steps.push(Step::Any),
            Node::Set(set) => self.steps.push(Step::Set(set.clone())),
            Node::Look(look) => self.steps.push(Step::Look(*look)),
            Node::Back(group) => {
                self.backrefs = true;
                self.steps.push(Step::Back(*group));
            }
            Node::Group(inner, None) => self.emit(inner)?,
            Node::Group(inner, Some(index)) => {
                self.groups = self.groups.max(*index);
                self.steps.push(Step::Save(2 * index));
                self.emit(inner)?;
                self.steps.push(Step::Save(2 * index + 1));
            }
            Node::Cat(list) => {
                for node in list {
                    self.emit(node)?;
                }
            }
            Node::Alt(list) => {
                let mut ends = Vec::new();
                for (at, node) in list.iter().enumerate() {
                    if at + 1 < list.len() {
                        let split = self.place();
                        self.emit(node)?;
                        ends.push(self.place());
                        self.steps[split] = Step::Split(split + 1, self.steps.len());
                    } else {
                        self.emit(node)?;
                    }
                }
                let end = self.steps.len();
                for place in ends {
                    self.steps[place] = Step::Jump(end);
                }
            }
            Node::Repeat {
                node,
                min,
                max,
                lazy,
            } => {
                for _ in 0..*min {
                    self.emit(node)?;
                }
                match max {
                    None => {
                        let split = self.place();
                        self.emit(node)?;
                        self.steps.push(Step::Jump(split));
                        self.split(split, *lazy);
                    }
                    Some(max) => {
                        let mut splits = Vec::new();
                        for _ in *min..*max {
                            splits.push(self.place());
                            self.emit(node)?;
                        }
                        for split in splits {
                            self.split(split, *lazy);
                        }
                    }
                }
            }
        }
        Ok(())
    }

    fn place(&mut self) -> usize {
        self.steps.push(Step::Match);
        self.steps.len() - 1
    }

    fn split(&mut self, at: usize, lazy: bool) {
        let (inside, after) = (at + 1, self.steps.len());
        self.steps[at] = if lazy {
            Step::Split(after, inside)
        } else {
            Step::Split(inside, after)
        };
    }

    /// Collects the bytes that can come first; `false` when a match can be empty or the answer is "any".
    fn first_bytes(&self, at: usize, starts: &mut [bool; 256], seen: &mut [bool]) -> bool {
        if std::mem::replace(&mut seen[at], true) {
            return true;
        }
        match &self.steps[at] {
            Step::Char(c) => {
                let mut buffer = [0; 4];
                starts[c.encode_utf8(&mut buffer).as_bytes()[0] as usize] = true;
                if self.fold {
                    for other in c.to_uppercase() {
                        starts[other.encode_utf8(&mut buffer).as_bytes()[0] as usize] = true;
                    }
                    // Some capitals beyond ASCII fold to ASCII letters (the Kelvin sign).
                    starts[128..].fill(true);
                }
                true
            }
            Step::Set(set) => {
                for byte in 0..128u8 {
                    starts[byte as usize] |= set.has(byte as char, self.fold);
                }
                starts[128..].fill(true);
                true
            }
            Step::Split(a, b) => {
                self.first_bytes(*a, starts, seen) && self.first_bytes(*b, starts, seen)
            }
            Step::Jump(to) => self.first_bytes(*to, starts, seen),
            Step::Save(_) | Step::Look(_) => self.first_bytes(at + 1, starts, seen),
            Step::Any | Step::Back(_) | Step::Match => false,
        }
    }
}
