//! NDJSON: every event on a line. Flows stand one after the other, however they ran.

use std::io::{self, Write};

use super::{FlowWriter, Format, Frame, Key, Run, Segments, display};
use crate::event::RunEvent;
use crate::redact::Redacted;

/// The format.
pub(super) struct Events;

impl Format for Events {
    fn flow(&self, _: &Key) -> Box<dyn FlowWriter> {
        Box::new(Events)
    }

    fn assemble(&self, run: &Run, segments: &mut Segments, out: &mut dyn Write) -> io::Result<()> {
        if let Some(started) = &run.started {
            line(started, out)?;
        }
        segments.copy("", out)?;
        line(&run.finished, out)
    }
}

impl FlowWriter for Events {
    fn event(&mut self, event: &Redacted<RunEvent>, body: &mut dyn Write) -> io::Result<()> {
        line(event, body)
    }

    fn finish(self: Box<Self>) -> Frame {
        Frame::default()
    }
}

fn line(event: &Redacted<RunEvent>, out: &mut dyn Write) -> io::Result<()> {
    let mut line = display::json(event)?;
    line.push('\n');
    out.write_all(line.as_bytes())
}
