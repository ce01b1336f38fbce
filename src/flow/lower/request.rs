//! A request and what stands beside it.

use super::Reader;
use super::fields::Named;
use crate::flow::RequestTemplate;
use crate::yaml::{Fields, Node};

impl Reader<'_> {
    /// The request of a step or a cleanup: `node` is `METHOD url`, `fields` what stands beside it.
    pub(super) fn request(&mut self, node: &Node<'_>, fields: &Fields<'_, '_>) -> Option<RequestTemplate> {
        let line = self.request_line(node);
        let query = fields.get("query").map_or_else(Vec::new, |n| self.fields(n, Named::Query));
        let headers = fields.get("headers").map_or_else(Vec::new, |n| self.fields(n, Named::Header));
        for node in
            ["query", "headers", "cookies", "json", "form", "multipart"].iter().filter_map(|key| fields.get(key))
        {
            self.credentials_in(node);
        }
        let cookies = fields.get("cookies").map_or_else(Vec::new, |n| self.fields(n, Named::Cookie));
        let auth = fields.get("auth").and_then(|n| self.auth(n)).map(Box::new);
        self.written_twice(fields, &headers);
        let body = self.body(fields);
        let version = fields.get("http").and_then(|n| self.http_version(n));
        let settings = self.settings(fields);
        let save = fields.get("save").and_then(|n| self.saved_path(n)).map(Box::new);
        let (method, url) = line?;
        Some(RequestTemplate {
            span: node.span,
            method,
            url,
            query,
            headers,
            cookies,
            auth,
            body,
            version,
            save,
            settings,
        })
    }
}
