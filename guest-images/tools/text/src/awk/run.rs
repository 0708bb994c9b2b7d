//! Evaluates a program.

use super::builtin::{split, sprintf, substitute, substr};
use super::parse::{Expr, Name, Program, Statement, Target, When};
use super::stream::{Records, Streams, system};
use super::value::{Shared, Value, number_text};
use applet::regex::{Regex, Syntax};
use applet::{flush, out, time, warn, words};
use std::collections::HashMap;
use std::rc::Rc;

/// What a variable holds.
#[derive(Clone)]
enum Cell {
    Scalar(Value),
    Array(Shared),
    /// Not used yet: may become either. The array is there already, so that a function can fill its caller's.
    Open(Shared),
}

/// Why a statement ended.
enum Flow {
    Normal,
    Next,
    NextFile,
    Exit,
    Return(Value),
    Break,
    Continue,
}

/// The machine.
pub struct Awk {
    program: Rc<Program>,
    globals: Vec<Cell>,
    special: HashMap<&'static str, usize>,
    frames: Vec<Vec<Cell>>,
    record: String,
    fields: Vec<String>,
    split: bool,
    stale: bool,
    streams: Streams,
    input: Option<Records>,
    next_argument: usize,
    used_file: bool,
    ranges: Vec<bool>,
    regexes: HashMap<Rc<str>, Rc<Regex>>,
    code: i32,
    seed: (u64, f64),
}

const SPECIAL: &[&str] = &[
    "FS", "OFS", "ORS", "RS", "NR", "NF", "FNR", "FILENAME", "SUBSEP", "RSTART", "RLENGTH",
    "CONVFMT", "OFMT", "ENVIRON", "ARGC", "ARGV",
];

fn fatal(problem: impl std::fmt::Display) -> ! {
    warn(problem);
    std::process::exit(2)
}

impl Awk {
    pub fn new(mut program: Program, arguments: &[String]) -> Self {
        let mut special = HashMap::new();
        for name in SPECIAL {
            let at = program
                .globals
                .iter()
                .position(|known| &**known == *name)
                .unwrap_or_else(|| {
                    program.globals.push((*name).into());
                    program.globals.len() - 1
                });
            special.insert(*name, at);
        }
        let globals = program
            .globals
            .iter()
            .map(|_| Cell::Open(Shared::default()))
            .collect();
        let ranges = vec![false; program.rules.len()];
        let mut awk = Self {
            program: Rc::new(program),
            globals,
            special,
            frames: Vec::new(),
            record: String::new(),
            fields: Vec::new(),
            split: true,
            stale: false,
            streams: Streams::default(),
            input: None,
            next_argument: 1,
            used_file: false,
            ranges,
            regexes: HashMap::new(),
            code: 0,
            seed: (0x2545_f491_4f6c_dd1d, 0.0),
        };
        for (name, value) in [
            ("FS", " "),
            ("OFS", " "),
            ("ORS", "\n"),
            ("RS", "\n"),
            ("SUBSEP", "\x1c"),
            ("CONVFMT", "%.6g"),
            ("OFMT", "%.6g"),
        ] {
            awk.set_special(name, Value::text(value));
        }
        for name in ["NR", "NF", "FNR", "RSTART"] {
            awk.set_special(name, Value::Number(0.0));
        }
        awk.set_special("RLENGTH", Value::Number(-1.0));
        let environ = awk.array(Name::Global(awk.special["ENVIRON"]));
        for (name, value) in std::env::vars() {
            environ.borrow_mut().set(&name, Value::Input(value.into()));
        }
        let argv = awk.array(Name::Global(awk.special["ARGV"]));
        argv.borrow_mut().set("0", Value::text("awk"));
        for (at, word) in arguments.iter().enumerate() {
            argv.borrow_mut()
                .set(&(at + 1).to_string(), Value::Input(word.as_str().into()));
        }
        awk.set_special("ARGC", Value::Number(arguments.len() as f64 + 1.0));
        awk
    }

    /// `-v` and `name=value` operands: escapes count, and the value may be a number.
    pub fn assign(&mut self, name: &str, value: &str) {
        let text = String::from_utf8_lossy(&applet::format::unescape(value, false).0).into_owned();
        if let Some(at) = self
            .program
            .globals
            .iter()
            .position(|known| &**known == name)
        {
            self.globals[at] = Cell::Scalar(Value::Input(text.into()));
        }
    }

