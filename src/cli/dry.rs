//! `run --dry-run`: what would be sent, in order, and nothing is.

use std::fmt::Write as _;

use colored::Colorize as _;

use super::exit::Exit;
use super::output::{Output, visible};
use super::plan::{Planned, Ready, Work};
use crate::run::{Job, SystemClock, preview};

/// Shows what each flow run would do. Flows that are not valid were told, and make the status 2.
///
/// # Errors
/// stdout cannot be written.
pub(super) fn show(planned: &[Planned], seed: Option<u64>, output: &Output) -> Result<Exit, Exit> {
    let mut exit = Exit::Success;
    let mut text = String::new();
    for one in planned {
        match &*one.work {
            Work::Broken(_) => exit = Exit::Invalid,
            Work::Ready(ready) => flow(one, ready, seed, output, &mut text),
        }
    }
    text.push_str("nothing was sent (--dry-run)\n");
    output.results(&text)?;
    Ok(exit)
}

fn flow(planned: &Planned, ready: &Ready, seed: Option<u64>, output: &Output, text: &mut String) {
    let Planned { path, row, repeat, .. } = planned;
    let job = Job {
        flow: &ready.flow,
        inputs: ready.inputs.clone(),
        used: &ready.used,
        seed,
        row: *row,
        repeat: *repeat,
        until: ready.until,
    };
    let which: Vec<_> =
        [("row", row), ("repeat", repeat)].into_iter().filter_map(|(w, n)| Some(format!("{w} {}", (*n)?))).collect();
    let suffix = if which.is_empty() { String::new() } else { format!(" [{}]", which.join(", ")) };
    writeln!(text, "{}", format!("{}{suffix}", visible(path)).bold()).ok();
    for previewed in preview(&job, &output.redactor, &SystemClock::new()) {
        let item = previewed.item.map(|item| format!(" [{item}]")).unwrap_or_default();
        writeln!(text, "  {}{item}", visible(&previewed.name)).ok();
        for told in previewed.lines() {
            let told = visible(&told);
            writeln!(text, "{}", if told.is_empty() { String::new() } else { format!("    {told}") }).ok();
        }
        text.push('\n');
    }
}
