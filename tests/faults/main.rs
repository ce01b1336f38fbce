//! What servers, proxies and networks do wrong, one test a row: the program ends, says in which phase what went wrong and
//! what to do, undoes what the flow made, and its reports are whole.
//!
//! Each row runs the real binary against a server on 127.0.0.1 whose every byte the row decides.

#![allow(clippy::unwrap_used, reason = "a test may fail by panicking")]

/// Makes a test of each row: `name => what happens and what must come of it;`.
macro_rules! rows {
    ($($name:ident => $row:expr;)+) => {
        $(
            #[test]
            fn $name() {
                $row;
            }
        )+
    };
}

mod bodies;
mod codings;
mod connections;
mod credentials;
mod fault;
mod framing;
mod http2;
mod paging;
mod proxies;
mod redirects;
mod server;
mod tls;
mod waiting;
