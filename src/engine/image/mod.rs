//! Images: list, inspect, import and pull. Where they are kept is behind [`super::ports::Images`].

mod changes;
mod import;
mod inspect;
mod list;
mod pull;

pub use pull::ProgressStream;
