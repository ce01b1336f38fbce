//! A flow as curl commands: each works when it is pasted, once the variables it names are set.

use std::fmt::Write as _;
use std::sync::Arc;

use super::Exported;
use super::shell::{Shell, comment};
use crate::flow::{Action, Flow, Input, Step};
use crate::http::Version;
use crate::run::{Act, Credentials, Previewed, PreviewedBody, PreviewedPart, PreviewedRequest, PreviewedUse};
use crate::template::percent_encode;

/// The commands of `steps`, which are a preview of `flow`. `known` are the inputs that have their value in it.
#[must_use]
pub fn curl(flow: &Flow, steps: &[Previewed], known: &[Arc<str>]) -> Exported {
    let mut script =
        Script { out: String::new(), folder: folder(&flow.path), shell: Shell::default(), lost: Vec::new() };
    script.steps(flow, steps, known, "");
    let Script { out, shell, lost, .. } = script;
    let mut text = comment(&format!("{}: {} as curl commands", flow.name, flow.path), " ");
    if !shell.open.is_empty() {
        text += "# Replace what stands in {{ }} below:\n";
        shell.open.iter().for_each(|open| text += &comment(open, "   "));
    }
    Exported { text: format!("{text}{out}"), lost }
}

struct Script {
    out: String,
    /// The folder of the flow from the project root, with `/` at its end.
    folder: String,
    shell: Shell,
    lost: Vec<String>,
}

impl Script {
    /// `within` are the numbers of the steps around these, as `3.`.
    fn steps(&mut self, flow: &Flow, steps: &[Previewed], known: &[Arc<str>], within: &str) {
        self.inputs(flow, known);
        let mut cleanup = Vec::new();
        let mut number = 0;
        for step in steps {
            if let Act::Vars(set) = &step.act {
                self.assign(set);
                continue;
            }
            number += usize::from(step.item.is_none_or(|item| item == 1));
            let item = step.item.map(|item| format!(" [{item}]")).unwrap_or_default();
            self.out.push('\n');
            self.out += &comment(&format!("{within}{number}. {}{item}", step.name), " ");
            step.notes.iter().for_each(|note| self.out += &comment(note, "    "));
            let source = flow.steps.get(number.saturating_sub(1));
            self.act(&step.act, source, &format!("{within}{number}."));
            if let Some(source) = source {
                self.waits(source);
                self.captures(flow, source, matches!(step.act, Act::Use(_)));
            }
            cleanup.extend(step.cleanup.iter());
        }
        if !cleanup.is_empty() {
            self.out += "\n# Cleanup\n";
            cleanup.into_iter().rev().for_each(|request| self.request(request));
        }
    }

    /// A line for each input that the person must set: it says so where they forget.
    fn inputs(&mut self, flow: &Flow, known: &[Arc<str>]) {
        // What a used flow needs, the step that uses it sets.
        if !self.shell.prefix.is_empty() {
            return;
        }
        let open: Vec<_> = flow.inputs.iter().filter(|input| !known.contains(&input.name)).collect();
        if !open.is_empty() {
            self.out += "# Set these first:\n";
        }
        for input in open {
            let variable = self.shell.variable(&input.name);
            let meaning = meaning(input);
            match &input.env {
                Some(env) if is_variable(env) => writeln!(self.out, "{variable}=\"${{{env}:?{meaning}}}\""),
                _ => writeln!(self.out, ": \"${{{variable}:?{meaning}}}\""),
            }
            .ok();
        }
    }

    fn assign(&mut self, set: &[(Arc<str>, String)]) {
        for (name, value) in set {
            let value = self.shell.word(value);
            writeln!(self.out, "{}={value}", self.shell.variable(name)).ok();
        }
    }

    fn act(&mut self, act: &Act, source: Option<&Step>, number: &str) {
        match act {
            Act::Nothing => {}
            Act::Request(request) => self.request(request),
            Act::Set(set) | Act::Vars(set) => self.assign(set),
            Act::Use(used) => self.used(used, source, number),
            Act::Words(words) => words.iter().for_each(|word| self.out += &comment(word, "    ")),
        }
    }

