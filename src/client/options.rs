//! What the person who runs a flow decides about connections: trust, identity, proxy, addresses.

use std::net::SocketAddr;
use std::time::Duration;

use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};

use crate::http::Url;

/// How connections are made.
#[derive(Debug)]
pub struct ClientOptions {
    /// The bound on making a connection, TLS handshake included. Default 10 s.
    pub connect_timeout: Duration,
    /// How long an unused connection is kept. Default 90 s.
    pub idle_timeout: Duration,
    /// Authorities trusted beside the system's (`--cacert`, `tls.ca`).
    pub extra_roots: Vec<CertificateDer<'static>>,
    /// Hosts whose certificate is not checked (`--insecure HOST`).
    pub insecure_hosts: Vec<String>,
    /// What we show a server that asks who we are (`--cert`, `--key`).
    pub identity: Option<Identity>,
    /// Which proxy, if any.
    pub proxy: Proxy,
    /// Hosts that [`Proxy::Through`] is not used for, as `NO_PROXY` has them.
    pub no_proxy: Option<String>,
    /// Host names with a fixed address (`--resolve`); its port counts only where the URL names none (0: the scheme's).
    pub resolve: Vec<(String, SocketAddr)>,
}

impl Default for ClientOptions {
    fn default() -> Self {
        Self {
            connect_timeout: Duration::from_secs(10),
            idle_timeout: Duration::from_secs(90),
            extra_roots: Vec::new(),
            insecure_hosts: Vec::new(),
            identity: None,
            proxy: Proxy::System,
            no_proxy: None,
            resolve: Vec::new(),
        }
    }
}

/// Where requests go first.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Proxy {
    /// As `HTTP_PROXY`, `HTTPS_PROXY`, `ALL_PROXY` and `NO_PROXY` say.
    #[default]
    System,
    /// Straight to the host.
    Direct,
    /// Always through this one: an `http`, `https`, `socks5` or `socks5h` URL.
    Through(Url),
}

/// A client certificate with its chain, and its key.
#[derive(Debug)]
pub struct Identity {
    pub(super) chain: Vec<CertificateDer<'static>>,
    pub(super) key: PrivateKeyDer<'static>,
}

impl Identity {
    /// Reads both from PEM text; `key` may be the same text as `chain`.
    ///
    /// # Errors
    /// Which of the two cannot be read, and why.
    pub fn from_pem(chain: &[u8], key: &[u8]) -> Result<Self, String> {
        let chain = certificates_from_pem(chain)?;
        let key = PrivateKeyDer::from_pem_slice(key).map_err(|e| format!("no private key in the PEM text ({e})"))?;
        Ok(Self { chain, key })
    }
}

/// The certificates in PEM text.
///
/// # Errors
/// There is none, or one cannot be read.
pub fn certificates_from_pem(pem: &[u8]) -> Result<Vec<CertificateDer<'static>>, String> {
    let certificates: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(pem).collect();
    match certificates {
        Ok(certificates) if certificates.is_empty() => Err("no certificate in the PEM text".to_owned()),
        Ok(certificates) => Ok(certificates),
        Err(e) => Err(format!("the PEM text cannot be read ({e})")),
    }
}
