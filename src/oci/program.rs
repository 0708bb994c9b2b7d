//! What a program file asks of its engine, read from its imports without compiling anything.

use std::collections::BTreeMap;
use wasmparser::{Encoding, Parser, Payload};

/// The import module that every WASI runtime has.
pub const PREVIEW1: &str = "wasi_snapshot_preview1";
/// The import modules of this engine: WASIX's convention, and our own.
pub const OWN: [&str; 2] = ["wasix_32v1", "schooner"];

/// A WebAssembly file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Program {
    /// A component of WASI 0.2, and no module.
    pub component: bool,
    /// Names by the module that they are imported from; a component's imports are interfaces.
    pub imports: BTreeMap<String, Vec<String>>,
}

impl Program {
    /// Reads a file; the error says what is wrong with it.
    pub fn read(bytes: &[u8]) -> Result<Program, String> {
        let mut program = Program {
            component: false,
            imports: BTreeMap::new(),
        };
        for payload in Parser::new(0).parse_all(bytes) {
            match payload.map_err(|e| e.to_string())? {
                Payload::Version { encoding, .. } => {
                    // What a component holds inside is its own business.
                    program.component |= encoding == Encoding::Component;
                }
                Payload::ImportSection(section) if !program.component => {
                    for import in section.into_imports() {
                        let import = import.map_err(|e| e.to_string())?;
                        let names = program.imports.entry(import.module.to_owned()).or_default();
                        names.push(import.name.to_owned());
                    }
                }
                Payload::ComponentImportSection(section) => {
                    for import in section {
                        let import = import.map_err(|e| e.to_string())?;
                        program
                            .imports
                            .entry(import.name.name.to_owned())
                            .or_default();
                    }
                }
                _ => {}
            }
        }
        Ok(program)
    }

    /// Imports that other engines do not have.
    pub fn foreign(&self) -> impl Iterator<Item = (&String, &Vec<String>)> {
        self.imports
            .iter()
            .filter(|(module, _)| OWN.contains(&module.as_str()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn imports_by_module() {
        let text = r#"(module
            (import "wasi_snapshot_preview1" "fd_write" (func))
            (import "schooner" "clone" (func))
            (import "schooner" "umask" (func)))"#;
        let program = Program::read(&wat::parse_str(text).unwrap()).unwrap();
        assert!(!program.component);
        let foreign: Vec<_> = program.foreign().collect();
        assert_eq!(foreign[0].1, &["clone", "umask"]);
        assert_eq!(program.imports[PREVIEW1], ["fd_write"]);
        assert!(Program::read(b"\0asm\x01\0\0\0junk").is_err());
        let component =
            wat::parse_str("(component (import \"wasi:cli/run@0.2.0\" (instance)))").unwrap();
        let component = Program::read(&component).unwrap();
        assert!(component.component && component.imports.contains_key("wasi:cli/run@0.2.0"));
    }
}