    fn special(&self, name: &str) -> Value {
        match &self.globals[self.special[name]] {
            Cell::Scalar(value) => value.clone(),
            _ => Value::Unset,
        }
    }

    fn set_special(&mut self, name: &str, value: Value) {
        let at = self.special[name];
        self.globals[at] = Cell::Scalar(value);
    }

    fn convfmt(&self) -> Rc<str> {
        match &self.globals[self.special["CONVFMT"]] {
            Cell::Scalar(Value::Text(text)) => text.clone(),
            _ => "%.6g".into(),
        }
    }

    fn text(&self, value: &Value) -> Rc<str> {
        match value {
            Value::Text(text) | Value::Input(text) => text.clone(),
            other => other.string(&self.convfmt()),
        }
    }

    // ---- running

    /// Runs everything; gives the exit code.
    pub fn run(mut self) -> i32 {
        let program = self.program.clone();
        let mut flow = Flow::Normal;
        for (when, body) in &program.rules {
            if let (When::Begin, Some(body)) = (when, body) {
                flow = self.block(body);
                if matches!(flow, Flow::Exit) {
                    break;
                }
            }
        }
        let reads = program
            .rules
            .iter()
            .any(|(when, _)| !matches!(when, When::Begin));
        if reads && !matches!(flow, Flow::Exit) {
            flow = self.main_loop(&program);
        }
        // `exit` in a rule still runs END; in END it stops.
        let begin_exit = matches!(flow, Flow::Exit);
        for (when, body) in &program.rules {
            if let (When::End, Some(body)) = (when, body) {
                if begin_exit && !reads {
                    break;
                }
                if matches!(self.block(body), Flow::Exit) {
                    break;
                }
            }
        }
        flush();
        self.streams.close_all();
        flush();
        self.code
    }

    fn main_loop(&mut self, program: &Program) -> Flow {
        while let Some(record) = self.main_record() {
            self.set_record(record);
            for (at, (when, body)) in program.rules.iter().enumerate() {
                let applies = match when {
                    When::Begin | When::End => false,
                    When::Always => true,
                    When::If(condition) => self.eval(condition).truth(),
                    When::Range(first, last) => {
                        let inside = self.ranges[at] || self.eval(first).truth();
                        if inside {
                            self.ranges[at] = !self.eval(last).truth();
                        }
                        inside
                    }
                };
                if !applies {
                    continue;
                }
                let flow = match body {
                    Some(body) => self.block(body),
                    None => {
                        let end = self.text(&self.special("ORS"));
                        out().text(self.whole());
                        out().text(&end);
                        Flow::Normal
                    }
                };
                match flow {
                    Flow::Exit => return Flow::Exit,
                    Flow::Next => break,
                    Flow::NextFile => {
                        self.input = None;
                        break;
                    }
                    _ => {}
                }
            }
        }
        Flow::Normal
    }

    /// The next record of the files in `ARGV`; counts it.
    fn main_record(&mut self) -> Option<String> {
        loop {
            if let Some(records) = &mut self.input {
                let separator = match &self.globals[self.special["RS"]] {
                    Cell::Scalar(value) => value.string("%.6g"),
                    _ => "\n".into(),
                };
                if let Some(record) = records.next(&separator) {
                    for name in ["NR", "FNR"] {
                        let next = self.special(name).number() + 1.0;
                        self.set_special(name, Value::Number(next));
                    }
                    return Some(record);
                }
                self.input = None;
            }
            let count = self.special("ARGC").number() as usize;
            let argv = self.array(Name::Global(self.special["ARGV"]));
            let mut path = None;
            while self.next_argument < count {
                let word = argv.borrow_mut().get(&self.next_argument.to_string());
                self.next_argument += 1;
                let word = self.text(&word).to_string();
                match word.split_once('=') {
                    Some((name, value))
                        if !name.is_empty()
                            && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
                            && !name.starts_with(|c: char| c.is_ascii_digit()) =>
                    {
                        self.assign(name, value);
                    }
                    _ if word.is_empty() => {}
                    _ => {
                        path = Some(word);
                        break;
                    }
                }
            }
            let path = match path {
                Some(path) => path,
                None if self.used_file => return None,
                None => "-".into(),
            };
            self.used_file = true;
            match Records::open(&path) {
                Ok(records) => {
                    self.set_special(
                        "FILENAME",
                        Value::text(if path == "-" { "" } else { path.as_str() }),
                    );
                    self.set_special("FNR", Value::Number(0.0));
                    self.input = Some(records);
                }
                Err(error) => {
                    warn(format_args!("{path}: {}", words(&error)));
                    self.code = 2;
                }
            }
        }
    }

