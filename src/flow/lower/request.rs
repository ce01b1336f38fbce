//! A request and what stands beside it.

use super::fields::Named;
use super::{Reader, url};
use crate::diagnostic::Code;
use crate::flow::{Body, RequestTemplate};
use crate::yaml::{Data, Fields, Node};

impl Reader<'_> {
    /// The request of a step or a cleanup: `node` is `METHOD url`, `fields` what stands beside it.
    pub(super) fn request(&mut self, node: &Node<'_>, fields: &Fields<'_, '_>) -> Option<RequestTemplate> {
        let line = self.request_line(node);
        let query = fields.get("query").map_or_else(Vec::new, |n| self.fields(n, Named::Query));
        let headers = fields.get("headers").map_or_else(Vec::new, |n| self.fields(n, Named::Header));
        for node in ["query", "headers", "cookies", "json", "form"].iter().filter_map(|key| fields.get(key)) {
            self.credentials_in(node);
        }
        let cookies = fields.get("cookies").map_or_else(Vec::new, |n| self.fields(n, Named::Cookie));
        let auth = fields.get("auth").and_then(|n| self.auth(n)).map(Box::new);
        self.written_twice(fields, &headers);
        let body = self.body(fields);
        let settings = self.settings(fields);
        let (method, url) = line?;
        Some(RequestTemplate { span: node.span, method, url, query, headers, cookies, auth, body, settings })
    }

    fn body(&mut self, fields: &Fields<'_, '_>) -> Option<Box<Body>> {
        let (kind, node) = fields.one_of(&["json", "form", "text"], self.diagnostics)?;
        let body = match kind {
            "json" => Body::Json(self.json(node)?),
            "form" => Body::Form(self.fields(node, Named::Form)),
            _ => Body::Text(self.template(node, "`text`")?),
        };
        Some(Box::new(body))
    }

    fn json(&mut self, node: &Node<'_>) -> Option<crate::template::ValueTemplate> {
        if let Some(text) = url::literal(node)
            && matches!(node.data, Data::Scalar(_, style) if style != crate::yaml::Style::Plain)
            && text.trim_start().starts_with(['{', '['])
        {
            self.diagnostics
                .error(Code::WrongType, node.span, "`json` holds a text that looks like JSON: it would be sent as one string")
                .help("write the JSON as YAML, without quotes or `|` (JSON is valid YAML), or use `text` with a `content-type` header");
            return None;
        }
        self.value(node)
    }
}
