//! Follows the figures of one container and tells of each change.

use super::entry::Entry;
use crate::cli::app::{container, path};
use crate::cli::error::{Error, Result};
use crate::client::{Body, Client, Lines};
use crate::wire::StatsResponse;
use hyper::Method;
use std::time::Duration;
use tokio::sync::mpsc::UnboundedSender;

/// After this long without figures the old ones are no longer shown.
const SILENCE: Duration = Duration::from_secs(2);

/// What there is to tell.
pub enum News {
    Figures(Entry),
    /// None have come for a while, or no more will come.
    Nothing,
    Refused(Error),
}

/// News with the name that the user gave.
pub type Told = (String, News);

/// Tells until the engine has no more to say, or once unless `live`.
pub async fn collect(client: Client, asked: String, live: bool, tell: UnboundedSender<Told>) {
    // Who listens may be gone: then nobody wants to know.
    let say = |news| tell.send((asked.clone(), news)).is_ok();
    let mut lines = match open(&client, &asked, live).await {
        Ok(lines) => lines,
        Err(error) => {
            say(News::Refused(error));
            return;
        }
    };
    loop {
        let wait = if live { SILENCE } else { Duration::MAX };
        let news = match tokio::time::timeout(wait, lines.next::<StatsResponse>()).await {
            Ok(Ok(Some(stats))) => News::Figures(Entry::of(&stats)),
            Ok(Ok(None) | Err(_)) => {
                say(News::Nothing);
                return;
            }
            Err(_) => News::Nothing,
        };
        if !say(news) || !live {
            return;
        }
    }
}

async fn open(client: &Client, asked: &str, live: bool) -> Result<Lines> {
    let stream = if live { "1" } else { "0" };
    let target = path(&container(asked, "/stats")?, &[("stream", stream)]);
    let response = client.request(Method::GET, &target, Body::Empty).await?;
    Ok(Lines::new(response))
}
