//! `wxflow guest verify`: what a token says, or whose it is.

use std::fmt::Write as _;

use jiff::Timestamp;
use serde_json::{Map, Value, json};

use super::args::Verify;
use super::given::Given;
use super::{ask, fail};
use crate::cli::exit::Exit;
use crate::cli::output::Output;
use crate::guest::{self, Inspection, Signature, lifetime, moment};
use crate::jwt;
use crate::report::json_text;
use crate::report::line;

/// The claims that are times.
const TIMES: [&str; 3] = ["exp", "iat", "nbf"];

pub(super) fn verify(args: &Verify, now: Timestamp, output: &Output) -> Result<Exit, Exit> {
    let given = Given::new(output)?;
    let token = given.token(&args.token)?;
    if args.access {
        let person = ask(&args.service, output, async |webex| webex.person(&token).await)?;
        let text = if args.service.json { format!("{person:#}\n") } else { fields(&person, "") };
        output.results(&text)?;
        return Ok(Exit::Success);
    }
    let secret = args.secret.as_deref().map(|value| given.secret(value)).transpose()?;
    let key = secret.as_deref().map(guest::secret).transpose().map_err(|error| fail(&error, output))?;
    let found = guest::inspect(&token, key.as_ref(), now).map_err(|error| fail(&error, output))?;
    let text = if args.service.json { json_text(format!("{:#}\n", object(&found, now))) } else { lines(&found, now) };
    output.results(&text)?;
    for problem in &found.problems {
        output.error(&line(problem), help(&found));
    }
    Ok(if found.problems.is_empty() { Exit::Success } else { Exit::Failed })
}

/// Access tokens of Webex are JSON Web Tokens too.
fn help(found: &Inspection) -> Option<&'static str> {
    let foreign = found.token.header.get("alg").is_some_and(|alg| alg == "RS256");
    foreign.then_some("if it is an access token, ask whose it is: wxflow guest verify --access")
}

fn object(found: &Inspection, now: Timestamp) -> Value {
    let signature = match found.signature {
        Signature::Unchecked => "unchecked",
        Signature::Valid => "valid",
        Signature::Wrong => "wrong",
    };
    json!({
        "valid": found.problems.is_empty(),
        "problems": found.problems,
        "signature": signature,
        "expires_at": found.expires.map(|time| time.to_string()),
        "expires_in": found.expires.map(|time| time.as_second() - now.as_second()),
        "header": found.token.header,
        "claims": found.token.claims,
    })
}

fn lines(found: &Inspection, now: Timestamp) -> String {
    let mut claims = found.token.claims.clone();
    for name in TIMES {
        if let (Ok(Some(seconds)), Some(claim)) = (jwt::seconds(&found.token.claims, name), claims.get_mut(name)) {
            let time = Timestamp::from_second(seconds as i64).ok();
            let shown = time.map(|time| format!("{}, {}, {}", plain(claim), moment(time), relative(time, now)));
            *claim = shown.map_or(claim.clone(), Value::String);
        }
    }
    let signature = match found.signature {
        Signature::Unchecked => "not checked: give the Guest Issuer's secret with -s",
        Signature::Valid => "made with this secret",
        Signature::Wrong => "wrong",
    };
    let header = fields(&Value::Object(found.token.header.clone()), "  ");
    format!("header\n{header}claims\n{}signature\n  {signature}\n", fields(&Value::Object(claims), "  "))
}

fn relative(time: Timestamp, now: Timestamp) -> String {
    let apart = lifetime(now.duration_until(time).unsigned_abs().as_secs());
    if time > now { format!("in {apart}") } else { format!("{apart} ago") }
}

/// One line a field, names aligned.
fn fields(value: &Value, indent: &str) -> String {
    let none = Map::new();
    let fields = value.as_object().unwrap_or(&none);
    let width = fields.keys().map(|name| line(name).chars().count()).max().unwrap_or(0);
    let mut text = String::new();
    for (name, value) in fields {
        writeln!(text, "{indent}{:width$}  {}", line(name), line(&plain(value))).ok();
    }
    text
}

/// Text as it is, a list with commas, all else as JSON.
fn plain(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Array(items) if items.iter().all(|i| !i.is_object() && !i.is_array()) => {
            items.iter().map(plain).collect::<Vec<_>>().join(", ")
        }
        other => other.to_string(),
    }
}
