//! `tar`: create, list, extract; plain or gzip. Headers are the `tar` crate's, everything else is here.

use applet::os::{self, Stat};
use applet::{
    Args, busybox, die, flush, getopt, glob, input, mode, out, time, users, walk, warn, words,
};
use flate2::Compression;
use flate2::read::MultiGzDecoder;
use flate2::write::GzEncoder;
use std::collections::HashMap;
use std::fs;
use std::io::{self, Read, Write};

const LONG: &[(&str, char)] = &[
    ("create", 'c'),
    ("extract", 'x'),
    ("get", 'x'),
    ("list", 't'),
    ("file", 'f'),
    ("verbose", 'v'),
    ("gzip", 'z'),
    ("directory", 'C'),
    ("to-stdout", 'O'),
    ("keep-old-files", 'k'),
    ("preserve-permissions", 'p'),
    ("same-permissions", 'p'),
    ("no-same-owner", 'o'),
    ("dereference", 'h'),
    ("auto-compress", 'a'),
    ("exclude", 'ε'),
    ("strip-components", 'σ'),
    ("files-from", 'T'),
    ("owner", 'ο'),
    ("group", 'γ'),
    ("numeric-owner", 'ν'),
    ("overwrite", 'ω'),
    ("absolute-names", 'P'),
];

/// `tar`.
pub fn main(argv: &[String]) -> i32 {
    let usage = "tar c|x|t [-ZzJjahmvokO] [-f TARFILE] [-C DIR] [-T FILE] [LONGOPT]... [FILE]...";
    let mut argv = argv.to_vec();
    // `tar xzf a.tgz`: the first word needs no dash, and its letters take their values in order.
    if let Some(first) = argv
        .get(1)
        .filter(|word| !word.starts_with('-') && !word.is_empty())
        .cloned()
    {
        let mut at = 2;
        let mut modern = Vec::new();
        for letter in first.chars() {
            modern.push(format!("-{letter}"));
            if "fCT".contains(letter) && at < argv.len() {
                modern.push(argv[at].clone());
                at += 1;
            }
        }
        modern.extend_from_slice(&argv[at..]);
        argv.truncate(1);
        argv.extend(modern);
    }
    let args = getopt(&argv, "cxtf:vzjJZC:OkpohaT:mε:σ:ο:γ:νωPS", LONG, usage);
    if args.has('j') || args.has('J') || args.has('Z') {
        die("only gzip compression is available here");
    }
    let archive = args.value('f').unwrap_or("-").to_string();
    match args.last_of("cxt") {
        Some('c') => create(&args, &archive),
        Some(verb) => read(&args, &archive, verb == 'x'),
        None => applet::opts::complain(
            "You must specify one of the '-Acdtrux', '--delete' or '--test-label' options",
            usage,
        ),
    }
}

fn change_directory(args: &Args) {
    if let Some(dir) = args.value('C') {
        if let Err(error) = os::chdir(dir) {
            die(format_args!(
                "can't change directory to '{dir}': {}",
                words(&error)
            ));
        }
    }
}

/// The archive's own place, before `-C` moves us away.
fn absolute(path: &str) -> String {
    if path.starts_with('/') || path == "-" {
        path.to_string()
    } else {
        walk::join(&walk::cwd(), path)
    }
}

struct Writer<'a> {
    args: &'a Args,
    builder: ::tar::Builder<Box<dyn Write>>,
    links: HashMap<(u64, u64), String>,
    archive: Option<(u64, u64)>,
    warned: bool,
    code: i32,
}

fn create(args: &Args, archive: &str) -> i32 {
    let archive = absolute(archive);
    let zipped = args.has('z') || args.has('a') && (archive.ends_with("gz"));
    let sink: Box<dyn Write> = if archive == "-" {
        Box::new(out())
    } else {
        match fs::File::create(&archive) {
            Ok(file) => Box::new(io::BufWriter::new(file)),
            Err(error) => die(format_args!("can't open '{archive}': {}", words(&error))),
        }
    };
    let sink: Box<dyn Write> = if zipped {
        Box::new(GzEncoder::new(sink, Compression::default()))
    } else {
        sink
    };
    change_directory(args);
    let mut paths = args.rest.clone();
    if let Some(list) = args.value('T') {
        match input::read_all(list) {
            Ok(bytes) => paths.extend(String::from_utf8_lossy(&bytes).lines().map(str::to_string)),
            Err(error) => die(format_args!("{list}: {}", words(&error))),
        }
    }
    if paths.is_empty() {
        die(if busybox() {
            "empty archive"
        } else {
            "Cowardly refusing to create an empty archive"
        });
    }
    let mut builder = ::tar::Builder::new(sink);
    builder.mode(::tar::HeaderMode::Complete);
    let own = os::stat(&archive)
        .ok()
        .filter(|_| archive != "-")
        .map(|stat| (stat.dev, stat.ino));
    let mut writer = Writer {
        args,
        builder,
        links: HashMap::new(),
        archive: own,
        warned: false,
        code: 0,
    };
    for path in paths {
        writer.add(&path);
    }
    let Writer { builder, code, .. } = writer;
    let done = builder.into_inner().and_then(|mut sink| sink.flush());
    if let Err(error) = done {
        die(words(&error));
    }
    flush();
    if code != 0 && !busybox() {
        warn("Exiting with failure status due to previous errors");
    }
    code
}

