//! Any text as a flow file: problems that can be drawn, or a flow; both readers of YAML say the same.

use wxflow::diagnostic::render;

pub(crate) fn run(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    #[cfg(fuzzing)]
    wxflow::yaml::agrees(text);
    let problems = match super::scene::parsed(text) {
        Ok((_, warnings)) => warnings,
        Err(problems) => {
            assert!(!problems.is_empty(), "refused without a word");
            problems
        }
    };
    for problem in problems {
        assert!(!render(&problem, false, 100).is_empty());
    }
}
