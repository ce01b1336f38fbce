//! All that is known at one moment, made for searching: it is never changed, so that threads share it without a lock.

use std::borrow::Cow;
use std::collections::HashMap;
use std::ops::Range;
use std::sync::Arc;

use super::fields::{self, Field};
use super::tier::Tier;
use super::{Binding, MASK, Marks, PLACEHOLDER};
use crate::value::{Map, Value};

/// Calls its argument with each field of a text.
pub(super) type EachField = for<'t> fn(&'t str, &mut dyn FnMut(Field<'t>));

/// What masking needs, never changed once made.
#[derive(Default)]
pub(super) struct Snapshot {
    /// The largest first.
    pub(super) tiers: Vec<Arc<Tier>>,
    pub(super) short: HashMap<Box<str>, u32>,
    pub(super) bindings: HashMap<u32, Vec<Binding>>,
    /// Some secret could be written as a number.
    pub(super) numeric: bool,
}

impl Snapshot {
    /// Calls `found` with each place of each secret, until it returns false.
    pub(super) fn find(&self, text: &[u8], mut found: impl FnMut(Range<usize>, u32) -> bool) {
        if !self.short.is_empty() && !self.find_short(text, &mut found) {
            return;
        }
        let mut more = true;
        for tier in &self.tiers {
            tier.find(text, |range, secret| {
                more = found(range, secret);
                more
            });
            if !more {
                return;
            }
        }
    }

    /// Calls `found` with each whole field of `text` that is a short secret; false once `found` wants no more.
    fn find_short(&self, text: &[u8], found: &mut impl FnMut(Range<usize>, u32) -> bool) -> bool {
        if let Some(&secret) = self.whole_field(text) {
            return found(0..text.len(), secret);
        }
        let Ok(text) = std::str::from_utf8(text) else { return true };
        let mut more = true;
        fields::each(text, &mut |field| {
            if let Some(&secret) = self.short.get(field.text.trim()).filter(|_| more) {
                more = found(field.place, secret);
            }
        });
        more
    }

    /// The short secret that is all of `text`.
    fn whole_field(&self, text: &[u8]) -> Option<&u32> {
        if self.short.is_empty() || text.len() > 64 {
            return None;
        }
        self.short.get(std::str::from_utf8(text).ok()?.trim())
    }

    /// The places of long secrets in a whole text, in no order. In a message, one that was cut short (`…`) is found by its
    /// first bytes.
    fn found(&self, text: &[u8]) -> Vec<(Range<usize>, u32)> {
        /// Fewer bytes tell nothing.
        const FEW: usize = 4;
        /// Longer texts are no messages: there only the end counts.
        const LONGEST: usize = 16 << 10;
        let mut found = Vec::new();
        for tier in &self.tiers {
            tier.find(text, |range, secret| {
                found.push((range, secret));
                true
            });
        }
        let message = std::str::from_utf8(text).unwrap_or_default();
        let ends = |at: usize| text.len() <= LONGEST || at + '…'.len_utf8() == text.len();
        for (at, _) in message.rmatch_indices('…').take_while(|(at, _)| ends(*at)).take(16) {
            let kept = text.get(..at).unwrap_or_default();
            // The quote may stand before the ellipsis.
            let kept = kept.strip_suffix(b"\"").unwrap_or(kept);
            let begun = self.tiers.iter().filter_map(|tier| tier.begun(kept, FEW));
            found.extend(begun.map(|begun| (begun.start..kept.len(), begun.secret)));
        }
        found
    }

    /// As [`Snapshot::found`], without what lies inside a placeholder.
    fn marked(&self, text: &[u8], marks: Marks) -> Vec<(Range<usize>, u32)> {
        let mut found = self.found(text);
        if let Marks::Apart = marks {
            keep_placeholders(text, &mut found);
        }
        found
    }

    /// Adds the places of long secrets to `ranges`, in no order. Gives back where the end begins that is not yet decided.
    pub(super) fn collect(&self, text: &[u8], ranges: &mut Vec<Range<usize>>) -> usize {
        let undecided = self.tiers.iter().map(|tier| {
            tier.find(text, |range, _| {
                ranges.push(range);
                true
            })
        });
        undecided.min().unwrap_or(text.len())
    }

    /// The merged places of secrets, each with the longest secret in it; nothing is allocated where there are none.
    fn places(&self, text: &[u8], marks: Marks) -> Vec<(Range<usize>, u32)> {
        if let Some(&secret) = self.whole_field(text) {
            return vec![(0..text.len(), secret)];
        }
        merge_found(self.marked(text, marks))
    }

    pub(super) fn mask<'a>(&self, text: &'a str, marks: Marks) -> Cow<'a, str> {
        match self.mask_bytes(text.as_bytes(), marks) {
            Cow::Borrowed(_) => Cow::Borrowed(text),
            // Forms are text, so a place begins and ends between characters and the rest stays text.
            Cow::Owned(bytes) => Cow::Owned(String::from_utf8(bytes).unwrap_or_else(|_| MASK.to_owned())),
        }
    }

    /// As [`Snapshot::mask`], with short secrets where they are whole fields that `each` finds.
    pub(super) fn mask_fields<'a>(&self, text: &'a str, each: EachField, marks: Marks) -> Cow<'a, str> {
        if self.short.is_empty() && !self.numeric {
            return self.mask(text, marks);
        }
        let mut found = Vec::new();
        let mut bare = Vec::new();
        each(text, &mut |field| {
            let mut secret = self.short.get(field.text.trim()).copied();
            // A longer one inside a number takes the number with it: half a number would be no JSON.
            if secret.is_none() && field.bare && self.numeric {
                secret = self.places(field.text.as_bytes(), marks).first().map(|(_, secret)| *secret);
            }
            if let Some(secret) = secret {
                bare.extend(field.bare.then(|| field.place.clone()));
                found.push((field.place, secret));
            }
        });
        if found.is_empty() {
            return self.mask(text, marks);
        }
        // The long ones in the same pass: a short one that is part of a long one must not hide it.
        found.extend(self.marked(text.as_bytes(), marks));
        let mut out = String::with_capacity(text.len());
        let mut at = 0;
        for (place, secret) in merge_found(found) {
            let Some(before) = text.get(at..place.start) else { continue };
            out.push_str(before);
            // A number becomes a text, so that what was JSON still is.
            let quote = if bare.contains(&place) { "\"" } else { "" };
            out.extend([quote, &marks.of(secret), quote]);
            at = place.end;
        }
        out.push_str(text.get(at..).unwrap_or_default());
        Cow::Owned(out)
    }

    pub(super) fn mask_bytes<'a>(&self, bytes: &'a [u8], marks: Marks) -> Cow<'a, [u8]> {
        let places = self.places(bytes, marks);
        if places.is_empty() {
            return Cow::Borrowed(bytes);
        }
        let mut out = Vec::with_capacity(bytes.len());
        let mut at = 0;
        for (place, secret) in places {
            out.extend_from_slice(bytes.get(at..place.start).unwrap_or_default());
            out.extend_from_slice(marks.of(secret).as_bytes());
            at = place.end;
        }
        out.extend_from_slice(bytes.get(at..).unwrap_or_default());
        Cow::Owned(out)
    }

    pub(super) fn mask_value(&self, value: &mut Value, marks: Marks) {
        match value {
            Value::Null | Value::Bool(_) => {}
            Value::Number(n) => {
                let found = if self.numeric { self.places(n.to_string().as_bytes(), marks) } else { Vec::new() };
                if let Some((_, secret)) = found.first() {
                    *value = Value::String(marks.of(*secret).into_owned());
                }
            }
            Value::String(text) => {
                if let Cow::Owned(masked) = self.mask(text, marks) {
                    *text = masked;
                }
            }
            Value::Array(items) => items.iter_mut().for_each(|item| self.mask_value(item, marks)),
            Value::Object(fields) => {
                if fields.keys().any(|key| !self.places(key.as_bytes(), marks).is_empty()) {
                    *fields = self.mask_keys(std::mem::take(fields), marks);
                }
                fields.values_mut().for_each(|field| self.mask_value(field, marks));
            }
        }
    }

    /// Two keys may become the same text: the later ones get a number, so that no field is lost.
    fn mask_keys(&self, fields: Map<String, Value>, marks: Marks) -> Map<String, Value> {
        let mut masked = Map::with_capacity(fields.len());
        for (key, field) in fields {
            let mut name = self.mask(&key, marks).into_owned();
            let mut count = 1;
            while masked.contains_key(&name) {
                count += 1;
                name = format!("{} ({count})", self.mask(&key, marks));
            }
            masked.insert(name, field);
        }
        masked
    }
}

