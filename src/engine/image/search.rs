//! `search` and `login`: what a registry is asked without an image.

use crate::engine::{Credentials, Engine, Error, Filters, Result};
use crate::wire::{AuthAnswer, AuthConfig, SearchResult};
use std::cmp::Reverse;

/// Results when nobody says how many.
const LIMIT: i64 = 25;
/// The most that may be asked for.
const MOST: i64 = 100;

impl Engine {
    /// Repositories that match, those with the most stars first.
    pub async fn search(
        &self,
        term: &str,
        limit: Option<i64>,
        filters: &Filters,
        credentials: Credentials,
    ) -> Result<Vec<SearchResult>> {
        filters.only(&["is-automated", "is-official", "stars"])?;
        let limit = limit.filter(|n| *n != 0).unwrap_or(LIMIT);
        if !(1..=MOST).contains(&limit) {
            return Err(Error::invalid(format!(
                "limit {limit} is outside the range of [1, {MOST}]"
            )));
        }
        let official = filters
            .has("is-official")
            .then(|| filters.boolean("is-official", false));
        let official = official.transpose()?;
        let automated = filters.boolean("is-automated", false)?;
        let mut stars = 0;
        for text in filters.get("stars") {
            let wrong = || Error::invalid(format!("invalid filter 'stars=[{text}]'"));
            stars = stars.max(text.parse::<i64>().map_err(|_| wrong())?);
        }
        // Nothing is built by the registry itself any more.
        if automated {
            return Ok(Vec::new());
        }
        let limit = u32::try_from(limit).unwrap_or(0);
        let mut found = self.registries.search(term, limit, &credentials).await?;
        found.retain(|one| {
            official.is_none_or(|wanted| wanted == one.is_official) && one.star_count >= stars
        });
        found.sort_by_key(|one| Reverse(one.star_count));
        Ok(found)
    }

    /// Whether a registry accepts a user.
    pub async fn login(&self, config: AuthConfig, credentials: Credentials) -> Result<AuthAnswer> {
        self.registries
            .login(&config.serveraddress, credentials)
            .await?;
        Ok(AuthAnswer {
            identity_token: String::new(),
            status: "Login Succeeded".to_owned(),
        })
    }
}
