//! `wxflow validate`: everything that can be checked without sending.

use std::fmt::Write as _;

use serde_json::json;

use super::args::{Validate, ValidateFormat};
use super::exit::Exit;
use super::machine;
use super::output::Output;
use super::select::{Loaded, load};
use crate::diagnostic::{Diagnostic, Severity};

/// Checks flows, parts too.
///
/// # Errors
/// Paths that give nothing; they were told.
pub(super) fn validate(args: &Validate, output: &Output) -> Result<Exit, Exit> {
    let around = machine::surroundings(output)?;
    let loaded = load(&args.flows, &around, output)?;
    let all: Vec<_> = loaded.iter().flat_map(diagnostics).collect();
    let broken = loaded.iter().filter(|l| l.flow.is_err()).count();
    let text = match args.format {
        ValidateFormat::Text => {
            loaded.iter().for_each(|l| {
                output.diagnostics(&l.warnings);
                output.diagnostics(l.flow.as_ref().err().map_or(&[][..], Vec::as_slice));
            });
            let flows = |n: usize| if n == 1 { "1 flow".to_owned() } else { format!("{n} flows") };
            match broken {
                0 => format!("{} valid\n", flows(loaded.len())),
                _ => format!("{} valid, {} not\n", flows(loaded.len() - broken), broken),
            }
        }
        ValidateFormat::Json => format!("{:#}\n", json!(all.iter().map(|d| object(d)).collect::<Vec<_>>())),
        ValidateFormat::Github => all.iter().map(|d| annotation(d)).collect(),
    };
    output.results(&text)?;
    Ok(if broken == 0 { Exit::Success } else { Exit::Invalid })
}

fn diagnostics(loaded: &Loaded) -> impl Iterator<Item = &Diagnostic> {
    loaded.warnings.iter().chain(loaded.flow.as_ref().err().into_iter().flatten())
}

fn severity(diagnostic: &Diagnostic) -> &'static str {
    match diagnostic.severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
    }
}

fn object(d: &Diagnostic) -> serde_json::Value {
    let (start, end) = (d.source.position(d.span.start), d.source.position(d.span.end));
    json!({
        "severity": severity(d),
        "code": d.code.as_str(),
        "message": d.message,
        "help": d.help,
        "file": d.source.name(),
        "line": start.line,
        "column": start.column,
        "end_line": end.line,
        "end_column": end.column,
    })
}

/// One GitHub Actions command. What a user wrote is escaped as the runner wants it, so that it cannot start another.
fn annotation(d: &Diagnostic) -> String {
    let property = |text: &str| data(text).replace(':', "%3A").replace(',', "%2C");
    let start = d.source.position(d.span.start);
    let mut line = format!("::{} file={}", severity(d), property(d.source.name()));
    write!(line, ",line={},col={},title={}", start.line, start.column, property(d.code.as_str())).ok();
    let help = d.help.as_ref().map_or_else(String::new, |help| format!("\n{help}"));
    writeln!(line, "::{}", data(&format!("{}{help}", d.message))).ok();
    line
}

fn data(text: &str) -> String {
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diagnostic::{Code, Diagnostics};
    use crate::source::{Source, Span};

    #[test]
    fn an_annotation_cannot_start_another() {
        let mut list = Diagnostics::new(Source::new("a,b:c\n.flow.yaml", "x"));
        list.error(Code::UnknownKey, Span::new(0, 1), "100%\n::error::x").help("h");
        assert_eq!(
            annotation(&list.into_sorted()[0]),
            "::error file=a%2Cb%3Ac%0A.flow.yaml,line=1,col=1,title=unknown-key::100%25%0A::error::x%0Ah\n"
        );
    }
}
