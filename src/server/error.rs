//! From an engine error to an HTTP answer: one exhaustive match gives the status.

use super::reply::{Reply, json};
use crate::engine::{self, Kind};
use crate::wire::ErrorBody;
use hyper::StatusCode;

/// Why a request is refused, with the message that the client prints.
#[derive(Debug)]
pub struct Refusal {
    /// The HTTP status.
    pub status: StatusCode,
    /// Docker's message.
    pub message: String,
}

impl Refusal {
    /// Makes a refusal with a status of one's choice.
    pub fn new(status: StatusCode, message: impl Into<String>) -> Self {
        Self {
            status,
            message: message.into(),
        }
    }

    /// 400: the request itself is wrong.
    pub fn bad(message: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, message)
    }

    /// 400: a document was expected and none came.
    pub fn no_body() -> Self {
        Self::bad("invalid JSON: got EOF while reading request body")
    }

    /// 404: no such path in the API.
    pub fn no_such_page() -> Self {
        Self::new(StatusCode::NOT_FOUND, "page not found")
    }

    /// 413: the JSON document is beyond the limit.
    pub fn too_large() -> Self {
        Self::new(
            StatusCode::PAYLOAD_TOO_LARGE,
            "the request's JSON is larger than 8 MiB",
        )
    }

    /// 500 in Docker: Go's own words for a number that is none.
    pub fn not_a_number(text: &str) -> Self {
        let message = format!("strconv.Atoi: parsing {text:?}: invalid syntax");
        Self::new(StatusCode::INTERNAL_SERVER_ERROR, message)
    }

    /// Turns the refusal into its answer.
    pub fn reply(&self) -> Reply {
        if self.status == StatusCode::NOT_MODIFIED {
            return super::reply::empty(self.status);
        }
        json(
            self.status,
            &ErrorBody {
                message: self.message.clone(),
            },
        )
    }
}

impl From<engine::Error> for Refusal {
    fn from(error: engine::Error) -> Self {
        let status = match error.kind {
            Kind::NotModified => StatusCode::NOT_MODIFIED,
            Kind::InvalidParameter => StatusCode::BAD_REQUEST,
            Kind::Unauthorized => StatusCode::UNAUTHORIZED,
            Kind::Forbidden => StatusCode::FORBIDDEN,
            Kind::NotFound => StatusCode::NOT_FOUND,
            Kind::Unsupported => StatusCode::METHOD_NOT_ALLOWED,
            Kind::Conflict => StatusCode::CONFLICT,
            Kind::TooManyRequests => StatusCode::TOO_MANY_REQUESTS,
            Kind::System => StatusCode::INTERNAL_SERVER_ERROR,
            Kind::NotImplemented => StatusCode::NOT_IMPLEMENTED,
            Kind::Unavailable => StatusCode::SERVICE_UNAVAILABLE,
        };
        Self::new(status, error.message)
    }
}
