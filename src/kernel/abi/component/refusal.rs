//! Why a component cannot run here, said before it is linked: what it asks for that is missing, what it lacks itself.

use crate::base::component::{RUN, is_run, offers};
use wasmtime::component::Component;

/// Why.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum Refusal {
    #[error("unknown import `{0}`")]
    Unknown(String),
    #[error("a component that does not export `{RUN}`: no command")]
    NoCommand,
}

/// Looks at the names alone; types are the linker's.
pub fn check(component: &Component) -> Result<(), Refusal> {
    let ty = component.component_type();
    let engine = component.engine();
    for (name, _) in ty.imports(engine) {
        if !offers(name) {
            return Err(Refusal::Unknown(name.to_owned()));
        }
    }
    match ty.exports(engine).any(|(name, _)| is_run(name)) {
        true => Ok(()),
        false => Err(Refusal::NoCommand),
    }
}
