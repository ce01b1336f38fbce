//! One generation of secrets: an automaton that finds where their forms stand in a text.
//!
//! The automaton knows only the first bytes of each form; the rest is compared in place. A Webex token has more than
//! 2,000 characters and six forms, so whole forms would make an automaton of megabytes for a few of them.

use std::collections::HashMap;
use std::ops::Range;

use aho_corasick::{AhoCorasick, AhoCorasickKind, MatchKind};

use super::forms::Form;

/// How much of a form the automaton knows.
const ANCHOR: usize = 32;

/// A form and the secret it belongs to.
#[derive(Clone, Debug)]
pub(super) struct Owned {
    pub(super) form: Form,
    pub(super) secret: u32,
}

pub(super) struct Tier {
    /// Sorted by their bytes, so that the forms which begin with some text stand together.
    forms: Vec<Owned>,
    /// By the automaton's pattern: the forms that begin with it.
    by_anchor: Vec<Vec<u32>>,
    automaton: AhoCorasick,
    first_bytes: [bool; 256],
    longest: usize,
    shortest: usize,
}

impl Tier {
    /// `None` where the automaton cannot be built: more forms than it can number.
    pub(super) fn new(mut forms: Vec<Owned>) -> Option<Self> {
        forms.sort_by(|a, b| a.form.cmp(&b.form));
        let mut first_bytes = [false; 256];
        let mut anchors: Vec<&[u8]> = Vec::new();
        let mut by_anchor: Vec<Vec<u32>> = Vec::new();
        let mut known: HashMap<&[u8], usize> = HashMap::new();
        for (owned, index) in forms.iter().zip(0_u32..) {
            let anchor = owned.form.bytes.get(..owned.form.stable.min(ANCHOR))?;
            let pattern = *known.entry(anchor).or_insert_with(|| {
                anchors.push(anchor);
                by_anchor.push(Vec::new());
                anchors.len() - 1
            });
            by_anchor.get_mut(pattern)?.push(index);
            *first_bytes.get_mut(usize::from(*anchor.first()?))? = true;
        }
        let automaton = AhoCorasick::builder()
            .match_kind(MatchKind::Standard)
            .kind(Some(AhoCorasickKind::ContiguousNFA))
            .build(&anchors)
            .ok()?;
        let longest = forms.iter().map(|o| o.form.bytes.len()).max().unwrap_or(0);
        let shortest = forms.iter().map(|o| o.form.stable).min().unwrap_or(0);
        Some(Self { forms, by_anchor, automaton, first_bytes, longest, shortest })
    }

    pub(super) fn len(&self) -> usize {
        self.forms.len()
    }

    pub(super) fn forms(&self) -> &[Owned] {
        &self.forms
    }

    /// Calls `found` with each form's place and its secret, until it returns false.
    pub(super) fn find(&self, text: &[u8], mut found: impl FnMut(Range<usize>, u32) -> bool) {
        if text.len() < self.shortest {
            return;
        }
        for hit in self.automaton.find_overlapping_iter(text) {
            let rest = text.get(hit.start()..).unwrap_or_default();
            for owned in self.by_anchor.get(hit.pattern().as_usize()).into_iter().flatten() {
                let Some(Owned { form, secret }) = self.forms.get(*owned as usize) else { continue };
                let (stable, more) = form.bytes.split_at(form.stable);
                let Some(after) = rest.strip_prefix(stable) else { continue };
                let extra = after.iter().zip(more).take_while(|(a, b)| a == b).count();
                if !found(hit.start()..hit.start() + form.stable + extra, *secret) {
                    return;
                }
            }
        }
    }

    /// Where the end of `text` begins that can still become a form: all before it is decided. `text.len()` if all is.
    pub(super) fn undecided(&self, text: &[u8]) -> usize {
        self.begun(text).0
    }

    /// As [`Tier::undecided`], with the secret that may stand there.
    pub(super) fn begun(&self, text: &[u8]) -> (usize, Option<u32>) {
        let window = text.len().saturating_sub(self.longest.saturating_sub(1));
        let begins = (window..text.len()).find_map(|at| {
            let tail = text.get(at..)?;
            let first = usize::from(*tail.first()?);
            // Most bytes begin none, which is quicker to see.
            if self.first_bytes.get(first) != Some(&true) {
                return None;
            }
            self.longer(tail).map(|secret| (at, Some(secret)))
        });
        begins.unwrap_or((text.len(), None))
    }

    /// The secret of a form that is longer than `start` and begins with it.
    fn longer(&self, start: &[u8]) -> Option<u32> {
        let at = self.forms.partition_point(|o| *o.form.bytes <= *start);
        self.forms.get(at).filter(|o| o.form.bytes.starts_with(start)).map(|o| o.secret)
    }
}
