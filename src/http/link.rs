//! `Link` headers (RFC 8288), as far as paging needs them: where `rel="next"` leads.

use super::HeaderMap;

/// The target of the first link with the relation `next`, as it stands there, perhaps relative. Links with an `anchor`
/// speak of another resource, so they do not count (RFC 8288 section 3.2).
#[must_use]
pub fn next_link(headers: &HeaderMap) -> Option<String> {
    let lines = headers.get_all(::http::header::LINK);
    lines.iter().find_map(|line| next_in(&String::from_utf8_lossy(line.as_bytes())))
}

/// As [`next_link`], in one header line, which may hold several links.
fn next_in(line: &str) -> Option<String> {
    let mut rest = line;
    loop {
        // What stands before a link is not one: servers send stray commas (RFC 9110 section 5.6.1.2).
        let (target, after) = rest.split_once('<')?.1.split_once('>')?;
        let (parameters, after) = parameters(after);
        // Only the first `rel` counts (RFC 8288 section 3.3).
        let rel = parameters.iter().find(|(name, _)| name.eq_ignore_ascii_case("rel"));
        let is_next = rel.is_some_and(|(_, rel)| rel.split_ascii_whitespace().any(|r| r.eq_ignore_ascii_case("next")));
        let anchored = parameters.iter().any(|(name, _)| name.eq_ignore_ascii_case("anchor"));
        if is_next && !anchored {
            return Some(target.trim().to_owned());
        }
        rest = after;
    }
}

/// The parameters behind a target, and what follows the comma that ends them.
fn parameters(text: &str) -> (Vec<(&str, String)>, &str) {
    let mut found = Vec::new();
    let mut rest = text.trim_start();
    while let Some(after) = rest.strip_prefix(';') {
        let after = after.trim_start();
        let end = after.find(['=', ';', ',']).unwrap_or(after.len());
        let (name, after) = after.split_at_checked(end).unwrap_or((after, ""));
        let (value, after) = match after.strip_prefix('=') {
            Some(after) => value(after.trim_start()),
            None => (String::new(), after),
        };
        found.push((name.trim(), value));
        rest = after.trim_start();
    }
    // Garbage behind a value ends the link too.
    (found, rest.find(',').and_then(|at| rest.get(at + 1..)).unwrap_or(""))
}

/// A token or a quoted string, and what follows it.
fn value(text: &str) -> (String, &str) {
    let Some(quoted) = text.strip_prefix('"') else {
        let end = text.find([';', ',']).unwrap_or(text.len());
        let (token, after) = text.split_at_checked(end).unwrap_or((text, ""));
        return (token.trim().to_owned(), after);
    };
    let mut value = String::new();
    let mut chars = quoted.chars();
    while let Some(c) = chars.next() {
        match c {
            '"' => break,
            '\\' => value.extend(chars.next()),
            c => value.push(c),
        }
    }
    (value, chars.as_str())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn next(lines: &[&'static str]) -> Option<String> {
        let mut headers = HeaderMap::new();
        for line in lines {
            headers.append("link", line.parse().unwrap());
        }
        next_link(&headers)
    }

    #[test]
    fn the_next_link_is_found_in_every_spelling() {
        for line in [
            "</p2>; rel=\"next\"",
            "</p2>;rel=next",
            "</p2> ; REL = \"NEXT\"",
            "</p2>; rel=\"prev next\"",
            "</p2>; title=\"a, b; c \\\" <x>; rel=prev\"; rel=\"next\"",
            "</p1>; rel=\"prev\", </p2>; rel=\"next\", </p9>; rel=last",
            "</p1>; title=\"one, two\"; rel=first , </p2>; rel=next; title=x",
            ", ,</p2>; rel=next",
            "</p2>; crossorigin; rel=next",
            "< /p2 >; rel=next",
        ] {
            assert_eq!(next(&[line]).as_deref(), Some("/p2"), "{line}");
        }
        assert_eq!(next(&["</p1>; rel=prev", "</a,b;c?d=1>; rel=next"]).as_deref(), Some("/a,b;c?d=1"));
    }

    #[test]
    fn what_is_no_next_link_is_none() {
        for line in [
            "",
            "</p1>; rel=\"prev\"",
            "</p1>",
            "</p1>; rel=nextish",
            "</p1>; rel=prev; rel=next",
            "</p1>; title=\"rel=next\"",
            "</p1>; rel=next; anchor=\"#other\"",
            "</p1; rel=next",
            "p1; rel=next",
        ] {
            assert_eq!(next(&[line]), None, "{line}");
        }
        assert_eq!(next(&[]), None);
    }

    #[test]
    fn text_cut_anywhere_does_no_harm() {
        let line = "</p1>; title=\"ö \\\" x\"; rel=\"prev\", </p2>; rel=\"next\"";
        for end in (0..line.len()).filter(|end| line.is_char_boundary(*end)) {
            let found = next_in(&line[..end]);
            assert!(found.is_none() || found.as_deref() == Some("/p2"), "{end}");
        }
    }
}
