//! `gzip`, `gunzip`, `zcat`.

use applet::{busybox, flush, getopt, open_input, opts, os, out, warn, words};
use flate2::Compression;
use flate2::read::MultiGzDecoder;
use flate2::write::GzEncoder;
use std::fs::File;
use std::io::{self, BufWriter, Read, Write};

const LONG: &[(&str, char)] = &[
    ("stdout", 'c'),
    ("to-stdout", 'c'),
    ("decompress", 'd'),
    ("force", 'f'),
    ("keep", 'k'),
    ("list", 'l'),
    ("quiet", 'q'),
    ("test", 't'),
    ("verbose", 'v'),
    ("fast", '1'),
    ("best", '9'),
    ("recursive", 'r'),
];

/// `gzip`.
pub fn gzip(argv: &[String]) -> i32 {
    run(argv, "")
}

/// `gunzip`.
pub fn gunzip(argv: &[String]) -> i32 {
    run(argv, "d")
}

/// `zcat`.
pub fn zcat(argv: &[String]) -> i32 {
    run(argv, "dc")
}

fn pump(from: &mut dyn Read, to: &mut dyn Write) -> io::Result<u64> {
    let mut buffer = vec![0; 128 * 1024];
    let mut total = 0;
    loop {
        match from.read(&mut buffer)? {
            0 => return Ok(total),
            count => {
                to.write_all(&buffer[..count])?;
                total += count as u64;
            }
        }
    }
}

fn run(argv: &[String], preset: &str) -> i32 {
    let mut args = getopt(
        argv,
        "cdfklqtvr123456789n",
        LONG,
        &format!("{} [-cfkdt123456789] [FILE]...", applet::name()),
    );
    args.options
        .extend(preset.chars().map(|letter| (letter, None)));
    let decode = args.has('d') || args.has('t');
    let level = args
        .last_of("123456789")
        .and_then(|digit| digit.to_digit(10))
        .unwrap_or(6);
    let mut code = 0;
    for path in args.files() {
        let result = if path == "-" || args.has('c') || args.has('t') || args.has('l') {
            stream(&path, &args, decode, level)
        } else {
            replace(&path, &args, decode, level)
        };
        if let Err(problem) = result {
            warn(problem);
            code = 1;
        }
    }
    code
}

fn convert(
    reader: &mut dyn Read,
    writer: &mut dyn Write,
    decode: bool,
    level: u32,
) -> io::Result<()> {
    if decode {
        pump(&mut MultiGzDecoder::new(reader), writer)?;
    } else {
        let mut encoder = GzEncoder::new(writer, Compression::new(level));
        pump(reader, &mut encoder)?;
        encoder.finish()?;
    }
    Ok(())
}

fn problem(path: &str, error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::InvalidInput | io::ErrorKind::InvalidData => {
            if busybox() {
                "invalid magic".into()
            } else {
                format!(
                    "{}: not in gzip format",
                    if path == "-" { "stdin" } else { path }
                )
            }
        }
        io::ErrorKind::UnexpectedEof => {
            if busybox() {
                "unexpected end of file".into()
            } else {
                format!("{path}: unexpected end of file")
            }
        }
        _ => format!("{path}: {}", words(error)),
    }
}

fn stream(path: &str, args: &applet::Args, decode: bool, level: u32) -> Result<(), String> {
    if path == "-" && !decode && os::is_terminal(1) && !args.has('f') {
        opts::complain("compressed data not written to a terminal", "gzip [-f]");
    }
    let mut reader = open_input(path).map_err(|error| problem(path, &error))?;
    if args.has('l') {
        let packed = os::stat(path).map_or(0, |stat| stat.size);
        let plain = pump(&mut MultiGzDecoder::new(reader), &mut io::sink())
            .map_err(|error| problem(path, &error))?;
        let ratio = if plain == 0 {
            0.0
        } else {
            100.0 - packed as f64 * 100.0 / plain as f64
        };
        writeln!(
            out(),
            "         compressed        uncompressed  ratio uncompressed_name\n{packed:>19} {plain:>19} {ratio:>5.1}% {}",
            path.trim_end_matches(".gz")
        );
        return Ok(());
    }
    let mut sink: Box<dyn Write> = if args.has('t') {
        Box::new(io::sink())
    } else {
        Box::new(out())
    };
    convert(&mut reader, &mut sink, decode, level).map_err(|error| problem(path, &error))?;
    flush();
    Ok(())
}

fn replace(path: &str, args: &applet::Args, decode: bool, level: u32) -> Result<(), String> {
    let stat = os::stat(path).map_err(|error| problem(path, &error))?;
    if stat.is_dir() {
        return Err(format!("{path} is a directory -- ignored"));
    }
    let target = if decode {
        match path
            .strip_suffix(".gz")
            .map(str::to_string)
            .or_else(|| path.strip_suffix(".tgz").map(|stem| format!("{stem}.tar")))
        {
            Some(target) => target,
            None => {
                return Err(format!(
                    "{path}: unknown suffix{}",
                    if busybox() {
                        " - ignored"
                    } else {
                        " -- ignored"
                    }
                ));
            }
        }
    } else if path.ends_with(".gz") {
        return Err(format!("{path} already has .gz suffix -- unchanged"));
    } else {
        format!("{path}.gz")
    };
    if os::exists(&target) && !args.has('f') {
        return Err(format!("{target} already exists"));
    }
    let mut reader = open_input(path).map_err(|error| problem(path, &error))?;
    let file = File::create(&target).map_err(|error| problem(&target, &error))?;
    let mut writer = BufWriter::new(file);
    let done = convert(&mut reader, &mut writer, decode, level).and_then(|()| writer.flush());
    if let Err(error) = done {
        let _ = std::fs::remove_file(&target);
        return Err(problem(path, &error));
    }
    drop(writer);
    let _ = os::chmod(&target, stat.mode & 0o7777);
    let _ = os::set_times(&target, Some(stat.atime), Some(stat.mtime), true);
    if args.has('v') {
        let after = os::stat(&target).map_or(0, |stat| stat.size);
        let (plain, packed) = if decode {
            (after, stat.size)
        } else {
            (stat.size, after)
        };
        let ratio = if plain == 0 {
            0.0
        } else {
            100.0 - packed as f64 * 100.0 / plain as f64
        };
        eprintln!(
            "{path}:\t{ratio:>5.1}% -- {} {target}",
            if args.has('k') {
                "created"
            } else {
                "replaced with"
            }
        );
    }
    if !args.has('k') {
        std::fs::remove_file(path).map_err(|error| problem(path, &error))?;
    }
    Ok(())
}
