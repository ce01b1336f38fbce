//! Named values: headers, query parameters, cookies, form fields.

use super::Reader;
use crate::diagnostic::Code;
use crate::flow::Field;
use crate::http::HeaderName;
use crate::source::Span;
use crate::yaml::{Data, Fields, Node};

/// What a field is, and so what it may be called and hold.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Named {
    Header,
    Query,
    Cookie,
    Form,
    Part,
}

impl Named {
    pub(super) fn key(self) -> &'static str {
        match self {
            Self::Header => "`headers`",
            Self::Query => "`query`",
            Self::Cookie => "`cookies`",
            Self::Form => "`form`",
            Self::Part => "`multipart`",
        }
    }

    fn one(self) -> &'static str {
        match self {
            Self::Header => "a header",
            Self::Query => "a query parameter",
            Self::Cookie => "a cookie",
            Self::Form => "a form field",
            Self::Part => "a part",
        }
    }
}

impl Reader<'_> {
    pub(super) fn fields(&mut self, node: &Node<'_>, kind: Named) -> Vec<Field> {
        let Some(entries) = node.entries(kind.key(), self.diagnostics) else { return Vec::new() };
        let mut fields: Vec<Field> = Vec::with_capacity(entries.len());
        for (key, value) in entries {
            let Some(name) = key.scalar() else { continue };
            let named = self.field_name(key, name, kind, &fields);
            let sendable = self.sendable(value, kind);
            let value = self.value(value);
            if let (true, true, Some(value)) = (named, sendable, value) {
                fields.push(Field { name: name.into(), span: key.span, value });
            }
        }
        fields
    }

    pub(super) fn field_name(&mut self, key: &Node<'_>, name: &str, kind: Named, earlier: &[Field]) -> bool {
        let what = format_args!("the name of {}", kind.one());
        if self.no_template(key, what, "templates stand in values: write the name as it is") {
            return false;
        }
        if matches!(kind, Named::Query | Named::Form | Named::Part) {
            return true;
        }
        let refused = match name.to_ascii_lowercase().as_str() {
            "content-length" | "transfer-encoding" if kind == Named::Header => {
                Some("it is set from the body: remove it")
            }
            _ => None,
        };
        let (message, help) = if let Some(help) = refused {
            (format!("the header `{name}` cannot be set"), help)
        } else if !is_token(name) {
            (format!("`{name}` cannot be {what}"), "it is letters, digits and `-`, without spaces or `:`")
        } else if let Some(first) = earlier.iter().find(|f| kind == Named::Header && f.name.eq_ignore_ascii_case(name))
        {
            self.diagnostics
                .error(Code::InvalidHeader, key.span, format!("the header `{name}` stands here twice"))
                .related(first.span, "first here")
                .help("header names do not differ by case; to send a header several times, give it a list of values");
            return false;
        } else {
            return true;
        };
        self.diagnostics.error(Code::InvalidHeader, key.span, message).help(help);
        false
    }

    /// Whether a value can be sent: a scalar, or where the key may repeat a list of them, without line breaks in a header.
    pub(super) fn sendable(&mut self, node: &Node<'_>, kind: Named) -> bool {
        match &node.data {
            Data::Broken => false,
            Data::Scalar(..) if node.is_null() => self.null(node, kind),
            Data::Scalar(text, _) => self.line(node.span, text, kind),
            Data::List(items) if kind != Named::Cookie => items.iter().fold(true, |ok, item| match &item.data {
                Data::Scalar(..) if item.is_null() => self.null(item, kind),
                Data::Scalar(text, _) => self.line(item.span, text, kind) && ok,
                Data::Broken => false,
                _ => self.unsendable(item, kind),
            }),
            _ => self.unsendable(node, kind),
        }
    }

    fn null(&mut self, node: &Node<'_>, kind: Named) -> bool {
        self.diagnostics
            .error(Code::WrongType, node.span, format!("{} cannot be null", kind.one()))
            .help("leave it out, write \"{{ omit }}\" to drop a default, or \"\" for an empty one");
        false
    }

    pub(super) fn unsendable(&mut self, node: &Node<'_>, kind: Named) -> bool {
        let found = if matches!(node.data, Data::List(_)) { "a list" } else { "a mapping" };
        let help = match kind {
            Named::Cookie => "write one text",
            _ => {
                "write one value, or a list of values to repeat the key; to send JSON as text use `| tojson` in a template"
            }
        };
        self.diagnostics.error(Code::WrongType, node.span, format!("{} cannot be {found}", kind.one())).help(help);
        false
    }

    fn line(&mut self, span: Span, text: &str, kind: Named) -> bool {
        let wrong = match kind {
            Named::Header => text.contains(['\r', '\n', '\0']),
            Named::Cookie => text.contains(['\r', '\n', '\0']) || (!text.contains("{{") && text.contains(';')),
            Named::Query | Named::Form | Named::Part => false,
        };
        if wrong {
            let message = match kind {
                Named::Cookie => "a cookie's value cannot hold a line break or `;`",
                _ => "a header's value cannot hold a line break",
            };
            self.diagnostics
                .error(Code::InvalidHeader, span, message)
                .help("write it on one line; a block that ends in a line break begins with `|-` or `>-`");
        }
        !wrong
    }

    /// A header that another key beside it writes too: which one is meant cannot be known.
    pub(super) fn written_twice(&mut self, fields: &Fields<'_, '_>, headers: &[Field]) {
        let no_auth = fields.get("auth").is_some_and(|node| node.scalar() == Some("none"));
        for (key, name) in [("auth", "authorization"), ("cookies", "cookie")] {
            let header = headers.iter().find(|h| h.name.eq_ignore_ascii_case(name));
            let at = fields.keys().find(|(k, _)| *k == key).map(|(_, at)| at);
            // `auth: none` makes room for a header of one's own.
            if let (Some(header), Some(at), false) = (header, at, key == "auth" && no_auth) {
                self.diagnostics
                    .error(
                        Code::ConflictingKeys,
                        header.span,
                        format!("`{key}` and the header `{}` stand together", header.name),
                    )
                    .related(at, "the other one")
                    .help("keep one of them");
            }
        }
    }
}

/// A token by RFC 9110 section 5.6.2.
fn is_token(name: &str) -> bool {
    HeaderName::from_bytes(name.as_bytes()).is_ok()
}
