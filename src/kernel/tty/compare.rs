//! The same bytes through a real Linux pty and through ours: what programs read and what the screen shows must be equal.
//!
//! Each case ends with a line (canonical) or a byte (raw) that makes the kernel hand everything over, so nothing waits for time.

use super::line::Discipline;
use super::termios::{Termios, cc, iflag, lflag, oflag};
use rustix::fd::{AsFd, OwnedFd};
use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
use rustix::termios::{self as real, OptionalActions};

/// What the programs read, call by call, and what the screen showed.
type Seen = (Vec<Vec<u8>>, Vec<u8>);

/// What a program prints at the end; the screen is read until it comes.
const END: &[u8] = b"<<<>>>";

fn open_real(modes: &Termios) -> (OwnedFd, OwnedFd) {
    let master = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY).expect("a pty");
    grantpt(&master).expect("grantpt");
    unlockpt(&master).expect("unlockpt");
    let name = ptsname(&master, Vec::new()).expect("ptsname");
    let flags = rustix::fs::OFlags::RDWR | rustix::fs::OFlags::NOCTTY;
    let slave = rustix::fs::open(name, flags, rustix::fs::Mode::empty()).expect("the slave");
    let mut termios = real::tcgetattr(slave.as_fd()).expect("tcgetattr");
    termios.input_modes = real::InputModes::from_bits_retain(modes.iflag);
    termios.output_modes = real::OutputModes::from_bits_retain(modes.oflag);
    termios.local_modes = real::LocalModes::from_bits_retain(modes.lflag);
    for (place, code) in CODES {
        termios.special_codes[*code] = modes.cc[*place];
    }
    real::tcsetattr(slave.as_fd(), OptionalActions::Now, &termios).expect("tcsetattr");
    (master, slave)
}

const CODES: &[(usize, real::SpecialCodeIndex)] = &[
    (cc::VINTR, real::SpecialCodeIndex::VINTR),
    (cc::VQUIT, real::SpecialCodeIndex::VQUIT),
    (cc::VERASE, real::SpecialCodeIndex::VERASE),
    (cc::VKILL, real::SpecialCodeIndex::VKILL),
    (cc::VEOF, real::SpecialCodeIndex::VEOF),
    (cc::VMIN, real::SpecialCodeIndex::VMIN),
    (cc::VTIME, real::SpecialCodeIndex::VTIME),
    (cc::VSTART, real::SpecialCodeIndex::VSTART),
    (cc::VSTOP, real::SpecialCodeIndex::VSTOP),
    (cc::VSUSP, real::SpecialCodeIndex::VSUSP),
    (cc::VEOL, real::SpecialCodeIndex::VEOL),
    (cc::VREPRINT, real::SpecialCodeIndex::VREPRINT),
    (cc::VWERASE, real::SpecialCodeIndex::VWERASE),
    (cc::VLNEXT, real::SpecialCodeIndex::VLNEXT),
    (cc::VEOL2, real::SpecialCodeIndex::VEOL2),
];

/// One case: modes, what the program prints first (a prompt), what is typed, and how much each read asks for.
struct Case {
    modes: Termios,
    prompt: &'static [u8],
    typed: Vec<u8>,
    read_size: usize,
}

/// The bytes that end a case: whatever the modes, one of the two ends is a line's.
const MARK: &[u8] = b"\x11~~~\n\r";

fn ends(case: &Case, reads: &[Vec<u8>]) -> bool {
    let all: Vec<u8> = reads.concat();
    let tail = if case.modes.l(lflag::ICANON) { 0 } else { 2 };
    all.windows(3)
        .position(|part| part == b"~~~")
        .is_some_and(|at| all.len() >= at + 3 + tail)
}

fn through_linux(case: &Case) -> Seen {
    let (master, slave) = open_real(&case.modes);
    rustix::io::write(&slave, case.prompt).expect("prompt");
    let mut typed = &[&case.typed, MARK].concat()[..];
    let mut reads = Vec::new();
    while !typed.is_empty() {
        typed = &typed[rustix::io::write(&master, typed).expect("typing")..];
    }
    while !ends(case, &reads) {
        let mut buffer = vec![0; case.read_size];
        let count = rustix::io::read(&slave, &mut buffer[..]).expect("reading");
        buffer.truncate(count);
        reads.push(buffer);
    }
    // The mode without processing keeps END in one piece; echoes come before it.
    rustix::io::write(&slave, END).expect("end");
    let mut screen = Vec::new();
    while !screen.ends_with(END) {
        let mut buffer = [0; 4096];
        let count = rustix::io::read(&master, &mut buffer[..]).expect("screen");
        screen.extend(&buffer[..count]);
    }
    (reads, screen)
}

fn through_ours(case: &Case) -> Seen {
    let mut line = Discipline::default();
    line.set_termios(case.modes);
    assert_eq!(line.write(case.prompt), case.prompt.len());
    let typed = [&case.typed, MARK].concat();
    let mut signals = Vec::new();
    let mut typed = &typed[..];
    let mut reads = Vec::new();
    while !ends(case, &reads) {
        typed = &typed[line.receive(typed, &mut signals)..];
        let mut buffer = vec![0; case.read_size];
        let count = line.read(&mut buffer).expect("more to read");
        buffer.truncate(count);
        reads.push(buffer);
    }
    assert_eq!(line.write(END), END.len());
    (reads, line.take_output(100_000))
}

