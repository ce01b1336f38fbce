//! Hashes and message authentication codes, in lower-case hex.

use hmac::{Hmac, KeyInit, Mac};
use md5::{Digest, Md5};
use minijinja::value::Kwargs;
use minijinja::{Environment, Error, Value};
use sha1::Sha1;
use sha2::Sha256;

use crate::template::text::Failure;

pub(super) fn add(env: &mut Environment<'static>) {
    env.add_filter("sha256", |v: &Value| Ok::<_, Error>(hex(&Sha256::digest(super::text(v)?))));
    env.add_filter("md5", |v: &Value| Ok::<_, Error>(hex(&Md5::digest(super::text(v)?))));
    env.add_filter("hmac_sha1", |v: &Value, key: &Value, options: Kwargs| {
        let mut mac = Hmac::<Sha1>::new_from_slice(&secret(key, &options)?).map_err(|_| unusable())?;
        mac.update(super::text(v)?.as_bytes());
        Ok::<_, Error>(hex(&mac.finalize().into_bytes()))
    });
    env.add_filter("hmac_sha256", |v: &Value, key: &Value, options: Kwargs| {
        let mut mac = Hmac::<Sha256>::new_from_slice(&secret(key, &options)?).map_err(|_| unusable())?;
        mac.update(super::text(v)?.as_bytes());
        Ok::<_, Error>(hex(&mac.finalize().into_bytes()))
    });
}

fn unusable() -> Failure {
    Failure::new("the key cannot be used")
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|b| format!("{b:02x}")).collect()
}

fn secret(key: &Value, options: &Kwargs) -> Result<Vec<u8>, Error> {
    let encoding: Option<String> = options.get("encoding")?;
    options.assert_all_used()?;
    let key = key.as_str().ok_or_else(|| Failure::new("the key must be a string"))?;
    match encoding.as_deref() {
        None | Some("text") => Ok(key.as_bytes().to_vec()),
        Some("base64") => Ok(super::encode::decode(key, false).map_err(|_| Failure::new("the key is not base64"))?),
        Some("hex") => Ok(unhex(key).ok_or_else(|| Failure::new("the key is not hex"))?),
        Some(other) => Err(Failure::new(format!("unknown encoding `{other}` of the key"))
            .help("write encoding='base64', 'hex' or 'text'")
            .into()),
    }
}

fn unhex(text: &str) -> Option<Vec<u8>> {
    let digits: Option<Vec<u8>> =
        text.trim().chars().map(|c| c.to_digit(16).and_then(|d| u8::try_from(d).ok())).collect();
    let digits = digits?;
    let pairs = digits.chunks_exact(2);
    if !pairs.remainder().is_empty() {
        return None;
    }
    pairs.map(|pair| Some(pair.first()? << 4 | pair.last()?)).collect()
}
