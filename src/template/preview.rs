//! A template as far as it can be told before the run: what is only known later stays as it was written.

use crate::source::Source;
use crate::value::{Map, Value};

use super::node::Node;
use super::render::{Part, Repr};
use super::text;
use super::{Context, Expression, Template, ValueTemplate, convert, filter, is_omit};

/// A template, filled in as far as it is known.
#[derive(Clone, Debug, PartialEq)]
pub struct Preview<T> {
    /// What it gives; holes that are not known yet stand in it as `{{ name }}`. `None` for `omit`.
    pub value: Option<T>,
    /// True where the template names a secret: mask the value whole.
    pub secret: bool,
    /// True where nothing was left open.
    pub known: bool,
}

/// Fills templates in from `context`. A hole stays open that names something without a value there, that asks for time or
/// chance, or that fails.
#[derive(Clone, Copy, Debug)]
pub struct Previewer<'a> {
    context: &'a Context<'a>,
    source: &'a Source,
}

impl<'a> Previewer<'a> {
    /// One for the templates of `source`.
    #[must_use]
    pub fn new(context: &'a Context<'a>, source: &'a Source) -> Self {
        Self { context, source }
    }

    /// As text; in a URL, known holes are percent-encoded as they will be.
    #[must_use]
    pub fn text(&self, template: &Template, url: bool) -> Preview<String> {
        let mut out = String::new();
        let mut preview = Preview { value: None, secret: false, known: true };
        let mut first = true;
        for part in template.parts() {
            match part {
                Ok(text) => out.push_str(text),
                Err(node) => {
                    preview.secret |= self.context.names_secret(node);
                    let encode = url && !first && !matches!(node.filter_name(), Some("safe"));
                    match self.hole(node) {
                        Some(None) => return preview,
                        Some(Some(text)) if encode => out.push_str(&filter::percent_encode(&text)),
                        Some(Some(text)) => out.push_str(&text),
                        None => {
                            preview.known = false;
                            out.push_str(&self.open(node));
                        }
                    }
                }
            }
            first = false;
        }
        Preview { value: Some(out), ..preview }
    }

    /// What a condition says, where it is known.
    #[must_use]
    pub fn truth(&self, condition: &Expression) -> Option<bool> {
        self.is_known(&condition.node).then(|| condition.evaluate_bool(self.context).ok()).flatten()
    }

    /// As a value. Every filled-in leaf whose template names a secret is added to `secrets`, to be learned.
    pub fn value(&self, template: &ValueTemplate, secrets: &mut Vec<Value>) -> Preview<Value> {
        let mut preview = Preview { value: None, secret: false, known: true };
        let mut inner = |one: Preview<Value>| {
            preview.secret |= one.secret;
            preview.known &= one.known;
            one.value
        };
        let value = match template {
            ValueTemplate::Literal(value) => Some(value.clone()),
            ValueTemplate::Text(template) => inner(self.leaf(template, secrets)),
            ValueTemplate::List(items) => {
                Some(items.iter().filter_map(|item| inner(self.value(item, secrets))).collect())
            }
            ValueTemplate::Object(members) => {
                let members = members
                    .iter()
                    .filter_map(|(key, value)| Some((String::from(key.as_ref()), inner(self.value(value, secrets))?)));
                Some(Value::Object(members.collect::<Map<_, _>>()))
            }
        };
        Preview { value, ..preview }
    }

    fn leaf(&self, template: &Template, secrets: &mut Vec<Value>) -> Preview<Value> {
        let sole = template.parts().next().and_then(Result::err).filter(|_| template.parts().count() == 1);
        let whole = sole.filter(|node| self.is_known(node)).and_then(|_| template.render_json(self.context).ok());
        let preview = match whole {
            Some(rendered) => Preview { value: rendered.value, secret: rendered.secret, known: true },
            None => {
                let Preview { value, secret, known } = self.text(template, false);
                Preview { value: value.map(Value::String), secret, known }
            }
        };
        if preview.secret {
            secrets.extend(preview.value.clone());
        }
        preview
    }

