//! Where an image goes that was built: into the store under its names, or its files to the client.

use super::messages::control::Exporter;
use super::progress::Progress;
use super::send;
use super::sessions::Session;
use crate::base::reference::Reference;
use crate::engine::Engine;
use crate::server::grpc::status::{Code, Status};
use std::collections::HashMap;
use std::sync::Arc;

/// The image store, under both of its names; the client's folder; its file.
const KNOWN: [&str; 4] = ["moby", "image", "local", "tar"];

/// Refuses what is not known, before anything is built.
pub fn check(exporters: &[Exporter]) -> Result<(), Status> {
    match exporters.iter().find(|e| !KNOWN.contains(&e.kind.as_str())) {
        Some(Exporter { kind, .. }) => Err(Status::new(
            Code::Unknown,
            format!("exporter {kind:?} could not be found"),
        )),
        None => Ok(()),
    }
}

/// Exports, and says under what.
pub async fn export(
    engine: &Arc<Engine>,
    session: &Session,
    progress: &Progress,
    id: &str,
    exporter: &Exporter,
) -> Result<HashMap<String, String>, Status> {
    let (title, what) = match exporter.kind.as_str() {
        "local" => ("exporting to client directory", "copying files"),
        "tar" => ("exporting to client tarball", "sending tarball"),
        _ => return image(engine, progress, id, exporter).await,
    };
    let step = progress.begin(title);
    let mut part = step.begin(what, what, 0);
    let sent = match exporter.kind.as_str() {
        "local" => send::folder(engine, &session.channel, id, |bytes| part.at(bytes)).await,
        _ => send::tarball(engine, &session.channel, id).await,
    };
    part.end();
    step.end(sent.as_ref().err().map(|status| status.message.clone()));
    sent.map(|()| HashMap::new())
}

/// Gives the image its names.
async fn image(
    engine: &Arc<Engine>,
    progress: &Progress,
    id: &str,
    exporter: &Exporter,
) -> Result<HashMap<String, String>, Status> {
    let step = progress.begin("exporting to image");
    step.begin("exporting layers", "", 0).end();
    step.begin(&format!("writing image {id}"), "", 0).end();
    let mut response = HashMap::from([
        ("containerimage.digest".to_owned(), id.to_owned()),
        ("containerimage.config.digest".to_owned(), id.to_owned()),
    ]);
    let names = exporter.attrs.get("name").map_or("", String::as_str);
    let mut told = Vec::new();
    for name in names.split(',').filter(|name| !name.is_empty()) {
        let named = match Reference::parse(name) {
            Ok(reference) => {
                told.push(reference.to_string());
                let part = step.begin(&format!("naming to {reference}"), "", 0);
                let tagged = engine.image_tag(id, name, "").await;
                part.end();
                tagged.map_err(|e| e.message)
            }
            Err(e) => Err(e.to_string()),
        };
        if let Err(why) = named {
            step.end(Some(why.clone()));
            return Err(Status::new(Code::Unknown, why));
        }
    }
    step.end(None);
    if !told.is_empty() {
        response.insert("image.name".to_owned(), told.join(","));
    }
    Ok(response)
}