    // ---- fields

    fn set_record(&mut self, record: String) {
        self.record = record;
        self.split = false;
        self.stale = false;
    }

    fn separate(&mut self) {
        if self.split {
            return;
        }
        self.split = true;
        let separator = self.text(&self.special("FS"));
        let mut record = std::mem::take(&mut self.record);
        // In paragraph mode a newline separates fields too.
        let paragraphs = self.text(&self.special("RS")).is_empty();
        let kept = record.clone();
        if paragraphs && &*separator != " " {
            record = record.replace('\n', &separator.chars().take(1).collect::<String>());
        }
        self.fields = self.cut(&record, &separator);
        self.record = kept;
        let count = self.fields.len() as f64;
        self.set_special("NF", Value::Number(count));
    }

    fn cut(&mut self, text: &str, separator: &str) -> Vec<String> {
        // One character stands for itself, more are a pattern.
        let regex = (separator.chars().count() > 1).then(|| self.regex(separator));
        split(text, separator, regex.as_deref())
    }

    fn whole(&mut self) -> &str {
        if self.stale {
            self.stale = false;
            let glue = self.text(&self.special("OFS"));
            self.record = self.fields.join(&glue);
        }
        &self.record
    }

    fn field(&mut self, at: usize) -> Value {
        if at == 0 {
            return Value::Input(self.whole().into());
        }
        self.separate();
        self.fields
            .get(at - 1)
            .map_or(Value::Unset, |text| Value::Input(text.as_str().into()))
    }

    fn set_field(&mut self, at: usize, text: &str) {
        if at == 0 {
            return self.set_record(text.to_string());
        }
        self.separate();
        if self.fields.len() < at {
            self.fields.resize(at, String::new());
            self.set_special("NF", Value::Number(at as f64));
        }
        self.fields[at - 1] = text.to_string();
        self.stale = true;
    }

    // ---- variables

    fn cell(&mut self, name: Name) -> &mut Cell {
        match name {
            Name::Global(at) => &mut self.globals[at],
            Name::Local(at) => match self.frames.last_mut() {
                Some(frame) => &mut frame[at],
                None => fatal("a parameter outside of its function"),
            },
        }
    }

    fn array(&mut self, name: Name) -> Shared {
        let cell = self.cell(name);
        match cell {
            Cell::Array(array) => array.clone(),
            Cell::Open(array) => {
                let array = array.clone();
                *cell = Cell::Array(array.clone());
                array
            }
            Cell::Scalar(_) => fatal("can't use a scalar as an array"),
        }
    }

    fn variable(&mut self, name: Name) -> Value {
        if name == Name::Global(self.special["NF"]) {
            self.separate();
        }
        match self.cell(name) {
            Cell::Scalar(value) => value.clone(),
            Cell::Open(_) => Value::Unset,
            Cell::Array(_) => fatal("can't use an array as a scalar"),
        }
    }

    fn set_variable(&mut self, name: Name, value: Value) {
        if name == Name::Global(self.special["NF"]) {
            self.separate();
            self.fields
                .resize(value.number().max(0.0) as usize, String::new());
            self.stale = true;
        }
        match self.cell(name) {
            Cell::Array(_) => fatal("can't use an array as a scalar"),
            cell => *cell = Cell::Scalar(value),
        }
    }

    fn key(&mut self, keys: &[Expr]) -> Rc<str> {
        if let [key] = keys {
            let value = self.eval(key);
            return match value {
                Value::Number(number) if number == number.trunc() => {
                    number_text(number, "%d").into()
                }
                other => self.text(&other),
            };
        }
        let parts: Vec<Rc<str>> = keys
            .iter()
            .map(|key| self.eval(key))
            .collect::<Vec<_>>()
            .iter()
            .map(|value| self.text(value))
            .collect();
        let glue = self.text(&self.special("SUBSEP"));
        parts
            .iter()
            .map(|part| &**part)
            .collect::<Vec<_>>()
            .join(&glue)
            .into()
    }

