//! XPath into XML and HTML that stands in a text.

use minijinja::{Environment, Error, Value};

use crate::template::convert::to_template_value;
use crate::template::text::Failure;
use crate::xpath::{Document, Markup, XPath};

pub(super) fn add(env: &mut Environment<'static>) {
    env.add_filter("xpath", |text: &Value, path: &Value| {
        let path = path.as_str().ok_or_else(|| Failure::new("the XPath must be text"))?;
        let path = XPath::parse(path).map_err(|e| Failure::new(format!("`{path}` is no XPath: {e}")).help(e.help))?;
        Ok::<_, Error>(query(super::text(text)?, &path)?)
    });
}

/// One node is its text, several the list of theirs, none is undefined. HTML is what begins like it.
pub(in crate::template) fn query(text: &str, path: &XPath) -> Result<Value, Failure> {
    let document = Document::read(text, Markup::of(None, text))
        .map_err(|e| Failure::new(format!("the text is neither XML nor HTML: {}", e.message)).help(e.help))?;
    let found = path.query(&document).map_err(Failure::new)?;
    Ok(found.map_or(Value::UNDEFINED, |value| to_template_value(&value)))
}
