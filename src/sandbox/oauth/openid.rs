//! OpenID Connect: where things are, who somebody is, and the keys of ID tokens, of which the sandbox gives out none.

use serde_json::json;

use super::super::answer::{Answer, Outcome};
use super::super::call::{Call, Caller};

/// `GET /.well-known/openid-configuration` (OpenID Connect discovery section 4).
pub(in crate::sandbox) fn discovery(call: &mut Call) -> Outcome {
    // Asked for without `/v1`, the routes answer there too.
    let base = call.base_url();
    Ok(Answer::json(&json!({
        "issuer": base,
        "authorization_endpoint": format!("{base}/authorize"),
        "token_endpoint": format!("{base}/access_token"),
        "device_authorization_endpoint": format!("{base}/device/authorize"),
        "userinfo_endpoint": format!("{base}/userinfo"),
        "jwks_uri": format!("{base}/verification"),
        "response_types_supported": ["code"],
        "grant_types_supported": [
            "authorization_code", "refresh_token", "client_credentials", "urn:ietf:params:oauth:grant-type:device_code"
        ],
        "code_challenge_methods_supported": ["plain", "S256"],
        "subject_types_supported": ["public"],
        "id_token_signing_alg_values_supported": ["RS256"],
    })))
}

/// `GET /verification`: a JSON Web Key Set, empty as nothing here is signed with a key of its own.
pub(in crate::sandbox) fn keys(_: &mut Call) -> Outcome {
    Ok(Answer::json(&json!({"keys": []})))
}

/// `GET /userinfo` (OpenID Connect core section 5.3).
pub(in crate::sandbox) fn userinfo(call: &mut Call, caller: Caller) -> Outcome {
    let person = call.store.person(caller.person)?;
    let (given, family) = person.display_name.split_once(' ').unwrap_or((&person.display_name, ""));
    Ok(Answer::json(&json!({
        "sub": person.uuid.to_string(),
        "name": person.display_name,
        "given_name": given,
        "family_name": family,
        "email": person.email,
        "email_verified": true,
    })))
}
