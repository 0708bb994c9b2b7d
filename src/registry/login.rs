//! Login: asks a registry whether it accepts a proof, and changes nothing.

use super::Registries;
use super::auth::{Auth, Challenge, Credentials};
use super::error::{Error, Result};
use super::session::places;
use super::transport::Call;
use hyper::Method;
use hyper::header::AUTHORIZATION;
use url::Url;

impl Registries {
    /// Tries credentials at a server as users and Docker's configuration write it; an empty one is the default registry.
    pub async fn login(&self, server: &str, credentials: Credentials) -> Result<()> {
        let mut failed = None;
        for base in places(domain(server)).await? {
            match self.try_login(&base, credentials.clone()).await {
                // A registry of this machine may speak plain HTTP.
                Err(e @ Error::Request { .. }) => failed = Some(e),
                other => return other,
            }
        }
        Err(failed.unwrap_or_else(|| Error::Other(format!("{server} is no registry"))))
    }

    async fn try_login(&self, base: &Url, credentials: Credentials) -> Result<()> {
        let url = base.join("v2/").map_err(|e| Error::Other(e.to_string()))?;
        let asked = self.http.send(Call::new(Method::GET, url.clone())).await?;
        let auth = Auth::new(base.clone(), credentials);
        if asked.url.origin() == base.origin() {
            auth.learn(Challenge::best(&asked.headers));
        }
        let mut call = Call::new(Method::GET, url.clone());
        if let Some(proof) = auth.header(&self.http, &[]).await? {
            call.headers.insert(AUTHORIZATION, proof);
        }
        let answer = self.http.send(call).await?;
        match answer.status.is_success() {
            true => Ok(()),
            false => Err(Error::Login {
                url: url.to_string(),
                code: answer.status,
            }),
        }
    }
}

/// The registry's name in `https://index.docker.io/v1/`, `http://localhost:5000` or `localhost:5000/v2/`.
fn domain(server: &str) -> &str {
    let bare = server.split_once("://").map_or(server, |(_, rest)| rest);
    match bare.split('/').next().unwrap_or_default() {
        "" | "index.docker.io" | "registry-1.docker.io" => "docker.io",
        domain => domain,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn servers_in_all_spellings() {
        for (server, name) in [
            ("", "docker.io"),
            ("https://index.docker.io/v1/", "docker.io"),
            ("http://localhost:5000", "localhost:5000"),
            ("localhost:5000/v2/", "localhost:5000"),
        ] {
            assert_eq!(domain(server), name);
        }
    }
}
