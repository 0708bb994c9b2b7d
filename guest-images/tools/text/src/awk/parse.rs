//! From tokens to a tree. Names become numbers here: globals in one list, parameters by their place.

use super::lex::{Lexer, Token};
use applet::regex::{Regex, Syntax};
use std::collections::HashMap;
use std::rc::Rc;

/// A variable: global, or a parameter of the function that is running.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Name {
    Global(usize),
    Local(usize),
}

/// An expression.
pub enum Expr {
    Number(f64),
    Text(Rc<str>),
    Pattern(Rc<Regex>),
    Variable(Name),
    Field(Box<Expr>),
    Element(Name, Vec<Expr>),
    /// Operator (`=` or the one before `=`), target, value.
    Assign(char, Box<Expr>, Box<Expr>),
    Choose(Box<Expr>, Box<Expr>, Box<Expr>),
    And(Box<Expr>, Box<Expr>),
    Or(Box<Expr>, Box<Expr>),
    Contains(Vec<Expr>, Name),
    Match(bool, Box<Expr>, Box<Expr>),
    Compare(&'static str, Box<Expr>, Box<Expr>),
    Arithmetic(char, Box<Expr>, Box<Expr>),
    Concat(Box<Expr>, Box<Expr>),
    Not(Box<Expr>),
    Negate(Box<Expr>),
    Plus(Box<Expr>),
    /// Target, step, whether the old value is the result.
    Step(Box<Expr>, f64, bool),
    Call(usize, Vec<Expr>),
    Builtin(&'static str, Vec<Expr>),
    /// `getline [target] [< file]`, or a command before the bar.
    Getline(Option<Box<Expr>>, Option<Box<Expr>>, bool),
    Group(Box<Expr>),
}

/// Where output goes.
pub enum Target {
    File(Expr),
    Append(Expr),
    Command(Expr),
}

/// A statement.
pub enum Statement {
    Expression(Expr),
    Print(Vec<Expr>, Option<Target>),
    Printf(Vec<Expr>, Option<Target>),
    If(Expr, Box<Statement>, Option<Box<Statement>>),
    While(Expr, Box<Statement>),
    Do(Box<Statement>, Expr),
    For(
        Option<Box<Statement>>,
        Option<Expr>,
        Option<Box<Statement>>,
        Box<Statement>,
    ),
    ForIn(Name, Name, Box<Statement>),
    Block(Vec<Statement>),
    Next,
    NextFile,
    Exit(Option<Expr>),
    Return(Option<Expr>),
    Break,
    Continue,
    Delete(Name, Option<Vec<Expr>>),
}

/// When a rule applies.
pub enum When {
    Begin,
    End,
    Always,
    If(Expr),
    Range(Expr, Expr),
}

/// A user's function.
#[derive(Default)]
pub struct Function {
    pub parameters: usize,
    pub body: Vec<Statement>,
}

/// A whole program. `print` alone is `None`.
#[derive(Default)]
pub struct Program {
    pub rules: Vec<(When, Option<Vec<Statement>>)>,
    pub functions: Vec<Function>,
    pub globals: Vec<Rc<str>>,
}

/// The built-in functions.
pub const BUILTINS: &[&str] = &[
    "length", "substr", "index", "split", "sub", "gsub", "match", "sprintf", "sin", "cos", "atan2",
    "exp", "log", "sqrt", "int", "rand", "srand", "tolower", "toupper", "system", "close",
    "fflush", "gensub", "strftime", "systime", "mktime", "and", "or", "xor", "lshift", "rshift",
    "compl", "strtonum", "asort", "asorti",
];

struct Parser<'a> {
    lexer: Lexer<'a>,
    token: Token,
    program: Program,
    names: HashMap<Rc<str>, usize>,
    functions: HashMap<Rc<str>, usize>,
    defined: Vec<bool>,
    locals: HashMap<Rc<str>, usize>,
    /// Inside `print` without parentheses `>` is a redirection.
    no_greater: bool,
    /// In `for (x in a)` and before a bar, `in` is not an operator.
    no_in: bool,
}

type Parsed<T> = Result<T, String>;

/// Parses a program.
pub fn parse(text: &str) -> Parsed<Program> {
    let mut parser = Parser {
        lexer: Lexer::new(text),
        token: Token::Newline,
        program: Program::default(),
        names: HashMap::new(),
        functions: HashMap::new(),
        defined: Vec::new(),
        locals: HashMap::new(),
        no_greater: false,
        no_in: false,
    };
    parser.advance(true)?;
    parser.rules()?;
    for (name, at) in &parser.functions {
        if !parser.defined[*at] {
            return Err(format!(
                "{}: Call to undefined function {name}",
                parser.lexer.line
            ));
        }
    }
    Ok(parser.program)
}

impl Parser<'_> {
    fn advance(&mut self, pattern: bool) -> Parsed<()> {
        self.token = self.lexer.next(pattern)?;
        Ok(())
    }

