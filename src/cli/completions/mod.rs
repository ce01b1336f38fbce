//! `wxflow completions SHELL`: a script that asks `wxflow __complete` for what may stand at the cursor.
//!
//! clap knows what is open there; the scripts are our own, as clap's quote no spaces and change with its version.

mod candidates;
mod line;

use std::io::Write as _;

use clap::{Args, ValueEnum};

use super::exit::Exit;
use super::output::Output;
use candidates::candidates;
use line::Line;

/// Shells that are completed in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum Shell {
    /// Bash
    Bash,
    /// Z shell
    Zsh,
    /// fish
    Fish,
    /// PowerShell
    Powershell,
}

/// `wxflow __complete`.
#[derive(Debug, Args)]
pub(super) struct Complete {
    /// Who asks.
    shell: Shell,
    /// Of bash its word breaks and the line up to the cursor; of others the words up to there.
    #[arg(last = true, allow_hyphen_values = true)]
    words: Vec<String>,
}

/// Prints the script.
pub(super) fn script(shell: Shell, output: &Output) -> Result<Exit, Exit> {
    output.results(match shell {
        Shell::Bash => include_str!("wxflow.bash"),
        Shell::Zsh => include_str!("wxflow.zsh"),
        Shell::Fish => include_str!("wxflow.fish"),
        Shell::Powershell => include_str!("wxflow.ps1"),
    })?;
    Ok(Exit::Success)
}

/// Prints what may stand at the cursor, one candidate a line, with its help behind a tab where the shell shows it.
pub(super) fn complete(args: &Complete, output: &Output) -> Result<Exit, Exit> {
    let line = match (args.shell, args.words.as_slice()) {
        (Shell::Bash, [breaks, line]) => Line::of_bash(line, breaks),
        (Shell::Powershell, [words @ .., last]) => {
            Line::of_words(words.iter().cloned().chain([last.strip_prefix('=').unwrap_or(last).to_owned()]).collect())
        }
        // fish hands over its last word with its quotes.
        (Shell::Fish, [words @ .., last]) => {
            Line::of_words(words.iter().cloned().chain([line::unquoted(last)]).collect())
        }
        (_, words) => Line::of_words(words.to_vec()),
    };
    let mut text = Vec::new();
    for (value, help) in candidates(&line.words, output) {
        let Some(value) = line.insert(&value) else { continue };
        // A name with a line break cannot be told to a shell.
        if value.contains(['\n', '\t']) {
            continue;
        }
        match help.filter(|_| args.shell != Shell::Bash) {
            Some(help) => writeln!(text, "{value}\t{help}").ok(),
            None => writeln!(text, "{value}").ok(),
        };
    }
    output.results(&String::from_utf8_lossy(&text))?;
    Ok(Exit::Success)
}
