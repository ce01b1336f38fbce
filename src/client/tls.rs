//! Our one TLS configuration: TLS 1.2 and up, the system's roots and the user's, and ALPN per HTTP version.

use std::sync::Arc;

use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::CryptoProvider;
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{ClientConfig, ConfigBuilder, DigitallySignedStruct, SignatureScheme};
use rustls_platform_verifier::Verifier;

use super::{ClientOptions, Protocol};

/// Who is trusted: shared by all clients of a command, as the system's roots take milliseconds to read.
pub(super) type Trust = Arc<dyn ServerCertVerifier>;

/// Reads the system's roots and adds the user's.
pub(super) fn trust(options: &ClientOptions) -> Result<Trust, String> {
    let verifier = Verifier::new_with_extra_roots(options.extra_roots.iter().cloned(), provider());
    let verifier = Arc::new(verifier.map_err(|e| e.to_string())?);
    if options.insecure_hosts.is_empty() {
        return Ok(verifier);
    }
    let hosts = options.insecure_hosts.iter().map(|host| host.to_ascii_lowercase()).collect();
    Ok(Arc::new(Careless { verifier, hosts }))
}

/// The configuration for `https`.
pub(super) fn config(options: &ClientOptions, trust: Trust, protocol: Protocol) -> Result<ClientConfig, rustls::Error> {
    let builder = builder()?.dangerous().with_custom_certificate_verifier(trust);
    let mut config = match &options.identity {
        Some(identity) => builder.with_client_auth_cert(identity.chain.clone(), identity.key.clone_key())?,
        None => builder.with_no_client_auth(),
    };
    config.alpn_protocols = match protocol {
        Protocol::Any => vec![b"h2".to_vec(), b"http/1.1".to_vec()],
        Protocol::Http1 => vec![b"http/1.1".to_vec()],
        Protocol::Http2 => vec![b"h2".to_vec()],
    };
    Ok(config)
}

fn builder() -> Result<ConfigBuilder<ClientConfig, rustls::WantsVerifier>, rustls::Error> {
    ClientConfig::builder_with_provider(provider()).with_safe_default_protocol_versions()
}

fn provider() -> Arc<CryptoProvider> {
    Arc::new(rustls::crypto::aws_lc_rs::default_provider())
}

/// Accepts any certificate of the hosts that the person named with `--insecure`, and no other's.
#[derive(Debug)]
struct Careless {
    verifier: Arc<Verifier>,
    hosts: Vec<String>,
}

impl ServerCertVerifier for Careless {
    fn verify_server_cert(
        &self,
        leaf: &CertificateDer<'_>,
        chain: &[CertificateDer<'_>],
        name: &ServerName<'_>,
        ocsp: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        let host = name.to_str();
        if self.hosts.iter().any(|insecure| insecure.trim_matches(['[', ']']) == host) {
            return Ok(ServerCertVerified::assertion());
        }
        self.verifier.verify_server_cert(leaf, chain, name, ocsp, now)
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        self.verifier.verify_tls12_signature(message, cert, signature)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        self.verifier.verify_tls13_signature(message, cert, signature)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.verifier.supported_verify_schemes()
    }
}
