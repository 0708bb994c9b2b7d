//! Builds the tree of a template and finds the mistakes that Go finds before executing anything.

use super::constant::{number, single, unquote};
use super::funcs;
use super::lex::{Kind, Token, lex};
use super::value::Value;
use crate::base::strconv::quote;
use std::collections::HashMap;

/// A parsed template with the ones it defines.
#[derive(Debug, Default)]
pub struct Parsed {
    pub root: Vec<Node>,
    pub defined: HashMap<String, Vec<Node>>,
    /// Where each line begins, for the columns of errors.
    pub lines: Vec<usize>,
}

/// One piece of a template.
#[derive(Debug)]
pub enum Node {
    Text(String),
    Action(Pipe),
    If(Branch),
    With(Branch),
    Range(Branch),
    Template {
        name: String,
        data: Option<Pipe>,
        at: usize,
        source: String,
    },
    Break,
    Continue,
}

/// `if`, `with` or `range`.
#[derive(Debug)]
pub struct Branch {
    pub pipe: Pipe,
    pub then: Vec<Node>,
    pub otherwise: Vec<Node>,
}

/// Commands in a row, with the variables that take the result.
#[derive(Debug)]
pub struct Pipe {
    pub variables: Vec<String>,
    pub assigns: bool,
    pub commands: Vec<Command>,
}

/// A function, field or value with its arguments.
#[derive(Debug)]
pub struct Command {
    pub words: Vec<Term>,
    pub at: usize,
    pub source: String,
}

/// One operand.
#[derive(Debug)]
pub struct Term {
    pub kind: TermKind,
    pub at: usize,
    pub source: String,
}

#[derive(Debug)]
pub enum TermKind {
    Function(String),
    Dot,
    Nil,
    Variable(String, Vec<String>),
    Field(Vec<String>),
    Constant(Value),
    Paren(Pipe, Vec<String>),
}

/// A mistake: its line and Go's words.
type Mistake = (usize, String);
type Found<T> = Result<T, Mistake>;

/// Deeper nesting than anybody writes; beyond it the stack would end.
const DEEPEST: usize = 120;

struct Parser {
    tokens: Vec<Token>,
    next: usize,
    variables: Vec<String>,
    ranges: usize,
    depth: usize,
    defined: HashMap<String, Vec<Node>>,
}

/// How a list of nodes ended.
#[derive(PartialEq, Eq)]
enum Ended {
    End,
    Else,
    File,
}

/// Parses a whole template.
pub fn parse(source: &str) -> Found<Parsed> {
    let mut parser = Parser {
        tokens: lex(source),
        next: 0,
        variables: vec!["$".into()],
        ranges: 0,
        depth: 0,
        defined: HashMap::new(),
    };
    let mut root = Vec::new();
    match parser.list(&mut root, true)? {
        Ended::File => {}
        Ended::End => return parser.error("unexpected {{end}}"),
        Ended::Else => return parser.error("unexpected {{else}}"),
    }
    let breaks = source.match_indices('\n').map(|(n, _)| n + 1);
    Ok(Parsed {
        root,
        defined: parser.defined,
        lines: std::iter::once(0).chain(breaks).collect(),
    })
}

impl Parser {
    fn error<T>(&self, words: impl Into<String>) -> Found<T> {
        let last = self.next.min(self.tokens.len()).saturating_sub(1);
        let line = self.tokens.get(last).map_or(1, |t| t.line);
        Err((line, words.into()))
    }

    fn unexpected<T>(&self, token: &Token, context: &str) -> Found<T> {
        if token.kind == Kind::Error {
            return Err((token.line, token.text.clone()));
        }
        let shown = match token.kind {
            Kind::End => "EOF".to_owned(),
            Kind::Keyword | Kind::Nil | Kind::Dot => format!("<{}>", token.text),
            _ if token.text.len() > 10 => {
                let short: String = token.text.chars().take(10).collect();
                format!("{}...", quote(&short))
            }
            _ => quote(&token.text),
        };
        Err((token.line, format!("unexpected {shown} in {context}")))
    }

    fn peek(&self) -> Kind {
        self.tokens.get(self.next).map_or(Kind::End, |t| t.kind)
    }

    fn take(&mut self) -> Token {
        let last = self.tokens.len().saturating_sub(1);
        let token = self.tokens[self.next.min(last)].clone();
        self.next += 1;
        token
    }

