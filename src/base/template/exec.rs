//! Walks a parsed template over a value. Errors carry the place that Go would name.

use super::Mode;
use super::fmt::plain;
use super::funcs::{self, Arity, Want};
use super::parse::{Branch, Command, Node, Parsed, Pipe, Term, TermKind};
use super::value::{NilKind, Value};
use crate::base::strconv::quote;
use std::rc::Rc;

/// Templates that call themselves end here.
const DEEPEST: usize = 200;

struct State<'a> {
    name: &'a str,
    parsed: &'a Parsed,
    mode: Mode,
    out: String,
    variables: Vec<(String, Value)>,
    /// Where errors point: the byte, and the source of the node.
    place: (usize, String),
    depth: usize,
}

type Run<T> = Result<T, String>;

/// Why a list of nodes ended.
#[derive(PartialEq, Eq)]
enum Flow {
    On,
    Break,
    Continue,
}

pub fn execute(name: &str, parsed: &Parsed, data: &Value, mode: Mode) -> Run<String> {
    let mut state = State {
        name,
        parsed,
        mode,
        out: String::new(),
        variables: vec![("$".into(), data.clone())],
        place: (0, String::new()),
        depth: 0,
    };
    state.list(data, &parsed.root)?;
    Ok(state.out)
}

impl State<'_> {
    fn error<T>(&self, words: impl AsRef<str>) -> Run<T> {
        let (at, source) = &self.place;
        let line = self.parsed.lines.partition_point(|start| start <= at);
        let column = at - self.parsed.lines[line.max(1) - 1];
        Err(format!(
            "template: {name}:{line}:{column}: executing {quoted} at <{source}>: {}",
            words.as_ref(),
            name = self.name,
            quoted = quote(self.name),
        ))
    }

    fn at(&mut self, at: usize, source: &str) {
        self.place = (at, source.to_owned());
    }

    fn list(&mut self, dot: &Value, nodes: &[Node]) -> Run<Flow> {
        for node in nodes {
            let flow = self.node(dot, node)?;
            if flow != Flow::On {
                return Ok(flow);
            }
        }
        Ok(Flow::On)
    }

    fn node(&mut self, dot: &Value, node: &Node) -> Run<Flow> {
        match node {
            Node::Text(text) => self.out.push_str(text),
            Node::Action(pipe) => {
                let value = self.pipe(dot, pipe)?;
                if pipe.variables.is_empty() {
                    self.out.push_str(&plain(&value));
                }
            }
            Node::If(branch) => return self.choose(dot, branch, false),
            Node::With(branch) => return self.choose(dot, branch, true),
            Node::Range(branch) => return self.range(dot, branch),
            Node::Template {
                name,
                data,
                at,
                source,
            } => self.call_template(dot, name, data.as_ref(), (*at, source))?,
            Node::Break => return Ok(Flow::Break),
            Node::Continue => return Ok(Flow::Continue),
        }
        Ok(Flow::On)
    }

    fn choose(&mut self, dot: &Value, branch: &Branch, with: bool) -> Run<Flow> {
        let scope = self.variables.len();
        let value = self.pipe(dot, &branch.pipe)?;
        let flow = match value.is_true() {
            true if with => self.list(&value, &branch.then)?,
            true => self.list(dot, &branch.then)?,
            false => self.list(dot, &branch.otherwise)?,
        };
        self.variables.truncate(scope);
        Ok(flow)
    }

    fn range(&mut self, dot: &Value, branch: &Branch) -> Run<Flow> {
        let scope = self.variables.len();
        let value = self.pipe(dot, &branch.pipe)?;
        let items: Vec<(Value, Value)> = match &value {
            Value::List(items) => items
                .iter()
                .enumerate()
                .map(|(n, v)| (Value::Int(n as i64), v.clone()))
                .collect(),
            Value::Map(map) => map
                .iter()
                .map(|(k, v)| (Value::text(k), v.clone()))
                .collect(),
            // Output grows with each round, so a wild number is refused.
            Value::Int(n) if *n <= 1_000_000 => {
                (0..*n).map(|i| (Value::Int(i), Value::Int(i))).collect()
            }
            Value::Missing | Value::Nil(_) => Vec::new(),
            other => return self.error(format!("range can't iterate over {}", plain(other))),
        };
        if items.is_empty() {
            let flow = self.list(dot, &branch.otherwise)?;
            self.variables.truncate(scope);
            return Ok(flow);
        }
        for (key, item) in items {
            let mark = self.variables.len();
            self.bind(&branch.pipe, &key, &item);
            let flow = self.list(&item, &branch.then)?;
            self.variables.truncate(mark);
            if flow == Flow::Break {
                break;
            }
        }
        self.variables.truncate(scope);
        Ok(Flow::On)
    }

    /// One variable takes the element, two take key and element.
    fn bind(&mut self, pipe: &Pipe, key: &Value, item: &Value) {
        let values = match pipe.variables.len() {
            1 => vec![item],
            _ => vec![key, item],
        };
        for (name, value) in pipe.variables.iter().zip(values) {
            if pipe.assigns {
                self.assign(name, value);
            } else {
                self.variables.push((name.clone(), value.clone()));
            }
        }
    }

    fn assign(&mut self, name: &str, value: &Value) {
        if let Some(slot) = self.variables.iter_mut().rev().find(|(n, _)| n == name) {
            slot.1 = value.clone();
        }
    }

    fn call_template(
        &mut self,
        dot: &Value,
        name: &str,
        data: Option<&Pipe>,
        place: (usize, &str),
    ) -> Run<()> {
        self.at(place.0, place.1);
        let parsed = self.parsed;
        let Some(nodes) = parsed.defined.get(name) else {
            return self.error(format!("template {} not defined", quote(name)));
        };
        if self.depth >= DEEPEST {
            return self.error(format!("exceeded maximum template depth ({DEEPEST})"));
        }
        let value = match data {
            Some(pipe) => self.pipe(dot, pipe)?,
            None => Value::Missing,
        };
        let outer = std::mem::replace(&mut self.variables, vec![("$".into(), value.clone())]);
        self.depth += 1;
        self.list(&value, nodes)?;
        self.depth -= 1;
        self.variables = outer;
        Ok(())
    }

    fn pipe(&mut self, dot: &Value, pipe: &Pipe) -> Run<Value> {
        let mut last = None;
        for command in &pipe.commands {
            last = Some(self.command(dot, command, last)?);
        }
        let value = last.unwrap_or(Value::Missing);
        for name in &pipe.variables {
            // `range` binds its variables for each element itself; the value before that is not seen.
            if pipe.assigns {
                self.assign(name, &value);
            } else {
                self.variables.push((name.clone(), value.clone()));
            }
        }
        Ok(value)
    }

    fn command(&mut self, dot: &Value, command: &Command, last: Option<Value>) -> Run<Value> {
        let (first, rest) = match command.words.split_first() {
            Some(split) => split,
            None => return Ok(Value::Missing),
        };
        match &first.kind {
            TermKind::Function(name) => self.function(dot, name, command, rest, last),
            TermKind::Field(names) => {
                let target = dot.clone();
                self.fields(dot, target, names, first, rest, last)
            }
            TermKind::Variable(name, names) if !names.is_empty() => {
                let target = self.variable(name);
                self.fields(dot, target, names, first, rest, last)
            }
            TermKind::Paren(pipe, names) if !names.is_empty() => {
                let target = self.pipe(dot, pipe)?;
                self.fields(dot, target, names, first, rest, last)
            }
            _ => {
                self.at(first.at, &first.source);
                if !rest.is_empty() || last.is_some() {
                    return self.error(format!(
                        "can't give argument to non-function {}",
                        first.source
                    ));
                }
                if matches!(first.kind, TermKind::Nil) {
                    return self.error("nil is not a command");
                }
                self.term(dot, first)
            }
        }
    }

    fn variable(&self, name: &str) -> Value {
        let mut newest = self.variables.iter().rev();
        newest
            .find(|(n, _)| n == name)
            .map_or(Value::Missing, |(_, v)| v.clone())
    }

    /// The value of an operand.
    fn term(&mut self, dot: &Value, term: &Term) -> Run<Value> {
        self.at(term.at, &term.source);
        match &term.kind {
            TermKind::Dot => Ok(dot.clone()),
            TermKind::Nil => Ok(Value::Missing),
            TermKind::Constant(value) => Ok(value.clone()),
            TermKind::Function(name) => {
                let alone = Command {
                    words: Vec::new(),
                    at: term.at,
                    source: term.source.clone(),
                };
                self.function(dot, name, &alone, &[], None)
            }
            TermKind::Field(names) => self.fields(dot, dot.clone(), names, term, &[], None),
            TermKind::Variable(name, names) => {
                let target = self.variable(name);
                self.fields(dot, target, names, term, &[], None)
            }
            TermKind::Paren(pipe, names) => {
                let scope = self.variables.len();
                let target = self.pipe(dot, pipe)?;
                self.variables.truncate(scope);
                self.fields(dot, target, names, term, &[], None)
            }
        }
    }

    /// Follows a chain of fields; the last one gets the arguments.
    fn fields(
        &mut self,
        dot: &Value,
        mut target: Value,
        names: &[String],
        term: &Term,
        args: &[Term],
        last: Option<Value>,
    ) -> Run<Value> {
        for (n, name) in names.iter().enumerate() {
            let end = n + 1 == names.len();
            let mut given = Vec::new();
            if end {
                for arg in args {
                    given.push(self.term(dot, arg)?);
                }
                given.extend(last.clone());
            }
            self.at(term.at, &term.source);
            target = self.field(&target, name, &given)?;
        }
        Ok(target)
    }

    fn field(&mut self, target: &Value, name: &str, args: &[Value]) -> Run<Value> {
        let strict = self.mode.strict_keys;
        let value = match target {
            Value::Missing if strict => {
                return self.error(format!("nil data; no entry for key {}", quote(name)));
            }
            Value::Missing => Value::Missing,
            Value::Struct(record) => match record.get(name) {
                Some(Value::Method(method)) => {
                    let method = Rc::clone(method);
                    return match method(args) {
                        Ok(value) => Ok(value),
                        Err(words) => self.error(words),
                    };
                }
                Some(value) => value.clone(),
                None => {
                    return self.error(format!(
                        "can't evaluate field {name} in type {}",
                        record.type_name
                    ));
                }
            },
            Value::Map(map) => match map.get(name) {
                Some(value) => value.clone(),
                None if strict => {
                    return self.error(format!("map has no entry for key {}", quote(name)));
                }
                None => Value::Missing,
            },
            Value::Nil(NilKind::Map) => Value::Missing,
            Value::Nil(NilKind::Pointer) => {
                return self.error(format!("nil pointer evaluating interface {{}}.{name}"));
            }
            other => {
                let kind = if strict {
                    "interface {}".to_owned()
                } else {
                    other.type_name()
                };
                return self.error(format!("can't evaluate field {name} in type {kind}"));
            }
        };
        if !args.is_empty() {
            return self.error(format!("{name} is not a method but has arguments"));
        }
        Ok(value)
    }

    fn function(
        &mut self,
        dot: &Value,
        name: &str,
        command: &Command,
        args: &[Term],
        last: Option<Value>,
    ) -> Run<Value> {
        if let "and" | "or" = name {
            return self.logic(dot, name, args, last);
        }
        let Some((arity, wants)) = funcs::signature(name) else {
            return self.error(format!("function {} not defined", quote(name)));
        };
        self.at(command.at, name);
        let count = args.len() + usize::from(last.is_some());
        match arity {
            Arity::Exactly(n) if n != count => {
                return self.error(format!(
                    "wrong number of args for {name}: want {n} got {count}"
                ));
            }
            Arity::AtLeast(n) if count < n => {
                return self.error(format!(
                    "wrong number of args for {name}: want at least {n} got {count}"
                ));
            }
            _ => {}
        }
        let mut given = Vec::new();
        for arg in args {
            given.push(self.term(dot, arg)?);
        }
        given.extend(last);
        if self.mode.header && funcs::is_dockers(name) {
            return Ok(given.into_iter().next().unwrap_or(Value::Missing));
        }
        for (n, value) in given.iter().enumerate() {
            let want = wants.get(n).or(wants.last()).copied().unwrap_or(Want::Any);
            if let Some(arg) = args.get(n) {
                self.at(arg.at, &arg.source);
            }
            self.fits(value, want)?;
        }
        self.at(command.at, &command.source);
        if name == "not" {
            return Ok(Value::Bool(!given[0].is_true()));
        }
        if name == "call" {
            let shown = args.first().map_or("", |a| a.source.as_str());
            return self.error(format!(
                "error calling call: non-function {shown} of type {}",
                given[0].type_name()
            ));
        }
        match funcs::call(name, &given) {
            Ok(value) => Ok(value),
            Err(words) => self.error(format!("error calling {name}: {words}")),
        }
    }

    fn fits(&self, value: &Value, want: Want) -> Run<()> {
        let (fits, expected) = match want {
            Want::Any => (true, ""),
            Want::Text => (matches!(value, Value::Text(_)), "string"),
            Want::Int => (matches!(value, Value::Int(_)), "int"),
            Want::Texts => (
                matches!(value, Value::List(_) | Value::Nil(NilKind::List)),
                "[]string",
            ),
        };
        if fits {
            return Ok(());
        }
        if matches!(value, Value::Missing) {
            return self.error(format!("invalid value; expected {expected}"));
        }
        self.error(format!(
            "wrong type for value; expected {expected}; got {}",
            value.type_name()
        ))
    }

    /// `and` and `or` stop at the argument that decides.
    fn logic(&mut self, dot: &Value, name: &str, args: &[Term], last: Option<Value>) -> Run<Value> {
        let mut result = None;
        for arg in args {
            let value = self.term(dot, arg)?;
            let decided = value.is_true() == (name == "or");
            result = Some(value);
            if decided {
                return Ok(result.unwrap_or(Value::Missing));
            }
        }
        match last.or(result) {
            Some(value) => Ok(value),
            None => self.error(format!(
                "wrong number of args for {name}: want at least 1 got 0"
            )),
        }
    }
}
