//! One generation of secrets, and where they stand in a text, however it escapes their characters.
//!
//! Each form has more than four bytes. Where four bytes of the text are plain, a table says whether any form begins with
//! them, which nearly never is so; from the other places the sorted forms are followed, a byte at a time.

use std::ops::Range;

use super::forms::Form;
use super::reading::{Reading, begins_escape, read};

/// How many bytes of a form the table knows.
const KNOWN: usize = 4;

/// How many readings of one place are followed. Only a text that is made for it has more.
const MOST: usize = 16;

/// A form and the secret it belongs to.
#[derive(Clone, Debug)]
pub(super) struct Owned {
    pub(super) form: Form,
    pub(super) secret: u32,
}

impl Owned {
    fn stable(&self) -> &[u8] {
        self.form.bytes.get(..self.form.stable).unwrap_or_default()
    }
}

pub(super) struct Tier {
    /// Sorted by their stable bytes, so that the forms which begin with some text stand together.
    forms: Vec<Owned>,
    beginnings: Beginnings,
    /// By byte: it may begin an escape, or stand for another one.
    special: [bool; 256],
    /// By byte: some form begins with it.
    first: [bool; 256],
}

/// The forms that a text spells from some place on.
#[derive(Clone, PartialEq, Eq)]
struct Followed {
    forms: Range<usize>,
    /// How many bytes of them were read.
    depth: usize,
    /// Where the text goes on.
    at: usize,
    /// How many backslashes stood for the last one, if that is what was read; 0 otherwise.
    backslashes: usize,
}

/// A beginning of a form that the text ends with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Begun {
    pub(super) start: usize,
    /// How many bytes of the form are there.
    pub(super) depth: usize,
    pub(super) secret: u32,
}

impl Tier {
    pub(super) fn new(mut forms: Vec<Owned>) -> Self {
        forms.sort_by(|a, b| a.stable().cmp(b.stable()));
        let spaces = forms.iter().any(|owned| owned.form.bytes.contains(&b' '));
        let special = std::array::from_fn(|byte| {
            u8::try_from(byte).is_ok_and(|byte| begins_escape(byte) || byte == b'+' && spaces)
        });
        let mut first = [false; 256];
        for byte in forms.iter().filter_map(|owned| owned.stable().first()) {
            if let Some(first) = first.get_mut(usize::from(*byte)) {
                *first = true;
            }
        }
        let beginnings = Beginnings::of(&forms);
        Self { forms, beginnings, special, first }
    }

    pub(super) fn len(&self) -> usize {
        self.forms.len()
    }

    pub(super) fn forms(&self) -> &[Owned] {
        &self.forms
    }

    /// Calls `found` with each form's place and its secret, until it returns false. Gives back where the end of `text`
    /// begins that can still become a form: all before it is decided. `text.len()` if all is.
    pub(super) fn find(&self, text: &[u8], mut found: impl FnMut(Range<usize>, u32) -> bool) -> usize {
        let mut undecided = text.len();
        self.candidates(text, |start| {
            let (begun, more) = self.follow(text, start, &mut found);
            if begun.is_some() {
                undecided = undecided.min(start);
            }
            more
        });
        undecided
    }

    /// The first form of which at least so many bytes stand at the end of `text`.
    pub(super) fn begun(&self, text: &[u8], fewest: usize) -> Option<Begun> {
        let mut first = None;
        self.candidates(text, |start| {
            first = self.follow(text, start, &mut |_, _| true).0.filter(|begun| begun.depth >= fewest);
            first.is_none()
        });
        first
    }

    /// Calls `follow` with each place where a form may begin, until it returns false.
    fn candidates(&self, text: &[u8], mut follow: impl FnMut(usize) -> bool) {
        let is = |set: &[bool; 256], byte: u8| set.get(usize::from(byte)) == Some(&true);
        let mut from = |start: usize| match text.get(start) {
            Some(&byte) if is(&self.first, byte) || is(&self.special, byte) => follow(start),
            _ => true,
        };
        let mut bytes = 0_u32;
        // How many of the last bytes are plain, as long as that matters.
        let mut plain = 0;
        for (at, &byte) in text.iter().enumerate() {
            bytes = (bytes >> 8) | (u32::from(byte) << 24);
            plain = if is(&self.special, byte) { 0 } else { plain + 1 };
            if (plain < KNOWN || self.beginnings.may_begin(bytes)) && !from((at + 1).wrapping_sub(KNOWN)) {
                return;
            }
        }
        // Too little is left to be looked up.
        for start in text.len().saturating_sub(KNOWN - 1)..text.len() {
            if !from(start) {
                return;
            }
        }
    }

