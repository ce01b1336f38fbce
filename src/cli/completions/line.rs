//! The line up to the cursor, as words without their quotes, and how a candidate is put into it.

/// What stands before the cursor.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Line {
    /// The words; the last one, perhaps empty, is being typed.
    pub(super) words: Vec<String>,
    /// The start of the last word that the shell leaves as it is, without quotes.
    kept: String,
    /// How the rest is quoted.
    quoting: Quoting,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Quoting {
    /// The shell does it.
    None,
    Backslash,
    Single,
    Double,
}

impl Line {
    /// From a shell that splits words and quotes what it inserts.
    pub(super) fn of_words(words: Vec<String>) -> Self {
        Self { words, kept: String::new(), quoting: Quoting::None }
    }

    /// From bash, which hands over its line, and replaces only what stands behind the last of `breaks` or an open quote.
    pub(super) fn of_bash(line: &str, breaks: &str) -> Self {
        let mut reading = Reading { words: Vec::new(), word: None, kept: String::new(), open: None };
        let mut chars = line.chars();
        while let Some(c) = chars.next() {
            reading.take(c, &mut chars, breaks);
        }
        let Reading { mut words, word, kept, open } = reading;
        words.push(word.unwrap_or_default());
        // Assignments and other commands may stand before this one.
        let named = |word: &String| word.rsplit('/').next().is_some_and(|name| name == "wxflow");
        let start = words.iter().position(named).unwrap_or(0);
        words.drain(..start);
        let quoting = match open {
            None => Quoting::Backslash,
            Some('"') => Quoting::Double,
            Some(_) => Quoting::Single,
        };
        Self { words, kept, quoting }
    }

    /// What the shell is to put in for `candidate`, a whole word; `None` where it does not go on from what stands there.
    pub(super) fn insert(&self, candidate: &str) -> Option<String> {
        let rest = candidate.strip_prefix(&self.kept)?;
        Some(match self.quoting {
            Quoting::None => rest.to_owned(),
            Quoting::Single => rest.replace('\'', r"'\''"),
            Quoting::Double => escaped(rest, "\"\\$`"),
            Quoting::Backslash => {
                // A home folder is one only without a backslash.
                let (home, rest) = rest.split_at(usize::from(self.kept.is_empty() && rest.starts_with("~/")));
                format!("{home}{}", escaped(rest, " \t\\\"'`$&|;<>()*?[]{}!#~^"))
            }
        })
    }
}

/// A word of the line being read.
struct Reading {
    words: Vec<String>,
    /// `None` between words.
    word: Option<String>,
    kept: String,
    open: Option<char>,
}

impl Reading {
    fn take(&mut self, c: char, rest: &mut std::str::Chars<'_>, breaks: &str) {
        match (self.open, c) {
            (Some(quote), c) if c == quote => self.open = None,
            (Some('"') | None, '\\') => {
                let next = rest.next();
                self.word.get_or_insert_default().extend(next);
            }
            (None, '"' | '\'') => {
                self.kept = self.word.get_or_insert_default().clone();
                self.open = Some(c);
            }
            (None, ' ' | '\t') => {
                self.words.extend(self.word.take());
                self.kept.clear();
            }
            _ => {
                self.word.get_or_insert_default().push(c);
                if self.open.is_none() && matches!(c, '=' | ':') && breaks.contains(c) {
                    self.kept = self.word.clone().unwrap_or_default();
                }
            }
        }
    }
}

/// A word without its quotes; one may be open.
pub(super) fn unquoted(word: &str) -> String {
    Line::of_bash(&format!("wxflow {word}"), "").words.pop().unwrap_or_default()
}

fn escaped(text: &str, special: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        if special.contains(c) {
            out.push('\\');
        }
        out.push(c);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    const BREAKS: &str = " \t\n\"'><=;|&(:";

    fn inserted(line: &str, candidate: &str) -> (Vec<String>, Option<String>) {
        let line = Line::of_bash(line, BREAKS);
        let inserted = line.insert(candidate);
        (line.words, inserted)
    }

    #[test]
    fn words_lose_their_quotes_and_candidates_get_them() {
        for (line, last, candidate, expected) in [
            ("wxflow ", "", "run", Some("run")),
            ("X=1 ./bin/wxflow run flows/a", "flows/a", "flows/a b.flow.yaml", Some(r"flows/a\ b.flow.yaml")),
            (r"wxflow run flows/a\ b", "flows/a b", "flows/a b.flow.yaml", Some(r"flows/a\ b.flow.yaml")),
            ("wxflow run 'flows/a b", "flows/a b", "flows/a b's.flow.yaml", Some(r"flows/a b'\''s.flow.yaml")),
            ("wxflow run \"flows/$", "flows/$", "flows/$x", Some(r"flows/\$x")),
            ("wxflow run --env=st", "--env=st", "--env=staging two", Some(r"staging\ two")),
            ("wxflow run --env='st", "--env=st", "--env=staging two", Some("staging two")),
            ("wxflow run ~/fl", "~/fl", "~/flows/", Some("~/flows/")),
            ("wxflow run --env=st", "--env=st", "other", None),
        ] {
            let (words, inserted) = inserted(line, candidate);
            assert_eq!(words.last().map(String::as_str), Some(last), "{line}");
            assert_eq!(inserted.as_deref(), expected, "{line}");
            assert!(words.first().is_some_and(|w| w.ends_with("wxflow")), "{line}");
        }
    }

    #[test]
    fn an_open_word_is_unquoted() {
        assert_eq!(unquoted(r"a\ b"), "a b");
        assert_eq!(unquoted("'a b"), "a b");
        assert_eq!(unquoted(""), "");
    }
}
