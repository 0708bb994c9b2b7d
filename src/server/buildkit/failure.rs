//! What a client is told when a build fails: BuildKit's words, and the piece of the Dockerfile that is to blame as a typed detail,
//! which the client prints.

use crate::engine::Failure;
use crate::server::grpc::status::{Any, Code, Status};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::json;

/// The type under which BuildKit's clients know the detail.
const SOURCE: &str = "github.com/moby/buildkit/errdefs.Source+json";

/// A Dockerfile as it was read.
#[derive(Clone, Debug, Default)]
pub struct Source {
    pub name: String,
    pub text: Vec<u8>,
}

impl Source {
    /// How a call ends that failed.
    pub fn status(&self, failure: Failure) -> Status {
        let mut status = Status::new(Code::Unknown, failure.message);
        if let Some((first, last)) = failure.lines {
            let detail = json!({
                "info": {"filename": self.name, "data": STANDARD.encode(&self.text), "language": "Dockerfile"},
                "ranges": [{"start": {"line": first}, "end": {"line": last}}],
            });
            status.details.push(Any {
                type_url: SOURCE.to_owned(),
                value: detail.to_string().into_bytes(),
            });
        }
        status
    }
}
