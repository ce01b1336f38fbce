//! The `jwt` step: renders key, header and claims, and signs.

use super::Stop;
use super::render::Renderer;
use crate::flow::{JwtStep, Key};
use crate::jwt;
use crate::redact::PLACEHOLDER;
use crate::source::Span;
use crate::template::{Template, ValueTemplate};
use crate::value::{Map, Value};

/// The token and its claims: `jwt` in the step's captures.
///
/// # Errors
/// A template failed, or the key is not one.
pub(super) fn sign(step: &JwtStep, span: Span, renderer: &Renderer<'_>) -> Result<Value, Stop> {
    let header = step.header.as_ref().map_or(Ok(Map::new()), |header| object(header, "header", span, renderer))?;
    let mut claims = object(&step.claims, "claims", span, renderer)?;
    if let Some(setting) = &step.expires_in {
        let lifetime = renderer.duration("expires_in", span, setting)?;
        let expires = renderer.names.ambient().now().as_second().saturating_add_unsigned(lifetime.as_secs());
        claims.insert("exp".to_owned(), Value::from(expires));
    }
    let signed = match (key(step, span, renderer), &step.key) {
        // The made-up secret of a replay is no key of any kind, and nobody looks at the signature.
        (Err(_), Key::Pem(_)) if renderer.context.replay.is_some() => {
            jwt::sign_with(&header, &claims, step.algorithm, |_| Ok(PLACEHOLDER.to_owned()))
        }
        (key, _) => jwt::sign(&header, &claims, step.algorithm, &key?),
    };
    let token = signed.map_err(|e| renderer.problem(span, e.message, e.help))?;
    renderer.context.redactor.learn("jwt.token", &token, None);
    Ok(serde_json::json!({ "token": token, "claims": claims }))
}

fn object(
    template: &ValueTemplate,
    what: &str,
    span: Span,
    renderer: &Renderer<'_>,
) -> Result<Map<String, Value>, Stop> {
    match renderer.value(what, template)? {
        None => Ok(Map::new()),
        Some((Value::Object(map), _)) => Ok(map),
        Some((other, _)) => {
            let message = format!("`{what}` must be a mapping, not {}", crate::value::type_name(&other));
            Err(renderer.problem(span, message, None))
        }
    }
}

fn key(step: &JwtStep, span: Span, renderer: &Renderer<'_>) -> Result<jwt::Key, Stop> {
    let text = |template: &Template| -> Result<String, Stop> {
        let text = renderer.required("jwt key", span, template)?.text;
        renderer.context.redactor.learn("jwt key", &text, None);
        Ok(text)
    };
    match &step.key {
        Key::Text(template) => Ok(jwt::Key::from_secret_bytes(text(template)?.as_bytes())),
        Key::Base64(template) => {
            let help =
                "a Webex Guest Issuer secret is base64; for a secret that is plain text write `secret: { text: … }`";
            jwt::Key::from_base64(&text(template)?)
                .map_err(|e| renderer.problem(span, e.message, Some(help.to_owned())))
        }
        Key::Hex(template) => {
            let bytes = hex(text(template)?.trim());
            let help = "hex has two digits (0-9, a-f) for each byte";
            let bytes = bytes.ok_or_else(|| renderer.problem(span, "the secret is not hex", Some(help.to_owned())))?;
            Ok(jwt::Key::from_secret_bytes(&bytes))
        }
        Key::Pem(template) => {
            jwt::Key::from_pem(step.algorithm, &text(template)?).map_err(|e| renderer.problem(span, e.message, e.help))
        }
    }
}

fn hex(text: &str) -> Option<Vec<u8>> {
    let digits: Vec<u8> =
        text.chars().map(|c| c.to_digit(16).and_then(|d| u8::try_from(d).ok())).collect::<Option<_>>()?;
    let pairs = digits.chunks_exact(2);
    pairs
        .remainder()
        .is_empty()
        .then(|| pairs.map(|pair| pair.iter().fold(0, |byte, digit| byte << 4 | digit)).collect())
}
