//! Reading one URL after the other.

use std::cell::RefCell;

use url::ParseError;

use super::Url;

/// Reads URLs that mostly begin alike: scheme, host and port are not read again where they are those of the last one. That
/// is most of the work, as a host may be written in many ways.
#[derive(Debug, Default)]
pub struct Urls {
    /// What the last one began with, and its root.
    last: RefCell<Option<(Box<str>, Url)>>,
}

impl Urls {
    /// As [`Url::parse`].
    ///
    /// # Errors
    /// `text` is no URL.
    pub fn parse(&self, text: &str) -> Result<Url, ParseError> {
        let Some((head, path)) = halves(text) else { return Url::parse(text) };
        let mut last = self.last.borrow_mut();
        if let Some((known, root)) = &*last
            && **known == *head
        {
            return root.join(path);
        }
        let url = Url::parse(text)?;
        let mut root = url.clone();
        root.set_path("/");
        root.set_query(None);
        root.set_fragment(None);
        *last = Some((head.into(), root));
        Ok(url)
    }
}

/// `https://host:1` and `/path?query`. Not where the second half could be read as more than that: behind another slash, or
/// with characters that a URL does not have, some of which are skipped.
fn halves(text: &str) -> Option<(&str, &str)> {
    let host = ["https://", "http://"].iter().find(|scheme| text.starts_with(**scheme))?.len();
    let end = host + text.get(host..)?.find(['/', '?', '#', '\\'])?;
    let (head, path) = text.split_at_checked(end)?;
    let plain = path.bytes().all(|b| b.is_ascii_graphic() && b != b'\\');
    (plain && end > host && path.starts_with('/') && !path.starts_with("//")).then_some((head, path))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn a_url_is_read_the_same_behind_another(
            head in "https?://[a-z0-9.:@é%\\[\\]-]{0,9}|ftp://h|httpx://h|HTTP://A|http:",
            before in "/[ -~]{0,5}",
            path in "([/?#\\\\.a-zA-Z0-9%:@é\t\n ]|\\.\\.|//|%2e){0,9}",
        ) {
            let urls = Urls::default();
            urls.parse(&format!("{head}{before}")).ok();
            let text = format!("{head}{path}");
            prop_assert_eq!(urls.parse(&text), Url::parse(&text), "{}", text);
        }
    }

    #[test]
    fn only_what_begins_alike_is_taken_from_the_last() {
        let urls = Urls::default();
        for text in [
            "http://a.example/x?y=1",
            "http://a.example/../z",
            "https://a.example/x",
            "http://a.example//b.example/x",
            "http:///a/b",
            "http:///c",
        ] {
            assert_eq!(urls.parse(text), Url::parse(text), "{text}");
        }
    }
}