    fn unexpected<T>(&self) -> Parsed<T> {
        Err(format!("{}: Unexpected token", self.lexer.line))
    }

    fn is(&self, mark: &str) -> bool {
        matches!(&self.token, Token::Mark(found) if *found == mark)
    }

    fn is_word(&self, word: &str) -> bool {
        matches!(&self.token, Token::Word(found) if *found == word)
    }

    /// Takes a mark; after most of them an operand may follow, so a slash begins a pattern.
    fn accept(&mut self, mark: &str) -> Parsed<bool> {
        if self.is(mark) {
            self.advance(!matches!(mark, ")" | "]" | "$"))?;
            return Ok(true);
        }
        Ok(false)
    }

    fn expect(&mut self, mark: &str) -> Parsed<()> {
        if self.accept(mark)? {
            Ok(())
        } else {
            self.unexpected()
        }
    }

    fn newlines(&mut self) -> Parsed<()> {
        while self.token == Token::Newline {
            self.advance(true)?;
        }
        Ok(())
    }

    fn separators(&mut self) -> Parsed<()> {
        while self.token == Token::Newline || self.is(";") {
            self.advance(true)?;
        }
        Ok(())
    }

    fn name(&mut self, name: &Rc<str>) -> Name {
        if let Some(at) = self.locals.get(name) {
            return Name::Local(*at);
        }
        let next = self.program.globals.len();
        let at = *self.names.entry(name.clone()).or_insert(next);
        if at == next {
            self.program.globals.push(name.clone());
        }
        Name::Global(at)
    }

    fn function(&mut self, name: &Rc<str>) -> usize {
        if let Some(at) = self.functions.get(name) {
            return *at;
        }
        let at = self.program.functions.len();
        self.functions.insert(name.clone(), at);
        self.program.functions.push(Function::default());
        self.defined.push(false);
        at
    }

    fn rules(&mut self) -> Parsed<()> {
        loop {
            self.separators()?;
            if self.token == Token::End {
                return Ok(());
            }
            if self.is_word("function") {
                self.definition()?;
                continue;
            }
            let when = if self.is_word("BEGIN") {
                self.advance(true)?;
                When::Begin
            } else if self.is_word("END") {
                self.advance(true)?;
                When::End
            } else if self.is("{") {
                When::Always
            } else {
                let first = self.expression()?;
                if self.accept(",")? {
                    self.newlines()?;
                    When::Range(first, self.expression()?)
                } else {
                    When::If(first)
                }
            };
            let body = if self.is("{") {
                Some(self.block()?)
            } else if matches!(when, When::Begin | When::End) {
                return self.unexpected();
            } else {
                None
            };
            self.program.rules.push((when, body));
        }
    }

    fn definition(&mut self) -> Parsed<()> {
        self.advance(true)?;
        let name = match &self.token {
            Token::Name(name) | Token::Call(name) => name.clone(),
            _ => return self.unexpected(),
        };
        self.advance(true)?;
        self.expect("(")?;
        self.locals.clear();
        while !self.is(")") {
            let Token::Name(parameter) = self.token.clone() else {
                return self.unexpected();
            };
            self.locals.insert(parameter, self.locals.len());
            self.advance(true)?;
            if !self.accept(",")? {
                break;
            }
            self.newlines()?;
        }
        self.expect(")")?;
        self.newlines()?;
        let at = self.function(&name);
        self.defined[at] = true;
        let parameters = self.locals.len();
        let body = self.block()?;
        self.program.functions[at] = Function { parameters, body };
        self.locals.clear();
        Ok(())
    }

    fn block(&mut self) -> Parsed<Vec<Statement>> {
        self.expect("{")?;
        let mut list = Vec::new();
        loop {
            self.separators()?;
            if self.is("}") {
                self.advance(true)?;
                return Ok(list);
            }
            list.push(self.statement()?);
        }
    }

    /// A statement ends at `;`, a newline, or before `}`.
    fn finish(&mut self) -> Parsed<()> {
        if self.token == Token::Newline || self.is(";") {
            return self.advance(true);
        }
        if self.is("}") || self.token == Token::End {
            Ok(())
        } else {
            self.unexpected()
        }
    }

