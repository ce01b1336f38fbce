//! Templates as Postman has them: `{{name}}` where that is enough, JavaScript where it is not.

use std::collections::{HashMap, HashSet};

use crate::export::holes::{Piece, is_name, pieces};
use crate::value::Value;

/// What names mean where a template stands.
#[derive(Clone, Debug, Default)]
pub(super) struct Names {
    /// What stands before the flow's names: variables of a collection are shared by all.
    pub(super) prefix: String,
    /// Expressions that are JavaScript of their own here: `jwt.token`, `outputs.room_id`.
    pub(super) own: HashMap<String, String>,
    /// Names whose value is text.
    pub(super) texts: HashSet<String>,
    /// Inputs whose value is none: a variable of a collection holds their text.
    pub(super) typed: HashSet<String>,
    /// Whether `response` is the reply at hand.
    pub(super) reply: bool,
}

impl Names {
    /// The variable of a name.
    pub(super) fn variable(&self, name: &str) -> String {
        format!("{}{name}", self.prefix)
    }

    /// Whether an expression is known to give text.
    pub(super) fn is_text(&self, expression: &str) -> bool {
        expression == "uuid()" || self.texts.contains(expression) || quoted(expression).is_some()
    }

    /// A text with `{{name}}`. `other` gives a variable for an expression that is no name; `Err` is one without.
    pub(super) fn text(&self, template: &str, other: &mut dyn FnMut(&str) -> Option<String>) -> Result<String, String> {
        let mut out = String::new();
        for piece in pieces(template) {
            match piece {
                Piece::Text(text) => out.push_str(text),
                Piece::Hole("uuid()") => out.push_str("{{$guid}}"),
                Piece::Hole("now()") => out.push_str("{{$timestamp}}"),
                Piece::Hole(expression) => {
                    let bare = expression.strip_suffix("safe").and_then(|e| e.trim_end().strip_suffix('|'));
                    let name = bare.unwrap_or(expression).trim();
                    if let Some(literal) = quoted(name) {
                        out.push_str(&literal);
                    } else if is_name(name) && !self.own.contains_key(name) {
                        out.push_str(&format!("{{{{{}}}}}", self.variable(name)));
                    } else {
                        let variable = other(name).ok_or_else(|| expression.to_owned())?;
                        out.push_str(&format!("{{{{{variable}}}}}"));
                    }
                }
            }
        }
        Ok(out)
    }

    /// A value as JavaScript; `Err` is the expression that has none.
    pub(super) fn value(&self, value: &Value) -> Result<String, String> {
        Ok(match value {
            Value::String(text) => self.script(text)?,
            Value::Array(items) => {
                let items = items.iter().map(|item| self.value(item)).collect::<Result<Vec<_>, _>>()?;
                format!("[{}]", items.join(", "))
            }
            Value::Object(map) => {
                let one = |(key, value): (&String, &Value)| Ok(format!("{}: {}", json(key), self.value(value)?));
                let members = map.iter().map(one).collect::<Result<Vec<_>, String>>()?;
                format!("{{{}}}", members.join(", "))
            }
            other => other.to_string(),
        })
    }

