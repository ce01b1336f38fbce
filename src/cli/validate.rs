//! `wxflow validate`: everything that can be checked without sending.

use std::collections::HashSet;
use std::path::Path;

use serde_json::json;

use super::args::{Validate, ValidateFormat};
use super::exit::Exit;
use super::github;
use super::machine;
use super::output::Output;
use super::select::{self, Loaded};
use crate::diagnostic::{Diagnostic, Severity};
use crate::load;
use crate::report::Annotation;
use crate::report::json_text;

/// Checks flows, parts too; with a folder also the environments of its project.
///
/// # Errors
/// Paths that give nothing; they were told.
pub(super) fn validate(args: &Validate, output: &Output) -> Result<Exit, Exit> {
    let around = machine::surroundings(output)?;
    let loaded = select::load(&args.flows, &around, output)?;
    let paths = &args.flows.paths;
    let folder = paths.is_empty() || paths.iter().any(|path| around.current.join(path).is_dir());
    let environments = if folder { environments(&loaded, &around.current) } else { Vec::new() };
    let mut all: Vec<_> = loaded.iter().flat_map(diagnostics).collect();
    all.extend(environments.iter().flatten());
    let broken_flows = loaded.iter().filter(|l| l.flow.is_err()).count();
    let broken_environments = environments.iter().filter(|mistakes| !mistakes.is_empty()).count();
    let text = match args.format {
        ValidateFormat::Text => {
            all.iter().for_each(|d| output.diagnostics(std::slice::from_ref(*d)));
            let mut text = count(loaded.len(), broken_flows, "flow");
            if !environments.is_empty() {
                text += &count(environments.len(), broken_environments, "environment");
            }
            text
        }
        ValidateFormat::Json => json_text(format!("{:#}\n", json!(all.iter().map(|d| object(d)).collect::<Vec<_>>()))),
        ValidateFormat::Github => {
            let prefix = github::prefix();
            all.iter().map(|d| annotation(d, &prefix)).collect()
        }
    };
    output.results(&text)?;
    Ok(if broken_flows + broken_environments == 0 { Exit::Success } else { Exit::Invalid })
}

/// What is wrong with each environment of the flows' projects.
fn environments(loaded: &[Loaded], current: &Path) -> Vec<Vec<Diagnostic>> {
    let mut roots = HashSet::new();
    let projects = loaded.iter().map(|l| &*l.project).filter(|p| roots.insert(p.root()));
    let all = projects.flat_map(|project| {
        load::environment_names(project).into_iter().map(move |name| load::environment(project, &name, current))
    });
    // Each name was found a moment ago: `Err(Err(_))`, that there is none, cannot be.
    all.map(|environment| environment.err().and_then(Result::ok).unwrap_or_default()).collect()
}

/// "2 flows valid, 1 not".
fn count(all: usize, broken: usize, noun: &str) -> String {
    let valid = all - broken;
    let plural = if valid == 1 { "" } else { "s" };
    let rest = if broken > 0 { format!(", {broken} not") } else { String::new() };
    format!(
        "{valid} {noun}{plural} valid{rest}
"
    )
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

/// One GitHub Actions command; `prefix` makes the file's path one from the repository's root.
fn annotation(d: &Diagnostic, prefix: &str) -> String {
    let start = d.source.position(d.span.start);
    let help = d.help.as_ref().map_or_else(String::new, |help| format!("\n{help}"));
    let (file, message) = (format!("{prefix}{}", d.source.name()), format!("{}{help}", d.message));
    let (level, title) = (severity(d), d.code.as_str());
    Annotation { level, file: &file, line: start.line, column: start.column, title, message: &message }.to_string()
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
            annotation(&list.into_sorted()[0], ""),
            "::error file=a%2Cb%3Ac%0A.flow.yaml,line=1,col=1,title=unknown-key::100%25%0A::error::x%0Ah\n"
        );
    }
}
