//! The forms of a secret that are looked for: itself, hexadecimal and base64. How a text may escape their characters is
//! left to the search ([`super::reading`]).
//!
//! Base64 is the odd one: inside a larger encoded text the secret may begin at any of three alignments, and its
//! first and last characters then hold bits of the neighbours. What depends on the secret alone is the stable part.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

/// One way to write a secret.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Form {
    /// The whole form, with what follows the stable part where the text ends there (base64's last character, padding).
    pub(super) bytes: Box<[u8]>,
    /// How many of `bytes` must stand in a text for it to be a match.
    pub(super) stable: usize,
}

/// A line of a multi-line secret (PEM) is masked on its own from this length: printers indent and prefix lines.
const LINE: usize = 16;

/// All distinct forms of `secret`, which the caller knows to be long enough.
pub(super) fn of(secret: &str) -> Vec<Form> {
    let mut forms = BTreeSet::new();
    of_text(secret, &mut forms);
    let trimmed = secret.trim();
    if trimmed != secret {
        of_text(trimmed, &mut forms);
    }
    if trimmed.contains('\n') {
        for line in trimmed.lines().map(str::trim).filter(|l| l.len() >= LINE && !l.starts_with("-----")) {
            of_text(line, &mut forms);
        }
    }
    forms.into_iter().collect()
}

fn of_text(text: &str, forms: &mut BTreeSet<Form>) {
    for written in
        [text.to_owned(), hex(text, |out, b| write!(out, "{b:02x}")), hex(text, |out, b| write!(out, "{b:02X}"))]
    {
        forms.insert(Form { stable: written.len(), bytes: written.into_bytes().into() });
    }
    base64(text, forms);
}

fn hex(text: &str, put: impl Fn(&mut String, u8) -> std::fmt::Result) -> String {
    text.bytes().fold(String::with_capacity(text.len() * 2), |mut out, b| {
        put(&mut out, b).ok();
        out
    })
}

fn base64(text: &str, forms: &mut BTreeSet<Form>) {
    for before in 0..3_usize {
        let mut bytes = vec![0_u8; before];
        bytes.extend_from_slice(text.as_bytes());
        let encoded = STANDARD.encode(&bytes);
        // The first character whose six bits are all the secret's, and one past the last.
        let from = (before * 8).div_ceil(6);
        let to = bytes.len() * 8 / 6;
        let (Some(part), Some(stable)) = (encoded.get(from..), encoded.get(from..to)) else { continue };
        let form = |text: &str| Form { stable: stable.len(), bytes: text.as_bytes().into() };
        forms.insert(form(part));
        // In the alphabet of URLs.
        forms.insert(form(&part.replace('+', "-").replace('/', "_")));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn has(secret: &str, form: &str) -> bool {
        of(secret)
            .iter()
            .any(|f| form.as_bytes().starts_with(&f.bytes[..f.stable]) && f.bytes.starts_with(form.as_bytes()))
    }

    #[test]
    fn base64_is_found_at_any_alignment() {
        let forms = of("s3cr3t");
        for (text, stable) in [("s3cr3t", "czNjcjN0"), ("_s3cr3t", "MzY3Izd"), ("__s3cr3t", "zM2NyM3")] {
            let encoded = STANDARD.encode(text);
            assert!(encoded.contains(stable), "{encoded}");
            assert!(forms.iter().any(|f| encoded.ends_with(std::str::from_utf8(&f.bytes).unwrap())), "{encoded}");
        }
        assert!(has("~~~???", "fn5-Pz8_"));
        assert!(has("~~~???", "fn5+Pz8/"));
    }

    #[test]
    fn plain_tokens_have_few_forms() {
        assert_eq!(of("abcdefghijkl").len(), 6);
        assert!(has("s3cr3t", "733363723374"));
        assert!(has("~~~???", "7E7E7E3F3F3F"));
    }

    #[test]
    fn lines_of_a_key_stand_alone() {
        let pem = "-----BEGIN PRIVATE KEY-----\nMIIEvQIBADANBgkqhkiG9w0\nshort\n-----END PRIVATE KEY-----\n";
        assert!(has(pem, "MIIEvQIBADANBgkqhkiG9w0"));
        assert!(!has(pem, "short"));
        assert!(!has(pem, "-----BEGIN PRIVATE KEY-----"));
    }
}
