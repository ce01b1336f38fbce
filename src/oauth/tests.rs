//! A server that answers by a script, for the tests of the grants.

use std::cell::RefCell;
use std::collections::VecDeque;
use std::future::Future;

use jiff::Timestamp;

use super::{Client, Grant};
use crate::http::{HeaderMap, Request, Response, Sending, Transport, Url};
use crate::redact::Secret;

/// Answers one request after the other and keeps what it got.
pub(super) struct Script {
    replies: RefCell<VecDeque<(u16, String)>>,
    sent: RefCell<Vec<Request>>,
    slow: bool,
}

impl Script {
    pub(super) fn new(replies: &[(u16, &str)]) -> Self {
        let replies = replies.iter().map(|(status, body)| (*status, (*body).to_owned())).collect();
        Self { replies: RefCell::new(replies), sent: RefCell::default(), slow: false }
    }

    /// One that lets all others go on before it answers.
    pub(super) fn slow(replies: &[(u16, &str)]) -> Self {
        Self { slow: true, ..Self::new(replies) }
    }

    pub(super) fn sent(&self) -> Vec<Request> {
        self.sent.borrow().clone()
    }

    pub(super) fn bodies(&self) -> Vec<String> {
        self.sent.borrow().iter().map(|request| String::from_utf8(request.body.to_vec()).unwrap()).collect()
    }
}

impl Transport for Script {
    fn send<'a>(&'a self, request: &'a Request) -> Sending<'a> {
        self.sent.borrow_mut().push(request.clone());
        Box::pin(async move {
            for _ in 0..if self.slow { 100 } else { 0 } {
                tokio::task::yield_now().await;
            }
            let (status, body) = self.replies.borrow_mut().pop_front().expect("a reply is left in the script");
            Ok(Response::new(status, HeaderMap::new(), body.into()))
        })
    }
}

pub(super) fn client(grant: Grant) -> Client {
    let mut client = Client::new(grant, Url::parse("https://a.example/v1/access_token").unwrap(), "C1");
    client.client_secret = Some(Secret::new("hunter2"));
    client
}

pub(super) fn at(seconds: i64) -> Timestamp {
    Timestamp::from_second(seconds).unwrap()
}

pub(super) fn run<F: Future>(future: F) -> F::Output {
    tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap().block_on(future)
}
