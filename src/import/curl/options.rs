//! curl's options: which there are, which take a value, and what each means for a flow.

/// What an option means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Meaning {
    Method,
    Header,
    /// `-d`: a leading `@` names a file, line breaks of which are left out.
    Data,
    DataRaw,
    DataBinary,
    DataUrlencode,
    Json,
    Form,
    FormString,
    User,
    Digest,
    Bearer,
    Get,
    Head,
    Cookie,
    UserAgent,
    Referer,
    Url,
    UrlQuery,
    Upload,
    MaxTime,
    Retry,
    MaxRedirects,
    Http1,
    Http2,
    /// What only concerns how curl shows or connects.
    Ignored,
    /// The person decides it for each run: told with what to write.
    Told(&'static str),
    /// Begins another request.
    Next,
}

use Meaning::*;

/// The long name, the short one, whether it takes a value, what it means.
const OPTIONS: &[(&str, Option<char>, bool, Meaning)] = &[
    ("request", Some('X'), true, Method),
    ("header", Some('H'), true, Header),
    ("data", Some('d'), true, Data),
    ("data-ascii", None, true, Data),
    ("data-raw", None, true, DataRaw),
    ("data-binary", None, true, DataBinary),
    ("data-urlencode", None, true, DataUrlencode),
    ("json", None, true, Json),
    ("form", Some('F'), true, Form),
    ("form-string", None, true, FormString),
    ("user", Some('u'), true, User),
    ("digest", None, false, Digest),
    ("basic", None, false, Ignored),
    ("oauth2-bearer", None, true, Bearer),
    ("get", Some('G'), false, Get),
    ("head", Some('I'), false, Head),
    ("cookie", Some('b'), true, Cookie),
    ("user-agent", Some('A'), true, UserAgent),
    ("referer", Some('e'), true, Referer),
    ("url", None, true, Url),
    ("url-query", None, true, UrlQuery),
    ("upload-file", Some('T'), true, Upload),
    ("max-time", Some('m'), true, MaxTime),
    ("retry", None, true, Retry),
    ("max-redirs", None, true, MaxRedirects),
    ("http1.1", None, false, Http1),
    ("http2", None, false, Http2),
    ("next", Some(':'), false, Next),
    ("insecure", Some('k'), false, Told("certificates are checked: run with --insecure HOST")),
    ("proxy", Some('x'), true, Told("run with --proxy URL")),
    ("cacert", None, true, Told("run with --cacert FILE")),
    ("cert", Some('E'), true, Told("run with --cert FILE")),
    ("key", None, true, Told("run with --key FILE")),
    ("resolve", None, true, Told("run with --resolve HOST:PORT:ADDR")),
    ("output", Some('o'), true, Told("the reply is not kept: add `save: FILE` and run with --allow-write")),
    ("remote-name", Some('O'), false, Told("the reply is not kept: add `save: FILE` and run with --allow-write")),
    ("cookie-jar", Some('c'), true, Ignored),
    ("compressed", None, false, Ignored),
    ("location", Some('L'), false, Ignored),
    ("silent", Some('s'), false, Ignored),
    ("show-error", Some('S'), false, Ignored),
    ("verbose", Some('v'), false, Ignored),
    ("include", Some('i'), false, Ignored),
    ("show-headers", None, false, Ignored),
    ("fail", Some('f'), false, Ignored),
    ("fail-with-body", None, false, Ignored),
    ("globoff", Some('g'), false, Ignored),
    ("no-buffer", Some('N'), false, Ignored),
    ("progress-bar", Some('#'), false, Ignored),
    ("no-progress-meter", None, false, Ignored),
    ("http1.0", Some('0'), false, Ignored),
    ("tlsv1.2", None, false, Ignored),
    ("tlsv1.3", None, false, Ignored),
    ("ipv4", Some('4'), false, Ignored),
    ("ipv6", Some('6'), false, Ignored),
    ("connect-timeout", None, true, Ignored),
    ("keepalive-time", None, true, Ignored),
    ("retry-delay", None, true, Ignored),
    ("retry-max-time", None, true, Ignored),
    ("write-out", Some('w'), true, Ignored),
    ("dump-header", Some('D'), true, Ignored),
    ("stderr", None, true, Ignored),
    ("disable", Some('q'), false, Ignored),
    ("path-as-is", None, false, Ignored),
    ("ssl-no-revoke", None, false, Ignored),
    ("create-dirs", None, false, Ignored),
];

/// Whether a long option takes a value, and what it means.
pub(super) fn long(name: &str) -> Option<(bool, Meaning)> {
    OPTIONS.iter().find(|(long, ..)| *long == name).map(|(_, _, value, meaning)| (*value, *meaning))
}

/// As [`long`], of a short option; with its long name.
pub(super) fn short(letter: char) -> Option<(&'static str, bool, Meaning)> {
    OPTIONS
        .iter()
        .find(|(_, short, ..)| *short == Some(letter))
        .map(|(long, _, value, meaning)| (*long, *value, *meaning))
}

/// The names of all long options, for "did you mean".
pub(super) fn names() -> impl Iterator<Item = &'static str> {
    OPTIONS.iter().map(|(long, ..)| *long)
}
