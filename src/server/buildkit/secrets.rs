//! The client's secrets, over its session. A client that offers none has none.

use super::messages::secrets::{GetSecretRequest, GetSecretResponse};
use super::sessions::Session;
use crate::engine::{Error, Result, Secrets};
use crate::server::grpc::status::{Code, Status};
use futures_util::future::BoxFuture;
use std::sync::Arc;

const GET: &str = "/moby.buildkit.secrets.v1.Secrets/GetSecret";

/// Those of one client.
pub struct ClientSecrets(pub Arc<Session>);

impl Secrets for ClientSecrets {
    fn secret<'a>(&'a self, id: &'a str) -> BoxFuture<'a, Result<Option<Vec<u8>>>> {
        Box::pin(async move {
            let request = GetSecretRequest { id: id.to_owned() };
            let answer: Result<GetSecretResponse, Status> =
                self.0.channel.call(GET, &request).await;
            match answer {
                Ok(answer) => Ok(Some(answer.data)),
                Err(status) if is_missing(&status) => Ok(None),
                Err(status) => Err(Error::system(status.message)),
            }
        })
    }
}

fn is_missing(status: &Status) -> bool {
    [Code::NotFound, Code::Unimplemented]
        .iter()
        .any(|code| status.code == *code as i32)
}