    fn body(&mut self) -> Parsed<Box<Statement>> {
        self.newlines()?;
        if self.is(";") {
            self.advance(true)?;
            return Ok(Box::new(Statement::Block(Vec::new())));
        }
        Ok(Box::new(self.statement()?))
    }

    fn statement(&mut self) -> Parsed<Statement> {
        if self.is("{") {
            return Ok(Statement::Block(self.block()?));
        }
        let Token::Word(word) = self.token.clone() else {
            let statement = self.simple()?;
            self.finish()?;
            return Ok(statement);
        };
        match word {
            "if" => {
                self.advance(true)?;
                self.expect("(")?;
                let condition = self.free_expression()?;
                self.close_header()?;
                let yes = self.body()?;
                // `else` may stand after separators that belong to nobody else.
                let mut no = None;
                if self.token == Token::Newline || self.is(";") {
                    if self.peek_else()? {
                        self.separators()?;
                    }
                }
                if self.is_word("else") {
                    self.advance(true)?;
                    no = Some(self.body()?);
                }
                Ok(Statement::If(condition, yes, no))
            }
            "while" => {
                self.advance(true)?;
                self.expect("(")?;
                let condition = self.free_expression()?;
                self.close_header()?;
                Ok(Statement::While(condition, self.body()?))
            }
            "do" => {
                self.advance(true)?;
                let body = self.body()?;
                self.separators()?;
                if !self.is_word("while") {
                    return self.unexpected();
                }
                self.advance(true)?;
                self.expect("(")?;
                let condition = self.free_expression()?;
                self.expect(")")?;
                self.finish()?;
                Ok(Statement::Do(body, condition))
            }
            "for" => self.for_statement(),
            _ => {
                let statement = self.simple()?;
                self.finish()?;
                Ok(statement)
            }
        }
    }

    /// Whether an `else` follows the separators here (nothing is consumed).
    fn peek_else(&self) -> Parsed<bool> {
        let mut ahead = self.lexer.fork();
        let mut found = self.token.clone();
        while found == Token::Newline || found == Token::Mark(";") {
            found = ahead.next(true)?;
        }
        Ok(found == Token::Word("else"))
    }

    fn close_header(&mut self) -> Parsed<()> {
        if !self.is(")") {
            return self.unexpected();
        }
        // Behind a header's parenthesis a statement begins, and with it perhaps a pattern.
        self.advance(true)
    }

    fn for_statement(&mut self) -> Parsed<Statement> {
        self.advance(true)?;
        self.expect("(")?;
        if let Token::Name(first) = self.token.clone() {
            let saved = self.lexer.fork();
            self.advance(false)?;
            if self.is_word("in") {
                self.advance(true)?;
                if let Token::Name(array) = self.token.clone() {
                    self.advance(false)?;
                    if self.is(")") {
                        self.advance(true)?;
                        let (key, array) = (self.name(&first), self.name(&array));
                        return Ok(Statement::ForIn(key, array, self.body()?));
                    }
                }
            }
            self.lexer = saved;
            self.token = Token::Name(first);
        }
        let begin = if self.is(";") {
            None
        } else {
            Some(Box::new(self.simple()?))
        };
        self.expect(";")?;
        self.newlines()?;
        let condition = if self.is(";") {
            None
        } else {
            Some(self.free_expression()?)
        };
        self.expect(";")?;
        self.newlines()?;
        let step = if self.is(")") {
            None
        } else {
            Some(Box::new(self.simple()?))
        };
        self.close_header()?;
        Ok(Statement::For(begin, condition, step, self.body()?))
    }

    fn ends_here(&self) -> bool {
        matches!(self.token, Token::Newline | Token::End) || self.is(";") || self.is("}")
    }

