//! The certificate a server showed: read only when somebody asks, since nearly nobody does.

use jiff::Timestamp;
use x509_parser::prelude::{FromDer, X509Certificate};

/// What a certificate says (RFC 5280).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Certificate {
    /// Whose it is: attributes as `O=Example, CN=api.example.com`; empty where only the alternative names say it.
    pub subject: String,
    /// Who signed it, in the same form.
    pub issuer: String,
    /// The last moment at which it is valid.
    pub not_after: Timestamp,
}

impl Certificate {
    /// Reads a certificate in DER.
    ///
    /// # Errors
    /// The bytes are no X.509 certificate.
    pub fn from_der(der: &[u8]) -> Result<Self, String> {
        let (_, read) =
            X509Certificate::from_der(der).map_err(|e| format!("the server's certificate cannot be read: {e}"))?;
        let not_after = Timestamp::from_second(read.validity().not_after.timestamp())
            .map_err(|e| format!("the server's certificate ends at no time: {e}"))?;
        Ok(Self { subject: read.subject().to_string(), issuer: read.issuer().to_string(), not_after })
    }

    /// Whole days from `now` to the end; negative after it.
    #[must_use]
    pub fn days_left(&self, now: Timestamp) -> i64 {
        self.not_after.as_second().saturating_sub(now.as_second()).div_euclid(24 * 60 * 60)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rcgen::{CertificateParams, DnType, KeyPair, date_time_ymd};

    #[test]
    fn a_certificate_tells_who_and_how_long() {
        let mut params = CertificateParams::new(["example.com".to_owned()]).unwrap();
        params.distinguished_name.push(DnType::OrganizationName, "Example");
        params.distinguished_name.push(DnType::CommonName, "example.com");
        params.not_after = date_time_ymd(2026, 12, 1);
        let signed = params.self_signed(&KeyPair::generate().unwrap()).unwrap();
        let certificate = Certificate::from_der(signed.der()).unwrap();
        assert!(certificate.subject.contains("CN=example.com") && certificate.subject.contains("O=Example"));
        assert_eq!(certificate.issuer, certificate.subject);
        let days = |now: &str| certificate.days_left(now.parse().unwrap());
        assert_eq!(days("2026-11-30T00:00:00Z"), 1);
        assert_eq!(days("2026-11-30T00:00:01Z"), 0);
        assert_eq!(days("2026-12-01T00:00:01Z"), -1);
        assert!(Certificate::from_der(b"no certificate").is_err());
    }
}
