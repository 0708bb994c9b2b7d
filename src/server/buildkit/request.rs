//! What a client asks the Dockerfile frontend for, as strings with names, read into the engine's options. Pure.

use crate::base::platform::Platform;
use crate::engine::{BuildOptions, Frontend};
use crate::server::grpc::status::{Code, Status};
use crate::wire::HostConfig;
use std::collections::{BTreeMap, HashMap};

/// What a Dockerfile is called when nobody says otherwise.
const NAME: &str = "Dockerfile";

/// A build that was asked for.
pub struct Request {
    /// The Dockerfile's path in its folder.
    pub file: String,
    pub options: BuildOptions,
    /// By their names.
    pub contexts: BTreeMap<String, Place>,
}

/// Where a named context is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Place {
    /// The client has it, under this name.
    Client(String),
    Image(String),
}

fn place(name: &str, value: &str) -> Result<Place, Status> {
    let refused = |words: String| Err(Status::new(Code::InvalidArgument, words));
    match value.split_once(':') {
        Some(("local", folder)) => Ok(Place::Client(folder.to_owned())),
        Some(("docker-image", image)) => {
            Ok(Place::Image(image.trim_start_matches("//").to_owned()))
        }
        Some((kind, _)) => refused(format!(
            "the context {name} is not fetched by this engine: {kind} is none of local and docker-image"
        )),
        None => refused(format!("invalid context source {value} for {name}")),
    }
}

impl Request {
    /// Reads the options of `dockerfile.v0`. What would be passed by silently although it changes the image is an error.
    pub fn read(attrs: &HashMap<String, String>) -> Result<Request, Status> {
        let refused = |what: String| Status::new(Code::InvalidArgument, what);
        let mut request = Request {
            file: NAME.to_owned(),
            contexts: BTreeMap::new(),
            options: BuildOptions {
                frontend: Frontend::BuildKit,
                // Containers of steps are never seen with BuildKit.
                remove: true,
                force_remove: true,
                host: HostConfig::default(),
                ..BuildOptions::default()
            },
        };
        let options = &mut request.options;
        for (name, value) in attrs {
            match (name.as_str(), name.split_once(':')) {
                (_, Some(("build-arg", name))) => {
                    options.args.insert(name.to_owned(), Some(value.clone()));
                }
                (_, Some(("label", name))) => {
                    options.labels.insert(name.to_owned(), value.clone());
                }
                (_, Some(("context", name))) => {
                    request
                        .contexts
                        .insert(name.to_owned(), place(name, value)?);
                    options.contexts.push(name.to_owned());
                }
                ("filename", _) if !value.is_empty() => request.file.clone_from(value),
                ("target", _) => options.target.clone_from(value),
                // Of some stages or of all: then nothing of this build is taken from the cache.
                ("no-cache", _) => options.no_cache = true,
                ("image-resolve-mode", _) => options.pull = value == "pull",
                ("platform", _) if value.contains(',') => {
                    return Err(refused(
                        "building for several platforms at once is not supported by this engine"
                            .to_owned(),
                    ));
                }
                ("platform", _) if !value.is_empty() => {
                    let platform = Platform::parse(value);
                    options.platform = Some(platform.map_err(|e| refused(e.to_string()))?);
                }
                ("add-hosts", _) => {
                    let hosts = value.split(',').filter(|host| !host.is_empty());
                    let hosts = hosts.map(|host| host.replacen('=', ":", 1)).collect();
                    options.host.extra_hosts = Some(hosts);
                }
                ("cgroup-parent", _) => options.host.cgroup_parent.clone_from(value),
                ("shm-size", _) => options.host.shm_size = value.parse().unwrap_or_default(),
                ("force-network-mode", _) => options.host.network_mode.clone_from(value),
                ("context", _) => {
                    return Err(refused("fetching a build context from an address is refused: send the context itself".to_owned()));
                }
                ("requestid", _) => {
                    return Err(Status::new(
                        Code::Unimplemented,
                        format!("unsupported request {value}"),
                    ));
                }
                _ => {}
            }
        }
        Ok(request)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn attributes_become_options_and_what_is_not_done_is_refused() {
        let attrs = |pairs: &[(&str, &str)]| {
            let pair = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
            Request::read(&pairs.iter().map(pair).collect())
        };
        let read = attrs(&[
            ("build-arg:a:b", "1"),
            ("label:x", "y"),
            ("filename", "sub.Dockerfile"),
            ("no-cache", ""),
            ("add-hosts", "h=1.2.3.4,i=::1"),
            ("image-resolve-mode", "pull"),
            ("context:a", "local:a"),
            ("context:b", "docker-image://c:1"),
        ])
        .unwrap();
        assert_eq!(read.file, "sub.Dockerfile");
        assert_eq!(read.options.args["a:b"].as_deref(), Some("1"));
        assert_eq!(read.options.labels["x"], "y");
        assert!(read.options.no_cache && read.options.pull);
        let hosts = read.options.host.extra_hosts.unwrap();
        assert_eq!(hosts, ["h:1.2.3.4", "i:::1"]);
        assert_eq!(read.contexts["a"], Place::Client("a".to_owned()));
        assert_eq!(read.contexts["b"], Place::Image("c:1".to_owned()));
        for bad in [
            ("context:other", "https://x/y.git"),
            ("platform", "a/b,c/d"),
            ("requestid", "lint"),
        ] {
            assert!(attrs(&[bad]).is_err(), "{bad:?}");
        }
    }
}