    fn skip_space(&mut self) {
        while self.peek() == Kind::Space {
            self.next += 1;
        }
    }

    fn take_solid(&mut self) -> Token {
        self.skip_space();
        self.take()
    }

    fn deeper(&mut self) -> Found<()> {
        self.depth += 1;
        if self.depth > DEEPEST {
            return self.error("max expression depth exceeded");
        }
        Ok(())
    }

    /// Nodes until `{{end}}`, `{{else}}` or the end of the template.
    fn list(&mut self, nodes: &mut Vec<Node>, top: bool) -> Found<Ended> {
        loop {
            let token = self.take();
            match token.kind {
                Kind::End => return Ok(Ended::File),
                Kind::Text => nodes.push(Node::Text(token.text)),
                Kind::Open => {
                    self.skip_space();
                    let word = self.tokens.get(self.next).cloned();
                    let keyword = word
                        .filter(|t| t.kind == Kind::Keyword)
                        .map(|t| t.text)
                        .unwrap_or_default();
                    if keyword.is_empty() {
                        let pipe = self.pipe("command", Kind::Close)?;
                        nodes.push(Node::Action(pipe));
                        continue;
                    }
                    let opened = self.take();
                    match keyword.as_str() {
                        "end" => {
                            self.close("end")?;
                            return Ok(Ended::End);
                        }
                        "else" => return Ok(Ended::Else),
                        "define" if top => self.define()?,
                        "define" => return self.unexpected(&opened, "command"),
                        _ => nodes.push(self.control(&keyword, opened.at)?),
                    }
                }
                _ => return self.unexpected(&token, "input"),
            }
        }
    }

    fn close(&mut self, context: &str) -> Found<()> {
        let token = self.take_solid();
        if token.kind != Kind::Close {
            return self.unexpected(&token, context);
        }
        Ok(())
    }

    fn control(&mut self, keyword: &str, at: usize) -> Found<Node> {
        match keyword {
            "if" => Ok(Node::If(self.branch("if")?)),
            "with" => Ok(Node::With(self.branch("with")?)),
            "range" => Ok(Node::Range(self.branch("range")?)),
            "template" => {
                let name = self.name("template clause")?;
                self.template(name, at)
            }
            "block" => {
                let name = self.name("block clause")?;
                self.block(name, at)
            }
            _ => {
                self.close(&format!("{{{{{keyword}}}}}"))?;
                if self.ranges == 0 {
                    return self.error(format!("{{{{{keyword}}}}} outside {{{{range}}}}"));
                }
                Ok(if keyword == "break" {
                    Node::Break
                } else {
                    Node::Continue
                })
            }
        }
    }

    fn branch(&mut self, keyword: &str) -> Found<Branch> {
        self.deeper()?;
        let scope = self.variables.len();
        let pipe = self.pipe(keyword, Kind::Close)?;
        let mut then = Vec::new();
        let mut otherwise = Vec::new();
        if keyword == "range" {
            self.ranges += 1;
        }
        let mut ended = self.list(&mut then, false)?;
        if keyword == "range" {
            self.ranges -= 1;
        }
        if ended == Ended::Else {
            self.skip_space();
            let chained = matches!(keyword, "if" | "with")
                && self
                    .tokens
                    .get(self.next)
                    .is_some_and(|t| t.kind == Kind::Keyword && t.text == keyword);
            if chained {
                // `{{else if}}` is an `if` inside the `else`; both end with one `{{end}}`.
                self.next += 1;
                let inner = self.branch(keyword)?;
                otherwise.push(match keyword {
                    "if" => Node::If(inner),
                    _ => Node::With(inner),
                });
                ended = Ended::End;
            } else {
                self.close("else")?;
                ended = self.list(&mut otherwise, false)?;
                if ended == Ended::Else {
                    return self.error("expected end; found {{else}}");
                }
            }
        }
        if ended == Ended::File {
            return self.error("unexpected EOF");
        }
        self.variables.truncate(scope);
        self.depth -= 1;
        Ok(Branch {
            pipe,
            then,
            otherwise,
        })
    }

    fn name(&mut self, context: &str) -> Found<String> {
        let token = self.take_solid();
        match token.kind {
            Kind::Quoted | Kind::RawQuoted => Ok(unquote(&token.text).unwrap_or_default()),
            _ => self.unexpected(&token, context),
        }
    }

