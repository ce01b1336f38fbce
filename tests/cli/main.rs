//! The command line from outside: what is printed where, and the exit status. One module per command.

#![allow(clippy::unwrap_used, reason = "a test may fail by panicking")]

mod canary;
mod choosing;
mod completions;
mod connect;
mod ends;
mod explain;
mod export;
mod guest;
mod hostile;
mod import;
mod import_curl;
mod jail;
mod list;
mod login;
mod new;
mod oauth;
mod project;
mod recording;
mod reports;
mod reuse;
mod run;
mod sandbox;
mod schema;
mod signals;
mod snapshots;
mod usage;
mod validate;
mod values;
mod watch;
