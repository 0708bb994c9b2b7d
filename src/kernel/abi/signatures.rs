//! The imports that are linked, with their types: for the tests that hold them against the table and the specification.

use super::super::cache::{Loaded, Ready};
use super::super::deliver::Signals;
use super::super::fd::FdTable;
use super::super::life::new_store;
use super::super::machine::Machine;
use super::super::process::{Birth, Identity, Paths, Process, Rlimits};
use super::super::sandbox::{Limits, SandboxSpec};
use crate::net::Stack;
use crate::vfs::overlay::{Overlay, TmpfsOptions, uncharged};
use crate::vfs::{Cred, Namespace, host_clock};
use std::sync::Arc;
use wasmtime::{Module, ValType};

/// The smallest module.
const EMPTY: &[u8] = b"\0asm\x01\0\0\0";

/// Module, name, parameters and results of an import; types are words with spaces between.
pub type Signature = (String, String, String, String);

impl Machine {
    /// Every import that programs may name.
    pub fn signatures(self: &Arc<Machine>) -> Vec<Signature> {
        self.list().unwrap_or_default()
    }

    fn list(self: &Arc<Machine>) -> Option<Vec<Signature>> {
        // A linker shows its functions only through a store, and a store belongs to a process.
        let module = Module::from_binary(self.engine(), EMPTY).ok()?;
        let pre = self.linker().instantiate_pre(&module).ok()?;
        let program = Arc::new(Loaded {
            digest: [0; 32],
            code: Ready::Module { module, pre },
        });
        let tree = Overlay::tmpfs(&TmpfsOptions::default(), uncharged(), host_clock()).ok()?;
        let sandbox = self.sandbox(SandboxSpec {
            id: String::new(),
            hostname: String::new(),
            domainname: String::new(),
            namespace: Arc::new(Namespace::new(Arc::new(tree), true)),
            limits: Limits::default(),
            memory: None,
            net: Stack::alone(),
        });
        let birth = Birth {
            signals: Signals::new(false),
            files: FdTable::new(0),
            paths: Paths {
                cwd: "/".to_owned(),
                umask: 0,
            },
            identity: Identity::of(Cred::root()),
            image: Arc::default(),
            limits: Rlimits::new(0),
            nice: 0,
        };
        let mut store = new_store(&Process::new(0, &sandbox, birth), program);
        let items: Vec<_> = self
            .linker()
            .iter(&mut store)
            .filter_map(|(space, name, item)| {
                Some((space.to_owned(), name.to_owned(), item.into_func()?))
            })
            .collect();
        let words = |types: Vec<ValType>| {
            types
                .iter()
                .map(ToString::to_string)
                .collect::<Vec<_>>()
                .join(" ")
        };
        let described = items.into_iter().map(|(space, name, function)| {
            let ty = function.ty(&store);
            (
                space,
                name,
                words(ty.params().collect()),
                words(ty.results().collect()),
            )
        });
        Some(described.collect())
    }
}