impl Writer<'_> {
    fn add(&mut self, path: &str) {
        if self.args.values('ε').any(|pattern| {
            glob::matches(pattern, path, false) || glob::matches(pattern, walk::base(path), false)
        }) {
            return;
        }
        let stat = if self.args.has('h') {
            os::stat(path)
        } else {
            os::lstat(path)
        };
        let result = stat.and_then(|stat| self.entry(path, &stat).map(|()| stat));
        match result {
            Ok(stat) if stat.is_dir() => match walk::names(path) {
                Ok(names) => names
                    .iter()
                    .for_each(|name| self.add(&walk::join(path, name))),
                Err(error) => self.fail(path, &error),
            },
            Ok(_) => {}
            Err(error) => self.fail(path, &error),
        }
    }

    fn fail(&mut self, path: &str, error: &io::Error) {
        warn(if busybox() {
            format!("{path}: {}", words(error))
        } else {
            format!("{path}: Cannot stat: {}", words(error))
        });
        self.code = if busybox() { 1 } else { 2 };
    }

    fn entry(&mut self, path: &str, stat: &Stat) -> io::Result<()> {
        if self.archive == Some((stat.dev, stat.ino)) {
            warn(format_args!("{path}: file is the archive; not dumped"));
            return Ok(());
        }
        let mut name = path.to_string();
        if path.starts_with('/') && !self.args.has('P') {
            if !std::mem::replace(&mut self.warned, true) {
                warn(if busybox() {
                    "removing leading '/' from member names"
                } else {
                    "Removing leading `/' from member names"
                });
            }
            name = path.trim_start_matches('/').to_string();
            if name.is_empty() {
                name = "./".into();
            }
        }
        if stat.is_dir() && !name.ends_with('/') {
            name.push('/');
        }
        if self.args.has('v') {
            // With the archive on standard output the names go to standard error.
            if self.args.value('f').unwrap_or("-") == "-" {
                eprintln!("{name}")
            } else {
                writeln!(out(), "{name}")
            }
        }
        let mut header = ::tar::Header::new_gnu();
        header.set_mode(stat.mode & 0o7777);
        let owner = |letter, find: fn(&str) -> Option<u32>, own: u32| {
            self.args
                .value(letter)
                .and_then(|text| find(text.split(':').next().unwrap_or(text)))
                .unwrap_or(own)
        };
        let (uid, gid) = (
            owner('ο', users::find_user, stat.uid),
            owner('γ', users::find_group, stat.gid),
        );
        header.set_uid(uid.into());
        header.set_gid(gid.into());
        if !self.args.has('ν') {
            let _ = header.set_username(users::user_name(uid).unwrap_or(""));
            let _ = header.set_groupname(users::group_name(gid).unwrap_or(""));
        }
        header.set_mtime(stat.mtime.max(0) as u64 / 1_000_000_000);
        header.set_size(0);
        if stat.nlink > 1 && stat.is_file() {
            if let Some(first) = self.links.get(&(stat.dev, stat.ino)) {
                header.set_entry_type(::tar::EntryType::Link);
                let first = first.clone();
                return self.builder.append_link(&mut header, &name, first);
            }
            self.links.insert((stat.dev, stat.ino), name.clone());
        }
        match mode::letter(stat.mode) {
            '-' => {
                let file = fs::File::open(path)?;
                header.set_entry_type(::tar::EntryType::Regular);
                header.set_size(stat.size);
                self.builder
                    .append_data(&mut header, &name, file.take(stat.size))
            }
            'd' => {
                header.set_entry_type(::tar::EntryType::Directory);
                self.builder.append_data(&mut header, &name, io::empty())
            }
            'l' => {
                header.set_entry_type(::tar::EntryType::Symlink);
                self.builder
                    .append_link(&mut header, &name, walk::read_link(path)?)
            }
            kind => {
                let (major, minor) = os::device(stat.rdev);
                header.set_entry_type(match kind {
                    'c' => ::tar::EntryType::Char,
                    'b' => ::tar::EntryType::Block,
                    'p' => ::tar::EntryType::Fifo,
                    _ => {
                        warn(format_args!("{path}: socket ignored"));
                        return Ok(());
                    }
                });
                header.set_device_major(major)?;
                header.set_device_minor(minor)?;
                self.builder.append_data(&mut header, &name, io::empty())
            }
        }
    }
}