    fn store(&mut self, target: &Expr, value: Value) {
        match target {
            Expr::Variable(name) => self.set_variable(*name, value),
            Expr::Field(at) => {
                let at = self.eval(at).number();
                if at < 0.0 {
                    fatal("attempt to access field -1");
                }
                let text = self.text(&value);
                self.set_field(at as usize, &text);
            }
            Expr::Element(name, keys) => {
                let key = self.key(keys);
                let array = self.array(*name);
                array.borrow_mut().set(&key, value);
            }
            Expr::Group(inner) => self.store(inner, value),
            _ => fatal("assignment to something that is no variable"),
        }
    }

    fn regex(&mut self, text: &str) -> Rc<Regex> {
        if let Some(found) = self.regexes.get(text) {
            return found.clone();
        }
        match Regex::new(text, Syntax::Extended, false) {
            Ok(regex) => {
                let regex = Rc::new(regex);
                self.regexes.insert(text.into(), regex.clone());
                regex
            }
            Err(problem) => fatal(format_args!("bad regex '{text}': {problem}")),
        }
    }

    fn pattern(&mut self, expression: &Expr) -> Rc<Regex> {
        match expression {
            Expr::Pattern(regex) => regex.clone(),
            Expr::Group(inner) => self.pattern(inner),
            other => {
                let value = self.eval(other);
                let text = self.text(&value);
                self.regex(&text)
            }
        }
    }

    // ---- expressions

    fn eval(&mut self, expression: &Expr) -> Value {
        match expression {
            Expr::Number(value) => Value::Number(*value),
            Expr::Text(text) => Value::Text(text.clone()),
            Expr::Group(inner) => self.eval(inner),
            Expr::Pattern(regex) => {
                let hit = regex.is_match(self.whole().as_bytes());
                Value::Number(f64::from(u8::from(hit)))
            }
            Expr::Variable(name) => self.variable(*name),
            Expr::Field(at) => {
                let at = self.eval(at).number();
                if at < 0.0 {
                    fatal(format_args!("attempt to access field {at}"));
                }
                self.field(at as usize)
            }
            Expr::Element(name, keys) => {
                let key = self.key(keys);
                let array = self.array(*name);
                let value = array.borrow_mut().get(&key);
                value
            }
            Expr::Assign('=', target, value) => {
                let value = self.eval(value);
                self.store(target, value.clone());
                value
            }
            Expr::Assign(operator, target, value) => {
                let right = self.eval(value).number();
                let left = self.eval(target).number();
                let value = Value::Number(arithmetic(*operator, left, right));
                self.store(target, value.clone());
                value
            }
            Expr::Choose(condition, yes, no) => {
                if self.eval(condition).truth() {
                    self.eval(yes)
                } else {
                    self.eval(no)
                }
            }
            Expr::And(a, b) => flag(self.eval(a).truth() && self.eval(b).truth()),
            Expr::Or(a, b) => flag(self.eval(a).truth() || self.eval(b).truth()),
            Expr::Not(inner) => flag(!self.eval(inner).truth()),
            Expr::Negate(inner) => Value::Number(-self.eval(inner).number()),
            Expr::Plus(inner) => Value::Number(self.eval(inner).number()),
            Expr::Contains(keys, array) => {
                let key = self.key(keys);
                let array = self.array(*array);
                let has = array.borrow().has(&key);
                flag(has)
            }
            Expr::Match(negated, text, pattern) => {
                let value = self.eval(text);
                let text = self.text(&value);
                let regex = self.pattern(pattern);
                flag(regex.is_match(text.as_bytes()) != *negated)
            }
            Expr::Compare(mark, a, b) => {
                let (a, b) = (self.eval(a), self.eval(b));
                let order = a.compare(&b, &self.convfmt());
                flag(match *mark {
                    "==" => order.is_eq(),
                    "!=" => order.is_ne(),
                    "<" => order.is_lt(),
                    "<=" => order.is_le(),
                    ">" => order.is_gt(),
                    _ => order.is_ge(),
                })
            }
            Expr::Arithmetic(operator, a, b) => {
                let (a, b) = (self.eval(a).number(), self.eval(b).number());
                Value::Number(arithmetic(*operator, a, b))
            }
            Expr::Concat(a, b) => {
                let (a, b) = (self.eval(a), self.eval(b));
                let mut text = self.text(&a).to_string();
                text.push_str(&self.text(&b));
                Value::text(text)
            }
            Expr::Step(target, by, post) => {
                let old = self.eval(target).number();
                self.store(target, Value::Number(old + by));
                Value::Number(if *post { old } else { old + by })
            }
            Expr::Call(function, arguments) => self.call(*function, arguments),
            Expr::Builtin(name, arguments) => self.builtin(name, arguments),
            Expr::Getline(target, source, command) => {
                self.getline(target.as_deref(), source.as_deref(), *command)
            }
        }
    }

