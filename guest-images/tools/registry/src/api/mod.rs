//! The API: which answer a request gets. A request whose body matters is opened first, takes the body as it comes, and is closed
//! at its end; all others are answered from their heads.

mod blobs;
mod lists;
mod manifests;
pub mod uploads;

use crate::auth::Auth;
use crate::http::{Answer, Code, Request};
use crate::route::Route;
use crate::settings::Settings;
use crate::store::Store;
use serde_json::json;
use uploads::Uploads;

/// Bytes of a manifest.
const LARGEST_MANIFEST: usize = 4 << 20;

/// What all requests share.
pub struct Api {
    pub store: Store,
    pub uploads: Uploads,
    auth: Option<Auth>,
    /// Whether manifests and blobs may be deleted.
    deletes: bool,
    /// `storage.maintenance.readonly.enabled`.
    read_only: bool,
}

/// Where the body of a request goes.
pub enum Sink {
    /// Nowhere: the answer stands already.
    Nowhere(Box<Answer>),
    /// Into memory: a manifest for a repository.
    Manifest {
        name: String,
        reference: String,
        bytes: Vec<u8>,
    },
    /// To the end of an upload, which is over with the body when a digest is given.
    Upload(uploads::Writing),
}

impl From<Answer> for Sink {
    fn from(answer: Answer) -> Sink {
        Sink::Nowhere(Box::new(answer))
    }
}

impl Api {
    pub fn new(settings: &Settings) -> Result<Api, String> {
        Ok(Api {
            store: Store::new(settings.folder()),
            uploads: Uploads::default(),
            auth: Auth::new(settings)?,
            deletes: settings.is_on("storage.delete.enabled"),
            read_only: settings.is_on("storage.maintenance.readonly.enabled"),
        })
    }

    /// Looks at the head of a request.
    pub fn open(&mut self, request: &Request) -> Sink {
        match request.path.as_str() {
            "/" => return Answer::empty(200).with("Cache-Control", "no-cache").into(),
            "/v2" => return lists::moved().into(),
            _ => {}
        }
        let Some(route) = Route::find(&request.path) else {
            return Answer::text(404, "404 page not found").into();
        };
        match self.admit(request, &route) {
            Ok(()) => self.dispatch(request, route),
            Err(refused) => refused.into(),
        }
    }

    /// Whether a request may be answered at all: its user, its method, what the configuration allows.
    fn admit(&mut self, request: &Request, route: &Route) -> Result<(), Answer> {
        if let Some(auth) = &mut self.auth {
            auth.check(request, route)?;
        }
        let method = request.method.as_str();
        if !route.methods().contains(&method) {
            let refused = Answer::text(405, "Method not allowed");
            return Err(refused.with("Allow", route.methods().join(", ")));
        }
        let writes = !matches!(method, "GET" | "HEAD") && *route != Route::Base;
        let kept = matches!(route, Route::Manifest { .. } | Route::Blob { .. });
        let forbidden = method == "DELETE" && kept && !self.deletes;
        match forbidden || writes && self.read_only {
            true => Err(Code::Unsupported.plain()),
            false => Ok(()),
        }
    }

    fn dispatch(&mut self, request: &Request, route: Route) -> Sink {
        let store = &self.store;
        match (route, request.method.as_str()) {
            (Route::Base, _) => Answer::base().into(),
            (Route::Catalog, _) => lists::catalog(store, request).into(),
            (Route::Tags { name }, _) => lists::tags(store, &name).into(),
            (Route::Manifest { name, reference }, "PUT") => Sink::Manifest {
                name,
                reference,
                bytes: Vec::new(),
            },
            (Route::Manifest { name, reference }, "DELETE") => {
                manifests::delete(store, &name, &reference).into()
            }
            (Route::Manifest { name, reference }, _) => {
                manifests::get(store, request, &name, &reference).into()
            }
            (Route::Blob { name, digest }, "DELETE") => blobs::delete(store, &name, &digest).into(),
            (Route::Blob { name, digest }, _) => blobs::get(store, request, &name, &digest).into(),
            (Route::Uploads { name }, "POST") => uploads::begin(self, request, &name).into(),
            (Route::Uploads { .. }, _) => Code::BlobUploadUnknown.plain().into(),
            (Route::Upload { name, id }, _) => {
                uploads::go_on(self, request, &name, &id).unwrap_or_else(Sink::from)
            }
        }
    }

    /// Takes a piece of the body; an answer ends the request early.
    pub fn write(&mut self, sink: &mut Sink, piece: &[u8]) -> Result<(), Answer> {
        match sink {
            Sink::Nowhere(_) => Ok(()),
            Sink::Manifest { bytes, .. } if bytes.len() + piece.len() > LARGEST_MANIFEST => {
                let detail = json!({ "largest": LARGEST_MANIFEST });
                Err(Code::ManifestInvalid.detail(detail))
            }
            Sink::Manifest { bytes, .. } => {
                bytes.extend_from_slice(piece);
                Ok(())
            }
            Sink::Upload(writing) => self.uploads.write(writing, piece),
        }
    }

    /// The body is all there.
    pub fn close(&mut self, request: &Request, sink: Sink) -> Answer {
        match sink {
            Sink::Nowhere(answer) => *answer,
            Sink::Manifest {
                name,
                reference,
                bytes,
            } => manifests::put(&self.store, request, &name, &reference, &bytes),
            Sink::Upload(writing) => uploads::close(self, request, writing),
        }
    }
}
