//! LZF, which Redis compresses long strings of a snapshot with. Only reading: what is written here is not compressed.

/// The text behind compressed bytes; `None` when they are damaged or give another length.
pub fn expand(input: &[u8], length: usize) -> Option<Vec<u8>> {
    let mut out = Vec::with_capacity(length.min(input.len().saturating_mul(264)));
    let mut bytes = input.iter();
    while let Some(control) = bytes.next() {
        let control = usize::from(*control);
        if control < 32 {
            let rest = bytes.as_slice();
            out.extend_from_slice(rest.get(..=control)?);
            bytes = rest[control + 1..].iter();
        } else {
            let mut count = control >> 5;
            if count == 7 {
                count += usize::from(*bytes.next()?);
            }
            let back = (control & 31) << 8 | usize::from(*bytes.next()?);
            let from = out.len().checked_sub(back + 1)?;
            // What is copied may reach into what is being written.
            for at in from..from + count + 2 {
                out.push(out[at]);
            }
        }
        if out.len() > length {
            return None;
        }
    }
    (out.len() == length).then_some(out)
}

#[test]
fn runs_and_copies() {
    assert_eq!(
        expand(&[0, b'a', 0x80, 0], 7).as_deref(),
        Some(&b"aaaaaaa"[..])
    );
    assert_eq!(expand(&[0, b'a', 0x80, 9], 7), None);
}
