//! What is fuzzed, as functions over bytes: libFuzzer calls them (`fuzz_targets/`), and so does `tests/fuzz.rs`.

pub(crate) mod flow;
pub(crate) mod import;
pub(crate) mod jsonpath;
pub(crate) mod predicate;
pub(crate) mod redactor;
pub(crate) mod reply;
pub(crate) mod scene;
pub(crate) mod template;
