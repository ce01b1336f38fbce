//! The keys that send a request more than once: `retry`, `poll`, `paginate`.

use crate::check::shape::EXPECT;
use crate::yaml::{Key, Kind, Shape};

pub(super) const RETRY_KEY: Key = Key::new(
    "retry",
    Kind::Object(&RETRY),
    "Sends again after a network error or a 5xx: `retry: { attempts: 3 }`. POST and PATCH only where nothing was sent, or with `unsafe: true`. Left out: never.",
);
pub(super) const POLL_KEY: Key = Key::new(
    "poll",
    Kind::Object(&POLL),
    "Sends again until the reply is as wanted: `poll: { until: { json: { $.status: done } } }`.",
);
pub(super) const PAGINATE_KEY: Key = Key::new(
    "paginate",
    Kind::Object(&PAGINATE),
    "Follows the links to the next pages: `paginate: { items: $.items }`. `response.json` is then the first page with the items of all.",
);

/// A status to resend on.
const ON: Kind = Kind::Either(&[Kind::Choice(&["network", "5xx", "4xx"]), Kind::Integer(400)]);

/// `retry`.
pub(crate) static RETRY: Shape = Shape {
    noun: "`retry`",
    doc: "Sends again after a failure that may pass.",
    keys: &[
        Key::new("attempts", Kind::Integer(1), "How many sends in all, the first one counted. Left out: 3."),
        Key::new("delay", Kind::Duration, "The wait before the second send, 30s at most. Left out: 1s."),
        Key::new(
            "backoff",
            Kind::Number(1),
            "What each further wait is multiplied by; no wait is longer than 30s. Left out: 2.",
        ),
        Key::new(
            "on",
            Kind::List(&ON),
            "What is sent again: `network`, a class like `5xx`, a status like `502`. Left out: [network, 5xx]. A status that `expect` asks for never is.",
        ),
        Key::new(
            "unsafe",
            Kind::Boolean,
            "Whether POST and PATCH are sent again too, although the server may have carried them out.",
        ),
    ],
    refused: &[],
    extensible: false,
};

/// `poll`.
pub(crate) static POLL: Shape = Shape {
    noun: "`poll`",
    doc: "Sends again until the reply is as wanted.",
    keys: &[
        Key::required(
            "until",
            Kind::Named("expect", &Kind::Object(&EXPECT)),
            "What the reply must be, written as in `expect`. What is not there, or has another type, is not there yet.",
        ),
        Key::new(
            "fail_when",
            Kind::Named("expect", &Kind::Object(&EXPECT)),
            "What the reply is when waiting longer is of no use, like `{ json: { $.status: failed } }`: the step fails at once.",
        ),
        Key::new("every", Kind::Duration, "How long to wait between two sends. Left out: 2s."),
        Key::new("within", Kind::Duration, "The longest all of it may take, every wait included. Left out: 60s."),
    ],
    refused: &[],
    extensible: false,
};

/// `paginate`.
pub(crate) static PAGINATE: Shape = Shape {
    noun: "`paginate`",
    doc: "Follows the links to the next pages, on the same scheme, host and port.",
    keys: &[
        Key::required("items", Kind::JsonPath, "Where the list is in each page, like `$.items`."),
        Key::new(
            "next",
            Kind::JsonPath,
            "Where the next page's URL is in each page, like `$.links.next`. Left out: the header `Link: <…>; rel=\"next\"`.",
        ),
        Key::new(
            "max_pages",
            Kind::Integer(1),
            "The most pages; with more to come behind them the step fails. Left out: 50.",
        ),
    ],
    refused: &[],
    extensible: false,
};
