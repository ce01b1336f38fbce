//! `poll`: the same request again until `until` holds, `fail_when` does, or the time is over.

use std::sync::Arc;
use std::time::Duration;

use super::Stop;
use super::flow::Runner;
use super::obtain::Errand;
use super::record::Log;
use super::response::ResponseObject;
use super::send::Received;
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
    /// Looking again is of no use: why, where that stands in the flow, and the help.
    Over(String, Span, Option<&'static str>),
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
                    sender.deliver(Arc::clone(request), because, rules).await
                })
                .await;
            let received = match found {
                Ok(received) => received,
                Err(Stop::Cancelled) => return Err(Stop::Cancelled),
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
                    self.tell_state(last.split_off(1), outcome);
                    return Ok(received);
                }
                Look::Over(message, span, help) => Some((message, span, help)),
                Look::NotYet if context.clock.elapsed().saturating_add(every) >= deadline => {
                    let looks = if looks == 1 { "1 look".to_owned() } else { format!("{looks} looks") };
                    let message = format!("`until` does not hold after {looks} in {}", shown(within));
                    Some((message, poll.span, Some("raise `within` if it only needs longer")))
                }
                Look::NotYet => None,
            };
            if let Some((message, span, help)) = over {
                self.tell_state(last, outcome);
                let at = Some(Snippet::of(&self.file.source, span));
                let help = help.map(str::to_owned);
                return Err(Stop::Problem(Box::new(Problem { message, help, code: None, at })));
            }
            let attempt = log.attempts() + 1;
            // Less than a millisecond would be a tight loop.
            let wait_ms = (every.as_millis() as u64).max(1);
            let wait = Wait { reason: Reason::Poll, status: Some(status), wait_ms, attempt };
            self.sending_in(context, at, log, async |sender| sender.wait(wait).await).await?;
            because = Reason::Poll;
            log.sent.iter_mut().for_each(|sent| sent.lighten(context.options.report_bodies));
        }
        Err(Stop::problem("`poll` looked too often", None))
    }

    /// Judges one reply.
    fn look(&mut self, poll: &Poll, expect: &Expect, received: &Received, request: Span) -> (Look, Vec<Verdict>) {
        let depth = self.scope.depth();
        self.scope.enter("response", ResponseObject::of(received), false);
        let recorded = self.notes.recorded.until.get(self.notes.made.until.len()).copied();
        let looked = self.render(|r| {
            let reply = reply(received);
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
            let decided = match until.iter().chain(&fails).any(|verdict| verdict.hidden) {
                true => as_recorded(recorded, poll),
                false => decide(&until, &fails),
            };
            match decided {
                // An error page says nothing about the rest.
                Look::NotYet if !expected => (unexpected(&received.response, poll), Vec::new()),
                look => (look, until),
            }
        });
        self.scope.leave(depth);
        if !matches!(looked.0, Look::Over(..)) {
            self.notes.made.until.push(matches!(looked.0, Look::Done));
        }
        looked
    }

    /// Puts the last look's verdicts into the event.
    fn tell_state(&self, verdicts: Vec<Verdict>, outcome: &mut StepOutcome) {
        let source = &Arc::clone(&self.file.source);
        outcome.assertions.extend(verdicts.into_iter().map(|verdict| assertion(verdict, source)));
    }
}

fn decide(until: &[Verdict], fails: &[Verdict]) -> Look {
    if let Some(broken) = until.iter().chain(fails).find(|verdict| verdict.broken) {
        let why = broken.message.as_deref().unwrap_or("it cannot be asked");
        return Look::Over(format!("`poll` cannot judge `{}`: {why}", broken.subject), broken.span, None);
    }
    if let Some(first) = fails.first().filter(|_| fails.iter().all(|verdict| verdict.passed)) {
        let what: Vec<_> = fails.iter().map(in_words).collect();
        return Look::Over(format!("`fail_when` holds: {}", what.join(", ")), first.span, None);
    }
    if until.iter().all(|verdict| verdict.passed) { Look::Done } else { Look::NotYet }
}

/// What hangs on a secret is as it was when it was recorded.
fn as_recorded(held: Option<bool>, poll: &Poll) -> Look {
    match held {
        Some(true) => Look::Done,
        Some(false) => Look::NotYet,
        None => Look::Over(
            "`poll` ended here when it was recorded, and depends on a secret's value".to_owned(),
            poll.span,
            None,
        ),
    }
}

fn unexpected(response: &Response, poll: &Poll) -> Look {
    let answered = format!("the server answered {} {}", response.status, response.reason);
    let message = format!("{}, which neither `until` nor `expect` names", answered.trim_end());
    let help = "to go on looking while it answers so, list it in `expect.status`, beside the status you wait for";
    Look::Over(message, poll.span, Some(help))
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
            problem.message = format!("{}; the {} of `poll.within` are over", problem.message, shown(within));
            problem.help = Some("raise `within` if it only needs longer".to_owned());
            Stop::Problem(problem)
        }
        stop => stop,
    }
}

/// As the language writes it: `60s`, `1500ms`.
fn shown(duration: Duration) -> String {
    match duration.as_millis() {
        ms if ms % 1000 == 0 => format!("{}s", ms / 1000),
        ms => format!("{ms}ms"),
    }
}
