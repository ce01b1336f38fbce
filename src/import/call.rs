//! A request that somebody once sent, before it is a step: what curl lines and HAR files have in common.

/// A request.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Call {
    /// Where it comes from, for losses: `line 3`, `entry 12`.
    pub(super) place: String,
    /// What a person called it.
    pub(super) name: Option<String>,
    /// The method.
    pub(super) method: String,
    /// The URL as it was written, without a fragment.
    pub(super) url: String,
    /// The headers, in order.
    pub(super) headers: Vec<(String, String)>,
    /// User name and password; with `true` as a digest.
    pub(super) password: Option<(String, String, bool)>,
    /// The body.
    pub(super) body: Payload,
    /// Keys of the step that stand beside the request, as they will stand in the file.
    pub(super) settings: Vec<(&'static str, serde_json::Value)>,
    /// The status that came back, where it is known.
    pub(super) status: Option<u16>,
    /// What is taken from the reply: name, JSONPath, whether it is secret.
    pub(super) captures: Vec<(String, String, bool)>,
}

/// A body.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) enum Payload {
    /// None.
    #[default]
    Empty,
    /// Text, of the type that a header says.
    Text(String),
    /// Fields of a form, decoded.
    Form(Vec<(String, String)>),
    /// Parts of a multipart form.
    Multipart(Vec<(String, Part)>),
    /// A file at a path.
    File(String),
}

/// A part of a multipart form.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Part {
    /// A text.
    Text(String),
    /// A file: its path, type and name.
    File(String, Option<String>, Option<String>),
}

impl Call {
    /// The value of a header.
    pub(super) fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(n, _)| n.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
    }

    /// Removes a header, all its lines, and gives the value of the first.
    pub(super) fn take_header(&mut self, name: &str) -> Option<String> {
        let at = self.headers.iter().position(|(n, _)| n.eq_ignore_ascii_case(name))?;
        let (_, value) = self.headers.remove(at);
        self.headers.retain(|(n, _)| !n.eq_ignore_ascii_case(name));
        Some(value)
    }
}

/// Pairs of `application/x-www-form-urlencoded`, decoded; `None` where the text is no such thing.
pub(super) fn pairs(text: &str) -> Option<Vec<(String, String)>> {
    if text.is_empty() {
        return None;
    }
    let whole = text.split('&').all(|pair| pair.split_once('=').is_some_and(|(name, _)| !name.is_empty()));
    let readable = !text.contains(['\n', ' ', '{', '"']);
    if !whole || !readable {
        return None;
    }
    let pairs: Vec<_> = url::form_urlencoded::parse(text.as_bytes()).into_owned().collect();
    pairs.iter().all(|(name, value)| !name.contains('\u{FFFD}') && !value.contains('\u{FFFD}')).then_some(pairs)
}
