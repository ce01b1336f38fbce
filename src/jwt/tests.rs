//! The token of Webex's guest issuer byte for byte, every algorithm there and back, and every message.

use base64::engine::general_purpose::STANDARD;
use serde_json::json;

use super::*;

fn map(value: Value) -> Map<String, Value> {
    value.as_object().unwrap().clone()
}

#[test]
fn the_guest_issuers_token_is_reproduced() {
    let secret = STANDARD.decode("d2ViZXgtc2FuZGJveC1ndWVzdC1zZWNyZXQtMzJieXRl").unwrap();
    let claims = map(json!({
        "sub": "123",
        "name": "Stève",
        "iss": "Y2lzY29zcGFyazovL3VzL09SR0FOSVpBVElPTi8zOTE4OGM3Mi0wMDI5LTQ3YTQtYjAyNS01OGEwY2E3NDVkMDY",
        "exp": 1_893_456_000,
    }));
    let token = sign(&Map::new(), &claims, Algorithm::HS256, &Key::from_secret_bytes(&secret)).unwrap();
    assert_eq!(
        token,
        "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJzdWIiOiIxMjMiLCJuYW1lIjoiU3TDqHZlIiwiaXNzIjoiWTJselkyOXpjR0Z5YXpvdkwzVnpMMDlTUjBGT1NWcEJWRWxQVGk4ek9URTRPR00zTWkwd01ESTVMVFEzWVRRdFlqQXlOUzAxT0dFd1kyRTNORFZrTURZIiwiZXhwIjoxODkzNDU2MDAwfQ.NJW2vtwT-se1WtSJfEQbHS9AuBFB0TJ9SLCzS6_IvTg"
    );
    let decoded = decode(&token).unwrap();
    assert_eq!(decoded.claims, claims);
    assert_eq!(decoded.header.keys().collect::<Vec<_>>(), ["alg", "typ"]);
}

fn pair(algorithm: Algorithm) -> (String, String) {
    use rcgen::*;
    let kind = match algorithm {
        Algorithm::ES256 => &PKCS_ECDSA_P256_SHA256,
        Algorithm::ES384 => &PKCS_ECDSA_P384_SHA384,
        Algorithm::EdDSA => &PKCS_ED25519,
        _ => &PKCS_RSA_SHA256,
    };
    let pair = KeyPair::generate_for(kind).unwrap();
    (pair.serialize_pem(), pair.public_key_pem())
}

#[test]
fn every_algorithm_signs_and_verifies() {
    let claims = map(json!({"sub": "x", "exp": 100}));
    let rsa = pair(Algorithm::RS256);
    for name in Algorithm::names() {
        let algorithm = Algorithm::parse(name).unwrap();
        assert_eq!(algorithm.to_string(), name);
        let (signing, verifying) = if algorithm.takes_secret() {
            let key = Key::from_secret_bytes(b"a secret");
            (key.clone(), key)
        } else {
            let (private, public) =
                if name.contains('S') && !name.starts_with('E') { rsa.clone() } else { pair(algorithm) };
            (Key::from_pem(algorithm, &private).unwrap(), Key::from_pem(algorithm, &public).unwrap())
        };
        let token = sign(&map(json!({"kid": "k"})), &claims, algorithm, &signing).unwrap();
        assert_eq!(verify(&token, algorithm, &verifying, 99).unwrap().header["kid"], "k", "{name}");
        let error = verify(&token, algorithm, &verifying, 103).unwrap_err();
        assert_eq!(error.message, "the token expired 3 seconds ago (`exp`)", "{name}");
        let other = token.replacen('.', ".eyJzdWIiOiJ5In0.", 1);
        let forged = format!(
            "{}.{}",
            other.rsplit_once('.').unwrap().0.rsplit_once('.').unwrap().0,
            decode(&token).unwrap().signature
        );
        let error = verify(&forged, algorithm, &verifying, 99).unwrap_err();
        assert!(error.message.starts_with("the signature does not match"), "{name}: {error}");
    }
}

#[test]
fn the_verifier_chooses_the_algorithm() {
    let key = Key::from_secret_bytes(b"k");
    let token = sign(&Map::new(), &Map::new(), Algorithm::HS256, &key).unwrap();
    let error = verify(&token, Algorithm::HS512, &key, 0).unwrap_err();
    assert_eq!(error.message, "the token's header says `alg` is \"HS256\", not \"HS512\"");
}

