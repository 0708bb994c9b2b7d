//! The proof that goes with each request to one registry: nothing, a password, or a token for a scope.
//!
//! What is asked for is learnt from the registry's own answer and never from where it redirects to. Locks: `tokens` is
//! held while a token is fetched, so that parallel requests wait for one; nothing else is locked under it.

mod challenge;
mod credentials;
mod token;

pub use challenge::Challenge;
pub use credentials::Credentials;

use super::error::{Error, Result};
use super::transport::Http;
use credentials::secret;
use hyper::header::HeaderValue;
use parking_lot::RwLock;
use std::collections::HashMap;
use std::time::Instant;
use token::{Token, Wanted};
use tokio::sync::Mutex;
use url::Url;

/// The proof for one registry.
pub struct Auth {
    registry: Url,
    credentials: Credentials,
    challenge: RwLock<Option<Challenge>>,
    tokens: Mutex<HashMap<Vec<String>, Token>>,
}

impl Auth {
    pub fn new(registry: Url, credentials: Credentials) -> Auth {
        Auth {
            registry,
            credentials,
            challenge: RwLock::new(None),
            tokens: Mutex::default(),
        }
    }

    /// Notes what the registry asks for; false when that is nothing new.
    pub fn learn(&self, challenge: Option<Challenge>) -> bool {
        let mut known = self.challenge.write();
        if challenge.is_none() || *known == challenge {
            return false;
        }
        *known = challenge;
        true
    }

    /// The header for a request within these scopes.
    pub async fn header(&self, http: &Http, scopes: &[String]) -> Result<Option<HeaderValue>> {
        if !self.credentials.registry_token.is_empty() {
            return Ok(secret(format!(
                "Bearer {}",
                self.credentials.registry_token
            )));
        }
        let challenge = self.challenge.read().clone();
        match challenge {
            None => Ok(None),
            Some(Challenge::Basic) => match self.credentials.basic() {
                Some(basic) => Ok(Some(basic)),
                None => Err(Error::NoCredentials),
            },
            Some(Challenge::Bearer { realm, service }) => {
                let mut tokens = self.tokens.lock().await;
                if let Some(token) = tokens.get(scopes).filter(|t| t.until > Instant::now()) {
                    return Ok(Some(token.header.clone()));
                }
                let wanted = Wanted {
                    realm: &realm,
                    service: &service,
                    scopes,
                };
                let token = token::fetch(http, &self.registry, &wanted, &self.credentials).await?;
                let header = token.header.clone();
                tokens.insert(scopes.to_vec(), token);
                Ok(Some(header))
            }
        }
    }
}
