//! The program as a whole against a bare reqwest loop that does the same work: time, start-up, memory.
//!
//! The loop is this same binary, started as `runner --bare N URL`, so that both sides pay for a process. Goals are printed
//! beside the figures and not enforced: a shared machine is no judge.

use std::fs;
use std::io::{self, Write};
use std::process::ExitCode;

use measure::{Outcome, WXFLOW, compare, flow_text, peak, serve};

mod measure;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let outcome = match arguments.as_slice() {
        [flag, count, url] if flag == "--bare" => bare(count, url),
        _ => measure(),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            let _ = writeln!(io::stderr(), "runner: {error}");
            ExitCode::FAILURE
        }
    }
}

fn measure() -> Outcome<()> {
    let url = serve()?;
    let folder = tempfile::tempdir()?;
    let flow = |count: usize| -> Outcome<Vec<String>> {
        let path = folder.path().join(format!("r{count}.flow.yaml"));
        fs::write(&path, flow_text(&url, count))?;
        Ok(vec![WXFLOW.to_owned(), "run".to_owned(), path.display().to_string()])
    };
    let this = std::env::current_exe()?.display().to_string();
    let loops = |count: usize| vec![this.clone(), "--bare".to_owned(), count.to_string(), url.clone()];

    let mut out = io::stdout();
    writeln!(out, "{:<34}{:>12}{:>12}{:>10}   goal", "", "wxflow", "bare loop", "")?;

    let (ours, theirs) = compare(&flow(1000)?, &loops(1000), 9)?;
    let ratio = ours / theirs;
    row(
        &mut out,
        "1,000 requests in order, ms",
        ours,
        theirs,
        &format!("x{ratio:.2}"),
        "x1.25 at most",
        ratio <= 1.25,
    )?;

    let (ours, theirs) = compare(&flow(1)?, &loops(1), 21)?;
    let more = ours - theirs;
    row(
        &mut out,
        "1 request, whole process, ms",
        ours,
        theirs,
        &format!("{more:+.1}"),
        "+10 ms at most",
        more <= 10.0,
    )?;

    match (peak(&flow(10_000)?)?, peak(&loops(10_000))?) {
        (Some(ours), Some(theirs)) => {
            row(&mut out, "10,000 requests, peak memory, MiB", ours, theirs, "", "below 30 MiB", ours < 30.0)
        }
        _ => Ok(writeln!(out, "10,000 requests, peak memory: measured on Linux only")?),
    }
}

fn row(
    out: &mut dyn Write,
    label: &str,
    ours: f64,
    theirs: f64,
    relation: &str,
    goal: &str,
    held: bool,
) -> Outcome<()> {
    let mark = if held { "held" } else { "MISSED" };
    Ok(writeln!(out, "{label:<34}{ours:>12.1}{theirs:>12.1}{relation:>10}   {goal}: {mark}")?)
}

/// What the flow does, by hand.
fn bare(count: &str, url: &str) -> Outcome<()> {
    let count: usize = count.parse()?;
    let url = format!("{url}/people/me");
    tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(async {
        let client = reqwest::Client::builder().no_proxy().build()?;
        let mut id = "none".to_owned();
        for _ in 0..count {
            let reply = client.get(&url).header("x-prev", &id).send().await?;
            let status = reply.status().as_u16();
            let body: serde_json::Value = serde_json::from_slice(&reply.bytes().await?)?;
            if status != 200 || body["displayName"] != "Steve" {
                return Err("the reply is not as expected".into());
            }
            body["id"].as_str().ok_or("the reply has no id")?.clone_into(&mut id);
        }
        Ok(())
    })
}
