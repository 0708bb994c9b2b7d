//! What a client gives when a build asks for it.

use super::contexts::Named;
use crate::base::bridge::Reader;
use crate::engine::Result;
use futures_util::future::BoxFuture;
use std::collections::BTreeMap;
use std::sync::Arc;

/// Fetches a context as a tar when the build comes to it.
pub type ContextTar = BoxFuture<'static, Result<Reader>>;

/// Knows secrets by their ids.
pub trait Secrets: Send + Sync {
    /// `None` is that there is none.
    fn secret<'a>(&'a self, id: &'a str) -> BoxFuture<'a, Result<Option<Vec<u8>>>>;
}

/// Everything that can be asked for. A build that needs what is not there fails.
#[derive(Default)]
pub struct Supplies {
    pub context: Option<ContextTar>,
    pub named: BTreeMap<String, Named>,
    pub secrets: Option<Arc<dyn Secrets>>,
}

/// Secrets that came with the request.
impl Secrets for BTreeMap<String, Vec<u8>> {
    fn secret<'a>(&'a self, id: &'a str) -> BoxFuture<'a, Result<Option<Vec<u8>>>> {
        let found = self.get(id).cloned();
        Box::pin(async move { Ok(found) })
    }
}
