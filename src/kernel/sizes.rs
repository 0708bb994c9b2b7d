//! Looks over a program before it is compiled: one enormous function can keep the compiler busy for hours (S15).
//!
//! Only sizes are read here. Whether the module is valid is the compiler's to say.

use crate::base::component::is_component;

/// The biggest function body that is compiled. The largest that we met, CPython's interpreter loop, has about a tenth of it.
const BIGGEST_FUNCTION: usize = 1 << 20;
const CODE_SECTION: u8 = 10;
/// A component's sections with a module or another component inside.
const CORE_MODULE: u8 = 1;
const COMPONENT: u8 = 4;
/// How deep components may lie in each other; wasmtime refuses much less.
const NESTING: usize = 100;

/// Refuses a program with a function that is too big; anything malformed passes.
pub(super) fn check(program: &[u8]) -> Result<(), String> {
    match biggest_function(program, NESTING) {
        Some(size) if size > BIGGEST_FUNCTION => Err(format!(
            "a function of {size} bytes; the limit is {BIGGEST_FUNCTION}"
        )),
        _ => Ok(()),
    }
}

fn biggest_function(program: &[u8], depth: usize) -> Option<usize> {
    let component = is_component(program);
    let mut biggest = None;
    let mut rest = program.get(8..)?;
    while let Some((&id, after)) = rest.split_first() {
        let (size, content) = number(after)?;
        let (section, next) = content.split_at_checked(size)?;
        match id {
            CODE_SECTION if !component => return biggest_body(section),
            CORE_MODULE | COMPONENT if component && depth > 0 => {
                biggest = biggest.max(biggest_function(section, depth - 1));
            }
            _ => {}
        }
        rest = next;
    }
    biggest
}

fn biggest_body(section: &[u8]) -> Option<usize> {
    let (count, mut rest) = number(section)?;
    let mut biggest = 0;
    for _ in 0..count {
        let (size, body) = number(rest)?;
        biggest = biggest.max(size);
        rest = body.get(size..)?;
    }
    Some(biggest)
}

/// An unsigned LEB128 number of at most 32 bits, and what follows it.
fn number(bytes: &[u8]) -> Option<(usize, &[u8])> {
    let mut value = 0u64;
    for (place, byte) in bytes.iter().take(5).enumerate() {
        value |= u64::from(byte & 0x7f) << (7 * place);
        if byte & 0x80 == 0 {
            let value = u32::try_from(value).ok()?;
            return Some((value as usize, &bytes[place + 1..]));
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn big_functions_are_refused_and_others_pass() {
        let small = wat::parse_str("(module (func) (func (drop (i32.const 1))))").unwrap();
        assert_eq!(check(&small), Ok(()));
        let body = "(drop (i32.const 1))".repeat(400_000);
        let big = wat::parse_str(format!("(module (func) (func {body}))")).unwrap();
        assert!(big.len() > BIGGEST_FUNCTION);
        assert!(check(&big).unwrap_err().contains("limit"));
    }

    #[test]
    fn functions_inside_components_count() {
        let body = "(drop (i32.const 1))".repeat(400_000);
        let inner = format!("(component (core module (func)) (core module (func {body})))");
        let nested = wat::parse_str(format!("(component {inner})")).unwrap();
        assert!(check(&nested).unwrap_err().contains("limit"));
        let small = wat::parse_str("(component (core module (func)))").unwrap();
        assert_eq!(check(&small), Ok(()));
    }

    #[test]
    fn anything_malformed_is_left_to_the_compiler() {
        let module = wat::parse_str("(module (func) (memory 1))").unwrap();
        for end in 0..module.len() {
            assert_eq!(check(&module[..end]), Ok(()));
        }
        assert_eq!(check(b"\0asm\x01\0\0\0\x0a\xff\xff\xff\xff\x7f"), Ok(()));
        assert_eq!(
            check(b"\0asm\x01\0\0\0\x0a\x05\xff\xff\xff\xff\x0f"),
            Ok(())
        );
    }
}
