//! The Engine API over HTTP: listening, versions, errors, hijacked streams, routes.
