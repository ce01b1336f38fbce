//! curl command lines, as people keep them in wikis and as browsers copy them.

mod form;
mod options;
mod request;
mod windows;
mod words;

use options::Meaning;
use request::Request;
use words::{Line, Piece, Word};

use super::holes::Holes;
use super::steps;
use super::{FileNames, Import, ImportError, Loss};
use crate::diagnostic::nearest;

/// The most commands of one input.
const MOST: usize = 10_000;

/// The commands of a text: a file, stdin, an argument. `name` is what the flow is called; without one its first URL says
/// it. `origin` stands before line numbers in messages.
///
/// # Errors
/// No curl command is in it, or one cannot be understood: where, and what.
pub fn text(text: &str, name: Option<&str>, origin: &str) -> Result<Import, ImportError> {
    let at = |line: usize, message: &str| ImportError { message: format!("{origin}:{line}: {message}"), help: None };
    let lines = words::lines(text.trim_start_matches('\u{FEFF}')).map_err(|(line, message)| at(line, &message))?;
    let mut commands = Vec::new();
    let mut losses = Vec::new();
    for line in &lines {
        let Some(first) = line.words.first() else { continue };
        match command(line) {
            Some(words) => commands.push((words, line.comment.clone())),
            None => {
                let what = format!("`{}` is no curl command", shorten(first.text().unwrap_or("$…")));
                losses.push(Loss::new(&format!("line {}", first.line), what));
            }
        }
    }
    convert(&commands, name, origin, losses)
}

/// One command that a shell has split into words already; the first may be `curl`.
///
/// # Errors
/// As [`text`].
pub fn arguments(words: &[String], name: Option<&str>) -> Result<Import, ImportError> {
    let word = |text: &String| Word { pieces: vec![Piece::Text(text.clone())], line: 1 };
    let words: Vec<Word> = words.iter().map(word).collect();
    let rest = match words.first() {
        Some(first) if is_curl(first) => words.get(1..).unwrap_or(&[]),
        // Another program: no URL is one word.
        Some(first) if first.text().is_some_and(|text| text.bytes().all(|b| b.is_ascii_alphanumeric())) => {
            return Err(missing("curl"));
        }
        _ => words.as_slice(),
    };
    convert(&[(rest, None)], name, "curl", Vec::new())
}

fn missing(origin: &str) -> ImportError {
    let help = "give it as `wxflow import curl -- curl …`, as a file, or on stdin; in a browser it is `Copy as cURL`";
    ImportError { message: format!("{origin}: there is no curl command"), help: Some(help.to_owned()) }
}

fn is_curl(word: &Word) -> bool {
    let name = word.text().unwrap_or("");
    matches!(name.rsplit(['/', '\\']).next(), Some("curl" | "curl.exe"))
}

/// The words behind `curl`; before it may stand a prompt, `sudo`, and assignments.
fn command(line: &Line) -> Option<&[Word]> {
    let before = |word: &&Word| {
        let text = word.text().unwrap_or("");
        matches!(text, "$" | ">" | "%" | "sudo" | "time" | "exec") || text.contains('=') && !text.starts_with('-')
    };
    let at = line.words.iter().take_while(before).count();
    let rest = line.words.get(at..)?;
    rest.first().is_some_and(is_curl).then(|| rest.get(1..).unwrap_or(&[]))
}

fn convert(
    commands: &[(&[Word], Option<String>)],
    name: Option<&str>,
    origin: &str,
    mut losses: Vec<Loss>,
) -> Result<Import, ImportError> {
    if commands.is_empty() {
        return Err(missing(origin));
    }
    if commands.len() > MOST {
        return Err(ImportError { message: format!("{origin}: more than {MOST} commands"), help: None });
    }
    let mut holes = Holes::default();
    let mut calls = Vec::new();
    let mut found = Vec::new();
    for (words, comment) in commands {
        let line = words.first().map_or(1, |word| word.line);
        let place = if commands.len() > 1 { format!("line {line}") } else { "curl".to_owned() };
        let mut whole = requests(words, &place, origin, &mut holes)?;
        for request in &mut whole {
            let mut made = request.calls(&mut found)?;
            if made.is_empty() {
                let message = format!("{origin}:{line}: the command names no URL");
                return Err(ImportError { message, help: None });
            }
            if let ([call], Some(comment)) = (made.as_mut_slice(), comment) {
                call.name = Some(comment.clone());
            }
            calls.append(&mut made);
        }
    }
    losses.append(&mut found);
    let wish = name.map_or_else(|| title(&calls), str::to_owned);
    let (mut draft, notes) = steps::draft(calls, holes, false, &mut losses);
    let file = FileNames::default().unique(&wish, "curl");
    draft.set("name", wish);
    let import = Import { flows: vec![(format!("flows/{file}.flow.yaml"), draft)], losses, notes, ..Import::default() };
    Ok(import.of_file(origin))
}