    fn template(&mut self, name: String, at: usize) -> Found<Node> {
        self.skip_space();
        let data = if self.peek() == Kind::Close {
            self.next += 1;
            None
        } else {
            Some(self.pipe("template clause", Kind::Close)?)
        };
        let tail = data.as_ref().map(|p| format!(" {}", p.source()));
        Ok(Node::Template {
            source: format!(
                "{{{{template {}{}}}}}",
                quote(&name),
                tail.unwrap_or_default()
            ),
            // Go points at the name.
            at: at + "template ".len(),
            name,
            data,
        })
    }

    fn define(&mut self) -> Found<()> {
        let name = self.name("define clause")?;
        self.close("define clause")?;
        self.body(name)
    }

    fn block(&mut self, name: String, at: usize) -> Found<Node> {
        let data = self.pipe("block clause", Kind::Close)?;
        self.body(name.clone())?;
        Ok(Node::Template {
            source: format!("{{{{template {} {}}}}}", quote(&name), data.source()),
            at,
            name,
            data: Some(data),
        })
    }

    /// The nodes of a defined template; its variables are its own.
    fn body(&mut self, name: String) -> Found<()> {
        self.deeper()?;
        let outer = std::mem::replace(&mut self.variables, vec!["$".into()]);
        let ranges = std::mem::take(&mut self.ranges);
        let mut nodes = Vec::new();
        match self.list(&mut nodes, false)? {
            Ended::End => {}
            Ended::File => return self.error("unexpected EOF"),
            Ended::Else => return self.error("unexpected {{else}} in define clause"),
        }
        self.variables = outer;
        self.ranges = ranges;
        self.depth -= 1;
        self.defined.insert(name, nodes);
        Ok(())
    }

    fn pipe(&mut self, context: &str, end: Kind) -> Found<Pipe> {
        let mut pipe = Pipe {
            variables: Vec::new(),
            assigns: false,
            commands: Vec::new(),
        };
        self.declarations(&mut pipe, context)?;
        loop {
            self.skip_space();
            let token = self.take();
            match token.kind {
                kind if kind == end => break,
                Kind::Bool
                | Kind::Char
                | Kind::Dot
                | Kind::Field
                | Kind::Word
                | Kind::Number
                | Kind::Nil
                | Kind::RawQuoted
                | Kind::Quoted
                | Kind::Variable
                | Kind::LeftParen => {
                    self.next -= 1;
                    let command = self.command()?;
                    pipe.commands.push(command);
                }
                _ => return self.unexpected(&token, context),
            }
        }
        self.check(&pipe, context)?;
        Ok(pipe)
    }

    fn check(&self, pipe: &Pipe, context: &str) -> Found<()> {
        if pipe.commands.is_empty() {
            return self.error(format!("missing value for {context}"));
        }
        for (n, command) in pipe.commands.iter().enumerate().skip(1) {
            let first = command.words.first().map(|w| &w.kind);
            if matches!(
                first,
                Some(TermKind::Constant(_) | TermKind::Dot | TermKind::Nil)
            ) {
                return self.error(format!(
                    "non executable command in pipeline stage {}",
                    n + 1
                ));
            }
        }
        Ok(())
    }

    fn declarations(&mut self, pipe: &mut Pipe, context: &str) -> Found<()> {
        loop {
            self.skip_space();
            if self.peek() != Kind::Variable {
                return Ok(());
            }
            let start = self.next;
            let variable = self.take();
            self.skip_space();
            match self.peek() {
                kind @ (Kind::Declare | Kind::Assign) => {
                    self.next += 1;
                    pipe.assigns = kind == Kind::Assign;
                    if pipe.assigns {
                        self.known(&variable.text)?;
                    }
                    self.variables.push(variable.text.clone());
                    pipe.variables.push(variable.text);
                    return Ok(());
                }
                Kind::Comma => {
                    self.next += 1;
                    self.variables.push(variable.text.clone());
                    pipe.variables.push(variable.text);
                    if context != "range" || pipe.variables.len() >= 2 {
                        return self.error(format!("too many declarations in {context}"));
                    }
                    self.skip_space();
                    if self.peek() != Kind::Variable {
                        return self.error("range can only initialize variables");
                    }
                }
                _ => {
                    self.next = start;
                    return Ok(());
                }
            }
        }
    }

