//! Against real sockets on 127.0.0.1: a thread that answers canned bytes, plain or through TLS.