    fn getline(&mut self, target: Option<&Expr>, source: Option<&Expr>, command: bool) -> Value {
        let record = match source {
            None => self.main_record(),
            Some(source) => {
                let name = self.eval(source);
                let name = self.text(&name);
                let separator = self.text(&self.special("RS"));
                match self.streams.read(&name, command, &separator) {
                    Err(()) => return Value::Number(-1.0),
                    Ok(record) => {
                        if command && record.is_some() {
                            let next = self.special("NR").number() + 1.0;
                            self.set_special("NR", Value::Number(next));
                        }
                        record
                    }
                }
            }
        };
        let Some(record) = record else {
            return Value::Number(0.0);
        };
        match target {
            Some(target) => self.store(target, Value::Input(record.into())),
            None => self.set_record(record),
        }
        Value::Number(1.0)
    }

    fn call(&mut self, at: usize, arguments: &[Expr]) -> Value {
        let program = self.program.clone();
        let function = &program.functions[at];
        if self.frames.len() > 400 {
            fatal("function calls are nested too deeply");
        }
        let mut frame = Vec::with_capacity(function.parameters);
        for argument in arguments {
            // A bare name may be an array; it is passed as it is.
            let cell = match argument {
                Expr::Variable(name) if *name != Name::Global(self.special["NF"]) => {
                    self.cell(*name).clone()
                }
                other => Cell::Scalar(self.eval(other)),
            };
            frame.push(cell);
        }
        if frame.len() > function.parameters {
            fatal("function called with too many arguments");
        }
        frame.resize_with(function.parameters, || Cell::Open(Shared::default()));
        self.frames.push(frame);
        let flow = self.block(&function.body);
        let frame = self.frames.pop().unwrap_or_default();
        // An untouched name that the function used as an array is one for the caller from now on.
        for (argument, cell) in arguments.iter().zip(frame) {
            if let (Expr::Variable(name), Cell::Array(array)) = (argument, cell) {
                let mine = self.cell(*name);
                if matches!(mine, Cell::Open(_)) {
                    *mine = Cell::Array(array);
                }
            }
        }
        match flow {
            Flow::Return(value) => value,
            Flow::Exit => {
                flush();
                self.streams.close_all();
                std::process::exit(self.code)
            }
            _ => Value::Unset,
        }
    }

