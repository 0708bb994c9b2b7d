//! Who we are to registries (S12): passwords, tokens, and that neither goes where it does not belong.

use crate::double::{Double, Reply, Seen};
use crate::place::{Image, Place};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use schooner::registry::Credentials;
use std::sync::Arc;

fn ada() -> Credentials {
    Credentials {
        username: "ada".to_owned(),
        password: "secret-word".to_owned(),
        ..Credentials::default()
    }
}

fn basic() -> String {
    format!("Basic {}", STANDARD.encode("ada:secret-word"))
}

/// A registry that wants a token from its own `/token`, which wants Ada's password or identity.
fn wants_token(image: Image) -> impl Fn(&Seen) -> Reply {
    move |seen| {
        if seen.path == "/token" {
            let identity = String::from_utf8_lossy(&seen.body).contains("refresh_token=identity");
            return match seen.authorization.as_deref() == Some(&basic()) || identity {
                true => Reply::new(200, r#"{"token":"t0k3n","expires_in":300}"#),
                false => Reply::new(401, r#"{"details":"incorrect username or password"}"#)
                    .header("content-type", "application/json"),
            };
        }
        match seen.authorization.as_deref() {
            Some("Bearer t0k3n") => image.answer(seen),
            _ => Reply::error(401, "UNAUTHORIZED", "authentication required").header(
                "www-authenticate",
                format!(r#"Bearer realm="{}/token",service="here""#, seen.here),
            ),
        }
    }
}

#[tokio::test]
async fn one_token_serves_a_pull() {
    let image = Image::new(&["one", "two", "three"]);
    let double = Double::serve(wants_token(image.clone())).await;
    let (place, name) = (Place::new(), format!("{}/me/app", double.name()));
    let (pulled, _) = place.pull_as(&name, ada()).await;
    assert_eq!(pulled.unwrap(), [image.id()]);
    let seen = double.seen();
    let tokens: Vec<&Seen> = seen.iter().filter(|s| s.path == "/token").collect();
    assert_eq!(tokens.len(), 1);
    let query = &tokens[0].query;
    assert!(
        query.contains("service=here")
            && query.contains("scope=repository%3Ame%2Fapp%3Apull")
            && query.contains("account=ada"),
        "{query}"
    );
    let password = seen
        .iter()
        .filter(|s| s.authorization.as_deref() == Some(&basic()));
    assert!(password.into_iter().all(|s| s.path == "/token"));
}

#[tokio::test]
async fn an_identity_and_a_ready_token() {
    let image = Image::new(&["x"]);
    let double = Double::serve(wants_token(image.clone())).await;
    let name = format!("{}/x", double.name());
    let identity = Credentials {
        identity_token: "identity".to_owned(),
        ..Credentials::default()
    };
    let ready = Credentials {
        registry_token: "t0k3n".to_owned(),
        ..Credentials::default()
    };
    for credentials in [identity, ready] {
        let (pulled, _) = Place::new().pull_as(&name, credentials).await;
        assert_eq!(pulled.unwrap(), [image.id()]);
    }
    assert_eq!(double.count("POST", "/token"), 1);
    assert_eq!(double.count("GET", "/token"), 0);
}

#[tokio::test]
async fn without_the_right_proof() {
    let double = Double::serve(wants_token(Image::new(&["x"]))).await;
    let (place, name) = (Place::new(), format!("{}/x", double.name()));
    let (pulled, _) = place.pull(&name).await;
    let error = pulled.unwrap_err().to_string();
    assert_eq!(
        error,
        format!(
            "Head \"http://{}/v2/x/manifests/latest\": unauthorized: incorrect username or password",
            double.name()
        )
    );
    let image = Image::new(&["x"]);
    let double = Double::serve(move |seen| match seen.authorization.as_deref() {
        Some(proof) if proof == basic() => image.answer(seen),
        _ => Reply::error(401, "UNAUTHORIZED", "authentication required")
            .header("www-authenticate", "Basic realm=\"here\""),
    })
    .await;
    let name = format!("{}/x", double.name());
    let (pulled, _) = place.pull(&name).await;
    let error = pulled.unwrap_err().to_string();
    assert!(error.ends_with(": no basic auth credentials"), "{error}");
    assert!(place.pull_as(&name, ada()).await.0.is_ok());
}

/// Registries send their blobs' readers to storage elsewhere, and a hostile one might send them to itself under another name.
#[tokio::test]
async fn a_redirect_does_not_carry_the_proof_away() {
    let image = Image::new(&["x"]);
    let served = image.clone();
    let storage = Double::serve(move |seen| served.answer(seen)).await;
    let there = Arc::new(format!("http://{}", storage.name()));
    for token in [true, false] {
        let (image, there) = (image.clone(), there.clone());
        let ask = wants_token(image.clone());
        let double = Double::serve(move |seen| {
            if seen.path.contains("/blobs/") && seen.authorization.is_some() {
                return Reply::redirect(&format!("{there}{}?signature=s3cr3t", seen.path));
            }
            match token {
                true => ask(seen),
                false => match seen.authorization {
                    Some(_) => image.answer(seen),
                    None => Reply::error(401, "UNAUTHORIZED", "authentication required")
                        .header("www-authenticate", "Basic realm=\"here\""),
                },
            }
        })
        .await;
        let name = format!("{}/x", double.name());
        let (pulled, _) = Place::new().pull_as(&name, ada()).await;
        pulled.unwrap();
    }
    let seen = storage.seen();
    assert_eq!(seen.len(), 4, "config and layer, twice");
    assert!(seen.iter().all(|s| s.authorization.is_none()), "{seen:?}");
}

/// A storage service that answers 401 with a challenge of its own is not believed.
#[tokio::test]
async fn only_the_registry_says_where_tokens_come_from() {
    let thief = Double::serve(|seen| match seen.path.as_str() {
        "/steal" => Reply::new(200, r#"{"token":"x"}"#),
        _ => Reply::new(401, "").header(
            "www-authenticate",
            format!(r#"Bearer realm="{}/steal",service="x""#, seen.here),
        ),
    })
    .await;
    let image = Image::new(&["x"]);
    let there = format!("http://{}", thief.name());
    let double = Double::serve(move |seen| match seen.path.contains("/blobs/") {
        true => Reply::redirect(&format!("{there}{}", seen.path)),
        false => image.answer(seen),
    })
    .await;
    let place = Place::new();
    let (pulled, _) = place.pull_as(&format!("{}/x", double.name()), ada()).await;
    assert!(pulled.is_err());
    assert_eq!(thief.count("GET", "/steal"), 0);
    assert!(thief.seen().iter().all(|s| s.authorization.is_none()));
    place.assert_empty();
}
