//! One conversation with a registry about one repository: where it is, what proof it wants, requests below `/v2/NAME/`.

use super::auth::{Auth, Challenge, Credentials};
use super::error::{Error, Result};
use super::transport::{Answer, Call, Http, at, is_loopback_name};
use crate::base::reference::Reference;
use hyper::header::AUTHORIZATION;
use hyper::{Method, StatusCode};
use std::sync::Arc;
use std::time::Duration;
use url::Url;

/// The registry behind the name `docker.io`.
const HUB: &str = "registry-1.docker.io";

/// An open conversation.
pub struct Session {
    pub http: Arc<Http>,
    /// Ends in a slash.
    base: Url,
    repository: String,
    auth: Auth,
    scopes: Vec<String>,
}

impl Session {
    /// Finds the registry: https, and for one on this machine http where that fails, as Docker does.
    pub async fn open(
        http: Arc<Http>,
        name: &Reference,
        credentials: Credentials,
    ) -> Result<Session> {
        let scopes = vec![format!("repository:{}:pull", name.path)];
        Session::open_for(http, name, credentials, scopes).await
    }

    /// The same for other purposes than to read; `scopes` are sorted.
    pub async fn open_for(
        http: Arc<Http>,
        name: &Reference,
        credentials: Credentials,
        scopes: Vec<String>,
    ) -> Result<Session> {
        let (base, challenge) = ping(&http, &name.domain).await?;
        let auth = Auth::new(base.clone(), credentials);
        auth.learn(challenge);
        Ok(Session {
            http,
            base,
            repository: name.path.clone(),
            auth,
            scopes,
        })
    }

    /// A URL below the repository.
    pub fn url(&self, path: &str) -> Result<Url> {
        let text = format!("v2/{}/{path}", self.repository);
        let url = self.base.join(&text);
        url.map_err(|e| Error::Other(format!("{text}: {e}")))
    }

    /// Sends a request with the proof that the registry wants.
    pub async fn send(&self, call: Call) -> Result<Answer> {
        // Uploads are told where to go by the registry; its proof goes nowhere else.
        if call.url.origin() != self.base.origin() {
            return self.http.send(call).await;
        }
        let again = call.body.is_none().then(|| Call {
            method: call.method.clone(),
            url: call.url.clone(),
            headers: call.headers.clone(),
            body: None,
        });
        let answer = self.with_proof(call).await?;
        // Some registries ask for nothing at /v2/ and for proof later on.
        if answer.status == StatusCode::UNAUTHORIZED
            && answer.url.origin() == self.base.origin()
            && let Some(call) = again
            && self.auth.learn(Challenge::best(&answer.headers))
        {
            return self.with_proof(call).await;
        }
        Ok(answer)
    }

    async fn with_proof(&self, mut call: Call) -> Result<Answer> {
        let proof = self.auth.header(&self.http, &self.scopes).await;
        if let Some(proof) = proof.map_err(|cause| at(&call.method, &call.url, cause))? {
            call.headers.insert(AUTHORIZATION, proof);
        }
        self.http.send(call).await
    }
}

/// Asks each place where a registry may be; the last failure is the one that is told.
async fn ping(http: &Http, domain: &str) -> Result<(Url, Option<Challenge>)> {
    let mut failed = None;
    for base in places(domain).await? {
        let url = base.join("v2/").map_err(|e| Error::Other(e.to_string()))?;
        match http.send(Call::new(Method::GET, url)).await {
            Ok(answer) => {
                let refused = answer.status == StatusCode::UNAUTHORIZED
                    && answer.url.origin() == base.origin();
                let challenge = refused.then(|| Challenge::best(&answer.headers)).flatten();
                return Ok((base, challenge));
            }
            Err(e) => failed = Some(e),
        }
    }
    Err(failed.unwrap_or_else(|| Error::Other(format!("{domain} is no registry"))))
}

/// Where a registry of this name may be, best first.
pub async fn places(domain: &str) -> Result<Vec<Url>> {
    let host = if domain == "docker.io" { HUB } else { domain };
    let place = |scheme: &str| {
        let url = Url::parse(&format!("{scheme}://{host}/"));
        url.map_err(|e| Error::ServerAddress(format!("{scheme}://{host}"), e.to_string()))
    };
    let secure = place("https")?;
    let name = secure.host_str().unwrap_or_default();
    let bare = name
        .trim_start_matches('[')
        .trim_end_matches(']')
        .to_owned();
    if is_here(&bare).await {
        return Ok(vec![secure, place("http")?]);
    }
    Ok(vec![secure])
}

/// Whether a name leads to this machine; a name that leads nowhere does not.
async fn is_here(host: &str) -> bool {
    if is_loopback_name(host) {
        return true;
    }
    let lookup = tokio::net::lookup_host((host, 0));
    match tokio::time::timeout(Duration::from_secs(10), lookup).await {
        Ok(Ok(mut addresses)) => addresses.any(|a| a.ip().is_loopback()),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn registries_of_this_machine_may_be_plain() {
        for (domain, expected) in [
            ("docker.io", vec!["https://registry-1.docker.io/"]),
            (
                "localhost:5000",
                vec!["https://localhost:5000/", "http://localhost:5000/"],
            ),
            (
                "127.0.0.1:80",
                vec!["https://127.0.0.1:80/", "http://127.0.0.1/"],
            ),
            (
                "[::1]:5000",
                vec!["https://[::1]:5000/", "http://[::1]:5000/"],
            ),
            ("10.255.255.1:5000", vec!["https://10.255.255.1:5000/"]),
        ] {
            let found = places(domain).await.unwrap();
            let found: Vec<String> = found.iter().map(ToString::to_string).collect();
            assert_eq!(found, expected);
        }
    }
}
