//! What is fuzzed, as functions over bytes: libFuzzer calls them (`fuzz_targets/`), and so does `tests/fuzz.rs`.

pub mod flow;
pub mod import;
pub mod jsonpath;
pub mod predicate;
pub mod redactor;
pub mod reply;
pub mod scene;
pub mod template;