/// What a flow is called that nobody gave a name: by its first URL.
fn title(calls: &[super::call::Call]) -> String {
    let url = calls.first().and_then(|call| crate::http::Url::parse(&call.url).ok());
    let path = url.as_ref().map(|url| url.path().to_owned()).unwrap_or_default();
    let is_word = |part: &&str| {
        part.len() > 1 && part.len() < 30 && part.chars().all(|c| c.is_ascii_alphabetic() || c == '-' || c == '_')
    };
    let words: Vec<_> = path.split('/').filter(is_word).collect();
    match (words.is_empty(), url) {
        (false, _) => words.join(" "),
        (true, Some(url)) => url.host_str().unwrap_or("curl").to_owned(),
        (true, None) => "curl".to_owned(),
    }
}

fn shorten(text: &str) -> String {
    let line: String = text.chars().take(40).collect();
    if line.len() < text.len() { format!("{line}…") } else { line }
}

/// The requests of one command: `--next` begins another.
fn requests(words: &[Word], place: &str, origin: &str, holes: &mut Holes) -> Result<Vec<Request>, ImportError> {
    let mut all = vec![Request::new(place, origin)];
    let mut words = words.iter();
    let mut positional = false;
    while let Some(word) = words.next() {
        let text = flat(word, holes);
        let at = |message: String, help: Option<String>| {
            Err(ImportError { message: format!("{origin}:{}: {message}", word.line), help })
        };
        let mut given: Vec<(String, Meaning, Option<String>)> = Vec::new();
        if positional || !text.starts_with('-') || text == "-" {
            given.push((String::new(), Meaning::Url, Some(text)));
        } else if text == "--" {
            positional = true;
            continue;
        } else if let Some(name) = text.strip_prefix("--") {
            let Some((value, meaning)) = options::long(name) else {
                // What is switched off is not asked for.
                if name.strip_prefix("no-").is_some_and(|name| options::long(name).is_some()) {
                    continue;
                }
                let near = nearest(name, options::names()).map(|near| format!("did you mean `--{near}`?"));
                let help = near.or(Some("remove it, and say what it does in the flow".to_owned()));
                return at(format!("curl's `--{}` is not supported", shorten(name)), help);
            };
            given.push((format!("--{name}"), meaning, value.then(String::new)));
        } else {
            if let Err(letter) = letters(&text, &mut given) {
                let help = Some("remove it, and say what it does in the flow".to_owned());
                return at(format!("curl's `-{letter}` in `{}` is not supported", shorten(&text)), help);
            }
        }
        for (option, meaning, value) in given {
            let value = match value {
                Some(value) if value.is_empty() && !option.is_empty() => match words.next() {
                    Some(word) => flat(word, holes),
                    None => return at(format!("`{option}` has no value"), None),
                },
                Some(value) => value,
                None => String::new(),
            };
            if meaning == Meaning::Next {
                all.push(Request::new(place, origin));
            } else if let Some(request) = all.last_mut() {
                request.option(&option, meaning, value, word.line)?;
            }
        }
    }
    Ok(all)
}

/// `-sSX POST`, `-XPOST`: letters, of which the last may have its value behind it. The error is the letter that is unknown.
fn letters(text: &str, given: &mut Vec<(String, Meaning, Option<String>)>) -> Result<(), char> {
    let mut rest = text.chars();
    rest.next();
    while let Some(letter) = rest.next() {
        let (_, value, meaning) = options::short(letter).ok_or(letter)?;
        let option = format!("-{letter}");
        if value {
            given.push((option, meaning, Some(rest.as_str().to_owned())));
            return Ok(());
        }
        given.push((option, meaning, None));
    }
    Ok(())
}

/// A word as text, with marks for its variables.
fn flat(word: &Word, holes: &mut Holes) -> String {
    let piece = |piece: &Piece| match piece {
        Piece::Text(text) => text.clone(),
        Piece::Variable(name) => holes.variable(name),
    };
    word.pieces.iter().map(piece).collect()
}
