//! What a program file asks of its engine, read from its imports without compiling anything.

use crate::base::component::{RUN, is_run, offers};
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
    /// Whether it is a component that can be started: it exports `wasi:cli/run`.
    pub command: bool,
    /// Names by the module that they are imported from; a component's imports are interfaces.
    pub imports: BTreeMap<String, Vec<String>>,
}

impl Program {
    /// Reads a file; the error says what is wrong with it.
    pub fn read(bytes: &[u8]) -> Result<Program, String> {
        let mut program = Program {
            component: false,
            command: false,
            imports: BTreeMap::new(),
        };
        let mut depth = 0usize;
        for payload in Parser::new(0).parse_all(bytes) {
            match payload.map_err(|e| e.to_string())? {
                Payload::Version { encoding, .. } => {
                    program.component |= encoding == Encoding::Component;
                }
                // What a component holds inside is its own business.
                Payload::ModuleSection { .. } | Payload::ComponentSection { .. } => depth += 1,
                Payload::End(_) => depth = depth.saturating_sub(1),
                Payload::ImportSection(section) if !program.component => {
                    for import in section.into_imports() {
                        let import = import.map_err(|e| e.to_string())?;
                        let names = program.imports.entry(import.module.to_owned()).or_default();
                        names.push(import.name.to_owned());
                    }
                }
                Payload::ComponentExportSection(section) if depth == 0 => {
                    for export in section {
                        let export = export.map_err(|e| e.to_string())?;
                        program.command |= is_run(export.name.name);
                    }
                }
                Payload::ComponentImportSection(section) if depth == 0 => {
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

    /// What keeps it from running here, in words: imports that this engine does not have, or that it is no command.
    pub fn missing(&self) -> Vec<String> {
        let known = |name: &str| match self.component {
            true => offers(name),
            false => name == PREVIEW1 || OWN.contains(&name),
        };
        let unknown = self.imports.keys().filter(|name| !known(name)).cloned();
        let no_command = (self.component && !self.command).then(|| format!("export of {RUN}"));
        unknown.chain(no_command).collect()
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
        let missing = ["wasi:cli/run@0.2.0", "export of wasi:cli/run@0.2.0"];
        assert_eq!(component.missing(), missing);
    }
}
