//! Bytes of flows on their way into a report: few in memory, many on disk.
//!
//! Each report has one file at most, beside one for each flow that runs at the moment, however many flows there are.

use std::io::{self, Read, Seek, SeekFrom, Write};
use std::ops::Range;
use std::sync::Arc;

use tempfile::SpooledTempFile;

use super::{Frame, Tally};

/// What a running flow keeps in memory, for each report.
const FLOW: usize = 64 << 10;
/// What a report keeps in memory of the flows that ended.
const REPORT: usize = 1 << 20;

/// Which flow run; the order of flows in every report.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Key {
    /// The flow's path from the project root, with `/`.
    pub path: Arc<str>,
    /// The data row, from 1.
    pub row: Option<u32>,
    /// The repeat, from 1.
    pub repeat: Option<u32>,
}

impl Key {
    /// ` [row 2, repeat 3]`, or nothing.
    pub(crate) fn suffix(&self) -> String {
        match (self.row, self.repeat) {
            (None, None) => String::new(),
            (Some(row), None) => format!(" [row {row}]"),
            (None, Some(repeat)) => format!(" [repeat {repeat}]"),
            (Some(row), Some(repeat)) => format!(" [row {row}, repeat {repeat}]"),
        }
    }
}

/// The body of one flow: in memory up to 64 KiB, then in an unlinked temporary file.
pub(super) struct Spool(SpooledTempFile);

impl Default for Spool {
    fn default() -> Self {
        Self(SpooledTempFile::new(FLOW))
    }
}

impl Write for Spool {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.flush()
    }
}

/// What a report has of the flows that ended, in the order they ended.
pub(super) struct Store {
    bytes: SpooledTempFile,
    segments: Vec<Segment>,
    error: Option<io::Error>,
}

struct Segment {
    key: Key,
    tally: Tally,
    /// Head, body and tail.
    whole: Range<u64>,
    /// Its lines in what stands before all flows.
    index: Range<u64>,
}

impl Segment {
    fn part(&self, part: Part) -> &Range<u64> {
        if part == Part::Index { &self.index } else { &self.whole }
    }
}

impl Default for Store {
    fn default() -> Self {
        Self { bytes: SpooledTempFile::new(REPORT), segments: Vec::new(), error: None }
    }
}

impl Store {
    pub(super) fn add(&mut self, key: Key, frame: Frame, body: Spool) {
        match self.append(&frame, body) {
            Ok((whole, index)) => self.segments.push(Segment { key, tally: frame.tally, whole, index }),
            Err(error) => self.fail(error),
        }
    }

    fn append(&mut self, frame: &Frame, Spool(mut body): Spool) -> io::Result<(Range<u64>, Range<u64>)> {
        let start = self.bytes.stream_position()?;
        self.bytes.write_all(frame.head.as_bytes())?;
        body.rewind()?;
        io::copy(&mut body, &mut self.bytes)?;
        self.bytes.write_all(frame.tail.as_bytes())?;
        let end = self.bytes.stream_position()?;
        self.bytes.write_all(frame.index.as_bytes())?;
        Ok((start..end, end..self.bytes.stream_position()?))
    }

    /// The first error stays: it is the cause of the others.
    pub(super) fn fail(&mut self, error: io::Error) {
        self.error.get_or_insert(error);
    }

    pub(super) fn into_segments(mut self) -> io::Result<Segments> {
        if let Some(error) = self.error {
            return Err(error);
        }
        self.segments.sort_by(|a, b| a.key.cmp(&b.key));
        Ok(Segments { bytes: self.bytes, segments: self.segments })
    }
}

/// Which bytes of each flow.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Part {
    /// What [`Frame::index`] gave.
    Index,
    /// The flow itself.
    Whole,
}

/// The flows of a report, sorted by path, row and repeat.
pub(crate) struct Segments {
    bytes: SpooledTempFile,
    segments: Vec<Segment>,
}

impl Segments {
    /// The sum over the flows.
    pub(crate) fn tally(&self) -> Tally {
        self.segments.iter().fold(Tally::default(), |sum, Segment { tally, .. }| Tally {
            tests: sum.tests + tally.tests,
            failures: sum.failures + tally.failures,
            errors: sum.errors + tally.errors,
            skipped: sum.skipped + tally.skipped,
        })
    }

    /// Copies every flow that wrote something to `out`, with `between` in the gaps.
    ///
    /// # Errors
    /// Where `out` or the temporary file fails.
    pub(crate) fn copy(&mut self, between: &str, out: &mut dyn Write) -> io::Result<()> {
        self.copy_all(Part::Whole, between, out)
    }