    fn used(&mut self, used: &PreviewedUse, source: Option<&Step>, number: &str) {
        self.out += &comment(&format!("use {}", used.path), "    ");
        let Some(Action::Use(step)) = source.map(|step| &step.action) else { return };
        let prefix = format!("{}{}_", self.shell.prefix, word(&used.path));
        let mut known: Vec<Arc<str>> = step.flow.inputs.iter().map(|input| Arc::clone(&input.name)).collect();
        for (name, value) in &used.with {
            let value = self.shell.word(value);
            writeln!(self.out, "{prefix}{name}={value}").ok();
        }
        for input in &step.flow.inputs {
            if input.default.is_none() && !used.with.iter().any(|(name, _)| *name == input.name) {
                match &input.env {
                    Some(env) if is_variable(env) => {
                        writeln!(self.out, "{prefix}{}=\"${{{env}:?{}}}\"", input.name, meaning(input)).ok();
                    }
                    _ => known.retain(|name| *name != input.name),
                }
            }
        }
        let outer = std::mem::replace(&mut self.shell.prefix, prefix);
        let folder = std::mem::replace(&mut self.folder, folder(&step.flow.path));
        self.steps(&step.flow, &used.steps, &known, number);
        self.folder = folder;
        self.shell.prefix = outer;
    }

    /// What curl does not do.
    fn waits(&mut self, step: &Step) {
        let Action::Request(request) = &step.action else { return };
        let Some(waiting) = &request.waiting else { return };
        if waiting.paginate.is_some() {
            self.lost.push(format!("{}: `paginate`: only the first page is asked for", step.label));
        }
        if waiting.poll.is_some() {
            self.lost.push(format!("{}: `poll`: repeat the command until the reply is as it should be", step.label));
        }
    }

    /// What the reply gives to later commands: lines to fill in.
    fn captures(&mut self, flow: &Flow, step: &Step, used: bool) {
        for capture in &step.captures {
            let text = flow.source.slice(capture.capture.span()).trim().trim_matches(['"', '\'']).to_owned();
            let variable = self.shell.variable(&capture.name);
            let output = text.strip_prefix("{{").and_then(|t| t.strip_suffix("}}")).map(str::trim);
            let output = output.and_then(|t| t.strip_prefix("outputs.")).filter(|_| used);
            if let (Some(output), Action::Use(used)) = (output, &step.action)
                && let Some(inner) = inner_name(&used.flow, output)
            {
                let prefix = format!("{}{}_", self.shell.prefix, word(&used.path));
                writeln!(self.out, "{variable}=\"${{{prefix}{inner}}}\"").ok();
                continue;
            }
            self.out += &comment(&format!("then: {variable}='…'   {text}"), " ");
        }
    }

    fn request(&mut self, request: &PreviewedRequest) {
        if request.body.is_some() && request.headers.iter().any(|(name, _)| name == "content-encoding") {
            self.lost
                .push(format!("{} {}: curl does not pack a body: pack the file first", request.method, request.url));
        }
        let mut words = Vec::new();
        let has_body = request.body.is_some();
        match request.method.as_str() {
            "GET" if !has_body => {}
            "POST" if has_body => {}
            "HEAD" => words.push("--head".to_owned()),
            other => words.push(format!("-X {other}")),
        }
        words.extend(match request.version {
            Some(Version::HTTP_2) => Some("--http2".to_owned()),
            Some(_) => Some("--http1.1".to_owned()),
            None => None,
        });
        if request.redirects {
            words.push("--location".to_owned());
        }
        words.push(self.shell.word(&request.url));
        let mut first = words.join(" ");
        let mut rest = Vec::new();
        for (name, value) in &request.headers {
            rest.push(format!("-H {}", self.header(name, value)));
        }
        self.credentials(request, &mut rest);
        if !request.cookies.is_empty() {
            let cookies: Vec<_> = request.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
            rest.push(format!("-b {}", self.shell.word(&cookies.join("; "))));
        }
        self.body(request, &mut rest);
        if let Some(path) = &request.save {
            rest.push(format!("-o {}", self.shell.word(path)));
        }
        rest.into_iter().for_each(|word| first += &format!(" \\\n  {word}"));
        writeln!(self.out, "curl {first}").ok();
    }

    /// curl leaves a header without a value out, unless `;` ends it.
    fn header(&mut self, name: &str, value: &str) -> String {
        let line = if value.is_empty() { format!("{name};") } else { format!("{name}: {value}") };
        self.shell.word(&line)
    }

