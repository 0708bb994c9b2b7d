//! `base64`, `base32`.

use applet::{die, getopt, input, out, words};

/// `base64`.
pub fn base64(argv: &[String]) -> i32 {
    run(
        argv,
        b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/",
        6,
        4,
    )
}

/// `base32`.
pub fn base32(argv: &[String]) -> i32 {
    run(argv, b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567", 5, 8)
}

fn run(argv: &[String], alphabet: &[u8], bits: u32, group: usize) -> i32 {
    let long = &[("decode", 'd'), ("wrap", 'w'), ("ignore-garbage", 'i')];
    let args = getopt(
        argv,
        "dDw:i",
        long,
        &format!("{} [-d] [-w COL] [FILE]", applet::name()),
    );
    let path = args.rest.first().map_or("-", String::as_str);
    let bytes = match input::read_all(path) {
        Ok(bytes) => bytes,
        Err(error) => die(format_args!("{path}: {}", words(&error))),
    };
    if args.has('d') || args.has('D') {
        let (mut held, mut count) = (0u64, 0);
        let mut result = Vec::new();
        for byte in bytes.iter().filter(|byte| !byte.is_ascii_whitespace()) {
            if *byte == b'=' {
                continue;
            }
            let Some(value) = alphabet.iter().position(|known| known == byte) else {
                if args.has('i') {
                    continue;
                }
                out().bytes(&result);
                die("invalid input");
            };
            held = held << bits | value as u64;
            count += bits;
            if count >= 8 {
                count -= 8;
                result.push((held >> count) as u8);
                held &= (1 << count) - 1;
            }
        }
        out().bytes(&result);
        return 0;
    }
    let wrap: usize = args
        .value('w')
        .and_then(|text| text.parse().ok())
        .unwrap_or(76);
    let mut text = Vec::new();
    for chunk in bytes.chunks(group * bits as usize / 8) {
        let (mut held, mut count, before) = (0u64, 0, text.len());
        for byte in chunk {
            held = held << 8 | u64::from(*byte);
            count += 8;
            while count >= bits {
                count -= bits;
                text.push(alphabet[(held >> count) as usize & (alphabet.len() - 1)]);
            }
        }
        if count > 0 {
            text.push(alphabet[(held << (bits - count)) as usize & (alphabet.len() - 1)]);
        }
        while (text.len() - before) % group != 0 {
            text.push(b'=');
        }
    }
    if wrap == 0 {
        out().bytes(&text);
        return 0;
    }
    for line in text.chunks(wrap) {
        out().bytes(line);
        out().text("\n");
    }
    0
}
