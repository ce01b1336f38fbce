//! How requests are sent: `defaults`, `timeout`, `redirects`, `rate_limit`.

use std::time::Duration;

use super::Reader;
use super::fields::Named;
use crate::diagnostic::{Code, nearest};
use crate::flow::{Defaults, DurationSetting, RateLimit, Setting, Settings, shape};
use crate::yaml::{Data, Fields, Node, Style, duration};

impl Reader<'_> {
    pub(super) fn defaults(&mut self, node: &Node<'_>) -> Defaults {
        let Some(fields) = Fields::read(node, &shape::DEFAULTS, self.diagnostics) else { return Defaults::default() };
        let base_url = fields.get("base_url").and_then(|n| self.base_url(n));
        let headers = fields.get("headers").map_or_else(Vec::new, |n| self.fields(n, Named::Header));
        let query = fields.get("query").map_or_else(Vec::new, |n| self.fields(n, Named::Query));
        for node in ["query", "headers"].iter().filter_map(|key| fields.get(key)) {
            self.credentials_in(node);
        }
        let auth = fields.get("auth").and_then(|n| self.auth(n));
        self.written_twice(&fields, &headers);
        let settings = self.settings(&fields).map_or_else(Settings::default, |boxed| *boxed);
        Defaults { base_url, headers, query, auth, settings }
    }

    /// `timeout`, `redirects`, `rate_limit`; `None` where none of them is there.
    pub(super) fn settings(&mut self, fields: &Fields<'_, '_>) -> Option<Box<Settings>> {
        let settings = Settings {
            timeout: fields.get("timeout").and_then(|n| self.positive(n, "`timeout`")),
            redirects: fields.get("redirects").and_then(|n| self.redirects(n)),
            rate_limit: fields.get("rate_limit").and_then(|n| self.rate_limit(n)),
        };
        let any = settings.timeout.is_some() || settings.redirects.is_some() || settings.rate_limit.is_some();
        any.then(|| Box::new(settings))
    }

    /// A duration, literal or from a template.
    pub(super) fn duration(&mut self, node: &Node<'_>, what: &str) -> Option<DurationSetting> {
        if is_template(node) {
            return Some(Setting::Rendered(Box::new(self.template(node, what)?)));
        }
        duration(node, what, self.diagnostics).map(Setting::Fixed)
    }

    /// A duration that is more than nothing.
    pub(super) fn positive(&mut self, node: &Node<'_>, what: &str) -> Option<DurationSetting> {
        let setting = self.duration(node, what)?;
        if matches!(setting, Setting::Fixed(Duration::ZERO)) {
            self.diagnostics
                .error(Code::InvalidDuration, node.span, format!("{what} must be more than 0"))
                .help("write how long it is, like `30s`; to leave the default, remove the key");
            return None;
        }
        Some(setting)
    }

    fn redirects(&mut self, node: &Node<'_>) -> Option<Setting<u32>> {
        if is_template(node) {
            return Some(Setting::Rendered(Box::new(self.template(node, "`redirects`")?)));
        }
        let plain = match &node.data {
            Data::Scalar(text, Style::Plain) => &**text,
            _ => "",
        };
        match plain {
            "false" | "False" | "FALSE" => return Some(Setting::Fixed(0)),
            "true" | "True" | "TRUE" => {
                self.diagnostics
                    .error(Code::WrongType, node.span, "`redirects` is a count or `false`, not `true`")
                    .help(
                        "redirects are followed unless you say otherwise: remove the key, or write how many, like `10`",
                    );
                return None;
            }
            _ => {}
        }
        let count = node.integer("`redirects`", 0, self.diagnostics)?;
        if count > 100 {
            self.diagnostics
                .error(
                    Code::InvalidValue,
                    node.span,
                    format!("`redirects` is {count}: more than 100 are never followed"),
                )
                .help("write a smaller count; 10 is the default");
            return None;
        }
        Some(Setting::Fixed(u32::try_from(count).unwrap_or(0)))
    }

    fn rate_limit(&mut self, node: &Node<'_>) -> Option<RateLimit> {
        if let Data::Map(_) = node.data {
            let fields = Fields::read(node, &shape::RATE_LIMIT_SHAPE, self.diagnostics)?;
            return Some(RateLimit::Within(self.positive(fields.get("max_wait")?, "`max_wait`")?));
        }
        match node.scalar() {
            Some("wait") => Some(RateLimit::Wait),
            Some("fail") => Some(RateLimit::Fail),
            Some(text) if crate::value::duration_of(text).is_ok() => {
                self.diagnostics
                    .error(Code::InvalidValue, node.span, "`rate_limit` is `wait`, `fail` or a mapping")
                    .help(format!("to wait at most this long write `rate_limit: {{ max_wait: {text} }}`"));
                None
            }
            Some(text) if node.scalar_value(self.diagnostics)?.is_string() => {
                let near =
                    nearest(text, ["wait", "fail"]).map_or_else(String::new, |near| format!("did you mean `{near}`? "));
                self.diagnostics
                    .error(Code::InvalidValue, node.span, format!("`rate_limit` cannot be `{text}`"))
                    .help(format!("{near}It is `wait`, `fail` or `{{ max_wait: 5m }}`"));
                None
            }
            _ => node.mismatch("`rate_limit`", "`wait`, `fail` or `{ max_wait: 5m }`", self.diagnostics),
        }
    }
}

pub(super) fn is_template(node: &Node<'_>) -> bool {
    node.scalar().is_some_and(|text| text.contains("{{"))
}