    /// A template as JavaScript: one hole keeps its type.
    pub(super) fn script(&self, template: &str) -> Result<String, String> {
        let pieces = pieces(template);
        if let [Piece::Hole(expression)] = pieces.as_slice() {
            return self.expression(expression);
        }
        let piece = |piece: &Piece<'_>| match piece {
            Piece::Text(text) => Ok(json(text)),
            Piece::Hole(expression) => Ok(format!("String({})", self.expression(expression)?)),
        };
        let parts = pieces.iter().map(piece).collect::<Result<Vec<_>, String>>()?;
        Ok(if parts.is_empty() { json("") } else { parts.join(" + ") })
    }

    /// An expression: a comparison, a sum, or a value behind filters.
    pub(super) fn expression(&self, expression: &str) -> Result<String, String> {
        let fail = || expression.trim().to_owned();
        if expression.len() > 2_000 {
            return Err(fail());
        }
        for (operator, script) in [
            (" and ", "&&"),
            (" == ", "==="),
            (" != ", "!=="),
            (" >= ", ">="),
            (" <= ", "<="),
            (" > ", ">"),
            (" < ", "<"),
        ] {
            if let Some((left, right)) = outside(expression, operator) {
                let side = |text: &str| self.expression(text).map_err(|_| fail());
                return Ok(format!("({} {script} {})", side(left)?, side(right)?));
            }
        }
        for (operator, script) in [(" ~ ", "+ \"\" +"), (" + ", "+"), (" - ", "-"), (" * ", "*"), (" / ", "/")] {
            if let Some((left, right)) = outside(expression, operator) {
                let side = |text: &str| self.expression(text).map_err(|_| fail());
                return Ok(format!("({} {script} {})", side(left)?, side(right)?));
            }
        }
        if let Some((value, filter)) = last_filter(expression) {
            return self.filter(&self.expression(value).map_err(|_| fail())?, filter).ok_or_else(fail);
        }
        self.operand(expression.trim()).ok_or_else(fail)
    }

    fn filter(&self, value: &str, filter: &str) -> Option<String> {
        Some(match filter {
            "safe" => value.to_owned(),
            "upper" => format!("String({value}).toUpperCase()"),
            "lower" => format!("String({value}).toLowerCase()"),
            "trim" => format!("String({value}).trim()"),
            "length" => format!("({value}).length"),
            "tojson" => format!("JSON.stringify({value})"),
            "string" => format!("String({value})"),
            "int" => format!("parseInt({value}, 10)"),
            "url_encode" => format!("encodeURIComponent({value})"),
            "sha256" => format!("CryptoJS.SHA256({value}).toString()"),
            "md5" => format!("CryptoJS.MD5({value}).toString()"),
            "base64_encode" => format!("CryptoJS.enc.Base64.stringify(CryptoJS.enc.Utf8.parse({value}))"),
            "base64_decode" => format!("CryptoJS.enc.Base64.parse({value}).toString(CryptoJS.enc.Utf8)"),
            _ => {
                let key = filter.strip_prefix("hmac_sha256(").and_then(|rest| rest.strip_suffix(')'))?;
                format!("CryptoJS.HmacSHA256({value}, {}).toString()", self.operand(key.trim())?)
            }
        })
    }

    fn operand(&self, text: &str) -> Option<String> {
        if let Some((value, from, to)) = slice(text) {
            return Some(format!("{}.slice({from}{to})", self.operand(value)?));
        }
        if let Some(inside) = in_brackets(text) {
            return self.expression(inside).ok().map(|script| format!("({script})"));
        }
        if let Some(script) = self.own.get(text) {
            return Some(script.clone());
        }
        if let Some(text) = quoted(text) {
            return Some(json(&text));
        }
        match text {
            "uuid()" => return Some("pm.variables.replaceIn(\"{{$guid}}\")".to_owned()),
            "now()" => return Some("Math.floor(Date.now() / 1000)".to_owned()),
            "true" | "false" => return Some(text.to_owned()),
            "none" | "null" => return Some("null".to_owned()),
            _ => {}
        }
        if text.parse::<f64>().is_ok_and(f64::is_finite)
            && text.bytes().all(|b| b.is_ascii_digit() || b".-".contains(&b))
        {
            return Some(text.to_owned());
        }
        if let Some(length) = text.strip_prefix("random_string(").and_then(|rest| rest.strip_suffix(')')) {
            let length: u16 = length.trim().parse().ok()?;
            let letters = json("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789");
            return Some(format!(
                "Array.from({{ length: {length} }}, () => {letters}[Math.floor(Math.random() * 62)]).join(\"\")"
            ));
        }
        if let Some(range) = text.strip_prefix("random_int(").and_then(|rest| rest.strip_suffix(')')) {
            let (low, high) = range.split_once(',')?;
            let (low, high): (i64, i64) = (low.trim().parse().ok()?, high.trim().parse().ok()?);
            return Some(format!("({low} + Math.floor(Math.random() * {}))", high.checked_sub(low)?.checked_add(1)?));
        }
        let mut parts = text.split('.');
        let first = parts.next()?;
        let rest: Vec<&str> = parts.collect();
        if !is_name(first) || !rest.iter().all(|part| is_name(part)) {
            return None;
        }
        if first == "response" {
            return self.reply.then(|| response(&rest)).flatten();
        }
        if matches!(first, "steps" | "jwt" | "outputs" | "loop" | "omit") {
            return None;
        }
        let members: String = rest.iter().map(|part| format!("?.{part}")).collect();
        let variable = format!("pm.variables.get({})", json(&self.variable(first)));
        Some(match self.typed.contains(first) {
            true => format!("(v => typeof v === \"string\" ? JSON.parse(v) : v)({variable}){members}"),
            false => format!("{variable}{members}"),
        })
    }
}

fn response(path: &[&str]) -> Option<String> {
    Some(match path {
        ["status"] => "pm.response.code".to_owned(),
        ["reason"] => "pm.response.status".to_owned(),
        ["text"] => "pm.response.text()".to_owned(),
        ["duration_ms"] => "pm.response.responseTime".to_owned(),
        ["json", rest @ ..] => {
            format!("pm.response.json(){}", rest.iter().map(|part| format!("?.{part}")).collect::<String>())
        }
        ["headers", name] => format!("pm.response.headers.get({})", json(name)),
        _ => return None,
    })
}

