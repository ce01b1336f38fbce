//! `run --record` and `--replay`: what a recording says about its run, and a recording read back.
//!
//! A recording is a HAR file whose `log` has `_recording`: a version, the seed, and the variables that inputs took.

use std::collections::HashMap;
use std::net::{IpAddr, SocketAddr};
use std::path::{Path, PathBuf};
use std::time::Duration;

use base64::Engine as _;
use clap::Args;
use serde_json::{Value, json};

use super::exit::Exit;
use super::oauth::with_used;
use super::output::Output;
use super::plan::{Planned, Work};
use crate::http::{Bytes, HeaderMap, HeaderName, HeaderValue, Response, Timing, Version};
use crate::redact::{Redacted, Redactor};
use crate::run::inputs::Invented;
use crate::run::{FlowKey, Recorded, Recording};

/// What is kept of a run, or taken instead of one.
#[derive(Debug, Args)]
#[command(next_help_heading = "Recording")]
pub(super) struct Recordings {
    /// Record every request and reply in this HAR file, secrets masked
    #[arg(long, value_name = "FILE", conflicts_with_all = ["replay", "dry_run"])]
    pub(super) record: Option<PathBuf>,
    /// Answer every request from this recording: no network, no waiting
    #[arg(long, value_name = "FILE", conflicts_with_all = ["sandbox", "dry_run"])]
    pub(super) replay: Option<PathBuf>,
}

/// A recording that was read.
pub(super) struct Replayed {
    pub(super) recording: Recording,
    /// What inputs get: recorded variables, and made-up secrets.
    pub(super) invented: Invented,
    pub(super) seed: Option<u64>,
}

/// The name of a flow run in a recording that is being replayed.
pub(super) fn run_name((path, row, repeat): FlowKey<'_>) -> String {
    format!("{path} {} {}", row.unwrap_or(0), repeat.unwrap_or(0))
}

/// What a replay must know beside the requests. A variable is kept where an input that is no secret takes it.
pub(super) fn about(planned: &[Planned], seed: Option<u64>, redactor: &Redactor) -> Redacted<Value> {
    let mut variables = serde_json::Map::new();
    for planned in planned {
        let Work::Ready(ready) = &*planned.work else { continue };
        for flow in with_used(&ready.flow) {
            let used = ready.used.get(&flow.path).map_or(&[][..], Vec::as_slice);
            let own = std::ptr::eq(flow, &*ready.flow);
            let values = if own { ready.inputs.as_slice() } else { used };
            for input in flow.inputs.iter().filter(|input| !input.secret) {
                let value = values.iter().find(|value| value.name == input.name && !value.secret);
                if let (Some(variable), Some(value)) = (&input.env, value) {
                    let text = value.value.as_str().map_or_else(|| value.value.to_string(), str::to_owned);
                    variables.insert(variable.to_string(), json!(text));
                }
            }
        }
    }
    redactor.for_recording().redact(json!({ "v": 1, "seed": seed, "variables": variables }))
}

/// Reads a recording.
///
/// # Errors
/// It cannot be read, or is none; it was told.
pub(super) fn read(path: &Path, output: &Output) -> Result<Replayed, Exit> {
    let shown = path.display();
    let text = std::fs::read_to_string(path).map_err(|error| {
        output.error(&format!("the recording {shown} cannot be read: {error}"), None);
        Exit::Invalid
    })?;
    let made_by = Some("`wxflow run --record FILE` makes a recording");
    let har: Value = serde_json::from_str(&text).map_err(|error| {
        output.error(&format!("{shown} is not a recording: {error}"), made_by);
        Exit::Invalid
    })?;
    replayed(&har).ok_or_else(|| {
        output.error(&format!("{shown} is not a recording that this wxflow can replay"), made_by);
        Exit::Invalid
    })
}

fn replayed(har: &Value) -> Option<Replayed> {
    let log = har.get("log")?;
    let about = log.get("_recording").filter(|about| about["v"] == 1)?;
    let mut runs = HashMap::new();
    let mut starts = HashMap::new();
    for page in log["pages"].as_array()? {
        let number = |name: &str| page[name].as_u64().and_then(|n| u32::try_from(n).ok());
        let name = run_name((&page["_flow"].as_str()?.into(), number("_row"), number("_repeat")));
        let started = page["startedDateTime"].as_str().and_then(|time| time.parse().ok());
        starts.extend(started.map(|started| (name.clone(), started)));
        runs.insert(page["id"].as_str()?, name);
    }
    let sends = log["entries"].as_array()?.iter().map(|entry| send(entry, &runs)).collect::<Option<_>>()?;
    let variables = about["variables"].as_object()?.iter();
    let variables = variables.filter_map(|(name, value)| Some((name.clone(), value.as_str()?.to_owned())));
    let seed = about["seed"].as_u64();
    let mut variables: Vec<_> = variables.collect();
    variables.push((super::oauth::SANDBOX_TOKEN.to_owned(), "a-token-that-no-server-sees".to_owned()));
    let invented = Invented { variables, seed: seed.unwrap_or_default() };
    Some(Replayed { recording: Recording::new(sends, starts), invented, seed })
}

fn send(entry: &Value, runs: &HashMap<&str, String>) -> Option<Recorded> {
    let request = &entry["request"];
    let took = Duration::try_from_secs_f64(entry["time"].as_f64()?.max(0.0) / 1000.0).ok()?;
    let name = entry["_name"].as_str().unwrap_or_default();
    Some(Recorded {
        run: runs.get(entry["pageref"].as_str()?)?.clone(),
        step: format!("step {} `{name}`", entry["_step"].as_u64().unwrap_or_default()),
        method: request["method"].as_str()?.to_owned(),
        url: request["url"].as_str()?.to_owned(),
        body: request["postData"]["text"].as_str().unwrap_or_default().to_owned(),
        took,
        reply: match entry["_error"].as_str() {
            Some(error) => Err(error.to_owned()),
            None => Ok(reply(entry, took)?),
        },
    })
}

fn reply(entry: &Value, took: Duration) -> Option<Response> {
    let response = &entry["response"];
    let mut headers = HeaderMap::new();
    for line in response["headers"].as_array()? {
        let name = HeaderName::from_bytes(line["name"].as_str()?.as_bytes()).ok()?;
        headers.append(name, HeaderValue::from_bytes(line["value"].as_str()?.as_bytes()).ok()?);
    }
    let content = &response["content"];
    let text = content["text"].as_str().unwrap_or_default();
    let body: Bytes = match content["encoding"].as_str() {
        Some("base64") => base64::engine::general_purpose::STANDARD.decode(text).ok()?.into(),
        _ => text.to_owned().into(),
    };
    let status = u16::try_from(response["status"].as_u64()?).ok()?;
    let mut reply = Response::new(status, headers, body);
    response["statusText"].as_str()?.clone_into(&mut reply.reason);
    reply.version = match response["httpVersion"].as_str()? {
        "HTTP/0.9" => Version::HTTP_09,
        "HTTP/1.0" => Version::HTTP_10,
        "HTTP/2" => Version::HTTP_2,
        "HTTP/3" => Version::HTTP_3,
        _ => Version::HTTP_11,
    };
    reply.wire_size = response["bodySize"].as_u64().unwrap_or(reply.wire_size);
    let address = entry["serverIPAddress"].as_str().and_then(|ip| ip.parse::<IpAddr>().ok());
    reply.remote_addr = address.map(|ip| SocketAddr::new(ip, 0));
    reply.timing = Timing { total: took, ..Timing::default() };
    Some(reply)
}