    fn simple(&mut self) -> Parsed<Statement> {
        let Token::Word(word) = self.token.clone() else {
            return Ok(Statement::Expression(self.expression()?));
        };
        match word {
            "print" | "printf" => {
                self.advance(true)?;
                let (list, target) = self.print_arguments()?;
                Ok(if word == "print" {
                    Statement::Print(list, target)
                } else {
                    Statement::Printf(list, target)
                })
            }
            "next" | "nextfile" | "break" | "continue" => {
                self.advance(true)?;
                Ok(match word {
                    "next" => Statement::Next,
                    "nextfile" => Statement::NextFile,
                    "break" => Statement::Break,
                    _ => Statement::Continue,
                })
            }
            "exit" | "return" => {
                self.advance(true)?;
                let value = if self.ends_here() {
                    None
                } else {
                    Some(self.expression()?)
                };
                Ok(if word == "exit" {
                    Statement::Exit(value)
                } else {
                    Statement::Return(value)
                })
            }
            "delete" => {
                self.advance(true)?;
                let Token::Name(array) = self.token.clone() else {
                    return self.unexpected();
                };
                self.advance(false)?;
                let array = self.name(&array);
                let key = if self.accept("[")? {
                    let key = self.list("]")?;
                    self.expect("]")?;
                    Some(key)
                } else {
                    None
                };
                Ok(Statement::Delete(array, key))
            }
            "getline" => Ok(Statement::Expression(self.expression()?)),
            _ => self.unexpected(),
        }
    }

    fn print_arguments(&mut self) -> Parsed<(Vec<Expr>, Option<Target>)> {
        let redirects = |parser: &Self| parser.is(">") || parser.is(">>") || parser.is("|");
        let mut list = Vec::new();
        if !self.ends_here() && !redirects(self) {
            let old = std::mem::replace(&mut self.no_greater, true);
            let first = if self.is("(") {
                self.parenthesised()?
            } else {
                Err(self.expression()?)
            };
            match first {
                // `print (a, b) > "file"`: the list in parentheses was all.
                Ok(found) => list = found,
                Err(found) => {
                    list.push(found);
                    while self.accept(",")? {
                        self.newlines()?;
                        list.push(self.expression()?);
                    }
                }
            }
            self.no_greater = old;
        }
        let target = if self.accept(">")? {
            Some(Target::File(self.concatenation_target()?))
        } else if self.accept(">>")? {
            Some(Target::Append(self.concatenation_target()?))
        } else if self.accept("|")? {
            Some(Target::Command(self.concatenation_target()?))
        } else {
            None
        };
        Ok((list, target))
    }

    fn concatenation_target(&mut self) -> Parsed<Expr> {
        let old = std::mem::replace(&mut self.no_greater, true);
        let target = self.concatenation()?;
        self.no_greater = old;
        Ok(target)
    }

    /// After `print`: a list in parentheses (`Ok`), or an expression that merely begins with one (`Err`).
    fn parenthesised(&mut self) -> Parsed<Result<Vec<Expr>, Expr>> {
        let saved = (self.lexer.fork(), self.token.clone());
        self.advance(true)?;
        let old = std::mem::replace(&mut self.no_greater, false);
        let list = self.list(")");
        self.no_greater = old;
        if let Ok(list) = list {
            if self.accept(")")?
                && (self.ends_here() || self.is(">") || self.is(">>") || self.is("|"))
            {
                return Ok(Ok(list));
            }
        }
        (self.lexer, self.token) = saved;
        Ok(Err(self.expression()?))
    }

    fn list(&mut self, end: &str) -> Parsed<Vec<Expr>> {
        let old = (
            std::mem::replace(&mut self.no_greater, false),
            std::mem::replace(&mut self.no_in, false),
        );
        let mut list = Vec::new();
        self.newlines()?;
        while !self.is(end) {
            list.push(self.expression()?);
            self.newlines()?;
            if !self.accept(",")? {
                break;
            }
            self.newlines()?;
        }
        (self.no_greater, self.no_in) = old;
        Ok(list)
    }

    fn free_expression(&mut self) -> Parsed<Expr> {
        let old = (
            std::mem::replace(&mut self.no_greater, false),
            std::mem::replace(&mut self.no_in, false),
        );
        let expression = self.expression()?;
        (self.no_greater, self.no_in) = old;
        Ok(expression)
    }

    fn expression(&mut self) -> Parsed<Expr> {
        let left = self.ternary()?;
        for mark in ["=", "+=", "-=", "*=", "/=", "%=", "^="] {
            if self.is(mark) {
                if !matches!(left, Expr::Variable(_) | Expr::Field(_) | Expr::Element(..)) {
                    return self.unexpected();
                }
                self.advance(true)?;
                self.newlines()?;
                let right = self.expression()?;
                return Ok(Expr::Assign(
                    mark.chars().next().unwrap_or('='),
                    Box::new(left),
                    Box::new(right),
                ));
            }
        }
        Ok(left)
    }

