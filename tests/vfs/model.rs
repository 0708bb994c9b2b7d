//! A file tree as simple as can be: nodes in a list, names in maps, no mounts, no permissions, nothing shared.

use crate::op::{Op, Outcome, Seen, Subject, Value};
use schooner::base::errno::Errno;
use std::collections::BTreeMap;

pub struct Model {
    nodes: Vec<Node>,
}

struct Node {
    mode: u32,
    uid: u32,
    gid: u32,
    links: u64,
    parent: usize,
    what: What,
}

enum What {
    Dir(BTreeMap<String, usize>),
    File(Vec<u8>),
    Symlink(String),
    Fifo,
}

type Res<T> = Result<T, Errno>;

/// Where a path ends: the directory, the last name, the node if there is one.
struct End {
    dir: usize,
    name: String,
    node: Option<usize>,
}

impl Model {
    pub fn new() -> Model {
        Model {
            nodes: vec![Node {
                mode: 0o755,
                uid: 0,
                gid: 0,
                links: 2,
                parent: 0,
                what: What::Dir(BTreeMap::new()),
            }],
        }
    }

    fn names(&mut self, dir: usize) -> Res<&mut BTreeMap<String, usize>> {
        match &mut self.nodes[dir].what {
            What::Dir(names) => Ok(names),
            _ => Err(Errno::Notdir),
        }
    }

    fn is_dir(&self, node: usize) -> bool {
        matches!(self.nodes[node].what, What::Dir(_))
    }

    fn end(&mut self, path: &str, follow: bool) -> Res<End> {
        self.end_from(0, path, follow, &mut 0)
    }

    fn end_from(&mut self, from: usize, path: &str, follow: bool, links: &mut u32) -> Res<End> {
        let mut dir = from;
        let parts: Vec<&str> = path.split('/').filter(|p| !p.is_empty()).collect();
        for (n, part) in parts.iter().enumerate() {
            let last = n + 1 == parts.len();
            let mut node = match *part {
                ".." => {
                    self.names(dir)?;
                    Some(self.nodes[dir].parent)
                }
                part => self.names(dir)?.get(part).copied(),
            };
            let mut at = (dir, (*part).to_owned());
            if let Some(found) = node
                && let What::Symlink(text) = &self.nodes[found].what
                && (!last || follow)
            {
                *links += 1;
                if *links > 40 {
                    return Err(Errno::Loop);
                }
                let text = text.clone();
                let end = self.end_from(dir, &text, true, links)?;
                node = end.node;
                at = (end.dir, end.name);
            }
            if last {
                return Ok(End {
                    dir: at.0,
                    name: at.1,
                    node,
                });
            }
            dir = node.ok_or(Errno::Noent)?;
        }
        Err(Errno::Noent)
    }

    fn node(&mut self, path: &str, follow: bool) -> Res<usize> {
        self.end(path, follow)?.node.ok_or(Errno::Noent)
    }

    fn file(&mut self, path: &str) -> Res<&mut Vec<u8>> {
        let node = self.node(path, true)?;
        match &mut self.nodes[node].what {
            What::File(bytes) => Ok(bytes),
            What::Dir(_) => Err(Errno::Isdir),
            _ => Err(Errno::Inval),
        }
    }

    fn free(&mut self, path: &str) -> Res<End> {
        let end = self.end(path, false)?;
        match end.node {
            Some(_) => Err(Errno::Exist),
            None => Ok(end),
        }
    }

    fn make(&mut self, end: &End, mode: u16, what: What) -> Res<()> {
        let node = self.nodes.len();
        let is_dir = matches!(what, What::Dir(_));
        self.names(end.dir)?.insert(end.name.clone(), node);
        self.nodes[end.dir].links += u64::from(is_dir);
        self.nodes.push(Node {
            mode: mode.into(),
            uid: 0,
            gid: 0,
            links: 1 + u64::from(is_dir),
            parent: end.dir,
            what,
        });
        Ok(())
    }

    fn is_within(&self, mut below: usize, above: usize) -> bool {
        while below != above && below != 0 {
            below = self.nodes[below].parent;
        }
        below == above
    }

    fn rename(&mut self, from: &str, to: &str, noreplace: bool) -> Res<()> {
        let from = self.end(from, false)?;
        let to = self.end(to, false)?;
        self.names(to.dir)?;
        let moved = from.node.ok_or(Errno::Noent)?;
        if noreplace && to.node.is_some() {
            return Err(Errno::Exist);
        }
        let is_dir = self.is_dir(moved);
        if is_dir && self.is_within(to.dir, moved) {
            return Err(Errno::Inval);
        }
        if to.node == Some(moved) {
            return Ok(());
        }
        if let Some(victim) = to.node {
            let over_dir = self.is_dir(victim);
            if over_dir && self.is_within(from.dir, victim) {
                return Err(Errno::Notempty);
            }
            match (is_dir, over_dir) {
                (true, false) => return Err(Errno::Notdir),
                (false, true) => return Err(Errno::Isdir),
                (true, true) if !self.names(victim)?.is_empty() => return Err(Errno::Notempty),
                _ => {}
            }
            self.nodes[victim].links -= 1;
            self.nodes[to.dir].links -= u64::from(is_dir);
        }
        self.names(from.dir)?.remove(&from.name);
        self.names(to.dir)?.insert(to.name, moved);
        self.nodes[from.dir].links -= u64::from(is_dir);
        self.nodes[to.dir].links += u64::from(is_dir);
        self.nodes[moved].parent = if is_dir { to.dir } else { 0 };
        Ok(())
    }

