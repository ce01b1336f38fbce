//! The command line from outside: what is printed where, and the exit status. One module per command.

#![allow(clippy::unwrap_used, reason = "a test may fail by panicking")]

mod canary;
mod choosing;
mod completions;
mod connect;
mod explain;
mod guest;
mod jail;
mod list;
mod login;
mod oauth;
mod project;
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