    fn ternary(&mut self) -> Parsed<Expr> {
        let condition = self.or()?;
        if !self.accept("?")? {
            return Ok(condition);
        }
        self.newlines()?;
        let yes = self.expression()?;
        self.newlines()?;
        self.expect(":")?;
        self.newlines()?;
        let no = self.expression()?;
        Ok(Expr::Choose(
            Box::new(condition),
            Box::new(yes),
            Box::new(no),
        ))
    }

    fn or(&mut self) -> Parsed<Expr> {
        let mut left = self.and()?;
        while self.accept("||")? {
            self.newlines()?;
            left = Expr::Or(Box::new(left), Box::new(self.and()?));
        }
        Ok(left)
    }

    fn and(&mut self) -> Parsed<Expr> {
        let mut left = self.contains()?;
        while self.accept("&&")? {
            self.newlines()?;
            left = Expr::And(Box::new(left), Box::new(self.contains()?));
        }
        Ok(left)
    }

    fn contains(&mut self) -> Parsed<Expr> {
        let mut left = self.matching()?;
        while self.is_word("in") && !self.no_in {
            self.advance(true)?;
            let Token::Name(array) = self.token.clone() else {
                return self.unexpected();
            };
            self.advance(false)?;
            left = Expr::Contains(vec![left], self.name(&array));
        }
        Ok(left)
    }

    fn matching(&mut self) -> Parsed<Expr> {
        let mut left = self.comparison()?;
        loop {
            let negated = if self.accept("~")? {
                false
            } else if self.is("!") && self.lexer.follows('~') {
                self.advance(true)?;
                self.expect("~")?;
                true
            } else {
                return Ok(left);
            };
            left = Expr::Match(negated, Box::new(left), Box::new(self.comparison()?));
        }
    }

    fn comparison(&mut self) -> Parsed<Expr> {
        let left = self.concatenation()?;
        for mark in ["==", "!=", "<=", ">=", "<", ">"] {
            if self.is(mark) && !(mark == ">" && self.no_greater) {
                self.advance(true)?;
                let right = self.concatenation()?;
                return Ok(Expr::Compare(mark, Box::new(left), Box::new(right)));
            }
        }
        // `command | getline` binds looser than concatenation, tighter than comparison.
        let mut left = left;
        while self.is("|") && self.lexer.follows_word("getline") {
            self.advance(true)?;
            self.advance(false)?;
            let target = self.getline_target()?;
            left = Expr::Getline(target, Some(Box::new(left)), true);
        }
        Ok(left)
    }

    fn getline_target(&mut self) -> Parsed<Option<Box<Expr>>> {
        if matches!(self.token, Token::Name(_)) || self.is("$") {
            Ok(Some(Box::new(self.primary()?)))
        } else {
            Ok(None)
        }
    }

    fn starts_operand(&self) -> bool {
        match &self.token {
            Token::Number(_)
            | Token::Text(_)
            | Token::Pattern(_)
            | Token::Name(_)
            | Token::Call(_) => true,
            Token::Mark(mark) => matches!(*mark, "(" | "$" | "!" | "-" | "+" | "++" | "--"),
            _ => false,
        }
    }

    fn concatenation(&mut self) -> Parsed<Expr> {
        let mut left = self.additive()?;
        // `a -1` subtracts, so a sign never begins a second operand.
        while self.starts_operand() && !self.is("-") && !self.is("+") && !self.is("!") {
            left = Expr::Concat(Box::new(left), Box::new(self.additive()?));
        }
        Ok(left)
    }

    fn additive(&mut self) -> Parsed<Expr> {
        let mut left = self.multiplicative()?;
        loop {
            let operator = if self.is("+") {
                '+'
            } else if self.is("-") {
                '-'
            } else {
                return Ok(left);
            };
            self.advance(true)?;
            left = Expr::Arithmetic(operator, Box::new(left), Box::new(self.multiplicative()?));
        }
    }

    fn multiplicative(&mut self) -> Parsed<Expr> {
        let mut left = self.unary()?;
        loop {
            let Some(operator) = ['*', '/', '%']
                .into_iter()
                .find(|c| self.is(&c.to_string()))
            else {
                return Ok(left);
            };
            self.advance(true)?;
            left = Expr::Arithmetic(operator, Box::new(left), Box::new(self.unary()?));
        }
    }

    fn unary(&mut self) -> Parsed<Expr> {
        if self.accept("!")? {
            return Ok(Expr::Not(Box::new(self.unary()?)));
        }
        if self.accept("-")? {
            return Ok(Expr::Negate(Box::new(self.unary()?)));
        }
        if self.accept("+")? {
            return Ok(Expr::Plus(Box::new(self.unary()?)));
        }
        self.power()
    }