    fn try_run(&mut self, op: &Op) -> Outcome {
        match op {
            Op::As(..) | Op::Access(..) | Op::Times(..) => {}
            Op::Open(path, flags) => {
                let end = match flags.exclusive {
                    true => self.free(path)?,
                    false => self.end(path, true)?,
                };
                match end.node {
                    None if flags.create => {
                        self.make(&end, flags.mode, What::File(Vec::new()))?;
                    }
                    None => return Err(Errno::Noent),
                    Some(node) if self.is_dir(node) && flags.write => return Err(Errno::Isdir),
                    Some(node) => {
                        if let (true, What::File(bytes)) =
                            (flags.truncate, &mut self.nodes[node].what)
                        {
                            bytes.clear();
                        }
                    }
                }
            }
            Op::Write(path, offset, bytes) => {
                let file = self.file(path)?;
                let end = *offset as usize + bytes.len();
                if !bytes.is_empty() && end > file.len() {
                    file.resize(end, 0);
                }
                if !bytes.is_empty() {
                    file[*offset as usize..end].copy_from_slice(bytes);
                }
            }
            Op::Append(path, bytes) => self.file(path)?.extend(bytes),
            Op::Read(path) => return Ok(Value::Bytes(self.file(path)?.clone())),
            Op::Truncate(path, size) => self.file(path)?.resize(*size as usize, 0),
            Op::Mkdir(path, mode) => {
                let end = self.free(path)?;
                self.make(&end, mode & 0o1777, What::Dir(BTreeMap::new()))?;
            }
            Op::Rmdir(path) => {
                let end = self.end(path, false)?;
                let node = end.node.ok_or(Errno::Noent)?;
                if !self.names(node)?.is_empty() {
                    return Err(Errno::Notempty);
                }
                self.names(end.dir)?.remove(&end.name);
                self.nodes[end.dir].links -= 1;
            }
            Op::Unlink(path) => {
                let end = self.end(path, false)?;
                let node = end.node.ok_or(Errno::Noent)?;
                if self.is_dir(node) {
                    return Err(Errno::Isdir);
                }
                self.names(end.dir)?.remove(&end.name);
                self.nodes[node].links -= 1;
            }
            Op::Rename(from, to, noreplace) => self.rename(from, to, *noreplace)?,
            Op::Link(from, to, follow) => {
                let node = self.node(from, *follow)?;
                let end = self.free(to)?;
                if self.is_dir(node) {
                    return Err(Errno::Perm);
                }
                self.nodes[node].links += 1;
                self.names(end.dir)?.insert(end.name, node);
            }
            Op::Symlink(target, path) => {
                let end = self.free(path)?;
                self.make(&end, 0o777, What::Symlink(target.clone()))?;
            }
            Op::Readlink(path) => {
                let node = self.node(path, false)?;
                return match &self.nodes[node].what {
                    What::Symlink(text) => Ok(Value::Text(text.clone())),
                    _ => Err(Errno::Inval),
                };
            }
            Op::Chmod(path, mode) => {
                let node = self.node(path, true)?;
                self.nodes[node].mode = (*mode).into();
            }
            Op::Chown(path, uid, gid, follow) => {
                let node = self.node(path, *follow)?;
                let node = &mut self.nodes[node];
                node.uid = uid.unwrap_or(node.uid);
                node.gid = gid.unwrap_or(node.gid);
            }
            Op::Stat(path, follow) => {
                let node = self.node(path, *follow)?;
                let node = &self.nodes[node];
                let (kind, size) = match &node.what {
                    What::Dir(_) => (0o040000, 0),
                    What::File(bytes) => (0o100000, bytes.len()),
                    What::Symlink(text) => (0o120000, text.len()),
                    What::Fifo => (0o010000, 0),
                };
                return Ok(Value::Stat(Seen {
                    mode: kind | node.mode,
                    uid: node.uid,
                    gid: node.gid,
                    nlink: node.links,
                    size: size as u64,
                }));
            }
            Op::List(path) => {
                let node = self.node(path, true)?;
                return Ok(Value::Names(self.names(node)?.keys().cloned().collect()));
            }
            Op::Mkfifo(path, mode) => {
                let end = self.free(path)?;
                self.make(&end, *mode, What::Fifo)?;
            }
        }
        Ok(Value::Done)
    }
}

impl Subject for Model {
    fn run(&mut self, op: &Op) -> Outcome {
        self.try_run(op)
    }
}