/// A text as a literal of JavaScript.
pub(super) fn json(text: &str) -> String {
    // Two line breaks that JSON allows in a text and old JavaScript does not.
    Value::from(text).to_string().replace('\u{2028}', "\\u2028").replace('\u{2029}', "\\u2029")
}

/// The text of a literal without escapes.
fn quoted(text: &str) -> Option<String> {
    let inside =
        ['\'', '"'].iter().find_map(|quote| text.strip_prefix(*quote)?.strip_suffix(*quote).map(|t| (t, *quote)));
    inside.filter(|(text, quote)| !text.contains(['\\', *quote])).map(|(text, _)| text.to_owned())
}

/// Splits at the last `operator` that stands in no quotes and no brackets.
fn outside<'a>(text: &'a str, operator: &str) -> Option<(&'a str, &'a str)> {
    let (mut depth, mut quote, mut found) = (0_i32, None, None);
    for (at, c) in text.char_indices() {
        match (quote, c) {
            (Some(q), c) if c == q => quote = None,
            (Some(_), _) => {}
            (None, '\'' | '"') => quote = Some(c),
            (None, '(' | '[' | '{') => depth += 1,
            (None, ')' | ']' | '}') => depth -= 1,
            (None, _) if depth == 0 && text.get(at..).is_some_and(|rest| rest.starts_with(operator)) => {
                found = Some(at);
            }
            _ => {}
        }
    }
    let at = found?;
    Some((text.get(..at)?, text.get(at + operator.len()..)?))
}

/// What stands in the one pair of brackets that `text` is.
fn in_brackets(text: &str) -> Option<&str> {
    let inside = text.strip_prefix('(')?.strip_suffix(')')?;
    let mut depth = 0_i32;
    let closed = inside.chars().any(|c| {
        depth += i32::from(c == '(') - i32::from(c == ')');
        depth < 0
    });
    (!closed && !inside.contains(['\'', '"'])).then_some(inside)
}

/// The value, the start and the end of `value[2:]` or `value[:-1]`, as arguments.
fn slice(text: &str) -> Option<(&str, i64, String)> {
    let (value, range) = text.strip_suffix(']')?.rsplit_once('[')?;
    let (from, to) = range.split_once(':')?;
    let number = |text: &str| text.trim().parse::<i64>().ok();
    let from = if from.trim().is_empty() { 0 } else { number(from)? };
    let to = if to.trim().is_empty() { String::new() } else { format!(", {}", number(to)?) };
    Some((value.trim(), from, to))
}

fn last_filter(text: &str) -> Option<(&str, &str)> {
    let (value, filter) = outside(text, "|")?;
    Some((value.trim(), filter.trim()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn templates_become_variables_or_javascript() {
        let names = Names { prefix: "login_".to_owned(), reply: true, ..Names::default() };
        let text = |text: &str| names.text(text, &mut |e| names.expression(e).ok().map(|_| "_1".to_owned()));
        assert_eq!(
            text("a {{ id }}/{{ url | safe }} {{ uuid() }}"),
            Ok("a {{login_id}}/{{login_url}} {{$guid}}".into())
        );
        assert_eq!(text("{{ '{{' }}x}}"), Ok("{{x}}".to_owned()));
        assert_eq!(text("{{ a | upper }}"), Ok("{{_1}}".to_owned()));
        assert_eq!(text("{{ a | webex_id }}"), Err("a | webex_id".to_owned()));
        let script = |text: &str| names.script(text).unwrap();
        assert_eq!(script("{{ id }}"), "pm.variables.get(\"login_id\")");
        assert_eq!(script("x{{ a.b }}"), "\"x\" + String(pm.variables.get(\"login_a\")?.b)");
        assert_eq!(script("{{ now() + 60 }}"), "(Math.floor(Date.now() / 1000) + 60)");
        assert_eq!(
            names.expression("response.status == 200 and x != 'a | b'").unwrap(),
            "((pm.response.code === 200) && (pm.variables.get(\"login_x\") !== \"a | b\"))"
        );
        assert_eq!(
            names.expression("(a | base64_decode)[23:] ~ id[:-1]").unwrap(),
            "((CryptoJS.enc.Base64.parse(pm.variables.get(\"login_a\")).toString(CryptoJS.enc.Utf8)).slice(23) \
             + \"\" + pm.variables.get(\"login_id\").slice(0, -1))"
        );
        let names = Names { typed: ["most".to_owned()].into(), ..names };
        assert_eq!(
            names.expression("(a - most) / 60").unwrap(),
            "(((pm.variables.get(\"login_a\") - (v => typeof v === \"string\" ? JSON.parse(v) : v)\
             (pm.variables.get(\"login_most\")))) / 60)"
        );
        assert!(names.expression("(a) + (b").is_err() && names.expression("x[1:2:3]").is_err());
        assert!(names.script("{{ steps.a.response }}").is_err() && names.script("{{ x | webex_id }}").is_err());
    }
}
