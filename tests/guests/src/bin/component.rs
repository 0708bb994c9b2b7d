//! A component of WASI 0.2 that does one thing after the other, as its arguments say: what the tests of components run.

use std::collections::hash_map::RandomState;
use std::hash::BuildHasher;
use std::io::{IsTerminal, Read, Seek, SeekFrom, Write};
use std::time::{Duration, Instant, SystemTime};
use std::{env, fs, hint, io, process, thread};

fn main() -> io::Result<()> {
    let args: Vec<String> = env::args().skip(1).collect();
    let args: Vec<&str> = args.iter().map(String::as_str).collect();
    match args[..] {
        ["args", ..] => println!("{:?}", env::args().collect::<Vec<_>>()),
        ["env", name] => println!("{:?}", env::var(name)),
        ["cat"] => drop(io::copy(&mut io::stdin(), &mut io::stdout())?),
        ["both"] => {
            println!("to stdout");
            eprintln!("to stderr");
        }
        ["yes"] => loop {
            println!("y");
        },
        ["fail"] => return Err(io::Error::other("failed")),
        ["exit", code] => process::exit(code.parse().unwrap_or(99)),
        ["panic"] => panic!("as asked"),
        ["abort"] => process::abort(),
        ["spin"] => loop {
            hint::spin_loop();
        },
        ["sleep", ms] => {
            let wanted = Duration::from_millis(ms.parse().unwrap_or(0));
            let before = Instant::now();
            thread::sleep(wanted);
            println!("slept {}", before.elapsed() >= wanted);
        }
        ["clock"] => {
            let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
            println!("{}", since.map_or(0, |since| since.as_secs()));
        }
        ["random"] => println!("{}", RandomState::new().hash_one(0)),
        ["eat", mib] => {
            let mut held = Vec::new();
            for _ in 0..mib.parse().unwrap_or(0) {
                held.push(vec![1u8; 1 << 20]);
            }
            println!("ate {}", held.len());
        }
        ["tty"] => println!(
            "{} {} {}",
            io::stdin().is_terminal(),
            io::stdout().is_terminal(),
            io::stderr().is_terminal()
        ),
        ["files", dir] => files(dir)?,
        ["read", path] => {
            let text = fs::read_to_string(path);
            println!("{:?}", text.map_err(|error| error.kind()));
        }
        ["append", path, text] => {
            let mut file = fs::OpenOptions::new()
                .append(true)
                .create(true)
                .open(path)?;
            file.write_all(text.as_bytes())?;
        }
        ["zeroes", path, mib] => {
            let mut file = fs::File::create(path)?;
            for _ in 0..mib.parse().unwrap_or(0) {
                file.write_all(&vec![0; 1 << 20])?;
            }
        }
        ["hold", path] => {
            let files: io::Result<Vec<_>> = (0..).map(|_| fs::File::open(path)).collect();
            println!("{:?}", files.map(|_| ()).map_err(|error| error.kind()));
        }
        _ => process::exit(98),
    }
    Ok(())
}

/// Every call on files, once.
fn files(dir: &str) -> io::Result<()> {
    let path = |name: &str| format!("{dir}/{name}");
    fs::create_dir(dir)?;
    fs::write(path("one"), "first\nsecond\n")?;
    let mut file = fs::OpenOptions::new()
        .read(true)
        .write(true)
        .open(path("one"))?;
    file.seek(SeekFrom::Start(6))?;
    file.write_all(b"SECOND")?;
    let mut text = String::new();
    file.seek(SeekFrom::Start(0))?;
    file.read_to_string(&mut text)?;
    print!("{text}");
    file.set_len(5)?;
    file.sync_all()?;
    println!("{} bytes", file.metadata()?.len());
    fs::hard_link(path("one"), path("two"))?;
    fs::rename(path("two"), path("three"))?;
    println!("{:?}", fs::read_to_string(path("three"))?);
    fs::create_dir(path("sub"))?;
    let mut names = Vec::new();
    for entry in fs::read_dir(dir)? {
        let entry = entry?;
        names.push(format!(
            "{}{}",
            entry.file_name().display(),
            if entry.file_type()?.is_dir() { "/" } else { "" }
        ));
    }
    names.sort();
    println!("{names:?}");
    println!(
        "{:?}",
        fs::remove_dir(dir).map_err(|error| error.raw_os_error())
    );
    println!(
        "{:?}",
        fs::File::create_new(path("one"))
            .map(|_| ())
            .map_err(|error| error.kind())
    );
    println!(
        "{:?}",
        fs::metadata(path("none"))
            .map(|_| ())
            .map_err(|error| error.kind())
    );
    for name in ["one", "three"] {
        fs::remove_file(path(name))?;
    }
    fs::remove_dir(path("sub"))?;
    fs::remove_dir(dir)?;
    println!("{}", fs::exists(dir)?);
    Ok(())
}
