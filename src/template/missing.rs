//! Says why an expression gave nothing: the name, the key that is not there, or the filter that found none.

use minijinja::Value;
use minijinja::value::ValueKind;

use crate::diagnostic::nearest;
use crate::source::Span;

use super::RenderError;
use super::eval::{Evaluator, at};
use super::node::{Kind, Node};
use super::text::{Failure, type_name};

impl Evaluator<'_> {
    /// Why `node` gave nothing: the name, the key that is not there, or the filter that found none.
    pub(super) fn missing(&mut self, node: &Node) -> RenderError {
        match &node.kind {
            Kind::Var(name) => self.unbound(name, node.span),
            Kind::Attr(attr) => self.no_key(node, &attr.0, Some(&attr.1)),
            Kind::Item(item) => {
                let key = self.value(&item.1).ok();
                let key = key.as_ref().and_then(Value::as_str).map(str::to_owned);
                self.no_key(node, &item.0, key.as_deref())
            }
            Kind::Default(call) => self.missing(&call.0),
            Kind::Filter(call) => {
                let failure = Failure::new(format!("`{}` found nothing", call.name));
                at(node.span, failure.help("give a fallback: `| default('…')`"))
            }
            Kind::RegexFind(_) => {
                let failure = Failure::new("`regex_find` found no match");
                at(node.span, failure.help("give a fallback: `| default('…')`"))
            }
            Kind::JsonPath(call) => {
                let failure = Failure::new(format!("`{}` found nothing", call.1));
                at(node.span, failure.help("give a fallback: `| default('…')`"))
            }
            Kind::XPath(call) => {
                let failure = Failure::new(format!("`{}` found nothing", call.1));
                at(node.span, failure.help("give a fallback: `| default('…')`"))
            }
            Kind::If(_) => at(node.span, Failure::new("the condition is false and there is no `else`")),
            _ => at(node.span, Failure::new("the value is undefined")),
        }
    }

    fn unbound(&self, name: &str, span: Span) -> RenderError {
        let failure = Failure::new(match self.context.scope.why_unbound(name) {
            Some(why) => format!("`{name}` is not bound: {why}"),
            None => format!("`{name}` is not bound"),
        });
        at(span, failure)
    }

    fn no_key(&mut self, node: &Node, base: &Node, key: Option<&str>) -> RenderError {
        let found = match self.soft(base) {
            Ok(found) => found,
            Err(error) => return error,
        };
        if found.is_undefined() {
            return self.missing(base);
        }
        let mut path = Vec::new();
        let whose = if base.path(&mut path) { format!("`{}`", path.join(".")) } else { "the value".to_owned() };
        let failure = match (found.kind(), key) {
            (ValueKind::Map, Some(key)) => {
                let keys: Vec<String> =
                    found.try_iter().map(|keys| keys.map(|k| k.to_string()).collect()).unwrap_or_default();
                let failure = Failure::new(format!("{whose} has no `{key}`"));
                match nearest(key, keys.iter().map(String::as_str)) {
                    Some(near) => failure.help(format!("did you mean `{near}`?")),
                    None if keys.is_empty() => failure.help("it is empty"),
                    None => {
                        let few: Vec<&str> = keys.iter().map(String::as_str).take(8).collect();
                        let more = if keys.len() > few.len() { ", …" } else { "" };
                        failure.help(format!("it has {}{more}", few.join(", ")))
                    }
                }
            }
            (ValueKind::Seq | ValueKind::String, Some(key @ ("length" | "len" | "size" | "count"))) => {
                Failure::new(format!("{whose} has no `{key}`")).help("use the filter: `| length`")
            }
            (ValueKind::Seq, None) => {
                let count = found.len().unwrap_or(0);
                Failure::new(format!("{whose} has {count} items, and none at this index"))
            }
            (ValueKind::Seq, Some(key)) => Failure::new(format!("{whose} is a list, so it has no `{key}`"))
                .help(format!("choose an item: `[0].{key}`")),
            (_, Some(key)) => Failure::new(format!("{whose} is {}, so it has no `{key}`", type_name(&found))),
            (_, None) => Failure::new(format!("{whose} has no such item")),
        };
        at(node.span, failure)
    }
}
