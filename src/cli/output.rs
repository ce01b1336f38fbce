//! The only place that writes to stdout and stderr. Everything passes the redactor once more on its way out, but what
//! the person asked to see.

use std::fmt::Write as _;
use std::io::{self, IsTerminal as _, Write};
use std::path::{Path, PathBuf};

use anstream::adapter::StripBytes;
use anstream::{AutoStream, ColorChoice};
use colored::Colorize as _;

use super::args::Color;
use super::exit::Exit;
use crate::diagnostic::{Diagnostic, Severity, render};
use crate::redact::Redactor;
use crate::report::Target;
use crate::source::FileError;

/// The widest a line is cut to where there is no terminal to ask.
const WIDTH: usize = 140;

/// How much of the view is written at once: some hundred lines.
const BUFFER: usize = 16 << 10;

/// stdout and stderr, masked, with colours where the person wants them.
pub(super) struct Output {
    /// What knows the secrets of this command.
    pub(super) redactor: Redactor,
    color: ColorChoice,
}

impl Output {
    pub(super) fn new(color: Color) -> Self {
        let color = match color {
            Color::Auto => ColorChoice::Auto,
            Color::Always => ColorChoice::Always,
            Color::Never => ColorChoice::Never,
        };
        // Colours are always written, and stripped per stream: stdout may be a file while stderr is a terminal.
        colored::control::set_override(true);
        Self { redactor: Redactor::new(), color }
    }

    /// Writes results to stdout. That the reader went away (`| head`) is no error: nobody wants the rest.
    ///
    /// # Errors
    /// Any other (the disk is full), which was told.
    pub(super) fn results(&self, text: &str) -> Result<(), Exit> {
        self.print(&self.redactor.mask(text))
    }

    /// As [`Output::results`], but unmasked: a token that the person asked for.
    ///
    /// # Errors
    /// As there.
    pub(super) fn reveal(&self, text: &str) -> Result<(), Exit> {
        self.print(text)
    }

    fn print(&self, text: &str) -> Result<(), Exit> {
        let mut stream = AutoStream::new(io::stdout(), self.choice(&io::stdout()));
        let written = stream.write_all(text.as_bytes()).and_then(|()| stream.flush());
        quiet(written).map_err(|error| {
            self.error(&format!("stdout cannot be written: {error}"), None);
            Exit::Unwritten
        })
    }

    /// Writes text to stderr. There is no one to tell where that fails.
    pub(super) fn say(&self, text: &str) {
        let mut stream = AutoStream::new(io::stderr(), self.choice(&io::stderr()));
        stream.write_all(self.line(text).as_bytes()).ok();
    }

    /// What [`Output::say`] writes.
    pub(super) fn line(&self, text: &str) -> String {
        format!("{}\n", self.redactor.mask(text))
    }

    /// Tells a mistake that has no place in a file.
    pub(super) fn error(&self, message: &str, help: Option<&str>) {
        let mut text = format!("{} {message}", "error:".red().bold());
        if let Some(help) = help {
            write!(text, "\n  {help}").ok();
        }
        self.say(&text);
    }

    /// As [`Output::error`].
    pub(super) fn file_error(&self, error: &FileError) {
        self.error(&error.message, error.help.as_deref());
    }

    /// Tells something to look at.
    pub(super) fn warning(&self, message: &str) {
        self.say(&format!("{} {message}", "warning:".yellow().bold()));
    }

    /// Tells mistakes in a file, each with its place, set off by empty lines.
    pub(super) fn diagnostics(&self, list: &[Diagnostic]) {
        let width = width(&io::stderr());
        for diagnostic in list {
            self.say(&format!("{}\n", draw(diagnostic, true, width)));
        }
    }

    /// The stream for the view of a run: stdout, or stderr where a report claims stdout. A reader that goes away
    /// does not stop the flows.
    pub(super) fn view(&self, on_stderr: bool) -> Box<dyn Write + Send> {
        if on_stderr {
            self.colored_or_stripped(io::stderr(), self.choice(&io::stderr()))
        } else {
            self.colored_or_stripped(io::stdout(), self.choice(&io::stdout()))
        }
    }

