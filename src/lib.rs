//! wxflow: a scripted request runner. Flows are YAML files, checked before anything is sent.
//!
//! The modules stand on floors and import only from lower ones; `docs/architecture.md` has the table and
//! `tests/architecture.rs` holds the code to it.

pub mod check;
pub mod client;
pub mod diagnostic;
pub mod http;
pub mod jsonpath;
pub mod jwt;
pub mod redact;
pub mod source;
pub mod template;
pub mod value;
pub mod yaml;
