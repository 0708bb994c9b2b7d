//! Search: the old index protocol, which the public registry still speaks.

use super::Registries;
use super::auth::Credentials;
use super::error::{Error, Result};
use super::options::SMALL;
use super::session::places;
use super::transport::Call;
use hyper::Method;
use hyper::header::AUTHORIZATION;
use serde::Deserialize;

/// One repository that matches.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct Found {
    pub star_count: i64,
    pub is_official: bool,
    pub name: String,
    pub is_automated: bool,
    pub description: Option<String>,
}

#[derive(Deserialize)]
struct Page {
    results: Option<Vec<Found>>,
}

impl Registries {
    /// Looks for repositories; a term may begin with the name of a registry.
    pub async fn search(
        &self,
        term: &str,
        limit: u32,
        credentials: &Credentials,
    ) -> Result<Vec<Found>> {
        let named = term
            .split_once('/')
            .filter(|(first, _)| first.contains(['.', ':']) || *first == "localhost");
        let (index, words) = named.unwrap_or(("index.docker.io", term));
        let mut failed = None;
        for base in places(index).await? {
            let mut url = base
                .join("v1/search")
                .map_err(|e| Error::Other(e.to_string()))?;
            url.query_pairs_mut()
                .append_pair("q", words)
                .append_pair("n", &limit.to_string());
            let mut call = Call::new(Method::GET, url);
            if let Some(proof) = credentials.basic() {
                call.headers.insert(AUTHORIZATION, proof);
            }
            let answer = match self.http.send(call).await {
                Ok(answer) => answer,
                Err(e) => {
                    failed = Some(e);
                    continue;
                }
            };
            if !answer.status.is_success() {
                let status = answer.status.as_u16();
                return Err(Error::Other(format!("Unexpected status code {status}")));
            }
            let bytes = answer.bytes(SMALL).await?;
            let page: Page = serde_json::from_slice(&bytes).map_err(|e| {
                Error::Other(format!("error decoding registry search results: {e}"))
            })?;
            return Ok(page.results.unwrap_or_default());
        }
        Err(failed.unwrap_or_else(|| Error::Other(format!("{index} is no registry"))))
    }
}
