//! XPath 1.0 over XML and HTML: an expression parsed once, a document parsed once.
//!
//! Names without a prefix match in any namespace, HTML names in any case. There is no DTD and no entity, and a bound on
//! depth and on the work of a query, since the document is the server's.

mod expression;
mod html;
#[cfg(test)]
mod tests;
mod tree;
mod xml;

use std::fmt;
use std::ops::Range;

use xpath_eval::{EvaluationContext, Expr, Value as Answer, evaluate};

use crate::value::Value;

/// A valid XPath.
#[derive(Clone)]
pub struct XPath {
    source: Box<str>,
    expr: Box<Expr>,
    gives: Gives,
}

/// What an expression gives: XPath 1.0's four types.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Gives {
    /// Nodes: none, one, or several.
    Nodes,
    /// Text.
    Text,
    /// A number.
    Number,
    /// A boolean.
    Boolean,
}

impl Gives {
    /// In a sentence: "this gives …".
    #[must_use]
    pub fn words(self) -> &'static str {
        match self {
            Gives::Nodes => "nodes",
            Gives::Text => "text",
            Gives::Number => "a number",
            Gives::Boolean => "a boolean",
        }
    }
}

/// Why a text is no XPath that could ever be asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct XPathError {
    /// What is wrong, without a final period.
    pub message: String,
    /// What to do.
    pub help: String,
    /// Where, in bytes from the start of the expression.
    pub range: Range<usize>,
}

impl fmt::Display for XPathError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for XPathError {}

impl XPath {
    /// Reads an expression.
    ///
    /// # Errors
    /// It is not XPath 1.0, uses a prefix, a variable or a function that nothing defines, or is nested too deeply.
    pub fn parse(text: &str) -> Result<Self, XPathError> {
        expression::measure(text)?;
        let expr = xpath_eval::parse(text).map_err(|e| {
            let message = match e.position {
                at if at >= text.len() => "the expression ends too early".to_owned(),
                _ => e.message,
            };
            let help = "an XPath looks like `//item[@id = '1']/name` or `count(//item)` (1.0)";
            expression::error(text, e.position..e.position + 1, message, help)
        })?;
        let gives = expression::Walk { text, depth: 0 }.expression(&expr)?;
        Ok(Self { source: text.into(), expr: Box::new(expr), gives })
    }

    /// The expression as written.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.source
    }

    /// What it gives, whatever the document.
    #[must_use]
    pub fn gives(&self) -> Gives {
        self.gives
    }

    /// Asks a document: one node is its text, several the list of their texts, none is `None`.
    ///
    /// # Errors
    /// It would have to look at more than five million nodes, or gives a number that is none.
    pub fn query(&self, document: &Document) -> Result<Option<Value>, String> {
        let root = document.0.root();
        let mut context = EvaluationContext::new(root);
        let xml = |prefix: &str| (prefix == "xml").then(|| "http://www.w3.org/XML/1998/namespace".to_owned());
        context.namespaces = Some(&xml);
        let answer = evaluate(&self.expr, &context).map_err(|e| e.to_string())?;
        let value = match answer {
            Answer::NodeSet(mut nodes) => {
                nodes.sort_unstable_by(|a, b| xpath_eval::Node::document_order(*a, *b));
                let mut texts: Vec<Value> = nodes.into_iter().map(|node| Value::from(node.text())).collect();
                if texts.len() > 1 { Some(Value::Array(texts)) } else { texts.pop() }
            }
            Answer::Boolean(truth) => Some(Value::from(truth)),
            Answer::String(text) => Some(Value::from(text)),
            Answer::Number(number) => Some(self.number(number)?),
        };
        if document.0.exhausted() {
            return Err(format!("`{self}` has to look at more than 5 million nodes: ask with a narrower path"));
        }
        Ok(value)
    }

    fn number(&self, number: f64) -> Result<Value, String> {
        const EXACT: f64 = (1_u64 << 53) as f64;
        if number.fract() == 0.0 && number.abs() < EXACT {
            return Ok(Value::from(number as i64));
        }
        match serde_json::Number::from_f64(number) {
            Some(number) => Ok(Value::Number(number)),
            None if number.is_nan() => {
                Err(format!("`{self}` gives no number: what it asks is missing or is other text"))
            }
            None => Err(format!("`{self}` gives an infinite number")),
        }
    }
}

impl fmt::Display for XPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.source)
    }
}

impl fmt::Debug for XPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "XPath({})", self.source)
    }
}

/// Which reader a document needs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Markup {
    /// Well-formed or nothing.
    Xml,
    /// As browsers read it.
    Html,
}

impl Markup {
    /// By the media type of a `Content-Type`, else by how the text begins.
    #[must_use]
    pub fn of(content_type: Option<&str>, text: &str) -> Self {
        let media = content_type.unwrap_or("").split(';').next().unwrap_or("").trim().to_ascii_lowercase();
        if media == "text/html" {
            return Markup::Html;
        }
        if media.ends_with("/xml") || media.ends_with("+xml") {
            return Markup::Xml;
        }
        let start = text.trim_start_matches('\u{feff}').trim_start();
        let begins = |with: &str| start.get(..with.len()).is_some_and(|s| s.eq_ignore_ascii_case(with));
        if begins("<!doctype html") || begins("<html") { Markup::Html } else { Markup::Xml }
    }
}

/// Why a text is no document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unreadable {
    /// What is wrong with it: a clause that begins with "it".
    pub message: String,
    /// What to do.
    pub help: String,
}

fn unreadable(message: String, help: &str) -> Unreadable {
    Unreadable { message, help: help.to_owned() }
}

/// A document, ready to be asked.
#[derive(Debug)]
pub struct Document(tree::Tree);

impl Document {
    /// Reads a document.
    ///
    /// # Errors
    /// XML that is not well-formed or has a DOCTYPE; elements nested more than 512 deep.
    pub fn read(text: &str, markup: Markup) -> Result<Self, Unreadable> {
        match markup {
            Markup::Xml => xml::read(text),
            Markup::Html => html::read(text),
        }
        .map(Self)
    }
}