    /// As [`Segments::copy`], of one part.
    ///
    /// # Errors
    /// Where `out` or the temporary file fails.
    pub(crate) fn copy_all(&mut self, part: Part, between: &str, out: &mut dyn Write) -> io::Result<()> {
        let ranges = self.segments.iter().map(|segment| segment.part(part)).filter(|range| !range.is_empty());
        for (i, range) in ranges.enumerate() {
            if i > 0 {
                out.write_all(between.as_bytes())?;
            }
            piece(&mut self.bytes, range, out)?;
        }
        Ok(())
    }

    /// Copies flows to `out` as long as `room` bytes hold them whole. Gives the room that is left, and how many flows
    /// that have something to say found none.
    ///
    /// # Errors
    /// Where `out` or the temporary file fails.
    pub(crate) fn copy_within(&mut self, part: Part, room: u64, out: &mut dyn Write) -> io::Result<(u64, u64)> {
        let (mut room, mut left_out) = (room, 0);
        for segment in &self.segments {
            let range = segment.part(part);
            let length = range.end - range.start;
            // One that did not fit ends it: what follows would look as if nothing were missing before it.
            if left_out == 0 && length <= room {
                piece(&mut self.bytes, range, out)?;
                room -= length;
            } else {
                left_out += u64::from(length > 0);
            }
        }
        Ok((room, left_out))
    }

    /// Copies a part of the flow at `place`, from 0.
    ///
    /// # Errors
    /// Where `out` or the temporary file fails.
    pub(crate) fn copy_one(&mut self, place: usize, part: Part, out: &mut dyn Write) -> io::Result<()> {
        match self.segments.get(place) {
            Some(segment) => piece(&mut self.bytes, segment.part(part), out),
            None => Ok(()),
        }
    }

    /// How many flow runs there are.
    pub(crate) fn count(&self) -> usize {
        self.segments.len()
    }
}

fn piece(bytes: &mut SpooledTempFile, range: &Range<u64>, out: &mut dyn Write) -> io::Result<()> {
    bytes.seek(SeekFrom::Start(range.start))?;
    io::copy(&mut bytes.take(range.end - range.start), out)?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn frame(head: &str, tail: &str) -> Frame {
        Frame {
            head: head.into(),
            tail: tail.into(),
            index: head.into(),
            tally: Tally { tests: 1, ..Tally::default() },
        }
    }

    #[test]
    fn flows_are_sorted_and_framed() {
        let mut store = Store::default();
        for (path, row) in [("b", None), ("a", Some(10)), ("a", Some(2))] {
            let mut body = Spool::default();
            write!(body, "{path}{row:?}").unwrap();
            store.add(Key { path: path.into(), row, repeat: None }, frame("<", ">"), body);
        }
        let (mut segments, mut out) = (store.into_segments().unwrap(), Vec::new());
        segments.copy(",", &mut out).unwrap();
        assert_eq!(String::from_utf8(out).unwrap(), "<aSome(2)>,<aSome(10)>,<bNone>");
        assert_eq!(segments.tally().tests, 3);
    }

    #[test]
    fn what_does_not_fit_is_counted() {
        let mut store = Store::default();
        for (path, index) in [("a", "12"), ("b", "345"), ("c", ""), ("d", "6")] {
            store.add(Key { path: path.into(), row: None, repeat: None }, frame(index, ""), Spool::default());
        }
        let mut segments = store.into_segments().unwrap();
        let mut fitting = |room| {
            let mut out = Vec::new();
            let (room, left_out) = segments.copy_within(Part::Index, room, &mut out).unwrap();
            (String::from_utf8(out).unwrap(), room, left_out)
        };
        assert_eq!(fitting(9), ("123456".into(), 3, 0));
        assert_eq!(fitting(4), ("12".into(), 2, 2));
    }

    #[test]
    fn large_flows_go_to_disk_and_come_back_whole() {
        let mut store = Store::default();
        for path in ["b", "a"] {
            let mut body = Spool::default();
            body.write_all(path.repeat(REPORT).as_bytes()).unwrap();
            assert!(body.0.is_rolled());
            store.add(Key { path: path.into(), row: None, repeat: None }, Frame::default(), body);
        }
        assert!(store.bytes.is_rolled());
        let mut out = Vec::new();
        store.into_segments().unwrap().copy("", &mut out).unwrap();
        assert_eq!(out, ["a".repeat(REPORT), "b".repeat(REPORT)].concat().as_bytes());
    }

    #[test]
    fn the_first_error_is_kept() {
        let mut store = Store::default();
        store.fail(io::Error::other("disk full"));
        store.fail(io::Error::other("later"));
        assert_eq!(store.into_segments().err().unwrap().to_string(), "disk full");
    }
}
