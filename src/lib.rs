//! wxflow: a scripted request runner. Flows are YAML files, checked before anything is sent.
//!
//! The modules stand on floors and import only from lower ones; `docs/architecture.md` has the table and
//! `tests/architecture.rs` holds the code to it.

pub mod check;
pub mod cli;
pub mod client;
pub mod diagnostic;
pub mod environment;
pub mod event;
pub mod explain;
pub mod export;
pub mod flow;
pub mod guest;
pub mod http;
pub mod import;
pub mod jsonpath;
pub mod jwt;
pub mod load;
pub mod login;
pub mod oauth;
pub mod redact;
pub mod report;
pub mod run;
pub mod sandbox;
pub mod schema;
pub mod source;
pub mod template;
pub mod value;
pub mod webex;
pub mod xpath;
pub mod yaml;
