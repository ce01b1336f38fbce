//! Processes measured in turn, and the server that they talk to.

use std::error::Error;
use std::fs;
use std::io::{self, BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

pub(super) type Outcome<T> = Result<T, Box<dyn Error>>;

pub(super) const WXFLOW: &str = env!("CARGO_BIN_EXE_wxflow");

/// 330 bytes in the shape of Webex's `GET /people/me`.
const BODY: &str = concat!(
    r#"{"id":"Y2lzY29zcGFyazovL3VzL1BFT1BMRS9mNWIzNjE4Ny1jOGRkLTQ3MjctOGIyZi1mOWM0NDdmMjkwNDY","#,
    r#""emails":["steve@example.com"],"displayName":"Steve","nickName":"Steve","firstName":"Steve","lastName":"van Brightful","#,
    r#""orgId":"Y2lzY29zcGFyazovL3VzL09SR0FOSVpBVElPTi85NmFiYzJhYS0zZGNjLTE","#,
    r#""created":"2026-01-01T00:00:00.000Z","type":"person"}"#
);

/// One request a step, each with two assertions and a capture that the next one sends.
pub(super) fn flow_text(url: &str, count: usize) -> String {
    let mut text = format!("defaults: {{ base_url: '{url}' }}\nvars: {{ id: none }}\nsteps:\n");
    for step in 0..count {
        text.push_str(&format!(
            "  - name: s{step}\n    request: GET /people/me\n    headers: {{ x-prev: '{{{{ id }}}}' }}\n    expect:\n      \
             status: 200\n      json: {{ $.displayName: Steve }}\n    capture: {{ id: $.id }}\n"
        ));
    }
    text
}

/// The medians of both, in ms, run in turn after one run each that does not count.
pub(super) fn compare(ours: &[String], theirs: &[String], runs: usize) -> Outcome<(f64, f64)> {
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
    command.args(arguments).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    Ok(command)
}

fn timed(arguments: &[String]) -> Outcome<Duration> {
    let start = Instant::now();
    let status = command(arguments)?.status()?;
    let took = start.elapsed();
    if status.success() { Ok(took) } else { Err(format!("{} ended with {status}", arguments.join(" ")).into()) }
}

/// The peak of a process in MiB: the high-water mark that Linux keeps, read until the process is gone.
pub(super) fn peak(arguments: &[String]) -> Outcome<Option<f64>> {
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

/// A server on loopback that keeps connections: `/v1/big` is [`big`], every other path the same small reply.
pub(super) fn serve() -> Outcome<String> {
    let listener = TcpListener::bind("127.0.0.1:0")?;
    let url = format!("http://{}/v1", listener.local_addr()?);
    let big: Arc<str> = big().into();
    thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let big = Arc::clone(&big);
            thread::spawn(move || answer(&stream, &big));
        }
    });
    Ok(url)
}

fn answer(stream: &TcpStream, big: &str) -> io::Result<()> {
    stream.set_nodelay(true)?;
    let (mut reader, mut writer) = (BufReader::new(stream), stream);
    let (mut line, mut body) = (Vec::new(), None);
    while reader.read_until(b'\n', &mut line)? > 0 {
        if line == b"\r\n" {
            let body = body.take().unwrap_or(BODY);
            let head = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length";
            writer.write_all(format!("{head}: {}\r\n\r\n{body}", body.len()).as_bytes())?;
        } else if line.starts_with(b"GET /v1/big ") {
            body = Some(big);
        }
        line.clear();
    }
    Ok(())
}

/// 1 MB: 9,000 items.
fn big() -> String {
    let item = |i| {
        format!(
            r#"{{"id":{i},"name":"name-{i}","tags":["a","b","c"],"nested":{{"x":{i},"y":[{i},{i}]}},"note":"{i:030}"}}"#
        )
    };
    format!("{{\"items\":[{}]}}", (0..9000).map(item).collect::<Vec<_>>().join(","))
}
