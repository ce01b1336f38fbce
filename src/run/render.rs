//! Rendering for the engine: every rendered secret is learned, every error gets its place in the file.

use std::path::Path;
use std::time::Duration;

use super::{Context, Stop};
use crate::event::{Problem, Snippet};
use crate::flow::{DurationSetting, Field, Setting};
use crate::http::Urls;
use crate::source::{Bundle, Source, Span};
use crate::template::{
    self, Expression, NameUse, RenderError, Template, TemplateValue, ValueTemplate, from_template_value,
    to_template_value,
};
use crate::value::{Value, duration_of};

/// Renders the templates of one step.
#[derive(Clone, Copy)]
pub(super) struct Renderer<'a> {
    pub(super) names: &'a template::Context<'a>,
    pub(super) context: &'a Context<'a>,
    pub(super) source: &'a Source,
    /// What paths in the flow are relative to.
    pub(super) folder: &'a Path,
    /// The files that come with the flow.
    pub(super) bundle: Option<&'a Bundle>,
    pub(super) urls: &'a Urls,
}

/// A rendered text and whether its template names a secret.
pub(super) struct Text {
    pub(super) text: String,
    pub(super) secret: bool,
}

impl Renderer<'_> {
    /// A problem at a place in the flow.
    pub(super) fn problem(&self, span: Span, message: impl Into<String>, help: Option<String>) -> Stop {
        let at = Some(Snippet::of(self.source, span));
        Stop::Problem(Box::new(Problem { message: message.into(), help, code: None, at }))
    }

    fn failed(&self, error: RenderError) -> Stop {
        self.problem(error.span, error.message, error.help)
    }

    /// Learns what was made of secrets. It may go where all of them may: a cut or hashed secret is bound as the whole one.
    pub(super) fn learn(&self, what: &str, value: &Value, names: impl FnOnce() -> Vec<NameUse>) {
        let redactor = self.context.redactor;
        redactor.learn_value(what, value, None);
        if !redactor.binds() {
            return;
        }
        for used in names() {
            let Some(bound) = used.path.first().and_then(|name| self.names.lookup(name)) else { continue };
            let Ok(origin) = from_template_value(&bound.value) else { continue };
            for (secret, hosts) in redactor.bindings(&origin) {
                redactor.learn_value(&secret, value, Some(&hosts));
            }
        }
    }

    /// Text; `None` for `omit`. `what` names it in the redactor.
    pub(super) fn text(&self, what: &str, template: &Template) -> Result<Option<Text>, Stop> {
        let rendered = template.render_text(self.names).map_err(|e| self.failed(e))?;
        let Some(text) = rendered.value else { return Ok(None) };
        if rendered.secret {
            self.learn(what, &Value::String(text.clone()), || template.names());
        }
        Ok(Some(Text { text, secret: rendered.secret }))
    }

    /// Text that must be there: `omit` is an error.
    pub(super) fn required(&self, what: &str, span: Span, template: &Template) -> Result<Text, Stop> {
        let text = self.text(what, template)?;
        text.ok_or_else(|| self.problem(span, format!("{what} cannot be omitted"), None))
    }

    /// A URL, its holes percent-encoded.
    pub(super) fn url(&self, span: Span, template: &Template) -> Result<String, Stop> {
        let mut secrets = Vec::new();
        let rendered = template.render_url(self.names, &mut secrets).map_err(|e| self.failed(e))?;
        for secret in secrets {
            self.learn("URL value", &Value::String(secret), || template.names());
        }
        rendered.value.ok_or_else(|| self.problem(span, "the URL cannot be omitted", None))
    }

    /// A value; `None` for `omit`. Leaves whose template names a secret are learned.
    pub(super) fn value(&self, what: &str, template: &ValueTemplate) -> Result<Option<(Value, bool)>, Stop> {
        Ok(self.leaves(what, template)?.map(|(value, secrets)| (value, !secrets.is_empty())))
    }

    /// As [`Renderer::value`], with the leaves that were learned.
    fn leaves(&self, what: &str, template: &ValueTemplate) -> Result<Option<(Value, Vec<Value>)>, Stop> {
        let mut secrets = Vec::new();
        let rendered = template.render(self.names, &mut secrets).map_err(|e| self.failed(e))?;
        for leaf in &secrets {
            self.learn(what, leaf, || template.names());
        }
        Ok(rendered.value.map(|value| (value, secrets)))
    }

    /// A value to bind to `name`, and whether it is secret.
    pub(super) fn bound(
        &self,
        name: &str,
        span: Span,
        template: &ValueTemplate,
    ) -> Result<(TemplateValue, bool), Stop> {
        match self.value(name, template)? {
            Some((value, secret)) => Ok((to_template_value(&value), secret)),
            None => Err(self.problem(span, format!("`{name}` cannot be bound to `omit`"), None)),
        }
    }

    /// The items of a list to loop over, and whether they are secret.
    pub(super) fn list(
        &self,
        name: &str,
        span: Span,
        template: &ValueTemplate,
    ) -> Result<(Vec<TemplateValue>, bool), Stop> {
        match self.value(name, template)? {
            Some((Value::Array(items), secret)) => Ok((items.iter().map(to_template_value).collect(), secret)),
            Some((other, _)) => {
                let message = format!("`for_each` needs a list, and this is {}", crate::value::type_name(&other));
                Err(self.problem(span, message, Some("for one item write `[item]`".to_owned())))
            }
            None => Err(self.problem(span, "`for_each` needs a list, and this is `omit`", None)),
        }
    }

    /// The value of an expression.
    pub(super) fn truth(&self, expression: &Expression) -> Result<bool, Stop> {
        expression.evaluate_bool(self.names).map_err(|e| self.failed(e))
    }

    /// The texts of a field: none for `omit`, several for a list.
    pub(super) fn field(&self, what: &str, field: &Field) -> Result<Vec<Text>, Stop> {
        let Some((value, secrets)) = self.leaves(what, &field.value)? else { return Ok(Vec::new()) };
        let values = match value {
            Value::Array(items) => items,
            one => vec![one],
        };
        let text = |value: &Value| {
            let text = scalar_text(value).ok_or_else(|| {
                let message =
                    format!("{what} `{}` is {}, which has no text", field.name, crate::value::type_name(value));
                self.problem(
                    field.span,
                    message,
                    Some("write `| tojson`, or give a scalar or a list of scalars".to_owned()),
                )
            })?;
            // Of a list only those whose own template names a secret.
            let secret = secrets.iter().any(|leaf| leaf == value || leaf.as_array().is_some_and(|l| l.contains(value)));
            if secret {
                self.learn(what, &Value::String(text.clone()), || field.value.names());
            }
            Ok(Text { text, secret })
        };
        values.iter().map(text).collect()
    }

    /// A duration, checked now where it was a template.
    pub(super) fn duration(&self, what: &str, span: Span, setting: &DurationSetting) -> Result<Duration, Stop> {
        match setting {
            Setting::Fixed(duration) => Ok(*duration),
            Setting::Rendered(template) => {
                let text = self.required(what, span, template)?.text;
                duration_of(&text)
                    .map_err(|help| self.problem(span, format!("{what} `{text}` is not a duration"), Some(help)))
            }
        }
    }

    /// A count, checked now where it was a template.
    pub(super) fn count(&self, what: &str, span: Span, setting: &Setting<u32>) -> Result<u32, Stop> {
        match setting {
            Setting::Fixed(count) => Ok(*count),
            Setting::Rendered(template) => {
                let text = self.required(what, span, template)?.text;
                text.parse().map_err(|_| self.problem(span, format!("{what} `{text}` is not a whole number"), None))
            }
        }
    }
}

/// The text of a scalar as a header or query value: `5`, not `5.0`. `None` for null, lists and objects.
fn scalar_text(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Bool(b) => Some(b.to_string()),
        Value::Number(n) => Some(match n.as_f64() {
            // Whole floats below 2^53 are exactly their integer.
            Some(f) if n.is_f64() && f.fract() == 0.0 && f.abs() < 9_007_199_254_740_992.0 => format!("{f:.0}"),
            _ => n.to_string(),
        }),
        Value::Null | Value::Array(_) | Value::Object(_) => None,
    }
}
