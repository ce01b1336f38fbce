//! Reads a predicate: the file's text decides whether a mapping holds operators, never a rendered value.

use super::domain::{Domain, Problem};
use super::{Operand, Operator, Predicate, Test};
use crate::check::Lower;
use crate::diagnostic::Code;
use crate::source::Span;
use crate::template::read;
use crate::value::Value;
use crate::yaml::{Data, Node};

impl Predicate {
    /// Reads the predicate of something in `domain`. `None` where a mistake was reported.
    pub(in crate::check) fn lower(node: &Node<'_>, domain: Domain, cx: &mut Lower<'_>) -> Option<Self> {
        let tests = match &node.data {
            Data::Map(entries) if entries.is_empty() => {
                cx.diagnostics
                    .error(Code::InvalidValue, node.span, "this predicate has no operator, so it would always hold")
                    .help("to compare with an empty mapping write `eq: {}`");
                return None;
            }
            Data::Map(entries) => operators(entries, domain, cx)?,
            Data::Broken => return None,
            _ => {
                looks_like_an_operator(node, cx);
                vec![test(Operator::Eq, node.span, node, domain, cx)?]
            }
        };
        Some(Self { tests: tests.into(), domain })
    }
}

/// Warns where a text that is compared with is written like an operator.
fn looks_like_an_operator(node: &Node<'_>, cx: &mut Lower<'_>) {
    let Some(text) = node.scalar() else { return };
    let Some(help) = meant_operator(text) else { return };
    cx.diagnostics
        .warning(Code::LiteralText, node.span, format!("this compares with the text `{text}`"))
        .help(format!("{help}; where the text is meant, write it `{{ eq: \"{text}\" }}`"));
}

/// How the operator is written that a text looks like; `None` for a text that is like none.
#[must_use]
pub fn meant_operator(text: &str) -> Option<String> {
    let sign = text.find(|c: char| !"<>=!~".contains(c)).unwrap_or(text.len());
    let (sign, rest) = text.split_at(sign);
    // Nearly every text begins with no sign, and looking for what it may mean is dear.
    let operator = if sign.is_empty() { None } else { Operator::meant_by(sign) };
    Some(match (operator, text.to_lowercase().as_str()) {
        (Some(operator), _) if !rest.trim().is_empty() => {
            format!("an operator is a key: `{{ {operator}: {} }}`", rest.trim())
        }
        (_, "exists" | "exist" | "not null" | "!null" | "notnull" | "defined") => "write `{ exists: true }`".to_owned(),
        (_, "not exists" | "undefined" | "missing") => "write `{ exists: false }`".to_owned(),
        (_, "empty") => "write `{ empty: true }`".to_owned(),
        (_, "not empty" | "notempty") => "write `{ empty: false }`".to_owned(),
        _ => return None,
    })
}

fn operators(entries: &[(Node<'_>, Node<'_>)], domain: Domain, cx: &mut Lower<'_>) -> Option<Vec<Test>> {
    let known = entries.iter().filter(|(key, _)| key.scalar().and_then(Operator::named).is_some()).count();
    let mut tests = Vec::with_capacity(known);
    for (key, value) in entries {
        let name = key.scalar().unwrap_or("");
        match Operator::named(name) {
            Some(operator) => tests.push(test(operator, key.span, value, domain, cx)),
            None => {
                unknown(name, key.span, cx);
                // A mapping of data has only unknown keys: one message says it all.
                if known == 0 {
                    return None;
                }
                tests.push(None);
            }
        }
    }
    let tests = tests.into_iter().collect::<Option<Vec<_>>>()?;
    let nothing = tests.iter().find(|t| {
        t.operator == Operator::Exists && matches!(&t.operand, Operand::Literal(v) if **v == Value::Bool(false))
    });
    if let (Some(nothing), Some(other)) = (nothing, tests.iter().find(|t| t.operator != Operator::Exists)) {
        cx.diagnostics
            .error(Code::ConflictingKeys, nothing.span, "`exists: false` cannot hold together with another operator")
            .related(other.span, "this asks about a value")
            .help("keep one of the two");
        return None;
    }
    Some(tests)
}

fn unknown(name: &str, span: Span, cx: &mut Lower<'_>) {
    let help = match Operator::meant_by(name) {
        Some(near) => format!("did you mean `{near}`? To compare with a mapping write `eq: {{ … }}`"),
        None => "to compare with a mapping write `eq: { … }`, or `like: { … }` where more keys are allowed".to_owned(),
    };
    cx.diagnostics.error(Code::UnknownOperator, span, format!("`{name}` is not an operator")).help(help);
}

fn test(operator: Operator, span: Span, node: &Node<'_>, domain: Domain, cx: &mut Lower<'_>) -> Option<Test> {
    if let Some(problem) = domain.refuses(operator) {
        report(problem, span, cx);
        return None;
    }
    let operand = match operator {
        Operator::Not => Operand::Predicate(Predicate::lower(node, domain, cx)?),
        Operator::Length => Operand::Predicate(Predicate::lower(node, Domain::Count, cx)?),
        Operator::All | Operator::Any | Operator::None => Operand::Predicate(Predicate::lower(node, Domain::Any, cx)?),
        Operator::Matches => {
            let regex = cx.regex(node, "`matches`")?;
            if regex.as_str().is_empty() {
                let message = "`matches` with an empty pattern always holds".to_owned();
                let help = "to want a text that is not empty, write `empty: false`".to_owned();
                report(Problem { code: Code::InvalidValue, message, help }, node.span, cx);
                return None;
            }
            Operand::Regex(Box::new(regex))
        }
        _ => compared(node, operator, domain, cx)?,
    };
    Some(Test { operator, span: span.to(node.span), operand })
}

/// An operand that is a value; a literal one is judged now.
fn compared(node: &Node<'_>, operator: Operator, domain: Domain, cx: &mut Lower<'_>) -> Option<Operand> {
    let template = read::value(node, cx.diagnostics)?;
    let Some(literal) = template.literal() else { return Some(Operand::Template(Box::new(template))) };
    match domain.objects(operator, literal) {
        Some(problem) => {
            report(problem, node.span, cx);
            None
        }
        None => Some(Operand::Literal(Box::new(literal.clone()))),
    }
}

fn report(problem: Problem, span: Span, cx: &mut Lower<'_>) {
    cx.diagnostics.error(problem.code, span, problem.message).help(problem.help);
}