    fn power(&mut self) -> Parsed<Expr> {
        let base = self.postfix()?;
        if self.accept("^")? {
            // Right-associative, and the exponent may have a sign.
            let exponent = if self.is("-") || self.is("+") || self.is("!") {
                self.unary()?
            } else {
                self.power()?
            };
            return Ok(Expr::Arithmetic('^', Box::new(base), Box::new(exponent)));
        }
        Ok(base)
    }

    fn postfix(&mut self) -> Parsed<Expr> {
        let operand = self.primary()?;
        if matches!(
            operand,
            Expr::Variable(_) | Expr::Field(_) | Expr::Element(..)
        ) {
            for (mark, step) in [("++", 1.0), ("--", -1.0)] {
                if self.is(mark) {
                    self.advance(false)?;
                    return Ok(Expr::Step(Box::new(operand), step, true));
                }
            }
        }
        Ok(operand)
    }

    fn pattern(&self, text: &str) -> Parsed<Rc<Regex>> {
        Regex::new(text, Syntax::Extended, false)
            .map(Rc::new)
            .map_err(|problem| format!("{}: {problem}: /{text}/", self.lexer.line))
    }

    fn primary(&mut self) -> Parsed<Expr> {
        match self.token.clone() {
            Token::Number(value) => {
                self.advance(false)?;
                Ok(Expr::Number(value))
            }
            Token::Text(text) => {
                self.advance(false)?;
                Ok(Expr::Text(text))
            }
            Token::Pattern(text) => {
                let regex = self.pattern(&text)?;
                self.advance(false)?;
                Ok(Expr::Pattern(regex))
            }
            Token::Mark("/" | "/=") => self.unexpected(),
            Token::Mark("$") => {
                self.advance(false)?;
                if self.is("++") || self.is("--") {
                    let step = if self.is("++") { 1.0 } else { -1.0 };
                    self.advance(false)?;
                    let target = self.primary()?;
                    return Ok(Expr::Field(Box::new(Expr::Step(
                        Box::new(target),
                        step,
                        false,
                    ))));
                }
                if self.accept("-")? {
                    return Ok(Expr::Field(Box::new(Expr::Negate(Box::new(
                        self.primary()?,
                    )))));
                }
                Ok(Expr::Field(Box::new(self.primary()?)))
            }
            Token::Mark(mark @ ("++" | "--")) => {
                self.advance(false)?;
                let target = self.primary()?;
                Ok(Expr::Step(
                    Box::new(target),
                    if mark == "++" { 1.0 } else { -1.0 },
                    false,
                ))
            }
            Token::Mark("-") | Token::Mark("+") | Token::Mark("!") => self.unary(),
            Token::Mark("(") => {
                self.advance(true)?;
                let mut list = self.list(")")?;
                self.expect(")")?;
                if list.len() == 1 {
                    return Ok(Expr::Group(Box::new(list.remove(0))));
                }
                // `(i, j) in array`.
                if !self.is_word("in") {
                    return self.unexpected();
                }
                self.advance(true)?;
                let Token::Name(array) = self.token.clone() else {
                    return self.unexpected();
                };
                self.advance(false)?;
                Ok(Expr::Contains(list, self.name(&array)))
            }
            Token::Word("getline") => {
                self.advance(false)?;
                let target = self.getline_target()?;
                let mut source = None;
                if self.is("<") {
                    self.advance(true)?;
                    source = Some(Box::new(self.primary()?));
                }
                Ok(Expr::Getline(target, source, false))
            }
            Token::Name(name) => {
                self.advance(false)?;
                if let Some(builtin) = BUILTINS
                    .iter()
                    .find(|builtin| **builtin == &*name && **builtin == "length")
                {
                    return Ok(Expr::Builtin(builtin, Vec::new()));
                }
                let name = self.name(&name);
                if self.accept("[")? {
                    let keys = self.list("]")?;
                    self.expect("]")?;
                    return Ok(Expr::Element(name, keys));
                }
                Ok(Expr::Variable(name))
            }
            Token::Call(name) => {
                self.advance(false)?;
                self.expect("(")?;
                let arguments = self.list(")")?;
                self.expect(")")?;
                match BUILTINS.iter().find(|builtin| **builtin == &*name) {
                    Some(builtin) => Ok(Expr::Builtin(builtin, arguments)),
                    None => Ok(Expr::Call(self.function(&name), arguments)),
                }
            }
            _ => self.unexpected(),
        }
    }
}
