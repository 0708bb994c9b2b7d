//! `find`: the expression as a tree, evaluated for every path.

use applet::os::{self, Stat};
use applet::regex::{Regex, Syntax};
use applet::{busybox, die, flush, glob, mode, out, time, users, walk, warn, words};

enum Test {
    Always(bool),
    Name(String, bool),
    Path(String, bool),
    Regex(Box<Regex>),
    Kind(String),
    Size(char, u64, u64),
    Empty,
    Newer(i64),
    /// Which time (a, c, m), unit in seconds, sign, count.
    Age(char, i64, char, i64),
    Perm(char, u32),
    User(u32),
    Group(u32),
    NoUser,
    NoGroup,
    Links(char, u64),
    Inode(char, u64),
    Access(i32),
    Same(u64, u64),
    Print(char),
    Printf(String),
    Ls,
    Delete,
    Prune,
    Quit,
    /// The command, whether its paths are gathered (`+`), in the file's directory, asked for first.
    Exec {
        command: Vec<String>,
        gather: bool,
        in_dir: bool,
        ask: bool,
        waiting: std::cell::RefCell<Vec<String>>,
    },
    Not(Box<Test>),
    And(Box<Test>, Box<Test>),
    Or(Box<Test>, Box<Test>),
    Both(Box<Test>, Box<Test>),
}

struct Options {
    follow: char,
    max: usize,
    min: usize,
    depth_first: bool,
    one_device: bool,
    now: i64,
    acts: bool,
}

struct Parser<'a> {
    words: &'a [String],
    at: usize,
    options: Options,
}

type Parsed = Result<Test, String>;

