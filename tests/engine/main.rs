//! The engine in process: flows as text, the sandbox's routes as the transport, a clock that only sleeps move.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test may fail by panicking")]

mod bodies;
mod checks;
mod cleanup;
mod credentials;
mod digest;
mod example;
mod harness;
mod jsonpath;
mod loops;
mod oauth;
mod paginate;
mod poll;
mod retry;
mod reuse;
mod secrets;
mod sending;
mod steps;
mod webex;
