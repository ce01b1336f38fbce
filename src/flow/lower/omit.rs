//! `omit` drops the key or item that holds it, and so may stand only where there is one to drop.

use super::{Reader, url};
use crate::diagnostic::Code;
use crate::yaml::{Data, Node};

impl Reader<'_> {
    /// Reports `omit` in a template anywhere in `node`.
    pub(super) fn no_omit(&mut self, node: &Node<'_>) {
        match &node.data {
            Data::Scalar(text, _) => {
                if let Some(at) = find(text) {
                    let span = self.place(node, at..at + "omit".len());
                    self.diagnostics
                        .error(Code::TemplateMisplaced, span, "`omit` has nothing to drop here")
                        .help("it drops a key or item of `query`, `headers`, `cookies`, `json`, `form`, `multipart` or `claims`; for a fallback write `default('…')`");
                }
            }
            Data::List(items) => items.iter().for_each(|item| self.no_omit(item)),
            Data::Map(entries) => entries.iter().for_each(|(_, value)| self.no_omit(value)),
            Data::Broken => {}
        }
    }
}

/// Where the name `omit` stands in a template of `text`, outside of quotes.
fn find(text: &str) -> Option<usize> {
    if !text.contains("omit") {
        return None;
    }
    let mut end_of_last = 0;
    for plain in url::outside(text).skip(1) {
        let start = text.get(end_of_last..plain.start)?.find("{{")? + end_of_last;
        if let Some(at) = word(text.get(start..plain.start)?) {
            return Some(start + at);
        }
        end_of_last = plain.start;
    }
    None
}

fn word(expression: &str) -> Option<usize> {
    let mut quote = None;
    let mut previous = ' ';
    for (at, c) in expression.char_indices() {
        match quote {
            Some(q) if c == q && previous != '\\' => quote = None,
            Some(_) => {}
            None if c == '"' || c == '\'' => quote = Some(c),
            None => {
                let part = |c: char| c.is_alphanumeric() || c == '_' || c == '.';
                let rest = expression.get(at..)?.strip_prefix("omit");
                if !part(previous) && rest.is_some_and(|rest| !rest.starts_with(part)) {
                    return Some(at);
                }
            }
        }
        previous = c;
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_the_name_and_not_the_letters() {
        assert_eq!(find("{{ x | default(omit) }}"), Some(15));
        assert_eq!(find("a {{ x }} b {{ omit }}"), Some(15));
        for none in ["omit", "{{ 'omit' }}", "{{ omitted }}", "{{ a.omit }}", "{{ x }} omit", "{{ vomit }}"] {
            assert_eq!(find(none), None, "{none}");
        }
    }
}
