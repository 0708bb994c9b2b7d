//! Where an engine listens: `unix://PATH`, `npipe://NAME` or `tcp://HOST:PORT`, as `--host` and `DOCKER_HOST` write it.

use super::Error;
use std::fmt;
use std::path::PathBuf;

/// One parsed address.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Endpoint {
    /// A socket file.
    Unix(PathBuf),
    /// A Windows pipe, as `\\.\pipe\NAME`.
    Pipe(String),
    /// A TCP address, `host:port`.
    Tcp(String),
}

impl Endpoint {
    /// Parses an address; the error line is Docker's.
    pub fn parse(host: &str) -> Result<Self, Error> {
        let bad = || Error::BadHost(host.to_owned());
        let (scheme, rest) = host.split_once("://").ok_or_else(bad)?;
        match scheme {
            "unix" if !rest.is_empty() => Ok(Self::Unix(rest.into())),
            "npipe" if !rest.is_empty() => Ok(Self::Pipe(rest.replace('/', "\\"))),
            "tcp" | "http" => {
                let rest = rest.trim_end_matches('/');
                let rest = if rest.is_empty() { "localhost" } else { rest };
                Ok(Self::Tcp(
                    if rest
                        .rsplit(']')
                        .next()
                        .is_some_and(|tail| tail.contains(':'))
                    {
                        rest.into()
                    } else {
                        format!("{rest}:2375")
                    },
                ))
            }
            _ => Err(bad()),
        }
    }

    /// What goes into the `Host` header; Docker's clients send a placeholder for local sockets.
    pub(super) fn authority(&self) -> &str {
        match self {
            Self::Unix(_) | Self::Pipe(_) => "api.moby.localhost",
            Self::Tcp(address) => address,
        }
    }
}

impl fmt::Display for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unix(path) => write!(f, "unix://{}", path.display()),
            Self::Pipe(name) => write!(f, "npipe://{}", name.replace('\\', "/")),
            Self::Tcp(address) => write!(f, "tcp://{address}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_form_of_an_address() {
        let text = |h: &str| {
            Endpoint::parse(h)
                .map(|e| e.to_string())
                .map_err(|e| e.to_string())
        };
        assert_eq!(
            text("unix:///run/x.sock").as_deref(),
            Ok("unix:///run/x.sock")
        );
        assert_eq!(
            text("npipe:////./pipe/x").as_deref(),
            Ok("npipe:////./pipe/x")
        );
        assert_eq!(
            text("tcp://127.0.0.1:99").as_deref(),
            Ok("tcp://127.0.0.1:99")
        );
        assert_eq!(text("tcp://[::1]").as_deref(), Ok("tcp://[::1]:2375"));
        assert_eq!(text("tcp://box").as_deref(), Ok("tcp://box:2375"));
        for bad in ["x", "ftp://x", "unix://"] {
            assert!(text(bad).is_err(), "{bad}");
        }
        assert_eq!(
            Endpoint::parse("npipe:////./pipe/x").ok(),
            Some(Endpoint::Pipe("\\\\.\\pipe\\x".into()))
        );
    }
}
