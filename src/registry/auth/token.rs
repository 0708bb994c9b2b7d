//! Asking a token server for a token: `GET` with a password or nothing, `POST` with an identity token.

use super::super::error::{Error, Result};
use super::super::options::SMALL;
use super::super::transport::{Call, Http, full, is_loopback_name};
use super::credentials::{Credentials, secret};
use hyper::Method;
use hyper::header::{AUTHORIZATION, CONTENT_TYPE, HeaderValue};
use serde::Deserialize;
use std::time::{Duration, Instant};
use url::Url;

/// What a registry is to be told.
pub struct Token {
    pub header: HeaderValue,
    pub until: Instant,
}

/// Where and what for.
pub struct Wanted<'a> {
    pub realm: &'a str,
    pub service: &'a str,
    /// `repository:NAME:pull,push`, sorted.
    pub scopes: &'a [String],
}

#[derive(Deserialize)]
struct Document {
    token: Option<String>,
    access_token: Option<String>,
    /// Seconds.
    expires_in: Option<i64>,
}

/// Seconds that a token lives at least, and when nothing is said.
const LIFE: i64 = 60;
/// A token is not used in its last moments.
const MARGIN: Duration = Duration::from_secs(5);

/// Fetches a token. The user's secrets go to the realm only if the way is as private as the way to the registry.
pub async fn fetch(
    http: &Http,
    registry: &Url,
    wanted: &Wanted<'_>,
    credentials: &Credentials,
) -> Result<Token> {
    let realm = Url::parse(wanted.realm)
        .ok()
        .filter(|r| matches!(r.scheme(), "http" | "https") && r.has_host())
        .ok_or_else(|| {
            Error::Other(format!(
                "invalid token auth challenge realm: {:?}",
                wanted.realm
            ))
        })?;
    let has_secrets = credentials.basic().is_some() || !credentials.identity_token.is_empty();
    if has_secrets && !is_private(&realm, registry) {
        let host = realm.host_str().unwrap_or_default();
        return Err(Error::Other(format!(
            "{} asks for the password to be sent to {host} without encryption: refused",
            registry.host_str().unwrap_or_default()
        )));
    }
    let call = match credentials.identity_token.is_empty() {
        true => with_password(realm, wanted, credentials),
        false => with_identity(realm, wanted, credentials),
    };
    let answer = http.send(call).await?;
    if !answer.status.is_success() {
        return Err(answer.refused().await);
    }
    let bytes = answer.bytes(SMALL).await?;
    // serde's words could show a part of the document, and with it a token.
    let document: Document = serde_json::from_slice(&bytes)
        .map_err(|_| Error::Other("unable to decode token response".to_owned()))?;
    let token = [document.token, document.access_token]
        .into_iter()
        .flatten()
        .find(|token| !token.is_empty())
        .ok_or(Error::NoToken)?;
    let life = document.expires_in.unwrap_or(LIFE).clamp(LIFE, 24 * 3600);
    let life = Duration::from_secs(life.unsigned_abs()).saturating_sub(MARGIN);
    Ok(Token {
        header: secret(format!("Bearer {token}")).ok_or(Error::NoToken)?,
        until: Instant::now() + life,
    })
}

/// Encrypted, or as open as the registry itself, and then on this machine only.
fn is_private(realm: &Url, registry: &Url) -> bool {
    let here = realm
        .host_str()
        .is_some_and(|host| is_loopback_name(host.trim_start_matches('[').trim_end_matches(']')));
    realm.scheme() == "https" || here && registry.scheme() == "http"
}

fn with_password(mut realm: Url, wanted: &Wanted<'_>, credentials: &Credentials) -> Call {
    {
        let mut query = realm.query_pairs_mut();
        if !wanted.service.is_empty() {
            query.append_pair("service", wanted.service);
        }
        for scope in wanted.scopes {
            query.append_pair("scope", scope);
        }
        if !credentials.username.is_empty() {
            query.append_pair("account", &credentials.username);
        }
    }
    let mut call = Call::new(Method::GET, realm);
    if let Some(basic) = credentials.basic() {
        call = call.header(AUTHORIZATION, basic);
    }
    call
}

fn with_identity(realm: Url, wanted: &Wanted<'_>, credentials: &Credentials) -> Call {
    let mut form = url::form_urlencoded::Serializer::new(String::new());
    form.append_pair("service", wanted.service)
        .append_pair("client_id", "docker")
        .append_pair("grant_type", "refresh_token")
        .append_pair("refresh_token", &credentials.identity_token);
    if !wanted.scopes.is_empty() {
        form.append_pair("scope", &wanted.scopes.join(" "));
    }
    let kind = HeaderValue::from_static("application/x-www-form-urlencoded");
    Call::new(Method::POST, realm)
        .header(CONTENT_TYPE, kind)
        .body(full(form.finish()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn passwords_travel_in_private_only() {
        let url = |text: &str| Url::parse(text).unwrap();
        for (realm, registry, private) in [
            ("https://auth.example/token", "https://r.example/", true),
            ("http://auth.example/token", "https://r.example/", false),
            ("http://auth.example/token", "http://localhost:5000/", false),
            (
                "http://127.0.0.1:5001/token",
                "http://localhost:5000/",
                true,
            ),
            ("http://[::1]:5001/token", "http://localhost:5000/", true),
            ("http://localhost:5001/token", "https://r.example/", false),
        ] {
            assert_eq!(is_private(&url(realm), &url(registry)), private, "{realm}");
        }
    }
}