impl Parser<'_> {
    fn peek(&self) -> Option<&str> {
        self.words.get(self.at).map(String::as_str)
    }

    fn argument(&mut self, name: &str) -> Result<String, String> {
        self.at += 1;
        self.words.get(self.at - 1).cloned().ok_or_else(|| {
            if busybox() {
                format!("{name} requires an argument")
            } else {
                format!("missing argument to `{name}'")
            }
        })
    }

    fn list(&mut self) -> Parsed {
        let mut left = self.or()?;
        while self.peek() == Some(",") {
            self.at += 1;
            left = Test::Both(Box::new(left), Box::new(self.or()?));
        }
        Ok(left)
    }

    fn or(&mut self) -> Parsed {
        let mut left = self.and()?;
        while matches!(self.peek(), Some("-o" | "-or")) {
            self.at += 1;
            left = Test::Or(Box::new(left), Box::new(self.and()?));
        }
        Ok(left)
    }

    fn and(&mut self) -> Parsed {
        let mut left = self.not()?;
        loop {
            match self.peek() {
                Some("-a" | "-and") => self.at += 1,
                None | Some("-o" | "-or" | ")" | ",") => return Ok(left),
                Some(_) => {}
            }
            left = Test::And(Box::new(left), Box::new(self.not()?));
        }
    }

    fn not(&mut self) -> Parsed {
        if matches!(self.peek(), Some("!" | "-not")) {
            self.at += 1;
            return Ok(Test::Not(Box::new(self.not()?)));
        }
        self.primary()
    }

    fn signed(text: &str) -> Result<(char, i64), String> {
        let (sign, digits) = match text.chars().next() {
            Some(c @ ('+' | '-')) => (c, &text[1..]),
            _ => ('=', text),
        };
        digits
            .parse()
            .map(|count| (sign, count))
            .map_err(|_| format!("invalid argument `{text}'"))
    }

    fn primary(&mut self) -> Parsed {
        let Some(word) = self.peek().map(str::to_string) else {
            return Err("expected an expression".into());
        };
        self.at += 1;
        let name = word.as_str();
        Ok(match name {
            "(" | "\\(" => {
                let inner = self.list()?;
                if self.peek() != Some(")") {
                    return Err("expected ')'".into());
                }
                self.at += 1;
                inner
            }
            "-true"
            | "-noleaf"
            | "-follow"
            | "-daystart"
            | "-warn"
            | "-nowarn"
            | "-ignore_readdir_race" => {
                if name == "-follow" {
                    self.options.follow = 'L';
                }
                Test::Always(true)
            }
            "-false" => Test::Always(false),
            "-maxdepth" | "-mindepth" => {
                let text = self.argument(name)?;
                let count = text.parse().map_err(|_| {
                    format!(
                        "Expected a positive decimal integer argument to {name}, but got '{text}'"
                    )
                })?;
                if name == "-maxdepth" {
                    self.options.max = count
                } else {
                    self.options.min = count
                }
                Test::Always(true)
            }
            "-depth" | "-d" => {
                self.options.depth_first = true;
                Test::Always(true)
            }
            "-mount" | "-xdev" => {
                self.options.one_device = true;
                Test::Always(true)
            }
            "-name" | "-iname" => Test::Name(self.argument(name)?, name == "-iname"),
            "-path" | "-wholename" | "-ipath" | "-iwholename" => {
                Test::Path(self.argument(name)?, name.starts_with("-i"))
            }
            "-regex" | "-iregex" => {
                let text = self.argument(name)?;
                Test::Regex(Box::new(Regex::new(
                    &format!("^\\({text}\\)$"),
                    Syntax::Basic,
                    name == "-iregex",
                )?))
            }
            "-regextype" => {
                self.argument(name)?;
                Test::Always(true)
            }
            "-type" | "-xtype" => {
                let kinds = self.argument(name)?;
                if let Some(bad) = kinds.chars().find(|c| !"fdlpscb,".contains(*c)) {
                    return Err(format!("Unknown argument to -type: {bad}"));
                }
                Test::Kind(kinds)
            }
            "-size" => {
                let text = self.argument(name)?;
                let unit = match text.chars().last() {
                    Some('c') => 1,
                    Some('w') => 2,
                    Some('k') => 1024,
                    Some('M') => 1 << 20,
                    Some('G') => 1 << 30,
                    _ => 512,
                };
                let (sign, count) =
                    Self::signed(text.trim_end_matches(|c: char| c.is_ascii_alphabetic()))?;
                Test::Size(sign, unit, count as u64)
            }
            "-empty" => Test::Empty,
            "-newer" | "-anewer" | "-cnewer" | "-newermt" => {
                let text = self.argument(name)?;
                let moment = if name == "-newermt" {
                    time::parse(&text, self.options.now).ok_or_else(|| {
                        format!("I cannot figure out how to interpret '{text}' as a date or time")
                    })?
                } else {
                    os::stat(&text)
                        .map_err(|error| format!("'{text}': {}", words(&error)))?
                        .mtime
                };
                Test::Newer(moment)
            }
            "-mtime" | "-atime" | "-ctime" | "-mmin" | "-amin" | "-cmin" => {
                let (sign, count) = Self::signed(&self.argument(name)?)?;
                let unit = if name.ends_with("min") { 60 } else { 86_400 };
                Test::Age(name.as_bytes()[1] as char, unit, sign, count)
            }
            "-perm" => {
                let text = self.argument(name)?;
                let (sign, spec) = match text.chars().next() {
                    Some(c @ ('-' | '/')) => (c, &text[1..]),
                    _ => ('=', text.as_str()),
                };
                Test::Perm(
                    sign,
                    mode::change(spec, 0, 0).ok_or_else(|| format!("invalid mode '{text}'"))?,
                )
            }
            "-user" | "-uid" => {
                let text = self.argument(name)?;
                Test::User(users::find_user(&text).ok_or_else(|| {
                    if busybox() {
                        format!("unknown user {text}")
                    } else {
                        format!("'{text}' is not the name of a known user")
                    }
                })?)
            }
            "-group" | "-gid" => {
                let text = self.argument(name)?;
                Test::Group(users::find_group(&text).ok_or_else(|| {
                    if busybox() {
                        format!("unknown group {text}")
                    } else {
                        format!("'{text}' is not the name of an existing group")
                    }
                })?)
            }
            "-nouser" => Test::NoUser,
            "-nogroup" => Test::NoGroup,
            "-links" | "-inum" => {
                let (sign, count) = Self::signed(&self.argument(name)?)?;
                if name == "-links" {
                    Test::Links(sign, count as u64)
                } else {
                    Test::Inode(sign, count as u64)
                }
            }
            "-readable" => Test::Access(4),
            "-writable" => Test::Access(2),
            "-executable" => Test::Access(1),
            "-samefile" => {
                let text = self.argument(name)?;
                let stat =
                    os::stat(&text).map_err(|error| format!("'{text}': {}", words(&error)))?;
                Test::Same(stat.dev, stat.ino)
            }
            "-prune" => Test::Prune,
            "-print" | "-print0" | "-quit" | "-ls" | "-delete" | "-printf" | "-exec"
            | "-execdir" | "-ok" => {
                self.options.acts = true;
                match name {
                    "-print" => Test::Print('\n'),
                    "-print0" => Test::Print('\0'),
                    "-quit" => Test::Quit,
                    "-ls" => Test::Ls,
                    "-printf" => Test::Printf(self.argument(name)?),
                    "-delete" => {
                        self.options.depth_first = true;
                        Test::Delete
                    }
                    _ => self.exec(name)?,
                }
            }
            _ if busybox() => return Err(format!("unrecognized: {name}")),
            _ if name.starts_with('-') => return Err(format!("unknown predicate `{name}'")),
            _ => return Err(format!("paths must precede expression: `{name}'")),
        })
    }

    fn exec(&mut self, name: &str) -> Parsed {
        let mut command = Vec::new();
        loop {
            let Some(word) = self.peek().map(str::to_string) else {
                return Err(if busybox() {
                    format!("{name} requires an argument")
                } else {
                    format!("missing argument to `{name}'")
                });
            };
            self.at += 1;
            let gather = word == "+" && command.last().is_some_and(|last| last == "{}");
            if word == ";" || gather {
                if command.is_empty() {
                    return Err(format!("invalid argument `;' to `{name}'"));
                }
                return Ok(Test::Exec {
                    command,
                    gather,
                    in_dir: name == "-execdir",
                    ask: name == "-ok",
                    waiting: Default::default(),
                });
            }
            command.push(word);
        }
    }
}

