//! A writer that masks, however the text is cut into writes.

use std::io;
use std::ops::Range;

use super::snapshot::{Snapshot, merge};
use super::{MASK, Redactor};

/// How much is gathered before it is searched.
const CHUNK: usize = 8 << 10;

/// Masks what is written to it. `flush` passes on everything that cannot be the start of a secret;
/// [`MaskingWriter::finish`], or dropping it, passes on the rest.
pub struct MaskingWriter<W: io::Write> {
    redactor: Redactor,
    /// `None` only after `finish`.
    pub(super) inner: Option<W>,
    pending: Vec<u8>,
    /// A `***` was just written and stands for this many of the pending bytes too (0: it only touches them).
    open: Option<usize>,
    /// Search when this much is pending: the held tail does not count, or each small write would search it again.
    next: usize,
}

impl<W: io::Write> MaskingWriter<W> {
    pub(super) fn new(redactor: Redactor, inner: W) -> Self {
        Self { redactor, inner: Some(inner), pending: Vec::new(), open: None, next: CHUNK }
    }

    /// Writes all that is left, flushes, and gives the inner writer back. `None` is not possible for a caller.
    ///
    /// # Errors
    /// The inner writer's.
    pub fn finish(mut self) -> io::Result<Option<W>> {
        self.drain(true)?;
        if let Some(inner) = &mut self.inner {
            inner.flush()?;
        }
        Ok(self.inner.take())
    }

    fn drain(&mut self, all: bool) -> io::Result<()> {
        if self.pending.is_empty() {
            return Ok(());
        }
        let snapshot = self.redactor.snapshot();
        let (ranges, undecided) = self.masked(snapshot.as_deref());
        let cut = if all { self.pending.len() } else { undecided };
        let Some(inner) = &mut self.inner else { return Ok(()) };
        let mut out = Vec::with_capacity(cut);
        let mut at = 0;
        let mut open = None;
        for range in ranges.iter().take_while(|r| r.start < cut || r.start == 0) {
            out.extend_from_slice(self.pending.get(at..range.start).unwrap_or_default());
            if range.start != 0 || self.open.is_none() {
                // A mask that would begin at the cut is written with what follows.
                if range.start >= cut {
                    break;
                }
                out.extend_from_slice(MASK.as_bytes());
            }
            at = range.end.min(cut);
            open = range.end.checked_sub(cut);
        }
        out.extend_from_slice(self.pending.get(at..cut).unwrap_or_default());
        // A failed write is not repeated: the bytes count as gone, as with any buffered writer.
        self.pending.drain(..cut);
        self.open = open;
        self.next = self.pending.len() + CHUNK;
        inner.write_all(&out)
    }

    /// The ranges of `pending` that a mask stands for, with what an earlier `***` covers; and where the end begins that is
    /// not yet decided.
    fn masked(&self, snapshot: Option<&Snapshot>) -> (Vec<Range<usize>>, usize) {
        let mut ranges = Vec::new();
        ranges.extend(self.open.map(|n| 0..n));
        let undecided = snapshot.map(|snapshot| snapshot.collect(&self.pending, &mut ranges));
        merge(&mut ranges);
        (ranges, undecided.unwrap_or(self.pending.len()))
    }
}

impl<W: io::Write> io::Write for MaskingWriter<W> {
    fn write(&mut self, text: &[u8]) -> io::Result<usize> {
        self.pending.extend_from_slice(text);
        if self.pending.len() >= self.next {
            self.drain(false)?;
        }
        Ok(text.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.drain(false)?;
        self.inner.as_mut().map_or(Ok(()), io::Write::flush)
    }
}

impl<W: io::Write> Drop for MaskingWriter<W> {
    fn drop(&mut self) {
        self.drain(true).ok();
        if let Some(inner) = &mut self.inner {
            inner.flush().ok();
        }
    }
}
