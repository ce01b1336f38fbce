//! The program as a whole against a bare reqwest loop that does the same work: time, start-up, memory.
//!
//! The loop is this same binary, started as `runner --bare N URL`, so that both sides pay for a process. Goals are printed
//! beside the figures and not enforced: a shared machine is no judge.

use std::error::Error;
use std::fs;
use std::io::{self, BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::process::{Command, ExitCode, Stdio};
use std::thread;
use std::time::{Duration, Instant};

type Outcome<T> = Result<T, Box<dyn Error>>;

const WXFLOW: &str = env!("CARGO_BIN_EXE_wxflow");

/// 330 bytes in the shape of Webex's `GET /people/me`.
const BODY: &str = concat!(
    r#"{"id":"Y2lzY29zcGFyazovL3VzL1BFT1BMRS9mNWIzNjE4Ny1jOGRkLTQ3MjctOGIyZi1mOWM0NDdmMjkwNDY","#,
    r#""emails":["steve@example.com"],"displayName":"Steve","nickName":"Steve","firstName":"Steve","lastName":"van Brightful","#,
    r#""orgId":"Y2lzY29zcGFyazovL3VzL09SR0FOSVpBVElPTi85NmFiYzJhYS0zZGNjLTE","#,
    r#""created":"2026-01-01T00:00:00.000Z","type":"person"}"#
);

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
    row(&mut out, "1,000 requests in order, ms", ours, theirs, &format!("x{ratio:.2}"), "x1.50 at most", ratio <= 1.5)?;

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

/// One request a step, each with two assertions and a capture that the next one sends.
fn flow_text(url: &str, count: usize) -> String {
    let mut text = format!("defaults: {{ base_url: '{url}' }}\nvars: {{ id: none }}\nsteps:\n");
    for step in 0..count {
        text.push_str(&format!(
            "  - name: s{step}\n    request: GET /people/me\n    headers: {{ x-prev: '{{{{ id }}}}' }}\n    expect:\n      \
             status: 200\n      json: {{ $.displayName: Steve }}\n    capture: {{ id: $.id }}\n"
        ));
    }
    text
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

/// The medians of both, in ms, run in turn after one run each that does not count.
fn compare(ours: &[String], theirs: &[String], runs: usize) -> Outcome<(f64, f64)> {
    let (mut a, mut b) = (Vec::new(), Vec::new());
    for round in 0..=runs {
        let (one, other) = (timed(ours)?, timed(theirs)?);
        if round > 0 {
            a.push(one);
            b.push(other);
        }
    }
    Ok((median(a), median(b)))
}

fn median(mut times: Vec<Duration>) -> f64 {
    times.sort();
    times.get(times.len() / 2).map_or(f64::NAN, |t| t.as_secs_f64() * 1000.0)
}

fn command(command: &[String]) -> Outcome<Command> {
    let (program, arguments) = command.split_first().ok_or("no command")?;
    let mut command = Command::new(program);
    command.args(arguments).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::inherit());
    Ok(command)
}

fn timed(arguments: &[String]) -> Outcome<Duration> {
    let start = Instant::now();
    let status = command(arguments)?.status()?;
    let took = start.elapsed();
    if status.success() { Ok(took) } else { Err(format!("{} ended with {status}", arguments.join(" ")).into()) }
}

/// The peak of a process in MiB: the high-water mark that Linux keeps, read until the process is gone.
fn peak(arguments: &[String]) -> Outcome<Option<f64>> {
    let mut child = command(arguments)?.spawn()?;
    let file = format!("/proc/{}/status", child.id());
    let mut most = None;
    let status = loop {
        if let Some(status) = child.try_wait()? {
            break status;
        }
        most = high_water(Path::new(&file)).or(most);
        thread::sleep(Duration::from_millis(1));
    };
    if status.success() { Ok(most) } else { Err(format!("{} ended with {status}", arguments.join(" ")).into()) }
}

fn high_water(file: &Path) -> Option<f64> {
    let text = fs::read_to_string(file).ok()?;
    let line = text.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    line.trim().strip_suffix("kB")?.trim().parse::<f64>().ok().map(|kib| kib / 1024.0)
}

/// A server on loopback that keeps connections and gives every request the same reply.
fn serve() -> Outcome<String> {
    let listener = TcpListener::bind("127.0.0.1:0")?;
    let url = format!("http://{}/v1", listener.local_addr()?);
    thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            thread::spawn(move || answer(&stream));
        }
    });
    Ok(url)
}

fn answer(stream: &TcpStream) -> io::Result<()> {
    stream.set_nodelay(true)?;
    let reply =
        format!("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n{BODY}", BODY.len());
    let (mut reader, mut writer) = (BufReader::new(stream), stream);
    let mut line = Vec::new();
    while reader.read_until(b'\n', &mut line)? > 0 {
        if line == b"\r\n" {
            writer.write_all(reply.as_bytes())?;
        }
        line.clear();
    }
    Ok(())
}
