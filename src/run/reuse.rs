//! `use`: another flow as a step, in names of its own, on the caller's session.

use std::pin::Pin;
use std::sync::Arc;

use super::entropy::Entropy;
use super::flow::{File, Runner};
use super::ledger::Ledger;
use super::once::{Claim, Failure, Session};
use super::outputs::Outputs;
use super::render::Renderer;
use super::scope::Scope;
use super::steps::Steps;
use super::{ResolvedInput, Stop};
use crate::check::Reply;
use crate::event::StepOutcome;
use crate::flow::{Flow, Input, Raw, Step, UseStep, convert};
use crate::http::{Bytes, HeaderMap, Response};
use crate::template::TemplateValue;

/// What belongs to one flow of a run, and is set aside while a flow that it uses runs.
struct Frame<'a> {
    flow: &'a Flow,
    file: File,
    scope: Scope,
    entropy: Entropy<'a>,
    notes: Ledger,
    done: Arc<Steps>,
    failed: bool,
    stopped: Option<&'static str>,
    culprit: Option<String>,
}

impl<'a> Runner<'a, '_> {
    /// Runs a used flow. Its outputs come back, for `steps.<id>.outputs`; what went wrong goes into `outcome`.
    ///
    /// # Errors
    /// The flow failed, or one of its inputs has no value.
    pub(super) async fn reuse(
        &mut self,
        step: &'a Step,
        action: &'a UseStep,
        at: (u32, u32),
        outcome: &mut StepOutcome,
    ) -> Result<TemplateValue, Stop> {
        let inputs = self.render(|r| self.inputs(action, r))?;
        let outputs = if action.once {
            self.once(action, inputs, outcome).await?
        } else {
            let entropy = self.entropy.inside(at, &action.flow.path);
            self.inside(&action.flow, inputs, entropy).await?
        };
        let value = outputs.value();
        self.scope.enter("outputs", value.clone(), false);
        self.scope.keep_outputs(step.id.as_ref(), &outputs);
        let nothing = Response::new(200, HeaderMap::new(), Bytes::new());
        self.capture(step, &Reply::new(&nothing, ""), outcome);
        Ok(value)
    }

    /// A value for each input of the used flow: from `with`, else what was resolved before the run.
    fn inputs(&self, action: &UseStep, renderer: &Renderer<'_>) -> Result<Vec<ResolvedInput>, Stop> {
        let resolved = self.job.used.get(&action.flow.path).map_or(&[][..], Vec::as_slice);
        let one = |input: &Input| {
            if let Some(with) = action.with.iter().find(|with| with.name == input.name)
                && let Some((value, secret)) = renderer.value(&input.name, &with.value)?
            {
                let secret = secret || input.secret;
                let value = convert(input, Raw::Value(value), secret, "`with`")
                    .map_err(|(message, help)| renderer.problem(with.span, message, Some(help)))?;
                let hosts = input.hosts.clone().filter(|_| self.context.options.bind_secrets);
                return Ok(ResolvedInput { name: Arc::clone(&input.name), value, secret, hosts });
            }
            resolved.iter().find(|r| r.name == input.name).cloned().ok_or_else(|| {
                let message =
                    format!("input `{}` of `{}` has no value: `with` gives `omit`", input.name, action.flow.path);
                renderer.problem(action.span, message, Some(format!("give it under `with`: `{}: …`", input.name)))
            })
        };
        action.flow.inputs.iter().map(one).collect()
    }

    /// Runs `flow` on the session of this runner. Boxed, as a step of it may be a `use` again.
    fn inside<'s>(
        &'s mut self,
        flow: &'a Flow,
        inputs: Vec<ResolvedInput>,
        entropy: Entropy<'a>,
    ) -> Pin<Box<dyn Future<Output = Result<Outputs, Stop>> + 's>> {
        Box::pin(async move {
            let mut frame = Frame {
                flow,
                file: File::of(flow),
                scope: Scope::default(),
                entropy,
                notes: Ledger::default(),
                done: Arc::default(),
                failed: false,
                stopped: None,
                culprit: None,
            };
            self.swap(&mut frame);
            let outputs = match self.bind_names(&inputs) {
                Ok(()) => {
                    self.steps().await;
                    self.given()
                }
                Err(stop) => Err(stop),
            };
            self.swap(&mut frame);
            outputs
        })
    }

    /// The outputs of the flow whose steps have run; a failed flow has none.
    fn given(&self) -> Result<Outputs, Stop> {
        if !self.failed {
            return self.render(|r| Outputs::render(&self.flow().outputs, r));
        }
        let path = &self.flow().path;
        Err(match &self.culprit {
            Some(culprit) => Stop::problem(format!("`{path}` failed at {culprit}"), None),
            None => Stop::Cancelled,
        })
    }

    /// Runs a used flow in a session of its own, or waits for whoever runs it.
    async fn once(
        &mut self,
        action: &'a UseStep,
        inputs: Vec<ResolvedInput>,
        outcome: &mut StepOutcome,
    ) -> Result<Outputs, Stop> {
        let path = &action.flow.path;
        let ticket = match self.context.once.claim(&action.flow, &inputs) {
            Claim::Run(ticket) => ticket,
            Claim::Wait(result) => {
                outcome.reused = true;
                self.teller.catch_up();
                let result = tokio::select! {
                    biased;
                    () = self.context.cancel.cancelled() => return Err(Stop::Cancelled),
                    result = result.ended() => result,
                };
                return result.map_err(|Failure(why)| {
                    Stop::problem(format!("`{path}` runs once for all flows, and that run failed: {why}"), None)
                });
            }
        };
        let entropy = Entropy::apart(self.context.clock, self.job.seed, path, &inputs);
        let mut session = Session::default();
        self.swap_session(&mut session);
        let outputs = self.inside(&action.flow, inputs, entropy).await;
        self.swap_session(&mut session);
        ticket.end(&action.flow, &outputs, session, self.context.options);
        outputs
    }

    fn swap(&mut self, frame: &mut Frame<'a>) {
        std::mem::swap(&mut self.flow, &mut frame.flow);
        std::mem::swap(&mut self.file, &mut frame.file);
        std::mem::swap(&mut self.scope, &mut frame.scope);
        std::mem::swap(&mut self.entropy, &mut frame.entropy);
        std::mem::swap(&mut self.notes, &mut frame.notes);
        std::mem::swap(&mut self.done, &mut frame.done);
        std::mem::swap(&mut self.failed, &mut frame.failed);
        std::mem::swap(&mut self.stopped, &mut frame.stopped);
        std::mem::swap(&mut self.culprit, &mut frame.culprit);
    }

    fn swap_session(&mut self, session: &mut Session) {
        std::mem::swap(&mut self.jar, &mut session.jar);
        std::mem::swap(&mut self.registered, &mut session.registered);
    }
}
