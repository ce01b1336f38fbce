//! `save`: the reply's body as a file. It is the person's own data and stands there unmasked.

use std::borrow::Cow;

use super::Stop;
use super::flow::Runner;
use super::render::Renderer;
use super::step::placed;
use crate::check::Reply;
use crate::event::{Problem, StepOutcome};
use crate::flow::{FilePath, RequestStep};

/// Where the body will be kept.
///
/// # Errors
/// The person has not allowed it, or nothing may be written there: nothing is sent then.
pub(super) fn target(path: &FilePath, renderer: &Renderer<'_>) -> Result<String, Stop> {
    let text = renderer.required("save", path.span, &path.template)?.text;
    if !renderer.context.options.allow_write {
        let help = "run with --allow-write to let flows write files inside their project";
        let message = format!("this step writes `{text}`, and flows may not write; nothing was sent");
        return Err(renderer.problem(path.span, message, Some(help.to_owned())));
    }
    let target = renderer.context.files.target(renderer.folder, &text);
    target.map_err(|e| renderer.problem(path.span, e.message, e.help))?;
    Ok(text)
}

impl Runner<'_, '_> {
    /// Keeps the body of a reply that `expect.status` accepts: an error page must not replace what was there.
    pub(super) fn keep(&self, path: &str, action: &RequestStep, reply: &Reply<'_>, outcome: &mut StepOutcome) {
        let accepted = self.render(|r| action.expect.status_accepts(reply.response.status, r.names));
        if !accepted.unwrap_or(false) {
            return;
        }
        let paged = action.waiting.as_ref().is_some_and(|waiting| waiting.paginate.is_some());
        let bytes = match paged.then(|| reply.response.json()) {
            // The body is the first page's only.
            Some(Ok(all)) => Cow::Owned(all.to_string().into_bytes()),
            _ => Cow::Borrowed(&*reply.response.body),
        };
        if let Err(error) = self.context.files.write(&self.file.folder, path, &bytes) {
            let span = action.request.save.as_ref().map_or(action.request.span, |save| save.span);
            let problem = Problem { message: error.message, help: error.help, code: None, at: None };
            outcome.problems.push(placed(problem, &self.file.source, span));
        }
    }
}
