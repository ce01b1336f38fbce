//! `.env` in the project root: read when a variable is first asked for, never put into the process.
//!
//! An own reader, as dotenvy puts the process's variables in for `$NAME`: a `.env` that comes with a flow could so
//! hand it `WEBEX_X=$AWS_SECRET_ACCESS_KEY`, which nobody allowed. Here `$` is a character.

use std::collections::HashMap;

use super::Project;
use crate::source::FileError;

/// The variables of a `.env`; the last of two with one name wins, as shells have it.
pub(super) type Variables = HashMap<String, String>;

impl Project {
    /// A variable of `.env`; `None` where there is no such file or variable.
    ///
    /// # Errors
    /// The file is there and cannot be read. The message holds no text of it: it is full of secrets.
    pub fn dotenv(&self, name: &str) -> Result<Option<String>, FileError> {
        let variables = self.dotenv.get_or_init(|| if self.closed { Ok(Variables::new()) } else { self.read_dotenv() });
        variables.as_ref().map(|variables| variables.get(name).cloned()).map_err(FileError::clone)
    }

    fn read_dotenv(&self) -> Result<Variables, FileError> {
        let path = self.root.join(".env");
        if !path.exists() {
            return Ok(Variables::new());
        }
        let fail = |message: String| FileError { message, help: Some("write it as NAME='value'".to_owned()) };
        let text =
            std::fs::read(&path).map_err(|e| fail(format!(".env cannot be read: {}", super::read::reason(&e))))?;
        let text = String::from_utf8(text).map_err(|_| fail(".env is not UTF-8".to_owned()))?;
        parse(text.strip_prefix('\u{FEFF}').unwrap_or(&text)).map_err(|(line, why)| fail(format!(".env:{line}: {why}")))
    }
}

/// `NAME=value` lines, `export` before it and `#` comments allowed; quoted values may span lines.
fn parse(text: &str) -> Result<Variables, (usize, &'static str)> {
    let mut variables = Variables::new();
    let mut rest = text;
    let line_of = |rest: &str| text[..text.len() - rest.len()].matches('\n').count() + 1;
    loop {
        rest = rest.trim_start();
        if rest.is_empty() {
            return Ok(variables);
        }
        if rest.starts_with('#') {
            rest = rest.split_once('\n').map_or("", |(_, rest)| rest);
            continue;
        }
        let at = line_of(rest);
        let line_end = rest.find('\n').unwrap_or(rest.len());
        let equals = rest[..line_end].find('=').ok_or((at, "there is no `=` in this line"))?;
        let name = rest[..equals].trim();
        let name = name.strip_prefix("export ").unwrap_or(name).trim();
        if name.is_empty() || !name.bytes().all(|b| b.is_ascii_alphanumeric() || b"_.-".contains(&b)) {
            return Err((at, "what stands before `=` is not a name"));
        }
        let (value, after) = value(&rest[equals + 1..]).map_err(|why| (at, why))?;
        variables.insert(name.to_owned(), value);
        rest = after;
    }
}

/// A value and what follows its line.
fn value(text: &str) -> Result<(String, &str), &'static str> {
    let text = text.trim_start_matches([' ', '\t']);
    let quote = text.chars().next().filter(|c| matches!(c, '\'' | '"'));
    let Some(quote) = quote else {
        let (line, after) = text.split_once('\n').unwrap_or((text, ""));
        let end = if line.starts_with('#') { 0 } else { line.find(" #").unwrap_or(line.len()) };
        return Ok((line[..end].trim().to_owned(), after));
    };
    let mut value = String::new();
    let mut characters = text.char_indices().skip(1);
    while let Some((at, c)) = characters.next() {
        match c {
            c if c == quote => {
                let (line, after) = text[at + 1..].split_once('\n').unwrap_or((&text[at + 1..], ""));
                let tail = line.trim();
                let clean = tail.is_empty() || tail.starts_with('#');
                return if clean { Ok((value, after)) } else { Err("something follows the closing quote") };
            }
            '\\' if quote == '"' => match characters.next().map(|(_, c)| c) {
                Some('n') => value.push('\n'),
                Some('r') => value.push('\r'),
                Some('t') => value.push('\t'),
                Some(c @ ('"' | '\\' | '$')) => value.push(c),
                Some(c) => value.extend(['\\', c]),
                None => break,
            },
            c => value.push(c),
        }
    }
    Err("the quote is not closed")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::load::Surroundings;

    fn read(text: &str) -> Vec<(String, String)> {
        let mut list: Vec<_> = parse(text).unwrap().into_iter().collect();
        list.sort();
        list
    }

    #[test]
    fn the_usual_ways_to_write_a_value() {
        let text =
            "# c\nexport A=1\nB = 'a # b'  # c\nC=\"x\\n\\\"y\\\"\"\r\nD=pa$$HOME#x # c\nE=\nF='two\nlines'\nG=#\nH=é";
        let expected = [
            ("A", "1"),
            ("B", "a # b"),
            ("C", "x\n\"y\""),
            ("D", "pa$$HOME#x"),
            ("E", ""),
            ("F", "two\nlines"),
            ("G", ""),
            ("H", "é"),
        ];
        assert_eq!(read(text), expected.map(|(n, v)| (n.to_owned(), v.to_owned())));
    }

    #[test]
    fn errors_name_the_line() {
        assert_eq!(parse("A=1\n\nhunter2\n"), Err((3, "there is no `=` in this line")));
        assert_eq!(parse("A='x\ny"), Err((1, "the quote is not closed")));
        assert_eq!(parse("A='x'y"), Err((1, "something follows the closing quote")));
        assert_eq!(parse("A B=1"), Err((1, "what stands before `=` is not a name")));
    }

    #[test]
    fn it_is_read_on_demand_and_its_errors_hide_its_text() {
        let dir = tempfile::tempdir().unwrap();
        let around = Surroundings::new(dir.path(), None).unwrap();
        let project = || Project::named(dir.path(), &around).unwrap();
        assert_eq!(project().dotenv("A"), Ok(None));
        std::fs::write(dir.path().join(".env"), "export WEBEX_BOT_TOKEN='a b'\n").unwrap();
        assert_eq!(project().dotenv("WEBEX_BOT_TOKEN"), Ok(Some("a b".to_owned())));
        std::fs::write(dir.path().join(".env"), "hunter2\n").unwrap();
        let error = project().dotenv("A").unwrap_err();
        assert_eq!(error.message, ".env:1: there is no `=` in this line");
    }
}