#[test]
fn times_may_be_text_and_not_before_counts() {
    let key = Key::from_secret_bytes(b"k");
    let check = |claims: Value, now| {
        let token = sign(&Map::new(), &map(claims), Algorithm::HS256, &key).unwrap();
        verify(&token, Algorithm::HS256, &key, now).map_err(|e| e.message)
    };
    assert!(check(json!({"exp": "100"}), 99).is_ok());
    assert_eq!(check(json!({"exp": "100"}), 100).unwrap_err(), "the token expired 0 seconds ago (`exp`)");
    assert_eq!(check(json!({"exp": "soon"}), 1).unwrap_err(), "the claim `exp` is not a number of seconds");
    assert_eq!(check(json!({"nbf": 9}), 4).unwrap_err(), "the token is not valid for another 5 seconds (`nbf`)");
}

#[test]
fn what_is_not_a_token_is_told_precisely() {
    let part = |text: &str| URL_SAFE_NO_PAD.encode(text);
    for (token, message) in [
        (String::new(), "not a JSON Web Token: it has 1 part where 3 are due"),
        ("a.b".to_owned(), "not a JSON Web Token: it has 2 parts where 3 are due"),
        ("a.b.c.d.e".to_owned(), "not a JSON Web Token: it has 5 parts where 3 are due"),
        (format!("a+/=.{}.", part("{}")), "not a JSON Web Token: the header part is not base64url"),
        (format!("{}.{}.", part("{}"), part("oops")), "not a JSON Web Token: the claims part does not hold JSON"),
        (
            format!("{}.{}.", part("[]"), part("{}")),
            "not a JSON Web Token: the header part holds JSON, but a list, not an object",
        ),
        (format!("{}.{}.!", part("{}"), part("{}")), "not a JSON Web Token: the signature is not base64url"),
    ] {
        assert_eq!(decode(&token).unwrap_err().message, message);
    }
}

#[test]
fn a_wrong_key_says_what_it_is() {
    let (rsa, rsa_public) = pair(Algorithm::RS256);
    let (p256, _) = pair(Algorithm::ES256);
    let message = |algorithm, pem: &str| Key::from_pem(algorithm, pem).unwrap_err().message;
    assert_eq!(
        message(Algorithm::ES256, &rsa),
        "the PEM holds an RSA key, but `ES256` needs an EC key on the curve P-256"
    );
    assert_eq!(
        message(Algorithm::RS256, &p256),
        "the PEM holds an EC key, but `RS256` needs an RSA key of at least 2048 bits"
    );
    assert_eq!(
        message(Algorithm::ES384, &p256),
        "`ES384` cannot sign with this key: it needs an EC key on the curve P-384"
    );
    assert_eq!(message(Algorithm::HS256, &rsa), "`HS256` needs a secret, not a PEM");
    assert_eq!(message(Algorithm::RS256, "hello"), "the key is not a PEM: it has no line `-----BEGIN …-----`");
    let cut = rsa.split("-----END").next().unwrap();
    assert_eq!(message(Algorithm::RS256, cut), "the PEM is cut off: it has no line `-----END PRIVATE KEY-----`");
    let sec1 = p256.replace("PRIVATE KEY", "EC PRIVATE KEY");
    assert_eq!(message(Algorithm::ES256, &sec1), "a PEM of the kind `EC PRIVATE KEY` (SEC1) cannot be used");
    let garbage = "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n";
    assert_eq!(message(Algorithm::RS256, garbage), "the PEM says `PRIVATE KEY`, but what it holds cannot be read");
    let public = Key::from_pem(Algorithm::RS256, &rsa_public).unwrap();
    let error = sign(&Map::new(), &Map::new(), Algorithm::RS256, &public).unwrap_err();
    assert_eq!(error.message, "a public key or a certificate cannot sign");
    assert_eq!(format!("{public:?}"), "Key(***)");
}

#[test]
fn an_unknown_algorithm_is_helped() {
    let error = Algorithm::parse("hs256").unwrap_err();
    assert_eq!(error.help.as_deref(), Some("did you mean `HS256`?"));
    assert!(Algorithm::parse("none").is_err());
}

#[test]
fn the_header_may_not_name_another_algorithm() {
    let key = Key::from_secret_bytes(b"k");
    let error = sign(&map(json!({"alg": "none"})), &Map::new(), Algorithm::HS256, &key).unwrap_err();
    assert_eq!(error.message, "`header.alg` is \"none\", but `algorithm` is `HS256`");
}