struct Find {
    options: Options,
    code: i32,
    prune: bool,
}

fn signed<T: PartialOrd>(sign: char, value: T, wanted: T) -> bool {
    match sign {
        '+' => value > wanted,
        '-' => value < wanted,
        _ => value == wanted,
    }
}

impl Find {
    fn visit(&mut self, path: &str, depth: usize, test: &Test, device: Option<u64>) {
        let followed = self.options.follow == 'L' || self.options.follow == 'H' && depth == 0;
        let stat = if followed {
            os::stat(path).or_else(|_| os::lstat(path))
        } else {
            os::lstat(path)
        };
        let stat = match stat {
            Ok(stat) => stat,
            Err(error) => {
                warn(if busybox() {
                    format!("{path}: {}", words(&error))
                } else {
                    format!("'{path}': {}", words(&error))
                });
                self.code = 1;
                return;
            }
        };
        self.prune = false;
        if !self.options.depth_first && depth >= self.options.min {
            self.test(test, path, &stat, depth);
        }
        let away = self.options.one_device && device.is_some_and(|device| device != stat.dev);
        if stat.is_dir() && !std::mem::take(&mut self.prune) && depth < self.options.max && !away {
            match walk::names(path) {
                Ok(names) => {
                    for name in names {
                        self.visit(
                            &walk::join(path, &name),
                            depth + 1,
                            test,
                            device.or(Some(stat.dev)),
                        );
                    }
                }
                Err(error) => {
                    warn(if busybox() {
                        format!("{path}: {}", words(&error))
                    } else {
                        format!("'{path}': {}", words(&error))
                    });
                    self.code = 1;
                }
            }
        }
        if self.options.depth_first && depth >= self.options.min {
            self.test(test, path, &stat, depth);
        }
    }

