//! `run --output NAME`: one output of one flow, raw on stdout, because the person asked.

use super::exit::Exit;
use super::output::Output;
use super::plan::{Planned, Work};
use crate::diagnostic::nearest;
use crate::run::Outputs;
use crate::value::Value;

/// That just one flow runs, once, and has this output.
///
/// # Errors
/// It is not so; it was told, and nothing was sent.
pub(super) fn check(name: Option<&str>, planned: &[Planned], output: &Output) -> Result<(), Exit> {
    let Some(name) = name else { return Ok(()) };
    let [one] = planned else {
        let message = format!("--output is of one flow, and {} flow runs are planned", planned.len());
        output.error(&message, Some("name the flow, without --repeat and with one row at most"));
        return Err(Exit::Invalid);
    };
    // A flow that is not valid has been told of, and has no outputs to ask for.
    let Work::Ready(ready) = &*one.work else { return Ok(()) };
    let known = || ready.flow.outputs.iter().map(|o| &*o.name);
    if known().any(|known| known == name) {
        return Ok(());
    }
    let help = match (nearest(name, known()), known().next()) {
        (Some(near), _) => format!("did you mean `{near}`?"),
        (None, Some(_)) => format!("it has {}", known().map(|n| format!("`{n}`")).collect::<Vec<_>>().join(", ")),
        (None, None) => "it has no `outputs`".to_owned(),
    };
    output.error(&format!("{} has no output `{name}`", one.path), Some(&help));
    Err(Exit::Invalid)
}

/// Prints the output: text as it is, anything else as JSON. A flow that failed has none.
pub(super) fn print(name: Option<&str>, outputs: Option<Outputs>, output: &Output) -> Exit {
    let Some(value) = name.and_then(|name| outputs.as_ref()?.get(name)) else { return Exit::Success };
    let text = match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    };
    output.reveal(&format!("{text}\n")).map_or_else(|status| status, |()| Exit::Success)
}
