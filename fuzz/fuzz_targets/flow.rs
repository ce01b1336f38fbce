//! Any text as a flow file: problems that can be drawn, or a flow.

#![no_main]

mod scene;

use libfuzzer_sys::fuzz_target;
use wxflow::diagnostic::render;

fuzz_target!(|text: &str| {
    let problems = match scene::parsed(text) {
        Ok((_, warnings)) => warnings,
        Err(problems) => {
            assert!(!problems.is_empty(), "refused without a word");
            problems
        }
    };
    for problem in problems {
        assert!(!render(&problem, false, 100).is_empty());
    }
});