    fn credentials(&mut self, request: &PreviewedRequest, rest: &mut Vec<String>) {
        let bearer = |token: &str| format!("authorization: Bearer {token}");
        match &request.credentials {
            None => {}
            Some(Credentials::Bearer(token)) => rest.push(format!("-H {}", self.shell.word(&bearer(token)))),
            Some(Credentials::OAuth(name)) => {
                // A client's name may hold `-`; a shell's variable may not.
                let name = format!("{}_token", word(name));
                rest.push(format!("-H {}", self.shell.word(&bearer(&format!("{{{{ {name} }}}}")))));
            }
            Some(Credentials::Password(user, password, digest)) => {
                let digest = if *digest { "--digest " } else { "" };
                rest.push(format!("{digest}-u {}", self.shell.word(&format!("{user}:{password}"))));
            }
        }
    }

    fn body(&mut self, request: &PreviewedRequest, rest: &mut Vec<String>) {
        let Some(body) = &request.body else { return };
        let typed = request.headers.iter().any(|(name, _)| name == "content-type");
        match body {
            PreviewedBody::Json(text) | PreviewedBody::Text(text) => {
                if let Some(kind) = body.content_type().filter(|_| !typed) {
                    rest.push(format!("-H {}", self.header("content-type", kind)));
                }
                rest.push(format!("--data-raw {}", self.shell.word(text)));
            }
            PreviewedBody::Form(fields) => {
                for (name, value) in fields {
                    rest.push(format!(
                        "--data-urlencode {}",
                        self.shell.word(&format!("{}={value}", percent_encode(name)))
                    ));
                }
            }
            PreviewedBody::Multipart(parts) => {
                for (name, part) in parts {
                    rest.push(match part {
                        PreviewedPart::Text(text) => {
                            format!("--form-string {}", self.shell.word(&format!("{name}={text}")))
                        }
                        PreviewedPart::File(path, kind, filename) => {
                            let mut value = format!("{name}=@\"{}\"", quoted(&self.path(path)));
                            kind.iter().for_each(|kind| value += &format!(";type={kind}"));
                            filename.iter().for_each(|name| value += &format!(";filename=\"{}\"", quoted(name)));
                            format!("-F {}", self.shell.word(&value))
                        }
                    });
                }
            }
            PreviewedBody::File(path) => {
                if !typed {
                    rest.push(format!("-H {}", self.header("content-type", "application/octet-stream")));
                }
                rest.push(format!("--data-binary {}", self.shell.word(&format!("@{}", self.path(path)))));
            }
        }
    }

    /// A path of the flow, from the project root.
    fn path(&self, path: &str) -> String {
        format!("{}{}", self.folder, path.strip_prefix("./").unwrap_or(path))
    }
}

/// The folder part of a path, with the `/` at its end.
fn folder(path: &str) -> String {
    path.rfind('/').and_then(|at| path.get(..=at)).unwrap_or("").to_owned()
}

/// The name inside of `flow` that its output `output` is, where it is just one.
fn inner_name(flow: &Flow, output: &str) -> Option<String> {
    let names = flow.outputs.iter().find(|binding| &*binding.name == output)?.value.names();
    match names.as_slice() {
        [name] => name.path.first().cloned().filter(|_| name.path.len() == 1),
        _ => None,
    }
}

/// A part of a variable's name made of a path or a name.
fn word(text: &str) -> String {
    let file = text.rsplit('/').next().unwrap_or(text);
    let stem = file.trim_end_matches(".flow.yaml").trim_start_matches('_');
    stem.chars().map(|c| if c.is_ascii_alphanumeric() { c.to_ascii_lowercase() } else { '_' }).collect()
}

fn is_variable(name: &str) -> bool {
    !name.starts_with(|c: char| c.is_ascii_digit()) && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_')
}

/// What an input is, as the text of a shell's complaint: inside double quotes and `${…}` little may stand.
fn meaning(input: &Input) -> String {
    let text = input.description.as_deref().and_then(|text| text.lines().next()).unwrap_or("");
    let plain = |c: &char| c.is_alphanumeric() || " ,.:-_()/;".contains(*c);
    let text: String = text.chars().filter(plain).collect();
    match (text.is_empty(), input.secret) {
        (true, true) => "a secret".to_owned(),
        (true, false) => "set it first".to_owned(),
        (false, _) => text,
    }
}

/// Inside curl's own double quotes.
fn quoted(text: &str) -> String {
    text.replace('\\', "\\\\").replace('"', "\\\"")
}