fn show(bytes: &[u8]) -> String {
    bytes.escape_ascii().to_string()
}

fn compare(name: &str, case: &Case) {
    let (linux, ours) = (through_linux(case), through_ours(case));
    let words = |seen: &Seen| {
        let reads: Vec<String> = seen.0.iter().map(|read| show(read)).collect();
        format!("reads {reads:?}\nscreen {}", show(&seen.1))
    };
    assert_eq!(
        words(&linux),
        words(&ours),
        "{name}, typed {} (left: Linux, right: ours)",
        show(&case.typed)
    );
}

fn default_case(typed: &[u8]) -> Case {
    Case {
        modes: Termios::default(),
        prompt: b"$ ",
        typed: typed.to_vec(),
        read_size: 1024,
    }
}

/// Everything that typing can do to a line, in one alphabet.
const TYPED: &[&[u8]] = &[
    b"hello",
    b"hello\n",
    b"hello\r",
    b"abc\x7fd",
    b"\x7f\x7f",
    b"a\x7f\x7fb",
    b"one two  three\x17X",
    b"one two  \x17\x17",
    b"foo_bar.baz\x17\x17",
    b"killed\x15kept",
    b"ctl\x01\x02\x7f\x7f",
    b"lit\x16\x03x\x7f",
    b"lit\x16\x7f",
    b"lit\x16\n",
    b"\x16\x16",
    b"reprint\x12more",
    b"\x12",
    b"tab\tx\x7f\x7f",
    b"a\tb\tc\x7f\x7f\x7f\x7f\x7f\x7f",
    b"\t\x7f\x7f",
    b"\x01\t\x7f",
    b"12345678\t\x15",
    b"end\x04",
    b"\x04",
    b"end\x04more\n\x04",
    b"int\x03after",
    b"quit\x1cafter",
    b"susp\x1aafter\n",
    b"stop\x13held\x11on",
    b"\xc3\xa9\x7fe",
    b"x\xc3\xa9\xe2\x82\xac\x7f\x7f",
    b"\xff\xfe\x7f",
    b"\xff",
    b"nul\0x\x7f\x7f",
    b"bell\x07\x1b[A",
    b"a\nb\nc\n\n",
    b"caf\xc3\xa9 \xc3\xa9t\xc3\xa9\x17",
    b"line\x0bvt\x0cff",
    b"UPPER lower",
    b"\xc4\xd7\xe4\xf7\xdf\xff",
    b"semi;end;",
    b"mixed\r\nends\n\r",
];

fn modes() -> Vec<(&'static str, Termios)> {
    let with = |change: fn(&mut Termios)| {
        let mut termios = Termios::default();
        change(&mut termios);
        termios
    };
    vec![
        ("default", Termios::default()),
        ("iutf8", with(|t| t.iflag |= iflag::IUTF8)),
        ("no echo", with(|t| t.lflag &= !lflag::ECHO)),
        (
            "echonl",
            with(|t| t.lflag = (t.lflag & !lflag::ECHO) | lflag::ECHONL),
        ),
        ("no echoe", with(|t| t.lflag &= !lflag::ECHOE)),
        ("no echok", with(|t| t.lflag &= !lflag::ECHOK)),
        ("no echoke", with(|t| t.lflag &= !lflag::ECHOKE)),
        ("no echoctl", with(|t| t.lflag &= !lflag::ECHOCTL)),
        ("echoprt", with(|t| t.lflag |= lflag::ECHOPRT)),
        (
            "echoprt utf8",
            with(|t| {
                t.lflag |= lflag::ECHOPRT;
                t.iflag |= iflag::IUTF8;
            }),
        ),
        ("no iexten", with(|t| t.lflag &= !lflag::IEXTEN)),
        ("no isig", with(|t| t.lflag &= !lflag::ISIG)),
        ("noflsh", with(|t| t.lflag |= lflag::NOFLSH)),
        ("no icrnl", with(|t| t.iflag &= !iflag::ICRNL)),
        ("inlcr", with(|t| t.iflag |= iflag::INLCR)),
        ("igncr", with(|t| t.iflag |= iflag::IGNCR)),
        ("istrip", with(|t| t.iflag |= iflag::ISTRIP)),
        ("iuclc", with(|t| t.iflag |= iflag::IUCLC)),
        ("no ixon", with(|t| t.iflag &= !iflag::IXON)),
        ("ixany", with(|t| t.iflag |= iflag::IXANY)),
        ("no opost", with(|t| t.oflag &= !oflag::OPOST)),
        ("no onlcr", with(|t| t.oflag &= !oflag::ONLCR)),
        ("xtabs", with(|t| t.oflag |= oflag::XTABS)),
        ("ocrnl", with(|t| t.oflag |= oflag::OCRNL)),
        ("onocr", with(|t| t.oflag |= oflag::ONOCR)),
        ("olcuc", with(|t| t.oflag |= oflag::OLCUC)),
        (
            "onlret",
            with(|t| t.oflag = (t.oflag & !oflag::ONLCR) | oflag::ONLRET),
        ),
        (
            "eol",
            with(|t| {
                t.cc[cc::VEOL] = b';';
                t.cc[cc::VEOL2] = b'm';
            }),
        ),
    ]
}

