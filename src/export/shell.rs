//! Words of a POSIX shell: what is known in quotes, names that get their value later as `"$name"`.

use std::collections::BTreeSet;

use super::holes::{Piece, is_name, pieces};

/// Writes words for one shell script, and remembers what in them a person must replace.
#[derive(Debug, Default)]
pub(super) struct Shell {
    /// What stands before the names of the flow that is written: shell variables are shared by all.
    pub(super) prefix: String,
    /// Expressions that no shell can work out: they stand in the script as they are.
    pub(super) open: BTreeSet<String>,
}

impl Shell {
    /// The variable that a name of the flow is.
    pub(super) fn variable(&self, name: &str) -> String {
        format!("{}{name}", self.prefix)
    }

    /// `text` as one word.
    pub(super) fn word(&mut self, text: &str) -> String {
        let pieces: Vec<_> = pieces(text).into_iter().map(|piece| self.piece(piece)).collect();
        if pieces.iter().all(|(_, expands)| !expands) {
            let text: String = pieces.into_iter().map(|(text, _)| text).collect();
            return if is_plain(&text) { text } else { single(&text) };
        }
        // Everything in double quotes reads best; where the text holds what means something there, it is put together.
        let special = |text: &str| text.contains(['"', '$', '`', '\\', '!']);
        if pieces.iter().all(|(text, expands)| *expands || !special(text)) {
            return format!("\"{}\"", pieces.iter().map(|(text, _)| text.as_str()).collect::<String>());
        }
        let word = |(text, expands): &(String, bool)| if *expands { format!("\"{text}\"") } else { single(text) };
        pieces.iter().map(word).collect()
    }

    /// What a piece is in the shell, and whether it expands.
    fn piece(&mut self, piece: Piece<'_>) -> (String, bool) {
        match piece {
            Piece::Text(text) => (text.replace('\0', ""), false),
            Piece::Hole("uuid()") => ("$(uuidgen)".to_owned(), true),
            Piece::Hole("now()") => ("$(date +%s)".to_owned(), true),
            Piece::Hole(expression) => {
                let name = expression.split('|').next().unwrap_or("").trim();
                let safe = expression.split('|').skip(1).all(|filter| filter.trim() == "safe");
                if is_name(name) && safe {
                    return (format!("${{{}}}", self.variable(name)), true);
                }
                let text = format!("{{{{ {expression} }}}}");
                self.open.insert(text.clone());
                (text, false)
            }
        }
    }
}

/// A comment of as many lines as `text` has: no text of a flow may become a command.
pub(super) fn comment(text: &str, indent: &str) -> String {
    let visible = |line: &str| line.chars().filter(|c| !c.is_control()).collect::<String>();
    text.split(['\n', '\r']).map(|line| format!("{}\n", format!("#{indent}{}", visible(line)).trim_end())).collect()
}

fn single(text: &str) -> String {
    format!("'{}'", text.replace('\'', r"'\''"))
}

/// Whether no shell sees more in it than text.
fn is_plain(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_./:@%+,".contains(&b))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn word(text: &str) -> String {
        Shell::default().word(text)
    }

    #[test]
    fn words_are_quoted_as_little_as_needed() {
        assert_eq!(word("https://a.example/v1"), "https://a.example/v1");
        assert_eq!(word(""), "''");
        assert_eq!(word("it's $5 `x`"), r"'it'\''s $5 `x`'");
        assert_eq!(word("Bearer {{ token }}"), "\"Bearer ${token}\"");
        assert_eq!(word(r#"{"id": "{{ id }}"}"#), r#"'{"id": "'"${id}"'"}'"#);
        assert_eq!(word("{{ uuid() }}!{{ url | safe }}"), r#""$(uuidgen)"'!'"${url}""#);
        assert_eq!(word("a?b=c&d"), "'a?b=c&d'");
    }

    #[test]
    fn what_no_shell_can_do_is_remembered() {
        let mut shell = Shell { prefix: "login_".to_owned(), ..Shell::default() };
        assert_eq!(shell.word("{{ a.b }} {{ c }}"), "\"{{ a.b }} ${login_c}\"");
        assert_eq!(shell.open.into_iter().collect::<Vec<_>>(), ["{{ a.b }}"]);
        assert_eq!(comment("a\nrm -rf\r x\u{7}", " "), "# a\n# rm -rf\n#  x\n");
    }
}
