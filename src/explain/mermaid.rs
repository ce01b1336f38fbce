//! The steps as a Mermaid sequence diagram: the flow, the hosts it talks to, and what it does by itself.

use std::fmt::Write as _;
use std::sync::Arc;

use super::facts::{ActionFacts, Facts, RequestFacts, StepFacts};
use super::page::Page;

/// The longest text of a message or note; more makes a diagram unreadable.
const LONGEST: usize = 120;

/// Draws the steps of `facts`.
#[must_use]
pub fn mermaid(page: &Page, facts: &Facts) -> String {
    let mut drawing = Drawing { hosts: Vec::new(), lines: Vec::new(), depth: 1 };
    drawing.steps(&facts.steps);
    let mut undone = Vec::new();
    cleanups(&facts.steps, &mut undone);
    if !undone.is_empty() {
        drawing.line("Note over flow: cleanup, newest first");
        undone.iter().rev().for_each(|undo| drawing.request(undo));
    }
    let mut out = format!("sequenceDiagram\n  participant flow as {}\n", escape(&page.name));
    for (number, host) in drawing.hosts.iter().enumerate() {
        writeln!(out, "  participant host{} as {}", number + 1, escape(host)).ok();
    }
    out.extend(drawing.lines.iter().map(|line| format!("{line}\n")));
    out
}

fn cleanups<'f>(steps: &'f [StepFacts], out: &mut Vec<&'f RequestFacts>) {
    for step in steps {
        match &step.action {
            ActionFacts::Use(_, _, inner) => cleanups(inner, out),
            ActionFacts::Request(request) => out.extend(&request.cleanup),
            _ => {}
        }
    }
}

struct Drawing {
    hosts: Vec<String>,
    lines: Vec<String>,
    depth: usize,
}

impl Drawing {
    fn line(&mut self, text: &str) {
        self.lines.push(format!("{}{text}", "  ".repeat(self.depth)));
    }

    fn open(&mut self, text: &str) {
        self.line(text);
        self.depth += 1;
    }

    fn close(&mut self) {
        self.depth -= 1;
        self.line("end");
    }

    fn steps(&mut self, steps: &[StepFacts]) {
        for step in steps {
            let each = step.each.as_ref();
            if let Some((name, list)) = each {
                self.open(&format!("loop {}", escape(&format!("for each {name} of {list}"))));
            }
            if let Some(when) = &step.when {
                self.open(&format!("opt {}", escape(when)));
            }
            self.step(step);
            (0..usize::from(each.is_some()) + usize::from(step.when.is_some())).for_each(|_| self.close());
        }
    }

    fn step(&mut self, step: &StepFacts) {
        let note = |what: String| format!("Note over flow: {}", escape(&what));
        match &step.action {
            ActionFacts::Request(request) => self.request(request),
            ActionFacts::Sign(algorithm, _) => {
                self.line(&note(format!("{}: sign a token with {algorithm}", step.name)));
            }
            ActionFacts::Use(path, _, inner) => {
                self.line(&note(format!("{}: run {path}", step.name)));
                self.steps(inner);
            }
            ActionFacts::Set(names) => {
                let names: Vec<&str> = names.iter().map(|(name, _)| &**name).collect();
                self.line(&note(format!("set {}", names.join(", "))));
            }
            ActionFacts::Wait(time) => self.line(&note(format!("wait {time}"))),
            ActionFacts::Check(checks) => self.line(&note(format!("check {}", checks.join(", ")))),
        }
    }

    fn request(&mut self, request: &RequestFacts) {
        let number = self.hosts.iter().position(|host| *host == request.host).unwrap_or_else(|| {
            self.hosts.push(request.host.clone());
            self.hosts.len() - 1
        });
        let host = format!("host{}", number + 1);
        let line = format!("{} {}", request.method, path(&request.url));
        let name = if *request.name == line { String::new() } else { format!("{}<br/>", escape(&request.name)) };
        self.line(&format!("flow->>{host}: {name}{}", escape(&line)));
        if let Some(status) = request.expects.first() {
            self.line(&format!("{host}-->>flow: {}", escape(status)));
        }
    }
}

/// A URL without what its participant says already.
fn path(url: &str) -> &str {
    let from = url.find("://").map_or(0, |at| at + 3);
    let behind = if url.starts_with("{{") { url.find("}}").map_or(0, |at| at + 2) } else { from };
    let rest = url.get(behind..).unwrap_or(url);
    rest.find('/').and_then(|at| rest.get(at..)).filter(|path| !path.is_empty()).unwrap_or(url)
}

/// Text in which nothing is Mermaid's or HTML's: all but letters, digits and a few marks stand as character codes.
fn escape(text: &str) -> String {
    let text: Arc<str> = match text.char_indices().nth(LONGEST) {
        Some((at, _)) => format!("{}…", text.get(..at).unwrap_or(text)).into(),
        None => text.into(),
    };
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            c if c.is_alphanumeric() || " -_./,()='…".contains(c) => out.push(c),
            c if c.is_control() => out.push(' '),
            c => _ = write!(out, "#{};", u32::from(c)),
        }
    }
    // A text that is empty, or only spaces, would be a mistake in the diagram.
    if out.trim().is_empty() { "-".to_owned() } else { out }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_markup() {
        assert_eq!(escape("a;b #x <b>\n{{ y }}: é"), "a#59;b #35;x #60;b#62; #123;#123; y #125;#125;#58; é");
        assert_eq!(escape(" "), "-");
    }

    #[test]
    fn paths_of_urls() {
        assert_eq!(path("https://a.example/x?y"), "/x?y");
        assert_eq!(path("{{ url }}/x/{{ id }}"), "/x/{{ id }}");
        assert_eq!(path("https://a.example"), "https://a.example");
        assert_eq!(path("{{ url }}"), "{{ url }}");
    }
}