    /// The text of a hole, `Some(None)` for `omit`; `None` where it is not known.
    fn hole(&self, node: &Node) -> Option<Option<String>> {
        if !self.is_known(node) {
            return None;
        }
        let value = super::eval::Evaluator::new(self.context).value(node).ok()?;
        if is_omit(&value) {
            return Some(None);
        }
        match text::of(&value) {
            Ok(text) => Some(Some(text)),
            Err(_) => convert::from_template_value(&value).ok().map(|value| Some(value.to_string())),
        }
    }

    fn is_known(&self, node: &Node) -> bool {
        let mut known = !node.asks_ambient();
        node.each_path(false, &mut |_, path, _| {
            let name = path.first().copied().unwrap_or_default();
            known &= name == super::OMIT_NAME || self.context.scope.lookup(name).is_some();
        });
        known
    }

    fn open(&self, node: &Node) -> String {
        let text = self.source.slice(node.span).split_whitespace().collect::<Vec<_>>().join(" ");
        format!("{{{{ {text} }}}}")
    }
}

impl Template {
    /// Its pieces: text, or a hole.
    fn parts(&self) -> impl Iterator<Item = Result<&str, &Node>> {
        let (one, many) = match &self.0 {
            Repr::Literal(text) => (Some(Ok(text.as_ref())), None),
            Repr::Hole(node) => (Some(Err(node.as_ref())), None),
            Repr::Mixed(parts) => (None, Some(parts.iter())),
        };
        let many = many.into_iter().flatten().map(|part| match part {
            Part::Text(text) => Ok(text.as_ref()),
            Part::Hole(node) => Err(node),
        });
        one.into_iter().chain(many)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diagnostic::Diagnostics;
    use crate::source::OffsetMap;
    use crate::template::{Ambient, Bound, Scope, TemplateValue};
    use serde_json::json;

    struct World;

    impl Scope for World {
        fn lookup(&self, name: &str) -> Option<Bound> {
            let (value, secret) = match name {
                "name" => (TemplateValue::from("Ann B"), false),
                "age" => (TemplateValue::from(7), false),
                "token" => (TemplateValue::from("hunter22"), true),
                _ => return None,
            };
            Some(Bound { value, secret })
        }
    }

    impl Ambient for World {
        fn now(&self) -> jiff::Timestamp {
            jiff::Timestamp::UNIX_EPOCH
        }
        fn random(&self) -> u128 {
            0
        }
    }

    fn with<T>(text: &str, f: impl FnOnce(&Previewer<'_>, Template) -> T) -> T {
        let source = Source::new("a", text);
        let mut list = Diagnostics::new(std::sync::Arc::clone(&source));
        let template = Template::compile(text, &OffsetMap::Plain(0), &mut list).unwrap();
        f(&Previewer::new(&Context::new(&World, &World), &source), template)
    }

    fn text(template: &str, url: bool) -> String {
        with(template, |p, t| p.text(&t, url).value.unwrap_or_else(|| "(omit)".to_owned()))
    }

    #[test]
    fn what_is_known_is_filled_in() {
        assert_eq!(text("/{{ name }}/{{room.id|upper}}", true), "/Ann%20B/{{ room.id|upper }}");
        assert_eq!(text("{{ name }} {{ later }}", false), "Ann B {{ later }}");
        assert_eq!(text("{{ uuid() }}-{{ range(2) | length }}", false), "{{ uuid() }}-2");
        assert_eq!(text("{{ later | default(name) }}", false), "{{ later | default(name) }}");
        assert_eq!(text("{{ name.x }}", false), "{{ name.x }}", "what fails stays");
        assert_eq!(text("{{ omit }}", false), "(omit)");
    }

    #[test]
    fn values_keep_their_types_and_secrets_are_told() {
        let mut secrets = Vec::new();
        let leaf = |text: &str, secrets: &mut Vec<Value>| with(text, |p, t| p.value(&ValueTemplate::text(t), secrets));
        assert_eq!(leaf("{{ age }}", &mut secrets).value, Some(json!(7)));
        assert_eq!(
            leaf("{{ later }}", &mut secrets),
            Preview { value: Some(json!("{{ later }}")), secret: false, known: false }
        );
        assert!(secrets.is_empty());
        assert!(leaf("{{ token }}", &mut secrets).secret);
        assert_eq!(secrets, [json!("hunter22")]);
    }
}
