//! JSON Web Tokens and Webex ids, taken apart.

use minijinja::{Environment, Error, Value};

use crate::jwt;
use crate::template::convert::to_template_value;
use crate::template::text::Failure;

pub(super) fn add(env: &mut Environment<'static>) {
    env.add_filter("jwt_claims", |v: &Value| Ok::<_, Error>(to_template_value(&decoded(v)?.claims.into())));
    env.add_filter("jwt_header", |v: &Value| Ok::<_, Error>(to_template_value(&decoded(v)?.header.into())));
    env.add_filter("webex_id", |v: &Value| Ok::<_, Error>(webex_id(super::text(v)?)?));
}

fn decoded(value: &Value) -> Result<jwt::Decoded, Failure> {
    jwt::decode(super::text(value)?).map_err(|e| Failure { message: e.message, help: e.help })
}

/// Webex ids are unpadded base64, of either alphabet, of `ciscospark://<cluster>/<TYPE>/<uuid>`.
fn webex_id(text: &str) -> Result<Value, Failure> {
    let not_one = || {
        Failure::new("the text is not a Webex id")
            .help("a Webex id is base64 of `ciscospark://us/PEOPLE/<uuid>`, like `Y2lzY29zcGFyazov…`")
    };
    let bytes = super::encode::decode(&text.replace('-', "+").replace('_', "/"), false).map_err(|_| not_one())?;
    let uri = String::from_utf8(bytes).map_err(|_| not_one())?;
    let (rest, uuid) = uri.strip_prefix("ciscospark://").and_then(|rest| rest.rsplit_once('/')).ok_or_else(not_one)?;
    let (cluster, kind) = rest.rsplit_once('/').ok_or_else(not_one)?;
    Ok(Value::from_pairs([("cluster", cluster), ("type", kind), ("uuid", uuid)]))
}