    fn test(&mut self, test: &Test, path: &str, stat: &Stat, depth: usize) -> bool {
        match test {
            Test::Always(value) => *value,
            Test::Name(pattern, fold) => glob::matches(pattern, walk::base(path), *fold),
            Test::Path(pattern, fold) => glob::matches(pattern, path, *fold),
            Test::Regex(regex) => regex.is_match(path.as_bytes()),
            Test::Kind(kinds) => {
                let letter = mode::letter(stat.mode);
                kinds.contains(if letter == '-' { 'f' } else { letter })
            }
            Test::Size(sign, unit, count) => signed(*sign, stat.size.div_ceil(*unit), *count),
            Test::Empty => {
                stat.is_file() && stat.size == 0
                    || stat.is_dir() && walk::names(path).is_ok_and(|names| names.is_empty())
            }
            Test::Newer(moment) => stat.mtime > *moment,
            Test::Age(which, unit, sign, count) => {
                let moment = match which {
                    'a' => stat.atime,
                    'c' => stat.ctime,
                    _ => stat.mtime,
                };
                signed(
                    *sign,
                    (self.options.now - moment).div_euclid(time::NANOS * unit),
                    *count,
                )
            }
            Test::Perm('-', bits) => stat.mode & bits == *bits,
            Test::Perm('/', bits) => *bits == 0 || stat.mode & bits != 0,
            Test::Perm(_, bits) => stat.mode & 0o7777 == *bits,
            Test::User(uid) => stat.uid == *uid,
            Test::Group(gid) => stat.gid == *gid,
            Test::NoUser => users::user_name(stat.uid).is_none(),
            Test::NoGroup => users::group_name(stat.gid).is_none(),
            Test::Links(sign, count) => signed(*sign, stat.nlink, *count),
            Test::Inode(sign, number) => signed(*sign, stat.ino, *number),
            Test::Access(mode) => os::access(path, *mode),
            Test::Same(dev, ino) => (stat.dev, stat.ino) == (*dev, *ino),
            Test::Print(end) => {
                write!(out(), "{path}{end}");
                true
            }
            Test::Printf(format) => {
                out().text(&printf(format, path, stat, depth));
                true
            }
            Test::Ls => {
                let date = time::format("%b %e %H:%M", &time::civil(stat.mtime));
                let link = walk::read_link(path)
                    .map(|target| format!(" -> {target}"))
                    .unwrap_or_default();
                writeln!(
                    out(),
                    "{:>9} {:>6} {} {:>3} {:<8} {:<8} {:>8} {date} {path}{}",
                    stat.ino,
                    stat.blocks / 2,
                    mode::text(stat.mode),
                    stat.nlink,
                    users::user_text(stat.uid),
                    users::group_text(stat.gid),
                    stat.size,
                    if stat.is_link() { link } else { String::new() }
                );
                true
            }
            Test::Delete => {
                if path == "." {
                    return true;
                }
                let result = if stat.is_dir() {
                    std::fs::remove_dir(path)
                } else {
                    std::fs::remove_file(path)
                };
                if let Err(error) = &result {
                    warn(if busybox() {
                        format!("{path}: {}", words(error))
                    } else {
                        format!("cannot delete '{path}': {}", words(error))
                    });
                    self.code = 1;
                }
                result.is_ok()
            }
            Test::Prune => {
                self.prune = true;
                true
            }
            Test::Quit => {
                flush();
                std::process::exit(self.code)
            }
            Test::Exec {
                command,
                gather,
                in_dir,
                ask,
                waiting,
            } => {
                if *gather {
                    waiting.borrow_mut().push(path.to_string());
                    if waiting.borrow().len() >= 2000 {
                        self.finish(test);
                    }
                    return true;
                }
                let place = if *in_dir {
                    format!("./{}", walk::base(path))
                } else {
                    path.to_string()
                };
                let argv: Vec<String> = command
                    .iter()
                    .map(|word| word.replace("{}", &place))
                    .collect();
                if *ask {
                    flush();
                    eprint!("< {} ... {path} > ? ", argv[0]);
                    let mut answer = String::new();
                    if std::io::stdin().read_line(&mut answer).is_err()
                        || !answer.starts_with(['y', 'Y'])
                    {
                        return false;
                    }
                }
                let here = in_dir.then(walk::cwd);
                if here.is_some() {
                    let _ = os::chdir(walk::parent(path));
                }
                let result = os::run(&argv);
                if let Some(here) = here {
                    let _ = os::chdir(&here);
                }
                match result {
                    Ok(code) => code == 0,
                    Err(error) => {
                        warn(if busybox() {
                            format!("{}: {}", argv[0], words(&error))
                        } else {
                            format!("'{}': {}", argv[0], words(&error))
                        });
                        self.code = 1;
                        false
                    }
                }
            }
            Test::Not(inner) => !self.test(inner, path, stat, depth),
            Test::And(a, b) => self.test(a, path, stat, depth) && self.test(b, path, stat, depth),
            Test::Or(a, b) => self.test(a, path, stat, depth) || self.test(b, path, stat, depth),
            Test::Both(a, b) => {
                self.test(a, path, stat, depth);
                self.test(b, path, stat, depth)
            }
        }
    }

    /// Runs what `-exec … +` has gathered.
    fn finish(&mut self, test: &Test) {
        match test {
            Test::Exec {
                command,
                gather: true,
                waiting,
                ..
            } => {
                let paths = std::mem::take(&mut *waiting.borrow_mut());
                if paths.is_empty() {
                    return;
                }
                let mut argv = command[..command.len() - 1].to_vec();
                argv.extend(paths);
                match os::run(&argv) {
                    Ok(0) => {}
                    Ok(_) => self.code = 1,
                    Err(error) => {
                        warn(format_args!("'{}': {}", argv[0], words(&error)));
                        self.code = 1;
                    }
                }
            }
            Test::Not(inner) => self.finish(inner),
            Test::And(a, b) | Test::Or(a, b) | Test::Both(a, b) => {
                self.finish(a);
                self.finish(b);
            }
            _ => {}
        }
    }
}