#[test]
fn lines_are_as_on_linux() {
    for (name, modes) in modes() {
        // With ISTRIP the mark stays what it is; without ISIG or IXON the control keys are text.
        for typed in TYPED {
            compare(
                name,
                &Case {
                    modes,
                    ..default_case(typed)
                },
            );
        }
    }
}

#[test]
fn short_reads_are_as_on_linux() {
    for size in [1, 2, 3, 5] {
        for typed in [&b"abc\x04"[..], b"abcde\nf\n", b"ab\x04cd\x04\n"] {
            compare(
                "short",
                &Case {
                    read_size: size,
                    ..default_case(typed)
                },
            );
        }
    }
}

#[test]
fn raw_input_is_as_on_linux() {
    for echo in [0, lflag::ECHO, lflag::ECHO | lflag::ECHOCTL] {
        for signals in [0, lflag::ISIG] {
            let modes = Termios {
                lflag: echo | signals,
                ..Termios::default()
            };
            for typed in TYPED {
                let case = Case {
                    modes,
                    ..default_case(typed)
                };
                // How a burst of raw bytes is cut into reads depends on timing on Linux: compare the whole.
                let whole = |(reads, screen): Seen| (show(&reads.concat()), show(&screen));
                assert_eq!(
                    whole(through_linux(&case)),
                    whole(through_ours(&case)),
                    "raw, echo {echo:o}, typed {}",
                    show(typed)
                );
            }
        }
    }
}

#[test]
fn an_endless_line_is_cut_as_on_linux() {
    let mut typed = vec![b'x'; 5000];
    typed.extend(b"yz\n");
    let mut modes = Termios::default();
    modes.lflag &= !lflag::ECHO;
    compare(
        "long",
        &Case {
            modes,
            read_size: 8192,
            ..default_case(&typed)
        },
    );
}

#[test]
fn output_is_as_on_linux() {
    let text: &[u8] = b"a\tb\nc\r\td\x08\te\r\n\r\rf\xc3\xa9\tg\x1b[0m\th\n";
    for (name, modes) in modes() {
        compare(
            name,
            &Case {
                modes,
                prompt: text,
                ..default_case(b"x\ty\x7f\x7f")
            },
        );
    }
}

#[test]
fn whatever_is_typed_is_as_on_linux() {
    use rand::rngs::StdRng;
    use rand::{Rng, SeedableRng};
    const KEYS: &[u8] =
        b"ab_ .\t\r\n\x7f\x7f\x15\x17\x12\x16\x04\x13\x11\x01\xc3\xa9\xe2\x82\xac\xff\0;m\x08\x1b";
    const IFLAGS: &[u32] = &[
        iflag::ISTRIP,
        iflag::INLCR,
        iflag::IGNCR,
        iflag::ICRNL,
        iflag::IUCLC,
        iflag::IXON,
        iflag::IXANY,
        iflag::IUTF8,
    ];
    const OFLAGS: &[u32] = &[
        oflag::OLCUC,
        oflag::ONLCR,
        oflag::OCRNL,
        oflag::ONOCR,
        oflag::ONLRET,
        oflag::XTABS,
    ];
    const LFLAGS: &[u32] = &[
        lflag::ECHO,
        lflag::ECHOE,
        lflag::ECHOK,
        lflag::ECHONL,
        lflag::ECHOCTL,
        lflag::ECHOPRT,
        lflag::ECHOKE,
        lflag::IEXTEN,
    ];
    let mut random = StdRng::seed_from_u64(10);
    for round in 0..3000 {
        // A flush in the middle of a burst races with the reader on Linux: signals are left to the other cases.
        let mut modes = Termios::default();
        modes.lflag &= !lflag::ISIG;
        for (word, flags) in [
            (&mut modes.iflag, IFLAGS),
            (&mut modes.oflag, OFLAGS),
            (&mut modes.lflag, LFLAGS),
        ] {
            for flag in flags {
                if random.random_range(0..4) == 0 {
                    *word ^= flag;
                }
            }
        }
        // One key at least must end a line.
        if modes.i(iflag::INLCR) {
            modes.iflag = (modes.iflag | iflag::ICRNL) & !iflag::IGNCR;
        }
        modes.cc[cc::VEOL] = if random.random() { b';' } else { 0 };
        let length = random.random_range(1..40);
        let mut typed: Vec<u8> = (0..length)
            .map(|_| KEYS[random.random_range(0..KEYS.len())])
            .collect();
        // Should the last key make the next one literal, the screen is still started again.
        typed.push(0x11);
        let case = Case {
            modes,
            ..default_case(&typed)
        };
        compare(&format!("round {round}, {modes:x?}"), &case);
    }
}