fn open(archive: &str, zipped: bool) -> io::Result<Box<dyn Read>> {
    let mut reader = input::open_input(archive)?;
    let mut start = [0; 2];
    let mut got = 0;
    while got < 2 {
        match reader.read(&mut start[got..])? {
            0 => break,
            count => got += count,
        }
    }
    let whole = io::Cursor::new(start[..got].to_vec()).chain(reader);
    // The magic number decides; -z only insists.
    if start == [0x1f, 0x8b] || zipped {
        Ok(Box::new(MultiGzDecoder::new(whole)))
    } else {
        Ok(Box::new(whole))
    }
}

fn read(args: &Args, archive: &str, extract: bool) -> i32 {
    let reader = match open(&absolute(archive), args.has('z')) {
        Ok(reader) => reader,
        Err(error) if busybox() => die(format_args!("can't open '{archive}': {}", words(&error))),
        Err(error) => {
            warn(format_args!(
                "{archive}: Cannot open: {}\ntar: Error is not recoverable: exiting now",
                words(&error)
            ));
            return 2;
        }
    };
    change_directory(args);
    let strip: usize = args
        .value('σ')
        .and_then(|text| text.parse().ok())
        .unwrap_or(0);
    let mut found = vec![false; args.rest.len()];
    let mut code = 0;
    let mut late: Vec<(String, u32, i64)> = Vec::new();
    let mut tar = ::tar::Archive::new(reader);
    let entries = match tar.entries() {
        Ok(entries) => entries,
        Err(error) => die(words(&error)),
    };
    for entry in entries {
        let mut entry = match entry {
            Ok(entry) => entry,
            Err(error) => {
                warn(if busybox() {
                    "invalid tar magic".to_string()
                } else {
                    format!("This does not look like a tar archive: {}", words(&error))
                });
                return if busybox() { 1 } else { 2 };
            }
        };
        let name = String::from_utf8_lossy(&entry.path_bytes()).into_owned();
        let plain = name.trim_end_matches('/');
        if !args.rest.is_empty() {
            let mut wanted = false;
            for (at, pattern) in args.rest.iter().enumerate() {
                let pattern = pattern.trim_end_matches('/');
                if plain == pattern || plain.starts_with(&format!("{pattern}/")) {
                    found[at] = true;
                    wanted = true;
                }
            }
            if !wanted {
                continue;
            }
        }
        if args.values('ε').any(|pattern| {
            glob::matches(pattern, plain, false) || glob::matches(pattern, walk::base(plain), false)
        }) {
            continue;
        }
        if !extract {
            list(&entry, &name, args.has('v'));
            continue;
        }
        if args.has('O') {
            if entry.header().entry_type().is_file() {
                let _ = io::copy(&mut entry, &mut out());
            }
            continue;
        }
        let Some(target) = safe(&name, strip) else {
            continue;
        };
        if args.has('v') {
            writeln!(out(), "{name}");
        }
        if let Err(error) = unpack(&mut entry, &target, args, &mut late) {
            warn(if busybox() {
                format!("can't create '{target}': {}", words(&error))
            } else {
                format!("{target}: Cannot open: {}", words(&error))
            });
            code = if busybox() { 1 } else { 2 };
        }
    }
    // Directories last, or writing into them would change their times, and read-only ones could not be filled.
    for (path, bits, mtime) in late.into_iter().rev() {
        let _ = os::chmod(&path, bits);
        let _ = os::set_times(&path, None, Some(mtime), true);
    }
    for (at, pattern) in args.rest.iter().enumerate() {
        if !found[at] {
            warn(if busybox() {
                format!("{pattern}: not found in archive")
            } else {
                format!("{pattern}: Not found in archive")
            });
            code = if busybox() { 1 } else { 2 };
        }
    }
    code
}

