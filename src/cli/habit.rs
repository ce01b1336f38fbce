//! Options and commands of other tools, and what does the same here: clap suggests only what is spelt alike.

use clap::Error;
use clap::error::{ContextKind, ContextValue, ErrorKind};

/// (what others write, what to write here).
const OPTIONS: &[(&[&str], &str)] = &[
    (&["--environment", "--env-name"], "-e NAME"),
    (&["--env-file", "--env-vars", "--variables-file", "--globals"], "--var-file FILE, or an environment with -e NAME"),
    (&["--variable", "--env-var", "--set", "--globals-var"], "--var NAME=VALUE"),
    (&["--secret-file"], "--secret NAME=@FILE"),
    (&["--reporter", "--reporters", "--report-junit", "--junit", "--output-format"], "--report junit=FILE"),
    (&["--report-html", "--html"], "--report html=FILE"),
    (&["--report-json", "--json-report"], "--report json=FILE"),
    (&["--report-tap", "--tap"], "--report tap=FILE"),
    (&["--iterations", "--iteration-count", "-n"], "--repeat N"),
    (&["--iteration-data"], "--data FILE"),
    (&["--bail", "--fail-on-error", "--exitfirst", "-x"], "--fail-fast"),
    (&["--parallel", "--concurrent", "--concurrency", "--workers", "--vus"], "-j N"),
    (&["--only", "--to-entry", "--until"], "--step NAME"),
    (&["--filter", "--folder", "--grep", "--label"], "--tags TAG, or name the flow's file"),
    (
        &["--timeout", "--delay", "--retry", "--delay-request", "--timeout-request"],
        "the flow's own `defaults`, `retry` or `wait`",
    ),
    (&["--ssl-client-cert"], "--cert FILE"),
    (&["--mock", "--fake"], "--sandbox"),
    (&["--debug", "--very-verbose"], "-vv"),
    (&["--no-color", "--no-colour"], "--color never"),
    (&["--silent"], "-q"),
    (&["--json"], "--format json"),
    (&["--dry", "--noop"], "--dry-run"),
];
const COMMANDS: &[(&[&str], &str)] = &[
    (&["test", "exec", "start"], "wxflow run"),
    (&["check", "lint", "verify"], "wxflow validate"),
    (&["mock", "serve", "server"], "wxflow sandbox"),
    (&["ls"], "wxflow list"),
];

/// `error` with a suggestion of ours, where what was typed is another tool's word.
pub(super) fn answered(mut error: Error) -> Error {
    let (kind, words) = match error.kind() {
        ErrorKind::UnknownArgument => (ContextKind::InvalidArg, OPTIONS),
        ErrorKind::InvalidSubcommand => (ContextKind::InvalidSubcommand, COMMANDS),
        _ => return error,
    };
    let Some(ContextValue::String(typed)) = error.get(kind) else { return error };
    let typed = typed.split('=').next().unwrap_or("");
    let known = words.iter().find(|(theirs, _)| theirs.contains(&typed)).map(|(_, ours)| (*ours).to_owned());
    let flow = kind == ContextKind::InvalidSubcommand && typed.ends_with(".flow.yaml");
    let Some(ours) = known.or_else(|| flow.then(|| format!("wxflow run {typed}"))) else { return error };
    for theirs in [ContextKind::SuggestedArg, ContextKind::SuggestedSubcommand, ContextKind::SuggestedCommand] {
        error.remove(theirs);
    }
    let tip = vec![format!("here it is {ours}").into()];
    error.insert(ContextKind::Suggested, ContextValue::StyledStrs(tip));
    error
}

#[cfg(test)]
mod tests {
    use clap::{CommandFactory as _, FromArgMatches as _};

    use super::*;
    use crate::cli::args::Arguments;

    fn told(arguments: &[&str]) -> String {
        let matches = Arguments::command().try_get_matches_from([&["wxflow"], arguments].concat());
        let parsed = matches.and_then(|mut matches| Arguments::from_arg_matches_mut(&mut matches));
        parsed.map_err(answered).unwrap_err().to_string()
    }

    #[test]
    fn words_of_other_tools_are_translated() {
        let text = told(&["run", "--iteration-count=3"]);
        assert!(text.contains("tip: here it is --repeat N"), "{text}");
        let text = told(&["run", "--environment", "x"]);
        assert!(text.contains("tip: here it is -e NAME") && !text.contains("similar"), "{text}");
        assert!(told(&["a.flow.yaml"]).contains("here it is wxflow run a.flow.yaml"));
        assert!(told(&["test"]).contains("here it is wxflow run") && !told(&["test"]).contains("guest"));
        assert!(told(&["run", "--tag", "x"]).contains("a similar argument exists: '--tags'"), "clap's own stay");
    }

    #[test]
    fn no_word_is_one_of_ours() {
        let command = Arguments::command();
        let run = command.find_subcommand("run").unwrap();
        let longs: Vec<_> = run.get_arguments().filter_map(|a| a.get_long()).map(|long| format!("--{long}")).collect();
        for word in OPTIONS.iter().flat_map(|(words, _)| *words) {
            assert!(!longs.iter().any(|long| long == word), "{word} exists");
        }
    }
}
