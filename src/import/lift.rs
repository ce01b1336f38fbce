//! Credentials of a call, wherever they stand, become marks of secret inputs.

use super::call::{Call, Part, Payload, pairs};
use super::holes::Holes;
use super::secret::{is_secret_name, is_secret_value, tokens_in};
use crate::http::Url;
use crate::value::Value;

fn host(url: &str) -> String {
    Url::parse(url).ok().and_then(|url| url.host_str().map(str::to_owned)).unwrap_or_default()
}

/// Puts marks in the place of every credential.
pub(super) fn lift(call: &mut Call, holes: &mut Holes) {
    let host = host(&call.url);
    if let Ok(mut url) = Url::parse(&call.url)
        && (!url.username().is_empty() || url.password().is_some())
    {
        let decode = |text: &str| percent_encoding::percent_decode_str(text).decode_utf8_lossy().into_owned();
        let user = (decode(url.username()), decode(url.password().unwrap_or("")), false);
        call.password.get_or_insert(user);
        if url.set_username("").is_ok() && url.set_password(None).is_ok() {
            call.url = url.to_string();
        }
    }
    if let Some((_, password, _)) = &mut call.password {
        *password = holes.secret(password, "password", &host, &format!("The password for {host}"));
    }
    for (name, value) in &mut call.headers {
        let lower = name.to_ascii_lowercase();
        if lower == "authorization" {
            if let Some((scheme, token)) = value.split_once(' ')
                && scheme.eq_ignore_ascii_case("bearer")
            {
                let mark = holes.secret(token.trim(), "token", &host, &format!("The access token for {host}"));
                *value = format!("Bearer {mark}");
            } else if basic(value).is_none() {
                *value = holes.secret(value, "authorization", &host, "The whole Authorization header");
            }
        } else if lower == "cookie" {
            *value = holes.secret(value, "cookie", &host, &format!("The whole Cookie header for {host}"));
        } else if is_secret_name(name) || is_secret_value(value) {
            let wish = lower.trim_start_matches("x-").to_owned();
            *value = holes.secret(value, &wish, &host, &format!("The header {name}"));
        } else {
            *value = in_text(value, &host, holes);
        }
    }
    if let Some(value) = call.header("authorization").and_then(basic) {
        call.take_header("authorization");
        let password = holes.secret(&value.1, "password", &host, &format!("The password for {host}"));
        call.password = Some((value.0, password, false));
    }
    call.url = in_url(&call.url, &host, holes);
    match &mut call.body {
        Payload::Empty | Payload::File(_) => {}
        Payload::Text(text) => *text = in_body(text, &host, holes),
        Payload::Form(fields) => fields.iter_mut().for_each(|(name, value)| field(name, value, &host, holes)),
        Payload::Multipart(parts) => {
            for (name, part) in parts {
                if let Part::Text(value) = part {
                    field(name, value, &host, holes);
                }
            }
        }
    }
}

/// User name and password of a `Basic` value.
fn basic(value: &str) -> Option<(String, String)> {
    use base64::Engine as _;
    let (scheme, code) = value.split_once(' ')?;
    let bytes = base64::engine::general_purpose::STANDARD.decode(code.trim()).ok()?;
    let text = String::from_utf8(bytes).ok()?;
    let (user, password) = text.split_once(':')?;
    scheme.eq_ignore_ascii_case("basic").then(|| (user.to_owned(), password.to_owned()))
}

fn field(name: &str, value: &mut String, host: &str, holes: &mut Holes) {
    *value = if !value.is_empty() && is_secret_name(name) || is_secret_value(value) {
        holes.secret(value, name, host, &format!("The field {name}"))
    } else {
        in_text(value, host, holes)
    };
}

fn in_text(text: &str, host: &str, holes: &mut Holes) -> String {
    let mut out = String::with_capacity(text.len());
    let mut at = 0;
    for token in tokens_in(text) {
        out += text.get(at..token.start).unwrap_or("");
        out += &holes.secret(text.get(token.clone()).unwrap_or(""), "token", host, "A JSON Web Token");
        at = token.end;
    }
    out + text.get(at..).unwrap_or("")
}

fn in_url(url: &str, host: &str, holes: &mut Holes) -> String {
    let Some((path, query)) = url.split_once('?') else { return in_text(url, host, holes) };
    let query = query.split('&').map(|pair| match pair.split_once('=') {
        Some((name, value)) => {
            let decoded = percent_encoding::percent_decode_str(value).decode_utf8_lossy().replace('+', " ");
            if !decoded.is_empty() && (is_secret_name(name) || is_secret_value(&decoded)) {
                format!("{name}={}", holes.secret(&decoded, name, host, &format!("The parameter {name}")))
            } else {
                format!("{name}={}", in_text(value, host, holes))
            }
        }
        None => in_text(pair, host, holes),
    });
    let query: Vec<_> = query.collect();
    format!("{}?{}", in_text(path, host, holes), query.join("&"))
}

/// A text that is JSON or a form is looked at by its names, any other by its looks.
fn in_body(text: &str, host: &str, holes: &mut Holes) -> String {
    if let Ok(mut value @ (Value::Object(_) | Value::Array(_))) = serde_json::from_str::<Value>(text) {
        if in_json(&mut value, host, holes) {
            return value.to_string();
        }
        return text.to_owned();
    }
    if pairs(text).is_some() {
        let url = in_url(&format!("?{text}"), host, holes);
        return url.trim_start_matches('?').to_owned();
    }
    in_text(text, host, holes)
}

/// Whether anything was replaced.
fn in_json(value: &mut Value, host: &str, holes: &mut Holes) -> bool {
    match value {
        Value::Object(map) => map.iter_mut().fold(false, |changed, (name, value)| match value {
            Value::String(text) if !text.is_empty() && is_secret_name(name) => {
                *text = holes.secret(text, name, host, &format!("The field {name}"));
                true
            }
            value => in_json(value, host, holes) | changed,
        }),
        Value::Array(list) => list.iter_mut().fold(false, |changed, value| in_json(value, host, holes) | changed),
        Value::String(text) => {
            let new = if is_secret_value(text) {
                holes.secret(text, "token", host, "A token in the body")
            } else {
                in_text(text, host, holes)
            };
            let changed = *text != new;
            *text = new;
            changed
        }
        _ => false,
    }
}
