//! Checksums: `md5sum`, `sha*sum`, `cksum`.

use applet::{Lines, flush, getopt, open_input, out, warn, words};
use sha2::digest::DynDigest;
use std::io::{self, Read};

/// `md5sum`.
pub fn md5(argv: &[String]) -> i32 {
    run(argv, &|| Box::new(<md5::Md5 as sha2::Digest>::new()))
}
/// `sha1sum`.
pub fn sha1(argv: &[String]) -> i32 {
    run(argv, &|| Box::new(<sha1::Sha1 as sha2::Digest>::new()))
}
/// `sha224sum`.
pub fn sha224(argv: &[String]) -> i32 {
    run(argv, &|| Box::new(<sha2::Sha224 as sha2::Digest>::new()))
}
/// `sha256sum`.
pub fn sha256(argv: &[String]) -> i32 {
    run(argv, &|| Box::new(<sha2::Sha256 as sha2::Digest>::new()))
}
/// `sha384sum`.
pub fn sha384(argv: &[String]) -> i32 {
    run(argv, &|| Box::new(<sha2::Sha384 as sha2::Digest>::new()))
}
/// `sha512sum`.
pub fn sha512(argv: &[String]) -> i32 {
    run(argv, &|| Box::new(<sha2::Sha512 as sha2::Digest>::new()))
}

type New = dyn Fn() -> Box<dyn DynDigest>;

fn sum(path: &str, new: &New) -> io::Result<String> {
    let mut reader = open_input(path)?;
    let mut digest = new();
    let mut buffer = vec![0; 64 * 1024];
    loop {
        match reader.read(&mut buffer)? {
            0 => break,
            count => digest.update(&buffer[..count]),
        }
    }
    let mut result = vec![0; digest.output_size()];
    digest
        .finalize_into_reset(&mut result)
        .map_err(|_| io::Error::from(io::ErrorKind::InvalidData))?;
    Ok(result.iter().map(|byte| format!("{byte:02x}")).collect())
}

fn run(argv: &[String], new: &New) -> i32 {
    const LONG: &[(&str, char)] = &[
        ("check", 'c'),
        ("status", 's'),
        ("quiet", 'q'),
        ("warn", 'w'),
        ("binary", 'b'),
        ("text", 't'),
        ("tag", 'τ'),
    ];
    let args = getopt(
        argv,
        "csqwbtτ",
        LONG,
        &format!("{} [-c[sw]] [FILE]...", applet::name()),
    );
    let mut code = 0;
    for path in args.files() {
        if args.has('c') {
            code |= check(&path, new, args.has('s'), args.has('q'));
            continue;
        }
        match sum(&path, new) {
            Ok(hex) if args.has('τ') => writeln!(
                out(),
                "{} ({path}) = {hex}",
                applet::name().trim_end_matches("sum").to_uppercase()
            ),
            Ok(hex) => writeln!(out(), "{hex}  {path}"),
            Err(error) => {
                warn(if applet::busybox() {
                    format!("can't open '{path}': {}", words(&error))
                } else {
                    format!("{path}: {}", words(&error))
                });
                code = 1;
            }
        }
    }
    code
}

fn check(list: &str, new: &New, silent: bool, quiet: bool) -> i32 {
    let lines = match Lines::open(list) {
        Ok(lines) => lines,
        Err(error) => {
            warn(format_args!("{list}: {}", words(&error)));
            return 1;
        }
    };
    let (mut bad, mut missing, mut good) = (0, 0, 0);
    for line in lines {
        let text = String::from_utf8_lossy(&line).into_owned();
        let Some((hex, name)) = text.split_once("  ").or_else(|| text.split_once(" *")) else {
            continue;
        };
        match sum(name, new) {
            Ok(found) if found.eq_ignore_ascii_case(hex) => {
                good += 1;
                if !silent && !quiet {
                    writeln!(out(), "{name}: OK");
                }
            }
            Ok(_) => {
                bad += 1;
                if !silent {
                    writeln!(out(), "{name}: FAILED");
                }
            }
            Err(error) => {
                missing += 1;
                warn(format_args!("{name}: {}", words(&error)));
                if !silent {
                    writeln!(out(), "{name}: FAILED open or read");
                }
            }
        }
    }
    flush();
    if !silent {
        let plural = |count: usize, one: &'static str, many: &'static str| {
            if count == 1 { one } else { many }
        };
        if applet::busybox() && bad + missing > 0 {
            warn(format_args!(
                "WARNING: {} of {} computed checksums did NOT match",
                bad + missing,
                bad + missing + good
            ));
        } else {
            if missing > 0 {
                warn(format_args!(
                    "WARNING: {missing} listed {} could not be read",
                    plural(missing, "file", "files")
                ));
            }
            if bad > 0 {
                warn(format_args!(
                    "WARNING: {bad} computed {} did NOT match",
                    plural(bad, "checksum", "checksums")
                ));
            }
        }
    }
    i32::from(bad + missing > 0 || good == 0)
}

/// `cksum`: POSIX's CRC, with the length.
pub fn cksum(argv: &[String]) -> i32 {
    let args = getopt(argv, "", &[], "cksum [FILE]...");
    let mut table = [0u32; 256];
    for (at, slot) in table.iter_mut().enumerate() {
        *slot = (0..8).fold((at as u32) << 24, |crc, _| {
            if crc >> 31 == 1 {
                crc << 1 ^ 0x04c1_1db7
            } else {
                crc << 1
            }
        });
    }
    let step = |crc: u32, byte: u8| crc << 8 ^ table[(crc >> 24) as usize ^ byte as usize];
    let mut code = 0;
    for path in args.files() {
        match applet::read_all(&path) {
            Ok(bytes) => {
                let mut crc = bytes.iter().fold(0, |crc, byte| step(crc, *byte));
                let mut length = bytes.len();
                while length > 0 {
                    crc = step(crc, length as u8);
                    length >>= 8;
                }
                let name = if args.rest.is_empty() {
                    String::new()
                } else {
                    format!(" {path}")
                };
                writeln!(out(), "{} {}{name}", !crc, bytes.len());
            }
            Err(error) => {
                warn(format_args!("{path}: {}", words(&error)));
                code = 1;
            }
        }
    }
    code
}