    fn builtin(&mut self, name: &str, arguments: &[Expr]) -> Value {
        // These look at their arguments' places, not at their values.
        match name {
            "length" => {
                if let Some(Expr::Variable(name)) = arguments.first() {
                    if let Cell::Array(array) = self.cell(*name) {
                        let count = array.borrow().len();
                        return Value::Number(count as f64);
                    }
                }
                let value = match arguments.first() {
                    Some(argument) => self.eval(argument),
                    None => self.field(0),
                };
                return Value::Number(self.text(&value).chars().count() as f64);
            }
            "split" => {
                let [text, Expr::Variable(array), rest @ ..] = arguments else {
                    fatal("split: wrong arguments")
                };
                let text = self.eval(text);
                let text = self.text(&text);
                let parts = match rest.first() {
                    Some(Expr::Pattern(regex)) => split(&text, "re", Some(regex)),
                    Some(separator) => {
                        let separator = self.eval(separator);
                        let separator = self.text(&separator);
                        self.cut(&text, &separator)
                    }
                    None => {
                        let separator = self.text(&self.special("FS"));
                        self.cut(&text, &separator)
                    }
                };
                let array = self.array(*array);
                array.borrow_mut().clear();
                for (at, part) in parts.iter().enumerate() {
                    array
                        .borrow_mut()
                        .set(&(at + 1).to_string(), Value::Input(part.as_str().into()));
                }
                return Value::Number(parts.len() as f64);
            }
            "sub" | "gsub" => {
                let [pattern, replacement, rest @ ..] = arguments else {
                    fatal(format_args!("{name}: wrong arguments"))
                };
                let regex = self.pattern(pattern);
                let replacement = self.eval(replacement);
                let replacement = self.text(&replacement);
                let whole = Expr::Field(Box::new(Expr::Number(0.0)));
                let target = rest.first().unwrap_or(&whole);
                let old = self.eval(target);
                let (new, count) = substitute(
                    &regex,
                    &replacement,
                    &self.text(&old),
                    usize::from(name == "sub"),
                    false,
                );
                if count > 0 {
                    self.store(target, Value::text(new));
                }
                return Value::Number(count as f64);
            }
            "gensub" => {
                let [pattern, replacement, how, rest @ ..] = arguments else {
                    fatal("gensub: wrong arguments")
                };
                let regex = self.pattern(pattern);
                let (replacement, how) = (self.eval(replacement), self.eval(how));
                let text = match rest.first() {
                    Some(text) => self.eval(text),
                    None => self.field(0),
                };
                let which = if self.text(&how).to_lowercase().starts_with('g') {
                    0
                } else {
                    how.number().max(1.0) as usize
                };
                return Value::text(
                    substitute(
                        &regex,
                        &self.text(&replacement),
                        &self.text(&text),
                        which,
                        true,
                    )
                    .0,
                );
            }
            "match" => {
                let [text, pattern, rest @ ..] = arguments else {
                    fatal("match: wrong arguments")
                };
                let text = self.eval(text);
                let text = self.text(&text);
                let regex = self.pattern(pattern);
                let groups = regex.find_at(text.as_bytes(), 0);
                let bounds = groups.as_ref().and_then(|groups| groups[0]);
                let start = bounds.map_or(0, |(from, _)| text[..from].chars().count() + 1);
                let length =
                    bounds.map_or(-1.0, |(from, to)| text[from..to].chars().count() as f64);
                self.set_special("RSTART", Value::Number(start as f64));
                self.set_special("RLENGTH", Value::Number(length));
                if let Some(Expr::Variable(array)) = rest.first() {
                    let array = self.array(*array);
                    array.borrow_mut().clear();
                    for (at, group) in groups.unwrap_or_default().iter().enumerate() {
                        if let Some((from, to)) = group {
                            array
                                .borrow_mut()
                                .set(&at.to_string(), Value::Input(text[*from..*to].into()));
                        }
                    }
                }
                return Value::Number(start as f64);
            }
            "asort" | "asorti" => {
                let [Expr::Variable(source), rest @ ..] = arguments else {
                    fatal("asort: wrong arguments")
                };
                let source = self.array(*source);
                let mut values: Vec<Value> = if name == "asort" {
                    source.borrow().values()
                } else {
                    source
                        .borrow()
                        .keys()
                        .into_iter()
                        .map(Value::Text)
                        .collect()
                };
                values.sort_by(|a, b| a.compare(b, "%.6g"));
                let target = match rest.first() {
                    Some(Expr::Variable(target)) => self.array(*target),
                    _ => source,
                };
                target.borrow_mut().clear();
                for (at, value) in values.iter().enumerate() {
                    target
                        .borrow_mut()
                        .set(&(at + 1).to_string(), value.clone());
                }
                return Value::Number(values.len() as f64);
            }
            _ => {}
        }
        let values: Vec<Value> = arguments
            .iter()
            .map(|argument| self.eval(argument))
            .collect();
        let text = |at: usize| {
            values
                .get(at)
                .map_or_else(|| "".into(), |value: &Value| self.text(value))
        };
        let number = |at: usize| values.get(at).map_or(0.0, Value::number);
        let bits = |at: usize| number(at) as u64;
        match name {
            "substr" => Value::text(substr(
                &text(0),
                number(1),
                values.get(2).map(Value::number),
            )),
            "index" => {
                let (whole, part) = (text(0), text(1));
                Value::Number(
                    whole
                        .find(&*part)
                        .map_or(0, |at| whole[..at].chars().count() + 1) as f64,
                )
            }
            "sprintf" => Value::text(sprintf(
                &text(0),
                values.get(1..).unwrap_or_default(),
                &self.convfmt(),
            )),
            "sin" => Value::Number(number(0).sin()),
            "cos" => Value::Number(number(0).cos()),
            "atan2" => Value::Number(number(0).atan2(number(1))),
            "exp" => Value::Number(number(0).exp()),
            "log" => Value::Number(number(0).ln()),
            "sqrt" => Value::Number(number(0).sqrt()),
            "int" => Value::Number(number(0).trunc()),
            "rand" => {
                // xorshift: the same sequence each run until `srand`, as awk has it.
                self.seed.0 ^= self.seed.0 << 13;
                self.seed.0 ^= self.seed.0 >> 7;
                self.seed.0 ^= self.seed.0 << 17;
                Value::Number((self.seed.0 >> 11) as f64 / (1u64 << 53) as f64)
            }
            "srand" => {
                let seed = if values.is_empty() {
                    (time::now() / time::NANOS) as f64
                } else {
                    number(0)
                };
                let old = std::mem::replace(&mut self.seed.1, seed);
                self.seed.0 = (seed.to_bits() ^ 0x9e37_79b9_7f4a_7c15)
                    .wrapping_mul(0xbf58_476d_1ce4_e5b9)
                    | 1;
                Value::Number(old)
            }
            "tolower" => Value::text(text(0).to_lowercase()),
            "toupper" => Value::text(text(0).to_uppercase()),
            "system" => Value::Number(f64::from(system(&text(0)))),
            "close" => {
                let name = text(0);
                Value::Number(f64::from(self.streams.close(&name)))
            }
            "fflush" => {
                flush();
                Value::Number(0.0)
            }
            "systime" => Value::Number((time::now() / time::NANOS) as f64),
            "strftime" => {
                let format = if values.is_empty() {
                    "%a %b %e %H:%M:%S %Z %Y".into()
                } else {
                    text(0)
                };
                let moment = if values.len() > 1 {
                    number(1) as i64 * time::NANOS
                } else {
                    time::now()
                };
                Value::text(time::format(&format, &time::civil(moment)))
            }
            "mktime" => {
                let text = text(0);
                let parts: Vec<i64> = text
                    .split_whitespace()
                    .filter_map(|part| part.parse().ok())
                    .collect();
                match parts[..] {
                    [year, month, day, hour, minute, second, ..] => {
                        let ns = time::from_civil(
                            year,
                            month.max(1) as u32,
                            day as u32,
                            hour as u32,
                            minute as u32,
                            second as u32,
                            time::zone().0,
                        );
                        Value::Number((ns / time::NANOS) as f64)
                    }
                    _ => Value::Number(-1.0),
                }
            }
            "and" => Value::Number((bits(0) & bits(1)) as f64),
            "or" => Value::Number((bits(0) | bits(1)) as f64),
            "xor" => Value::Number((bits(0) ^ bits(1)) as f64),
            "lshift" => Value::Number((bits(0) << (bits(1) & 63)) as f64),
            "rshift" => Value::Number((bits(0) >> (bits(1) & 63)) as f64),
            "compl" => Value::Number((!bits(0) & ((1 << 53) - 1)) as f64),
            "strtonum" => {
                let text = text(0);
                let text = text.trim();
                Value::Number(
                    match text.strip_prefix("0x").or_else(|| text.strip_prefix("0X")) {
                        Some(hex) => u64::from_str_radix(hex, 16).unwrap_or(0) as f64,
                        None if text.len() > 1
                            && text.starts_with('0')
                            && text.bytes().all(|byte| byte.is_ascii_digit()) =>
                        {
                            u64::from_str_radix(text, 8).unwrap_or(0) as f64
                        }
                        None => number(0),
                    },
                )
            }
            _ => Value::Unset,
        }
    }

