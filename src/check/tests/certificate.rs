//! `certificate` in `expect`.

use rcgen::{CertificateParams, DnType, KeyPair, date_time_ymd};

use super::*;

/// Verdicts at the Unix epoch, which is the tests' time.
fn judged(yaml: &str, url: &str, shown: bool) -> Vec<String> {
    let mut params = CertificateParams::new(["localhost".to_owned()]).expect("a name");
    params.distinguished_name.push(DnType::CommonName, "localhost");
    params.not_after = date_time_ymd(1970, 1, 31);
    let signed = params.self_signed(&KeyPair::generate().expect("a key")).expect("signed");
    let mut response = response(200, &[], "");
    response.certificate = shown.then(|| Bytes::copy_from_slice(signed.der()));
    evaluate(&expect(yaml), &Reply::new(&response, url)).iter().skip(1).map(line).collect()
}

#[test]
fn days_and_names_are_compared() {
    let yaml = "{ certificate: { days_left: { gt: 14 }, subject: CN=localhost, issuer: { contains: localhost } } }";
    assert_eq!(judged(yaml, "https://localhost/", true), ["passed"; 3]);
    assert_eq!(judged("{ certificate: { days_left: 30 } }", "https://localhost/", true), ["passed"]);
    assert_eq!(judged("{ certificate: { days_left: { gt: 30 } } }", "https://localhost/", true), ["failed"]);
}

#[test]
fn without_tls_it_fails_and_says_so() {
    let yaml = "{ certificate: { days_left: { not: { lt: 14 } } } }";
    assert_eq!(
        judged(yaml, "http://localhost/", false),
        ["pending: the reply came over plain HTTP, where there is no certificate"]
    );
    assert_eq!(
        judged(yaml, "https://webexapis.com/", false),
        ["pending: there was no TLS, so no certificate: the sandbox answered"]
    );
}

#[test]
fn what_it_cannot_ask_is_refused() {
    assert_eq!(
        expect_problem("{ certificate: {} }"),
        "1:16 invalid-value: `certificate` is empty, so it asks nothing | ask `days_left`, `subject` or `issuer`: \
         `certificate: { days_left: { gt: 14 } }`"
    );
    assert!(expect_problem("{ certificate: { days: 3 } }").starts_with("1:18 unknown-key: "));
    assert!(expect_problem("{ certificate: { subject: 3 } }").starts_with("1:27 wrong-type: "));
}
