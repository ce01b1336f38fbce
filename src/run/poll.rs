//! `poll`: the same request again until `until` holds, `fail_when` does, or the time is over.

use std::time::Duration;

use super::Stop;
use super::flow::Runner;
use super::obtain::Errand;
use super::response::ResponseObject;
use super::send::{Log, Received};
use super::step::{assertion, reply};
use crate::check::{Expect, Verdict};
use crate::event::{Problem, Reason, Snippet, StepOutcome, Wait};
use crate::flow::Poll;
use crate::http::Response;
use crate::source::Span;

/// What one look found.
enum Look {
    /// `until` holds.
    Done,
    NotYet,
    /// Looking again is of no use: the message and the help.
    Over(String, Option<&'static str>),
}

impl Runner<'_, '_> {
    /// Looks until the reply is as wanted. What `until` was asked of the last look goes into `outcome`.
    ///
    /// # Errors
    /// A look failed, found that waiting is of no use, or none is left; or the person interrupted.
    pub(super) async fn poll(
        &mut self,
        errand: Errand<'_>,
        poll: &Poll,
        outcome: &mut StepOutcome,
        log: &mut Log,
    ) -> Result<Received, Stop> {
        let Errand { context, at, request, rules, action } = errand;
        let (every, within) = rules.waiting.poll.unwrap_or_default();
        let deadline = context.clock.elapsed().saturating_add(within);
        let mut last = Vec::new();
        let mut because = Reason::Step;
        for looks in 1_u32.. {
            let found = self
                .sending_in(context, at, log, async |sender| {
                    sender.deadline = Some(deadline);
                    sender.deliver(request.clone(), because, rules).await
                })
                .await;
            let received = match found {
                Ok(received) => received,
                Err(stop) => {
                    self.tell_state(last, outcome);
                    return Err(at_deadline(stop, context.clock.elapsed() >= deadline, within));
                }
            };
            let (look, verdicts) = self.look(poll, &action.expect, &received, action.request.span);
            last = verdicts;
            let status = received.response.status;
            let over = match look {
                Look::Done => {
                    // `expect` judges the status, with `until.status` where it has none of its own.
                    last.retain(|verdict| verdict.subject != "status");
                    self.tell_state(last, outcome);
                    return Ok(received);
                }
                Look::Over(message, help) => Some((message, help)),
                Look::NotYet if context.clock.elapsed().saturating_add(every) >= deadline => {
                    let message = format!("`until` does not hold after {looks} looks in {}", seconds(within));
                    Some((message, Some("raise `within`, or see below what it still waits for")))
                }
                Look::NotYet => None,
            };
            if let Some((message, help)) = over {
                self.tell_state(last, outcome);
                return Err(self.at_poll(poll, message, help));
            }
            let attempt = log.attempts() + 1;
            let wait_ms = every.as_millis() as u64;
            let wait = Wait { reason: Reason::Poll, status: Some(status), wait_ms, attempt };
            self.sending_in(context, at, log, async |sender| sender.wait(wait).await).await?;
            because = Reason::Poll;
        }
        Err(Stop::problem("`poll` looked too often", None))
    }

    /// Judges one reply.
    fn look(&mut self, poll: &Poll, expect: &Expect, received: &Received, request: Span) -> (Look, Vec<Verdict>) {
        let url = received.url.to_string();
        let depth = self.scope.depth();
        self.scope.enter("response", ResponseObject::of(received), false);
        let looked = self.render(|r| {
            let reply = reply(received, &url);
            let until = poll.until.evaluate(&reply, r.names, request);
            let fails = poll.fail_when.as_ref().map_or_else(Vec::new, |expect| {
                // A status that nobody wrote is no condition.
                let unwritten = usize::from(expect.status().is_none());
                expect.evaluate(&reply, r.names, request).split_off(unwritten)
            });
            let status = received.response.status;
            let mut conditions = [Some(&poll.until), poll.fail_when.as_ref(), Some(expect)].into_iter().flatten();
            // What is below 400 is no failure, so it may be on its way.
            let expected = status < 400 || conditions.any(|e| e.status_accepts(status, r.names).unwrap_or(false));
            (decide(&until, &fails, expected, &received.response), until)
        });
        self.scope.leave(depth);
        looked
    }

    /// Puts the last look's verdicts into the event.
    fn tell_state(&self, verdicts: Vec<Verdict>, outcome: &mut StepOutcome) {
        let source = &self.flow().source;
        outcome.assertions.extend(verdicts.into_iter().map(|verdict| assertion(verdict, source)));
    }

    fn at_poll(&self, poll: &Poll, message: String, help: Option<&'static str>) -> Stop {
        let at = Some(Snippet::of(&self.flow().source, poll.span));
        Stop::Problem(Box::new(Problem { message, help: help.map(str::to_owned), code: None, at }))
    }
}

fn decide(until: &[Verdict], fails: &[Verdict], expected: bool, response: &Response) -> Look {
    if let Some(broken) = until.iter().chain(fails).find(|verdict| verdict.broken) {
        let why = broken.message.as_deref().unwrap_or("it cannot be asked");
        return Look::Over(format!("`poll` cannot judge `{}`: {why}", broken.subject), None);
    }
    if !fails.is_empty() && fails.iter().all(|verdict| verdict.passed) {
        let what: Vec<_> = fails.iter().map(in_words).collect();
        return Look::Over(format!("`fail_when` holds: {}", what.join(", ")), None);
    }
    if until.iter().all(|verdict| verdict.passed) {
        return Look::Done;
    }
    if expected {
        return Look::NotYet;
    }
    let answered = format!("the server answered {} {}", response.status, response.reason);
    let message = format!("{}, which neither `until` nor `expect` names", answered.trim_end());
    Look::Over(
        message,
        Some("to go on looking while it answers so, list it in `expect.status`, beside the status you wait for"),
    )
}

/// `$.status equals "failed"`.
fn in_words(verdict: &Verdict) -> String {
    let Verdict { subject, predicate, .. } = verdict;
    match verdict.expected.as_ref().or(verdict.actual.as_ref()) {
        Some(value) => format!("{subject} {predicate} {value}"),
        None => format!("{subject} {predicate}"),
    }
}

/// A failure that the deadline brought about says so.
fn at_deadline(stop: Stop, over: bool, within: Duration) -> Stop {
    match stop {
        Stop::Problem(mut problem) if over => {
            problem.message = format!("{}; the {} of `poll.within` are over", problem.message, seconds(within));
            Stop::Problem(problem)
        }
        stop => stop,
    }
}

fn seconds(duration: Duration) -> String {
    format!("{} s", duration.as_secs_f64())
}
