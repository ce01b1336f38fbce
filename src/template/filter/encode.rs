//! base64, base64url and percent-encoding, to and from text.

use base64::Engine;
use base64::alphabet::{Alphabet, STANDARD, URL_SAFE};
use base64::engine::DecodePaddingMode;
use base64::engine::general_purpose::{self, GeneralPurpose, GeneralPurposeConfig};
use minijinja::{Environment, Error, Value};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};

use crate::template::text::{self, Failure};

/// All but the unreserved characters of RFC 3986 section 2.3: safe as a path segment and as a query value.
const RESERVED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

pub(super) fn add(env: &mut Environment<'static>) {
    env.add_filter("base64_encode", |v: &Value| encode(v, &general_purpose::STANDARD));
    env.add_filter("base64url_encode", |v: &Value| encode(v, &general_purpose::URL_SAFE_NO_PAD));
    env.add_filter("base64_decode", |v: &Value| Ok::<_, Error>(decode_text(super::text(v)?, false)?));
    env.add_filter("base64url_decode", |v: &Value| Ok::<_, Error>(decode_text(super::text(v)?, true)?));
    env.add_filter("url_encode", |v: &Value| Ok::<_, Error>(percent_encode(&text::of(v)?)));
    env.add_filter("url_decode", |v: &Value| Ok::<_, Error>(percent_decode(super::text(v)?)?));
}

/// Encodes all but unreserved characters.
#[must_use]
pub fn percent_encode(text: &str) -> String {
    utf8_percent_encode(text, RESERVED).to_string()
}

fn percent_decode(text: &str) -> Result<String, Failure> {
    let decoded = percent_decode_str(text).decode_utf8();
    decoded.map(std::borrow::Cow::into_owned).map_err(|_| Failure::new("the decoded bytes are not UTF-8 text"))
}

fn encode(value: &Value, engine: &GeneralPurpose) -> Result<String, Error> {
    Ok(engine.encode(super::text(value)?))
}

/// Decodes base64 with or without padding.
pub(super) fn decode(text: &str, url: bool) -> Result<Vec<u8>, Failure> {
    let alphabet: &Alphabet = if url { &URL_SAFE } else { &STANDARD };
    let config = GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent);
    GeneralPurpose::new(alphabet, config).decode(text.trim()).map_err(|_| {
        let name = if url { "base64url" } else { "base64" };
        let failure = Failure::new(format!("the text is not {name}"));
        if !url && text.contains(['-', '_']) {
            failure.help("it looks like base64url: use `base64url_decode`")
        } else if url && text.contains(['+', '/']) {
            failure.help("it looks like base64: use `base64_decode`")
        } else {
            failure
        }
    })
}

fn decode_text(text: &str, url: bool) -> Result<String, Failure> {
    String::from_utf8(decode(text, url)?)
        .map_err(|_| Failure::new("the decoded bytes are not UTF-8 text").help("only text can be decoded"))
}