    /// Follows the forms that begin at `start`, by every reading. Gives back what may go on behind the end, and whether
    /// `found` wants more.
    fn follow(
        &self,
        text: &[u8],
        start: usize,
        found: &mut impl FnMut(Range<usize>, u32) -> bool,
    ) -> (Option<Begun>, bool) {
        let mut begun: Option<Begun> = None;
        let mut goes_on = |depth: usize, forms: &Range<usize>| {
            if begun.is_none_or(|begun| begun.depth < depth) {
                let secret = self.forms.get(forms.start).map_or(u32::MAX, |owned| owned.secret);
                begun = Some(Begun { start, depth, secret });
            }
        };
        let mut now = Followed { forms: 0..self.forms.len(), depth: 0, at: start, backslashes: 0 };
        let mut others: Vec<Followed> = Vec::new();
        loop {
            while let Some(owned) = self.complete(&now) {
                let (end, open) = extended(&owned.form, text, now.at);
                if open {
                    goes_on(now.depth, &now.forms);
                }
                if !found(start..end, owned.secret) {
                    return (begun, false);
                }
                now.forms.start += 1;
            }
            let byte = text.get(now.at).copied();
            if let Some(byte) = byte.filter(|&byte| self.special.get(usize::from(byte)) != Some(&true)) {
                let forms = self.narrowed(&now.forms, now.depth, byte);
                now = Followed { forms, depth: now.depth + 1, at: now.at + 1, backslashes: 0 };
            } else if !now.forms.is_empty() {
                let readings = read(text, now.at);
                if readings.cut {
                    goes_on(now.depth, &now.forms);
                }
                for reading in readings.iter() {
                    let Some(next) = self.after(&now, reading, text) else { continue };
                    if others.len() < MOST && !others.contains(&next) {
                        others.push(next);
                    } else if others.len() >= MOST
                        && !found(start..next.at, self.forms.get(next.forms.start).map_or(u32::MAX, |o| o.secret))
                    {
                        return (begun, false);
                    }
                }
                now.forms = 0..0;
            }
            if now.forms.is_empty() {
                // The shortest first, so that those which meet again become one.
                let Some(next) = (0..others.len()).min_by_key(|&index| others.get(index).map(|o| o.depth)) else {
                    return (begun, true);
                };
                now = others.swap_remove(next);
            }
        }
    }

    /// The first form of which all was read.
    fn complete(&self, now: &Followed) -> Option<&Owned> {
        let first = self.forms.get(now.forms.clone())?.first()?;
        (first.form.stable == now.depth).then_some(first)
    }

    fn after(&self, now: &Followed, reading: Reading, text: &[u8]) -> Option<Followed> {
        let first = usize::from(*reading.bytes().first()?);
        if now.depth == 0 && self.first.get(first) != Some(&true) {
            return None;
        }
        let mut next = Followed { at: reading.end, backslashes: 0, ..now.clone() };
        // Who escapes a backslash escapes the next one: runs of them have few readings then, not as many as numbers.
        let raw = text.get(now.at..reading.end)?;
        if reading.bytes() == b"\\" && raw.iter().all(|&b| b == b'\\') {
            next.backslashes = raw.len();
            if now.backslashes != 0 && now.backslashes != raw.len() {
                return None;
            }
        }
        for &byte in reading.bytes() {
            next.forms = self.narrowed(&next.forms, next.depth, byte);
            next.depth += 1;
        }
        (!next.forms.is_empty()).then_some(next)
    }

    /// Those of `forms` whose byte at `depth` is this one.
    fn narrowed(&self, forms: &Range<usize>, depth: usize, byte: u8) -> Range<usize> {
        let among = self.forms.get(forms.clone()).unwrap_or_default();
        let at = |owned: &Owned| owned.stable().get(depth).copied();
        if let [only] = among {
            return if at(only) == Some(byte) { forms.clone() } else { 0..0 };
        }
        let before = among.partition_point(|owned| at(owned) < Some(byte));
        let with = among.get(before..).unwrap_or_default().partition_point(|owned| at(owned) == Some(byte));
        forms.start + before..forms.start + before + with
    }
}

/// The end of a form with what may follow its stable part, and whether the text ends before that is known.
fn extended(form: &Form, text: &[u8], mut end: usize) -> (usize, bool) {
    for byte in form.bytes.get(form.stable..).unwrap_or_default() {
        let readings = read(text, end);
        match readings.iter().find(|reading| reading.bytes() == [*byte]) {
            Some(reading) => end = reading.end,
            None => return (end, readings.cut),
        }
    }
    (end, false)
}

/// Which four bytes begin some form: a set that may say yes too often, and never no.
struct Beginnings {
    bits: Vec<u64>,
    shift: u32,
}

impl Beginnings {
    fn of(forms: &[Owned]) -> Self {
        // One in 32 bits set, or fewer.
        let size = (forms.len() * 32).next_power_of_two().clamp(1 << 10, 1 << 20);
        let mut all = Self { bits: vec![0; size / 64], shift: 32 - size.trailing_zeros() };
        for owned in forms {
            let Some(first) = owned.stable().first_chunk::<KNOWN>() else { continue };
            let place = all.place(u32::from_le_bytes(*first));
            if let Some(word) = all.bits.get_mut(place / 64) {
                *word |= 1 << (place % 64);
            }
        }
        all
    }

    fn place(&self, bytes: u32) -> usize {
        (bytes.wrapping_mul(0x9e37_79b1) >> self.shift) as usize
    }

    fn may_begin(&self, bytes: u32) -> bool {
        let place = self.place(bytes);
        self.bits.get(place / 64).is_some_and(|word| word >> (place % 64) & 1 == 1)
    }
}