    /// The buffer stands behind the stripping, which writes in small pieces; the view flushes when there is something to see.
    fn colored_or_stripped<S: Write + Send + 'static>(&self, stream: S, choice: ColorChoice) -> Box<dyn Write + Send> {
        let stream = Patient(io::BufWriter::with_capacity(BUFFER, stream));
        match choice {
            ColorChoice::Never => Box::new(self.redactor.writer(Stripped { state: StripBytes::new(), stream })),
            _ => Box::new(self.redactor.writer(stream)),
        }
    }

    /// Where a report goes that was asked for as `path`: `-` is stdout, where every failure to write counts.
    pub(super) fn target(&self, path: &Path) -> Target {
        if path == Path::new("-") {
            return Target::Stream(Box::new(self.redactor.writer(io::stdout())));
        }
        Target::File(path.to_owned())
    }

    /// Empties the terminal of the view for the next run; what was on it can be scrolled back to. Whether it was one.
    pub(super) fn clear(&self, on_stderr: bool) -> bool {
        if !watched(on_stderr) || matches!(super::machine::variable("TERM"), Ok(Some(term)) if term == "dumb") {
            return false;
        }
        let mut stream: Box<dyn Write> = if on_stderr { Box::new(io::stderr()) } else { Box::new(io::stdout()) };
        stream.write_all(b"\x1b[2J\x1b[H").and_then(|()| stream.flush()).is_ok()
    }

    fn choice<S: anstream::stream::RawStream>(&self, stream: &S) -> ColorChoice {
        match self.color {
            ColorChoice::Auto => AutoStream::choice(stream),
            chosen => chosen,
        }
    }
}

/// A diagnostic as text. One about a file that could not be read at all has no line to show.
pub(super) fn draw(diagnostic: &Diagnostic, color: bool, width: usize) -> String {
    if !diagnostic.source.text().is_empty() {
        return crate::report::drawn(&render(diagnostic, color, width)).into_owned();
    }
    let level = match diagnostic.severity {
        Severity::Error => format!("error[{}]", diagnostic.code.as_str()).bright_red().bold(),
        Severity::Warning => format!("warning[{}]", diagnostic.code.as_str()).yellow().bold(),
    };
    let mut text = format!("{level}: {}\n --> {}", diagnostic.message, diagnostic.source.name());
    if let Some(help) = &diagnostic.help {
        write!(text, "\n  = help: {help}").ok();
    }
    text
}

/// The columns of the terminal that `stream` is.
pub(super) fn width(stream: &dyn Terminal) -> usize {
    stream.columns().unwrap_or(WIDTH)
}

/// The columns of the view, which is on stderr where something else claims stdout.
pub(super) fn view_width(on_stderr: bool) -> usize {
    if on_stderr { width(&io::stderr()) } else { width(&io::stdout()) }
}

/// Whether a report claims stdout.
///
/// # Errors
/// Several do; it was told.
pub(super) fn claimed<T>(reports: &[(T, PathBuf)], output: &Output) -> Result<bool, Exit> {
    let streams = reports.iter().filter(|(_, path)| path == Path::new("-")).count();
    if streams > 1 {
        output.error("only one report can go to stdout", Some("write the others to files: FORMAT=FILE"));
        return Err(Exit::Invalid);
    }
    Ok(streams > 0)
}

/// A stream that may be a terminal.
pub(super) trait Terminal {
    /// Its columns; `None` where it is none.
    fn columns(&self) -> Option<usize>;
}

impl Terminal for io::Stdout {
    fn columns(&self) -> Option<usize> {
        terminal_size::terminal_size_of(self).map(|(width, _)| width.0.into())
    }
}

impl Terminal for io::Stderr {
    fn columns(&self) -> Option<usize> {
        terminal_size::terminal_size_of(self).map(|(width, _)| width.0.into())
    }
}

/// Whether a person watches this stream: some CI systems give their jobs a terminal, whose log keeps every line.
pub(super) fn watched(on_stderr: bool) -> bool {
    let set = |name, to: &[&str]| std::env::var(name).is_ok_and(|value| !to.contains(&value.as_str()));
    if set("CI", &["", "false", "0"]) || std::env::var("TERM").is_ok_and(|term| term == "dumb") {
        return false;
    }
    if on_stderr { io::stderr().is_terminal() } else { io::stdout().is_terminal() }
}

/// Text that a flow or a server wrote, which can neither move the cursor nor colour what follows.
pub(super) fn visible(text: &str) -> String {
    crate::report::line(text).into_owned()
}

/// Takes the colours out. `anstream::StripStream` does it for the standard streams only, not for what buffers them.
struct Stripped<W> {
    state: StripBytes,
    stream: W,
}

impl<W: Write> Write for Stripped<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.state.strip_next(bytes).try_for_each(|piece| self.stream.write_all(piece))?;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.stream.flush()
    }
}

/// Goes on where the reader went away.
struct Patient<W>(W);

impl<W: Write> Write for Patient<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self.0.write(bytes) {
            Err(e) if e.kind() == io::ErrorKind::BrokenPipe => Ok(bytes.len()),
            other => other,
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        quiet(self.0.flush())
    }
}

fn quiet(result: io::Result<()>) -> io::Result<()> {
    match result {
        Err(e) if e.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        other => other,
    }
}