    // ---- statements

    fn block(&mut self, list: &[Statement]) -> Flow {
        for statement in list {
            match self.run_one(statement) {
                Flow::Normal => {}
                other => return other,
            }
        }
        Flow::Normal
    }

    fn output(&mut self, text: &str, target: Option<&Target>) {
        let (expression, kind) = match target {
            None => return out().text(text),
            Some(Target::File(expression)) => (expression, 'w'),
            Some(Target::Append(expression)) => (expression, 'a'),
            Some(Target::Command(expression)) => (expression, '|'),
        };
        let name = self.eval(expression);
        let name = self.text(&name);
        if kind == '|' {
            return self.streams.pipe(&name, text);
        }
        if let Err(problem) = self.streams.write(&name, kind == 'a', text) {
            fatal(problem);
        }
    }

    fn run_one(&mut self, statement: &Statement) -> Flow {
        match statement {
            Statement::Expression(expression) => drop(self.eval(expression)),
            Statement::Print(list, target) => {
                let end = self.text(&self.special("ORS"));
                let mut text = String::new();
                if list.is_empty() {
                    text.push_str(self.whole());
                } else {
                    let glue = self.text(&self.special("OFS"));
                    for (at, expression) in list.iter().enumerate() {
                        if at > 0 {
                            text.push_str(&glue);
                        }
                        match self.eval(expression) {
                            Value::Number(number) => {
                                let format = self.text(&self.special("OFMT"));
                                text.push_str(&number_text(number, &format));
                            }
                            other => text.push_str(&self.text(&other)),
                        }
                    }
                }
                text.push_str(&end);
                self.output(&text, target.as_ref());
            }
            Statement::Printf(list, target) => {
                let values: Vec<Value> = list
                    .iter()
                    .map(|expression| self.eval(expression))
                    .collect();
                if let Some((format, values)) = values.split_first() {
                    let text = sprintf(&self.text(format), values, &self.convfmt());
                    self.output(&text, target.as_ref());
                }
            }
            Statement::If(condition, yes, no) => {
                if self.eval(condition).truth() {
                    return self.run_one(yes);
                }
                if let Some(no) = no {
                    return self.run_one(no);
                }
            }
            Statement::While(condition, body) => {
                while self.eval(condition).truth() {
                    match self.run_one(body) {
                        Flow::Break => break,
                        Flow::Normal | Flow::Continue => {}
                        other => return other,
                    }
                }
            }
            Statement::Do(body, condition) => loop {
                match self.run_one(body) {
                    Flow::Break => break,
                    Flow::Normal | Flow::Continue => {}
                    other => return other,
                }
                if !self.eval(condition).truth() {
                    break;
                }
            },
            Statement::For(begin, condition, step, body) => {
                if let Some(begin) = begin {
                    self.run_one(begin);
                }
                while condition
                    .as_ref()
                    .is_none_or(|condition| self.eval(condition).truth())
                {
                    match self.run_one(body) {
                        Flow::Break => break,
                        Flow::Normal | Flow::Continue => {}
                        other => return other,
                    }
                    if let Some(step) = step {
                        self.run_one(step);
                    }
                }
            }
            Statement::ForIn(name, array, body) => {
                let array = self.array(*array);
                let keys = array.borrow().keys();
                for key in keys {
                    if !array.borrow().has(&key) {
                        continue;
                    }
                    self.set_variable(*name, Value::Input(key));
                    match self.run_one(body) {
                        Flow::Break => break,
                        Flow::Normal | Flow::Continue => {}
                        other => return other,
                    }
                }
            }
            Statement::Block(list) => return self.block(list),
            Statement::Next => return Flow::Next,
            Statement::NextFile => return Flow::NextFile,
            Statement::Exit(value) => {
                if let Some(value) = value {
                    self.code = self.eval(value).number() as i32 & 255;
                }
                return Flow::Exit;
            }
            Statement::Return(value) => {
                let value = value
                    .as_ref()
                    .map_or(Value::Unset, |value| self.eval(value));
                return Flow::Return(value);
            }
            Statement::Break => return Flow::Break,
            Statement::Continue => return Flow::Continue,
            Statement::Delete(name, keys) => {
                let array = self.array(*name);
                match keys {
                    Some(keys) => {
                        let key = self.key(keys);
                        array.borrow_mut().remove(&key);
                    }
                    None => array.borrow_mut().clear(),
                }
            }
        }
        Flow::Normal
    }
}

fn flag(value: bool) -> Value {
    Value::Number(f64::from(u8::from(value)))
}

fn arithmetic(operator: char, a: f64, b: f64) -> f64 {
    match operator {
        '+' => a + b,
        '-' => a - b,
        '*' => a * b,
        '/' | '%' if b == 0.0 => fatal("Division by zero"),
        '/' => a / b,
        '%' => a % b,
        _ => a.powf(b),
    }
}
