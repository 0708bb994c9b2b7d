//! TLS towards registries: the system's roots, Docker's `certs.d` folders, and peers on this machine.
//!
//! A registry on a loopback address may have any certificate, as for Docker: whoever could stand in between is the user.

use super::super::options::Options;
use std::collections::HashMap;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use tokio::sync::Mutex;
use tokio_rustls::rustls::client::danger::{
    HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier,
};
use tokio_rustls::rustls::crypto::{CryptoProvider, ring};
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName, UnixTime};
use tokio_rustls::rustls::{
    self, CertificateError, ClientConfig, DigitallySignedStruct, RootCertStore, SignatureScheme,
};

/// Configurations by `host:port`, each made when first needed.
pub struct Tls {
    folders: Vec<PathBuf>,
    provider: Arc<CryptoProvider>,
    made: Mutex<HashMap<String, Arc<ClientConfig>>>,
    roots: tokio::sync::OnceCell<Arc<RootCertStore>>,
}

impl Tls {
    pub fn new(options: &Options) -> Tls {
        Tls {
            folders: options.certificates.clone(),
            provider: Arc::new(ring::default_provider()),
            made: Mutex::default(),
            roots: tokio::sync::OnceCell::new(),
        }
    }

    /// The configuration for a peer; `here` says that it is on this machine.
    pub async fn config(&self, authority: &str, here: bool) -> io::Result<Arc<ClientConfig>> {
        let key = if here { "" } else { authority };
        let mut made = self.made.lock().await;
        if let Some(config) = made.get(key) {
            return Ok(config.clone());
        }
        let builder = ClientConfig::builder_with_provider(self.provider.clone())
            .with_safe_default_protocol_versions()
            .map_err(io::Error::other)?;
        let config = if here {
            builder
                .dangerous()
                .with_custom_certificate_verifier(Arc::new(AnyCertificate(self.provider.clone())))
                .with_no_client_auth()
        } else {
            let own = Own::read(&self.folders, authority).await?;
            let mut roots = RootCertStore::clone(&**self.roots().await?);
            for certificate in own.authorities {
                roots.add(certificate).map_err(io::Error::other)?;
            }
            let builder = builder.with_root_certificates(roots);
            match own.identity {
                Some((chain, key)) => builder
                    .with_client_auth_cert(chain, key)
                    .map_err(io::Error::other)?,
                None => builder.with_no_client_auth(),
            }
        };
        let config = Arc::new(config);
        made.insert(key.to_owned(), config.clone());
        Ok(config)
    }

    async fn roots(&self) -> io::Result<&Arc<RootCertStore>> {
        let load = || async {
            let found = tokio::task::spawn_blocking(rustls_native_certs::load_native_certs).await?;
            for error in &found.errors {
                tracing::warn!("a system certificate cannot be read: {error}");
            }
            let mut roots = RootCertStore::empty();
            roots.add_parsable_certificates(found.certs);
            Ok(Arc::new(roots))
        };
        self.roots.get_or_try_init(load).await
    }
}

/// What the folder of one registry holds.
#[derive(Default)]
struct Own {
    authorities: Vec<CertificateDer<'static>>,
    identity: Option<(Vec<CertificateDer<'static>>, PrivateKeyDer<'static>)>,
}

impl Own {
    async fn read(folders: &[PathBuf], authority: &str) -> io::Result<Own> {
        let names = [authority, authority.trim_end_matches(":443")];
        let places: Vec<PathBuf> = folders
            .iter()
            .flat_map(|folder| names.map(|name| folder.join(name)))
            .collect();
        tokio::task::spawn_blocking(move || {
            let mut own = Own::default();
            for place in places {
                own.add(&place)?;
            }
            Ok(own)
        })
        .await?
    }

    /// Docker's rule: every `.crt` is an authority, every `.cert` belongs to the `.key` of its name.
    fn add(&mut self, folder: &Path) -> io::Result<()> {
        let Ok(entries) = std::fs::read_dir(folder) else {
            return Ok(());
        };
        for entry in entries {
            let path = entry?.path();
            let bad = |e: rustls::pki_types::pem::Error| {
                io::Error::other(format!("{}: {e}", path.display()))
            };
            let chain = || -> io::Result<Vec<_>> {
                CertificateDer::pem_file_iter(&path)
                    .and_then(Iterator::collect)
                    .map_err(bad)
            };
            match path.extension().and_then(|e| e.to_str()) {
                Some("crt") => self.authorities.extend(chain()?),
                Some("cert") => {
                    let key =
                        PrivateKeyDer::from_pem_file(path.with_extension("key")).map_err(bad)?;
                    self.identity = Some((chain()?, key));
                }
                _ => {}
            }
        }
        Ok(())
    }
}

/// The words of a failed handshake, as Go says them.
pub fn words(error: &io::Error, host: &str) -> String {
    let inner = error
        .get_ref()
        .and_then(|e| e.downcast_ref::<rustls::Error>());
    match inner {
        Some(rustls::Error::InvalidMessage(_)) => {
            "http: server gave HTTP response to HTTPS client".to_owned()
        }
        Some(rustls::Error::InvalidCertificate(why)) => {
            let why = match why {
                CertificateError::UnknownIssuer => {
                    "certificate signed by unknown authority".to_owned()
                }
                CertificateError::Expired
                | CertificateError::ExpiredContext { .. }
                | CertificateError::NotValidYet
                | CertificateError::NotValidYetContext { .. } => {
                    "certificate has expired or is not yet valid".to_owned()
                }
                CertificateError::NotValidForName
                | CertificateError::NotValidForNameContext { .. } => {
                    format!("certificate is not valid for any names, but wanted to match {host}")
                }
                other => other.to_string(),
            };
            format!("tls: failed to verify certificate: x509: {why}")
        }
        Some(other) => format!("remote error: tls: {other}"),
        None => super::connect::io_words(error),
    }
}

/// Believes any certificate, and checks no more than that the peer has its key.
#[derive(Debug)]
struct AnyCertificate(Arc<CryptoProvider>);

impl ServerCertVerifier for AnyCertificate {
    fn verify_server_cert(
        &self,
        _: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        _: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        let known = &self.0.signature_verification_algorithms;
        rustls::crypto::verify_tls12_signature(message, certificate, signed, known)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        let known = &self.0.signature_verification_algorithms;
        rustls::crypto::verify_tls13_signature(message, certificate, signed, known)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.0.signature_verification_algorithms.supported_schemes()
    }
}
