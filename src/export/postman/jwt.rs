//! A JSON Web Token signed with the CryptoJS of Postman's scripts: HMAC only.

use super::expression::{Names, json};
use crate::value::{Map, Value, duration_of};

/// The script that puts the token into `variable`; `Err` is what cannot be said.
pub(super) fn script(jwt: &Map<String, Value>, variable: &str, names: &Names) -> Result<String, String> {
    let algorithm = jwt.get("algorithm").and_then(Value::as_str).unwrap_or("HS256");
    let hash = match algorithm {
        "HS256" => "HmacSHA256",
        "HS384" => "HmacSHA384",
        "HS512" => "HmacSHA512",
        other => return Err(format!("`jwt` with {other}: scripts of Postman sign with HS256, HS384 and HS512 only")),
    };
    let unsaid = |e: String| format!("the expression `{e}`");
    let secret = jwt.get("secret").and_then(Value::as_object).ok_or("`jwt` without a secret")?;
    let key = ["base64", "hex", "text"].into_iter().find_map(|kind| Some((kind, secret.get(kind)?)));
    let (kind, key) = key.ok_or("`jwt` without a secret")?;
    let key = names.value(key).map_err(unsaid)?;
    let key = match kind {
        "base64" => format!("CryptoJS.enc.Base64.parse(String({key}).replace(/-/g, \"+\").replace(/_/g, \"/\"))"),
        "hex" => format!("CryptoJS.enc.Hex.parse({key})"),
        _ => format!("CryptoJS.enc.Utf8.parse({key})"),
    };
    let empty = Value::Object(Map::new());
    let claims = names.value(jwt.get("claims").unwrap_or(&empty)).map_err(unsaid)?;
    let header = names.value(jwt.get("header").unwrap_or(&empty)).map_err(unsaid)?;
    let expires = match jwt.get("expires_in") {
        None => String::new(),
        Some(value) => match value.as_str().map(duration_of) {
            Some(Ok(duration)) => format!("  claims.exp = Math.floor(Date.now() / 1000) + {};\n", duration.as_secs()),
            _ => return Err("`jwt.expires_in`".to_owned()),
        },
    };
    Ok(format!(
        "{{\n  const url = bytes => CryptoJS.enc.Base64.stringify(bytes).replace(/=+$/, \"\").replace(/\\+/g, \"-\").replace(/\\//g, \"_\");\n  \
         const part = value => url(CryptoJS.enc.Utf8.parse(JSON.stringify(value)));\n  \
         const header = Object.assign({{ typ: \"JWT\", alg: {algorithm} }}, {header});\n  const claims = {claims};\n{expires}  \
         const signed = part(header) + \".\" + part(claims);\n  \
         pm.collectionVariables.set({variable}, signed + \".\" + url(CryptoJS.{hash}(signed, {key})));\n}}",
        algorithm = json(algorithm),
        variable = json(variable),
    ))
}
