//! The program as a whole against Hurl and Newman, on the same work: time and peak memory.
//!
//! A peer that is not installed is said to be missing. Goals are printed beside the figures and not enforced.

use std::fs;
use std::io::{self, Write};
use std::path::Path;
use std::process::{Command, ExitCode, Stdio};

use measure::{Outcome, WXFLOW, compare, flow_text, peak, serve};

mod measure;

/// A command line.
type Line = Vec<String>;

fn main() -> ExitCode {
    match measure() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            let _ = writeln!(io::stderr(), "peers: {error}");
            ExitCode::FAILURE
        }
    }
}

fn measure() -> Outcome<()> {
    let url = serve()?;
    let folder = tempfile::tempdir()?;
    let mut out = io::stdout();
    if version(&mut out, "hurl")? {
        against_hurl(&mut out, &url, folder.path())?;
    }
    if version(&mut out, "newman")? {
        let flow = write(folder.path(), "newman.flow.yaml", &flow_text(&url, 1000))?;
        let collection = write(folder.path(), "newman.json", &collection(&url, 1000))?;
        let pair = (line(&[WXFLOW, "run", &flow]), line(&["newman", "run", &collection]));
        row(&mut out, "1,000 requests in order", &pair, 1, (1.0, 1.0))?;
    }
    Ok(())
}

fn against_hurl(out: &mut dyn Write, url: &str, folder: &Path) -> Outcome<()> {
    let pair = |name: &str, count: usize| -> Outcome<(Line, Line)> {
        let flow = write(folder, &format!("{name}.flow.yaml"), &flow_text(url, count))?;
        let hurl = write(folder, &format!("{name}.hurl"), &hurl_text(url, count))?;
        Ok((line(&[WXFLOW, "run", &flow]), line(&["hurl", "--test", &hurl])))
    };
    row(out, "start, 1 request", &pair("one", 1)?, 21, (0.4, 0.8))?;
    let thousand = pair("thousand", 1000)?;
    row(out, "1,000 requests in order", &thousand, 9, (0.4, 0.5))?;
    row(out, "10,000 requests in order", &pair("ten-thousand", 10_000)?, 3, (0.35, 0.1))?;

    let many = folder.join("many");
    fs::create_dir(&many)?;
    let mut files = (line(&[WXFLOW, "run", &many.display().to_string()]), line(&["hurl", "--test"]));
    for file in 0..100 {
        write(&many, &format!("f{file}.flow.yaml"), &flow_text(url, 10))?;
        files.1.push(write(&many, &format!("f{file}.hurl"), &hurl_text(url, 10))?);
    }
    row(out, "100 files of 10 requests", &files, 9, (0.5, 1.0))?;

    let queries = |text: &dyn Fn(usize) -> String| (0..500).map(|i| text(i * 17)).collect::<String>();
    let flow = format!("steps:\n  - request: GET {url}/big\n    expect:\n      status: 200\n      json:\n");
    let flow = flow + &queries(&|i| format!("        $.items[{i}].id: {i}\n"));
    let hurl = format!("GET {url}/big\nHTTP 200\n[Asserts]\n");
    let hurl = hurl + &queries(&|i| format!("jsonpath \"$.items[{i}].id\" == {i}\n"));
    let (flow, hurl) = (write(folder, "big.flow.yaml", &flow)?, write(folder, "big.hurl", &hurl)?);
    let big = (line(&[WXFLOW, "run", &flow]), line(&["hurl", "--test", &hurl]));
    row(out, "500 JSONPath assertions on 1 MB", &big, 1, (0.01, 1.0))?;

    let (mut ours, mut theirs) = thousand;
    for format in ["html", "junit", "json"] {
        let place = folder.join(format).display().to_string();
        ours.push(format!("--report={format}={place}.ours"));
        theirs.extend([format!("--report-{format}"), place]);
    }
    row(out, "1,000 with html, junit and json", &(ours, theirs), 5, (0.3, 0.3))
}

/// Whether `program` is installed; says so, and which version it is.
fn version(out: &mut dyn Write, program: &str) -> Outcome<bool> {
    let found = Command::new(program).arg("--version").stdin(Stdio::null()).output();
    let Some(found) = found.ok().filter(|found| found.status.success()) else {
        writeln!(out, "{program} is not installed, so it is left out")?;
        return Ok(false);
    };
    let text = String::from_utf8_lossy(&found.stdout);
    writeln!(out, "against {program} ({})", text.lines().next().unwrap_or_default())?;
    Ok(true)
}

/// Runs both in turn and prints what they took, and the ratios beside their goals.
fn row(out: &mut dyn Write, label: &str, (ours, theirs): &(Line, Line), runs: usize, goal: (f64, f64)) -> Outcome<()> {
    let (time, other) = compare(ours, theirs, runs)?;
    write!(out, "  {label:<34}{time:>9.1} ms{other:>10.1} ms  x{:.3} of {}", time / other, goal.0)?;
    if let (Some(size), Some(other)) = (peak(ours)?, peak(theirs)?) {
        write!(out, "{size:>8.1} MiB{other:>8.1} MiB  x{:.2} of {}", size / other, goal.1)?;
    }
    writeln!(out)?;
    Ok(())
}

fn line(words: &[&str]) -> Line {
    words.iter().map(ToString::to_string).collect()
}

fn write(folder: &Path, name: &str, text: &str) -> Outcome<String> {
    let path = folder.join(name);
    fs::write(&path, text)?;
    Ok(path.display().to_string())
}

/// What [`flow_text`] does, for Hurl.
fn hurl_text(url: &str, count: usize) -> String {
    let step = |i| {
        let id = if i == 0 { "none" } else { "{{id}}" };
        format!(
            "GET {url}/people/me\nx-prev: {id}\nHTTP 200\n[Captures]\nid: jsonpath \"$.id\"\n[Asserts]\n\
             jsonpath \"$.displayName\" == \"Steve\"\n\n"
        )
    };
    (0..count).map(step).collect()
}

/// What [`flow_text`] does, for Newman.
fn collection(url: &str, count: usize) -> String {
    let script = [
        "const b = pm.response.json();",
        "pm.test('status', () => pm.response.to.have.status(200));",
        "pm.test('name', () => pm.expect(b.displayName).to.eql('Steve'));",
        "pm.collectionVariables.set('id', b.id);",
    ];
    let item = |i| {
        serde_json::json!({
            "name": format!("s{i}"),
            "event": [{ "listen": "test", "script": { "type": "text/javascript", "exec": script } }],
            "request": {
                "method": "GET",
                "header": [{ "key": "x-prev", "value": "{{id}}" }],
                "url": format!("{url}/people/me"),
            },
        })
    };
    let schema = "https://schema.getpostman.com/json/collection/v2.1.0/collection.json";
    let items: Vec<_> = (0..count).map(item).collect();
    serde_json::json!({ "info": { "name": "bench", "schema": schema }, "item": items }).to_string()
}
