//! Any text as a template and as an expression, evaluated.

use wxflow::diagnostic::Diagnostics;
use wxflow::diagnostic::render;
use wxflow::source::{OffsetMap, Source};
use wxflow::template::{Context, Expression, Template};

pub(crate) fn run(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let source = Source::new("f", text);
    let names = super::scene::Names::new();
    let context = Context::new(&names, &names);
    let mut diagnostics = Diagnostics::new(source.clone());
    if let Some(template) = Template::compile(text, &OffsetMap::Plain(0), &mut diagnostics) {
        let _ = template.render_text(&context);
    }
    if let Some(expression) = Expression::compile(text, &OffsetMap::Plain(0), &mut diagnostics) {
        let _ = expression.evaluate(&context);
        let _ = expression.explain(&context);
    }
    for problem in diagnostics.into_sorted() {
        assert!(problem.span.end as usize <= text.len(), "{problem:?}");
        assert!(!render(&problem, false, 100).is_empty());
    }
}