fn printf(format: &str, path: &str, stat: &Stat, depth: usize) -> String {
    let mut text = String::new();
    let mut chars = format.chars().peekable();
    while let Some(c) = chars.next() {
        if c == '\\' {
            let (bytes, _) =
                applet::format::unescape(&format!("\\{}", chars.next().unwrap_or('\\')), false);
            text.push_str(&String::from_utf8_lossy(&bytes));
            continue;
        }
        if c != '%' {
            text.push(c);
            continue;
        }
        let mut spec = String::new();
        while chars
            .peek()
            .is_some_and(|c| c.is_ascii_digit() || *c == '-')
        {
            spec.extend(chars.next());
        }
        let Some(letter) = chars.next() else { break };
        let stamp = |ns: i64, kind: Option<char>| match kind {
            Some('@') => format!(
                "{}.{:09}0",
                ns.div_euclid(time::NANOS),
                ns.rem_euclid(time::NANOS)
            ),
            Some(kind) => time::format(&format!("%{kind}"), &time::civil(ns)),
            None => String::new(),
        };
        let value = match letter {
            'p' => path.to_string(),
            'f' => walk::base(path).to_string(),
            'h' => walk::parent(path).to_string(),
            'P' => path
                .split_once('/')
                .map_or(String::new(), |(_, rest)| rest.to_string()),
            's' => stat.size.to_string(),
            'k' => (stat.blocks / 2).to_string(),
            'b' => stat.blocks.to_string(),
            'm' => format!("{:o}", stat.mode & 0o7777),
            'M' => mode::text(stat.mode),
            'u' => users::user_text(stat.uid),
            'g' => users::group_text(stat.gid),
            'U' => stat.uid.to_string(),
            'G' => stat.gid.to_string(),
            'i' => stat.ino.to_string(),
            'n' => stat.nlink.to_string(),
            'd' => depth.to_string(),
            'l' => walk::read_link(path).unwrap_or_default(),
            'y' | 'Y' => match mode::letter(stat.mode) {
                '-' => "f".into(),
                other => other.to_string(),
            },
            't' => time::format("%a %b %e %H:%M:%S.%N0 %Y", &time::civil(stat.mtime)),
            'T' => stamp(stat.mtime, chars.next()),
            'A' => stamp(stat.atime, chars.next()),
            'C' => stamp(stat.ctime, chars.next()),
            '%' => "%".into(),
            other => format!("%{other}"),
        };
        let width = spec.trim_start_matches('-').parse::<usize>().unwrap_or(0);
        text.push_str(&if spec.starts_with('-') {
            format!("{value:<width$}")
        } else {
            format!("{value:>width$}")
        });
    }
    text
}

/// `find`.
pub fn main(argv: &[String]) -> i32 {
    let mut follow = 'P';
    let mut at = 1;
    while let Some("-H" | "-L" | "-P") = argv.get(at).map(String::as_str) {
        follow = argv[at].as_bytes()[1] as char;
        at += 1;
    }
    let starts = |word: &String| {
        (word.starts_with('-') && word.len() > 1) || matches!(word.as_str(), "(" | "!" | ")" | ",")
    };
    let end = argv[at..]
        .iter()
        .position(starts)
        .map_or(argv.len(), |count| at + count);
    let mut paths = argv[at..end].to_vec();
    if paths.is_empty() {
        paths.push(".".into());
    }
    let options = Options {
        follow,
        max: usize::MAX,
        min: 0,
        depth_first: false,
        one_device: false,
        now: time::now(),
        acts: false,
    };
    let mut parser = Parser {
        words: &argv[end..],
        at: 0,
        options,
    };
    let mut test = Test::Always(true);
    if end < argv.len() {
        test = match parser.list() {
            Ok(test) if parser.at == parser.words.len() => test,
            Ok(_) => die(format_args!(
                "paths must precede expression: `{}'",
                parser.words[parser.at]
            )),
            Err(problem) => die(problem),
        };
    }
    if !parser.options.acts {
        test = Test::And(Box::new(test), Box::new(Test::Print('\n')));
    }
    let mut find = Find {
        options: parser.options,
        code: 0,
        prune: false,
    };
    for path in paths {
        find.visit(&path, 0, &test, None);
    }
    find.finish(&test);
    find.code
}