/// The path to write, without leading slashes and without `..`.
fn safe(name: &str, strip: usize) -> Option<String> {
    let parts: Vec<&str> = name
        .split('/')
        .filter(|part| !part.is_empty() && *part != ".")
        .collect();
    if parts.contains(&"..") {
        warn(format_args!("name with '..' skipped: '{name}'"));
        return None;
    }
    if parts.is_empty() {
        return (strip == 0).then(|| ".".to_string());
    }
    (parts.len() > strip).then(|| parts[strip..].join("/"))
}

fn list(entry: &::tar::Entry<'_, impl Read>, name: &str, long: bool) {
    if !long {
        writeln!(out(), "{name}");
        return;
    }
    let header = entry.header();
    let kind = header.entry_type();
    let bits = header.mode().unwrap_or(0) & 0o7777
        | if kind.is_dir() {
            mode::S_IFDIR
        } else if kind.is_symlink() {
            mode::S_IFLNK
        } else {
            mode::S_IFREG
        };
    let text = |value: Result<Option<&str>, std::str::Utf8Error>, id: u64| match value {
        Ok(Some(text)) if !text.is_empty() => text.to_string(),
        _ => id.to_string(),
    };
    let owner = format!(
        "{}/{}",
        text(header.username(), header.uid().unwrap_or(0)),
        text(header.groupname(), header.gid().unwrap_or(0))
    );
    let civil = time::civil(header.mtime().unwrap_or(0) as i64 * time::NANOS);
    let link = match entry.link_name_bytes() {
        Some(target) if kind.is_symlink() => format!(" -> {}", String::from_utf8_lossy(&target)),
        Some(target) if kind.is_hard_link() => {
            format!(" link to {}", String::from_utf8_lossy(&target))
        }
        _ => String::new(),
    };
    if busybox() {
        writeln!(
            out(),
            "{} {owner} {:>9} {} {name}{link}",
            mode::text(bits),
            entry.size(),
            time::format("%Y-%m-%d %H:%M:%S", &civil)
        );
    } else {
        let room = 18usize.saturating_sub(owner.len());
        writeln!(
            out(),
            "{} {owner} {:>room$} {} {name}{link}",
            mode::text(bits),
            entry.size(),
            time::format("%Y-%m-%d %H:%M", &civil)
        );
    }
}

fn unpack(
    entry: &mut ::tar::Entry<'_, impl Read>,
    target: &str,
    args: &Args,
    late: &mut Vec<(String, u32, i64)>,
) -> io::Result<()> {
    let header = entry.header();
    let mask = os::set_umask(0);
    os::set_umask(mask);
    let keep = args.has('p') || os::euid() == 0;
    let bits = header.mode()? & if keep { 0o7777 } else { 0o777 & !mask };
    let mtime = header.mtime()? as i64 * time::NANOS;
    let (uid, gid) = (header.uid()? as u32, header.gid()? as u32);
    let kind = header.entry_type();
    let numbers = (
        header.device_major().ok().flatten().unwrap_or(0),
        header.device_minor().ok().flatten().unwrap_or(0),
    );
    let parent = walk::parent(target);
    if !os::is_dir(parent) {
        fs::create_dir_all(parent)?;
    }
    if !kind.is_dir() && os::exists(target) {
        if args.has('k') {
            return Ok(());
        }
        fs::remove_file(target)?;
    }
    let link = entry
        .link_name_bytes()
        .map(|bytes| String::from_utf8_lossy(&bytes).into_owned())
        .unwrap_or_default();
    if kind.is_dir() {
        if !os::is_dir(target) {
            fs::create_dir(target)?;
        }
        late.push((target.to_string(), bits, mtime));
    } else if kind.is_symlink() {
        os::make_symlink(&link, target)?;
    } else if kind.is_hard_link() {
        if let Some(first) = safe(&link, 0) {
            fs::hard_link(first, target)?;
        }
        return Ok(());
    } else if kind.is_fifo() || kind.is_character_special() || kind.is_block_special() {
        let type_bits = if kind.is_fifo() {
            mode::S_IFIFO
        } else if kind.is_block_special() {
            mode::S_IFBLK
        } else {
            mode::S_IFCHR
        };
        os::mknod(
            target,
            type_bits | bits,
            os::make_device(numbers.0, numbers.1),
        )?;
    } else if kind.is_file() || kind.is_contiguous() {
        let mut file = fs::File::create(target)?;
        io::copy(entry, &mut file)?;
    } else {
        return Ok(());
    }
    if os::euid() == 0 && !args.has('o') {
        let _ = os::chown(target, uid, gid, false);
    }
    if !kind.is_symlink() && !kind.is_dir() {
        os::chmod(target, bits)?;
        if !args.has('m') {
            os::set_times(target, None, Some(mtime), true)?;
        }
    }
    Ok(())
}