/// Joins places that overlap or touch; the longest of them names the secret.
fn merge_found(mut found: Vec<(Range<usize>, u32)>) -> Vec<(Range<usize>, u32)> {
    found.sort_unstable_by_key(|(range, secret)| (range.start, *secret));
    let mut merged: Vec<(Range<usize>, u32)> = Vec::new();
    let mut longest = 0;
    for (range, secret) in found {
        match merged.last_mut() {
            Some((place, kept)) if range.start <= place.end => {
                if range.len() > longest {
                    (longest, *kept) = (range.len(), secret);
                }
                place.end = place.end.max(range.end);
            }
            _ => {
                longest = range.len();
                merged.push((range, secret));
            }
        }
    }
    merged
}

/// Takes out what lies inside a placeholder: one that is masked again must stay as it is, also where a secret is the word
/// `secret`.
fn keep_placeholders(text: &[u8], found: &mut Vec<(Range<usize>, u32)>) {
    if found.is_empty() {
        return;
    }
    let mut kept = Vec::new();
    let windows = text.windows(PLACEHOLDER.len()).enumerate();
    for (start, _) in windows.filter(|(_, window)| *window == PLACEHOLDER.as_bytes()) {
        let end = start + PLACEHOLDER.len();
        let digits = text.get(end..).unwrap_or_default().iter().take_while(|b| b.is_ascii_digit()).count();
        kept.push(start..end + digits);
    }
    found.retain(|(place, _)| !kept.iter().any(|kept| kept.start <= place.start && place.end <= kept.end));
}

/// Sorts ranges and joins those that overlap or touch.
pub(super) fn merge(ranges: &mut Vec<Range<usize>>) {
    ranges.sort_unstable_by_key(|range| range.start);
    ranges.dedup_by(|next, kept| {
        let joined = next.start <= kept.end;
        if joined {
            kept.end = kept.end.max(next.end);
        }
        joined
    });
}
