//! A request step's reply, by the layers the flow asks for: page → poll → rate limit → retry → send.

use std::sync::Arc;

use super::flow::Runner;
use super::record::Log;
use super::send::{Received, Rules};
use super::{Context, Stop};
use crate::event::{Reason, StepOutcome};
use crate::flow::RequestStep;
use crate::http::Request;

/// What is to be obtained, and for whom.
#[derive(Clone, Copy)]
pub(super) struct Errand<'e> {
    /// The run's, or a cleanup's own, which no interrupt ends.
    pub(super) context: &'e Context<'e>,
    /// Step and item.
    pub(super) at: (u32, u32),
    pub(super) action: &'e RequestStep,
    pub(super) request: &'e Arc<Request>,
    pub(super) rules: &'e Rules,
}

impl Runner<'_, '_> {
    /// Obtains the reply that captures and assertions look at. What `poll` was asked goes into `outcome`.
    ///
    /// # Errors
    /// There is no such reply, or the person interrupted.
    pub(super) async fn obtain(
        &mut self,
        errand: Errand<'_>,
        outcome: &mut StepOutcome,
        log: &mut Log,
    ) -> Result<Received, Stop> {
        let waiting = errand.action.waiting.as_deref();
        if let Some(paginate) = waiting.and_then(|w| w.paginate.as_ref()) {
            return self.pages(errand, paginate, log).await;
        }
        if let Some(poll) = waiting.and_then(|w| w.poll.as_ref()) {
            return self.poll(errand, poll, outcome, log).await;
        }
        let Errand { context, at, request, rules, .. } = errand;
        self.sending_in(context, at, log, async |s| s.deliver(Arc::clone(request), Reason::Step, rules).await).await
    }
}