    fn command(&mut self) -> Found<Command> {
        self.skip_space();
        let at = self.tokens.get(self.next).map_or(0, |t| t.at);
        let mut words = Vec::new();
        loop {
            self.skip_space();
            words.extend(self.operand()?);
            let token = self.take();
            match token.kind {
                Kind::Space => continue,
                Kind::Close | Kind::RightParen => self.next -= 1,
                Kind::Pipe => {}
                _ => return self.unexpected(&token, "operand"),
            }
            break;
        }
        if words.is_empty() {
            return self.error("empty command");
        }
        let shown: Vec<&str> = words.iter().map(|w: &Term| w.source.as_str()).collect();
        let source = shown.join(" ");
        Ok(Command { words, at, source })
    }

    fn known(&self, name: &str) -> Found<()> {
        if self.variables.iter().any(|v| v == name) {
            return Ok(());
        }
        self.error(format!("undefined variable {}", quote(name)))
    }

    fn operand(&mut self) -> Found<Option<Term>> {
        let Some(mut term) = self.term()? else {
            return Ok(None);
        };
        let mut chain = Vec::new();
        let first = self.next;
        while self.peek() == Kind::Field {
            chain.push(self.take().text[1..].to_owned());
        }
        if chain.is_empty() {
            return Ok(Some(term));
        }
        // Go names the place of the first link of the chain.
        let at = self.tokens[first].at;
        let source = format!("{}.{}", term.source, chain.join("."));
        match &mut term.kind {
            TermKind::Field(names) | TermKind::Variable(_, names) | TermKind::Paren(_, names) => {
                names.extend(chain);
            }
            _ => {
                return self.error(format!("unexpected . after term {}", quote(&term.source)));
            }
        }
        term.at = at;
        term.source = source;
        Ok(Some(term))
    }

    fn term(&mut self) -> Found<Option<Term>> {
        self.skip_space();
        let token = self.take();
        let kind = match token.kind {
            Kind::Word => {
                if funcs::signature(&token.text).is_none() {
                    return self.error(format!("function {} not defined", quote(&token.text)));
                }
                TermKind::Function(token.text.clone())
            }
            Kind::Dot => TermKind::Dot,
            Kind::Nil => TermKind::Nil,
            Kind::Variable => {
                self.known(&token.text)?;
                TermKind::Variable(token.text.clone(), Vec::new())
            }
            Kind::Field => TermKind::Field(vec![token.text[1..].to_owned()]),
            Kind::Bool => TermKind::Constant(Value::Bool(token.text == "true")),
            Kind::Number => match number(&token.text) {
                Some(value) => TermKind::Constant(value),
                None => {
                    return self.error(format!("bad number syntax: {}", quote(&token.text)));
                }
            },
            Kind::Char => match unquote(&token.text).and_then(|t| single(&t)) {
                Some(c) => TermKind::Constant(Value::Int(i64::from(u32::from(c)))),
                None => {
                    return self.error(format!("malformed character constant: {}", token.text));
                }
            },
            Kind::Quoted | Kind::RawQuoted => match unquote(&token.text) {
                Some(text) => TermKind::Constant(Value::text(text)),
                None => return self.error("invalid syntax"),
            },
            Kind::LeftParen => {
                self.deeper()?;
                let pipe = self.pipe("parenthesized pipeline", Kind::RightParen)?;
                self.depth -= 1;
                let source = format!("({})", pipe.source());
                return Ok(Some(Term {
                    kind: TermKind::Paren(pipe, Vec::new()),
                    at: token.at,
                    source,
                }));
            }
            _ => {
                self.next -= 1;
                return Ok(None);
            }
        };
        Ok(Some(Term {
            kind,
            at: token.at,
            source: token.text,
        }))
    }
}

impl Pipe {
    /// The pipeline as Go writes it in errors.
    pub fn source(&self) -> String {
        let commands: Vec<&str> = self.commands.iter().map(|c| c.source.as_str()).collect();
        let body = commands.join(" | ");
        if self.variables.is_empty() {
            return body;
        }
        let sign = if self.assigns { "=" } else { ":=" };
        format!("{} {sign} {body}", self.variables.join(", "))
    }
}
