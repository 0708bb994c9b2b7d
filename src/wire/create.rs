//! `POST /containers/create`: the body is `Config` with `HostConfig` and `NetworkingConfig` beside its fields.

use super::{ContainerConfig, HostConfig, NetworkingConfig, go};
use serde::de::{Deserializer, Error as _};
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// The three parts of a create request.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct CreateBody {
    #[serde(flatten)]
    pub config: ContainerConfig,
    #[serde(rename = "HostConfig")]
    pub host_config: Option<HostConfig>,
    #[serde(rename = "NetworkingConfig")]
    pub networking_config: Option<NetworkingConfig>,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct Beside {
    host_config: Option<HostConfig>,
    networking_config: Option<NetworkingConfig>,
}

// By hand, because `flatten` would lose the field names that decoding as Go does needs.
impl<'de> Deserialize<'de> for CreateBody {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let whole = Value::deserialize(from)?;
        // The inner errors already carry Go's prefix, which `custom` puts in front again.
        let words =
            |e: go::DecodeError| D::Error::custom(e.to_string().trim_start_matches("json: "));
        let beside: Beside = go::from_value(whole.clone()).map_err(words)?;
        Ok(CreateBody {
            config: go::from_value(whole).map_err(words)?,
            host_config: beside.host_config,
            networking_config: beside.networking_config,
        })
    }
}

/// The answer to a create request; `Warnings` is never null.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct CreateResponse {
    pub id: String,
    pub warnings: Vec<String>,
}
