//! Images: list, inspect, import, commit and pull. Where they are kept is behind [`super::ports::Images`].

mod changes;
mod commit;
mod import;
mod inspect;
mod list;
mod pull;

pub use commit::layer_from_upper;
pub use pull::ProgressStream;
