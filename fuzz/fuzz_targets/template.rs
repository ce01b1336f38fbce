//! Any text as a template and as an expression, evaluated.

#![no_main]

mod scene;

use libfuzzer_sys::fuzz_target;
use wxflow::diagnostic::render;
use wxflow::diagnostic::Diagnostics;
use wxflow::source::{OffsetMap, Source};
use wxflow::template::{Context, Expression, Template};

fuzz_target!(|text: &str| {
    let source = Source::new("f", text);
    let names = scene::Names::new();
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
});
