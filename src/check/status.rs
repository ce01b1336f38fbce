//! Which statuses a step accepts: codes, classes, lists of them, or any.

use std::borrow::Cow;

use super::{CheckError, Lower};
use crate::diagnostic::Code;
use crate::source::Span;
use crate::template::{Context, NameUse, ValueTemplate, read};
use crate::value::Value;
use crate::yaml::{Data, Node};

/// The value of `expect.status`.
#[derive(Debug)]
pub struct StatusRule {
    span: Span,
    choices: Box<[Status]>,
}

#[derive(Clone, Debug)]
enum Status {
    Any,
    Code(u16),
    /// The first digit of `2xx`.
    Class(u8),
    Template(std::sync::Arc<ValueTemplate>),
}

const HELP: &str = "write a status like `200`, a class like `2xx`, a list of these, or `any`";

impl StatusRule {
    /// Reads `status`.
    pub(super) fn lower(node: &Node<'_>, cx: &mut Lower<'_>) -> Option<Self> {
        let (items, list) = match &node.data {
            Data::List(items) => (items.as_slice(), true),
            _ => (std::slice::from_ref(node), false),
        };
        if items.is_empty() {
            cx.diagnostics.error(Code::InvalidStatus, node.span, "no status is in an empty list").help(HELP);
            return None;
        }
        let choices: Vec<_> = items.iter().map(|item| choice(item, list, cx)).collect();
        Some(Self { span: node.span, choices: choices.into_iter().collect::<Option<Vec<_>>>()?.into() })
    }

    /// Where it stands.
    #[must_use]
    pub fn span(&self) -> Span {
        self.span
    }

    /// Whether a reply with `status` is accepted.
    ///
    /// # Errors
    /// A template in it failed, or gave something that is no status.
    pub fn accepts(&self, status: u16, context: &Context<'_>) -> Result<bool, CheckError> {
        Ok(self.rendered(context)?.iter().any(|choice| match choice {
            Status::Any => true,
            Status::Code(code) => *code == status,
            Status::Class(class) => u16::from(*class) == status / 100,
            Status::Template(_) => false,
        }))
    }

    /// Whether `status` itself is named, and not only its class.
    ///
    /// # Errors
    /// As [`StatusRule::accepts`].
    pub fn names_exactly(&self, status: u16, context: &Context<'_>) -> Result<bool, CheckError> {
        Ok(self.rendered(context)?.iter().any(|choice| matches!(choice, Status::Code(code) if *code == status)))
    }

    /// What is accepted, for the report.
    pub(super) fn wanted(&self, context: &Context<'_>) -> Result<Value, CheckError> {
        let rendered = self.rendered(context)?;
        let mut wanted: Vec<_> = rendered.iter().map(Status::to_value).collect();
        Ok(if wanted.len() == 1 { wanted.swap_remove(0) } else { Value::Array(wanted) })
    }

    /// Visits every name its templates use.
    pub fn names(&self, visit: &mut dyn FnMut(NameUse)) {
        for choice in &self.choices {
            if let Status::Template(template) = choice {
                template.names().into_iter().for_each(&mut *visit);
            }
        }
    }

    fn rendered(&self, context: &Context<'_>) -> Result<Cow<'_, [Status]>, CheckError> {
        if !self.choices.iter().any(|choice| matches!(choice, Status::Template(_))) {
            return Ok(Cow::Borrowed(&self.choices));
        }
        let mut all = Vec::new();
        for choice in &self.choices {
            let Status::Template(template) = choice else {
                all.push(choice.clone());
                continue;
            };
            let rendered = super::rendered(template, context);
            let (value, _) = rendered.map_err(|e| CheckError { message: super::sentence(&e), span: self.span })?;
            let items = match &value {
                Value::Array(items) => items.as_slice(),
                one => std::slice::from_ref(one),
            };
            for item in items {
                let status = Status::from_value(item).ok_or_else(|| {
                    let message = format!("`status` came out as {item}, which is no status: {HELP}");
                    CheckError { message, span: self.span }
                })?;
                all.push(status);
            }
        }
        Ok(Cow::Owned(all))
    }
}

impl Status {
    /// A rendered value; text of digits counts, because an input given on the command line is text.
    fn from_value(value: &Value) -> Option<Self> {
        let code = |n: u64| u16::try_from(n).ok().filter(|n| (100..=999).contains(n)).map(Status::Code);
        match value {
            Value::Number(n) => code(n.as_u64()?),
            Value::String(text) => match text.as_bytes() {
                b"any" => Some(Status::Any),
                [class @ b'1'..=b'5', b'x', b'x'] => Some(Status::Class(class - b'0')),
                digits if digits.len() == 3 => code(text.parse().ok()?),
                _ => None,
            },
            _ => None,
        }
    }

    fn to_value(&self) -> Value {
        match self {
            Status::Any => Value::from("any"),
            Status::Code(code) => Value::from(*code),
            Status::Class(class) => Value::from(format!("{class}xx")),
            Status::Template(_) => Value::Null,
        }
    }
}

fn choice(node: &Node<'_>, in_list: bool, cx: &mut Lower<'_>) -> Option<Status> {
    let Some(text) = node.scalar() else {
        return node.mismatch("`status`", "a status, a class like `2xx`, or `any`", cx.diagnostics);
    };
    if text.contains("{{") {
        return read::value(node, cx.diagnostics).map(|t| Status::Template(std::sync::Arc::new(t)));
    }
    let value = node.scalar_value(cx.diagnostics)?;
    let quoted_number = value.is_string() && text.parse::<u16>().is_ok();
    let problem = match Status::from_value(&value) {
        Some(Status::Any) if in_list => "`any` stands alone: with it, nothing else in the list counts".to_owned(),
        Some(status) if !quoted_number => return Some(status),
        _ => format!("`{text}` is no status"),
    };
    let lower_case = text.to_ascii_lowercase();
    let help = match text.len() {
        _ if quoted_number => format!("write {text} without quotes"),
        3 if lower_case != text && Status::from_value(&Value::from(lower_case.as_str())).is_some() => {
            format!("write `{lower_case}`")
        }
        _ if text.contains(',') => format!("write a list: [{text}]"),
        _ => HELP.to_owned(),
    };
    cx.diagnostics.error(Code::InvalidStatus, node.span, problem).help(help);
    None
}
