//! Keeps secrets out of everything that is written: one [`Redactor`] per command learns values and masks them.
//!
//! A run learns thousands of values, one step at a time, and masks between. So values live in tiers, each with a
//! table of its own: a new tier is small, and tiers of like size are joined, as in a log-structured store.

mod fields;
mod forms;
mod host;
mod reading;
mod redacted;
mod snapshot;
mod tier;
mod writer;

use std::borrow::Cow;
use std::collections::{HashMap, HashSet};
use std::fmt;
use std::io;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError, RwLock};

pub use host::HostPattern;
pub use redacted::{Redact, Redacted, Secret};
pub use writer::MaskingWriter;

use crate::value::Value;
use snapshot::Snapshot;
use tier::{Owned, Tier};

/// What stands where a secret stood.
pub const MASK: &str = "***";

/// The fewest bytes that are masked inside other text; a shorter secret only where it is a whole field.
pub const SHORTEST: usize = 6;

/// The fewest characters of a number inside a secret list or object that make it a secret: a PIN is one, a count is not.
pub const FEWEST_DIGITS: usize = 4;

/// What [`Redactor::learn`] did with a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Learned {
    /// It is masked wherever it stands.
    Masked,
    /// It is shorter than [`SHORTEST`] bytes and masked only as a whole field: warn.
    TooShort,
    /// It was known already; a new binding to hosts is added to the old ones.
    AlreadyKnown,
    /// There is nothing to mask.
    Empty,
}

/// A bound secret in a request to a host that it may not go to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Misdirected {
    /// The secret's name.
    pub secret: String,
    /// The hosts it may go to, as they were written.
    pub hosts: Vec<String>,
}

/// Learns secrets and masks them; clones share what they know.
#[derive(Clone, Default)]
pub struct Redactor(Arc<Shared>, Marks);

/// What stands in the place of a secret.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Marks {
    /// [`MASK`], whichever it was.
    #[default]
    Same,
    /// A [`placeholder`]: equal secrets stay equal, and others different.
    Apart,
}

impl Marks {
    fn of(self, secret: u32) -> Cow<'static, str> {
        match self {
            Self::Same => Cow::Borrowed(MASK),
            Self::Apart => Cow::Owned(placeholder(secret)),
        }
    }
}

/// The name of a secret in a recording, by the order in which secrets were learned. It needs no escaping in a URL, a header
/// or JSON.
fn placeholder(secret: u32) -> String {
    format!("{PLACEHOLDER}{secret:05}")
}

/// How every placeholder of a recording begins; five digits follow.
pub const PLACEHOLDER: &str = "wxflow-secret-";

#[derive(Default)]
struct Shared {
    /// False until the first secret: most calls end here.
    any: AtomicBool,
    /// Something was learned that the snapshot has not.
    stale: AtomicBool,
    snapshot: RwLock<Arc<Snapshot>>,
    store: Mutex<Store>,
}

/// All that is known, as it was learned.
#[derive(Default)]
struct Store {
    ids: HashMap<Box<str>, u32>,
    /// Not yet in a tier.
    fresh: Vec<Owned>,
    short: HashSet<Box<str>>,
    bindings: HashMap<u32, Vec<Binding>>,
    numeric: bool,
}

#[derive(Clone)]
struct Binding {
    name: Arc<str>,
    hosts: Arc<[HostPattern]>,
}

impl Redactor {
    /// One that knows nothing.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Learns a value. `name` is shown in messages; with `hosts` the value may go nowhere else.
    pub fn learn(&self, name: &str, secret: &str, hosts: Option<&[HostPattern]>) -> Learned {
        let trimmed = secret.trim();
        if trimmed.is_empty() {
            return Learned::Empty;
        }
        let mut store = self.0.store.lock().unwrap_or_else(PoisonError::into_inner);
        let next = u32::try_from(store.ids.len()).unwrap_or(u32::MAX);
        let id = store.ids.get(secret).copied();
        let bound = hosts.is_some_and(|hosts| store.bind(id.unwrap_or(next), name, hosts));
        if bound || id.is_none() {
            self.0.stale.store(true, Ordering::Release);
            self.0.any.store(true, Ordering::Release);
        }
        if id.is_some() {
            return Learned::AlreadyKnown;
        }
        store.ids.insert(secret.into(), next);
        store.numeric |= trimmed.bytes().all(|b| b.is_ascii_digit() || b"+-.eE".contains(&b));
        if trimmed.len() < SHORTEST {
            store.short.insert(secret.into());
            return Learned::TooShort;
        }
        store.fresh.extend(forms::of(secret).into_iter().map(|form| Owned { form, secret: next }));
        Learned::Masked
    }

    /// The same knowledge, but each secret has a placeholder of its own in the place of [`MASK`]: for recordings.
    #[must_use]
    pub fn for_recording(&self) -> Self {
        Self(Arc::clone(&self.0), Marks::Apart)
    }

    /// Whether some secret is bound to hosts.
    #[must_use]
    pub fn binds(&self) -> bool {
        self.0.any.load(Ordering::Acquire) && !self.locked().bindings.is_empty()
    }

    /// What the strings inside `value` are bound to: a secret's name and its hosts.
    #[must_use]
    pub fn bindings(&self, value: &Value) -> Vec<(Arc<str>, Arc<[HostPattern]>)> {
        match value {
            Value::Array(items) => items.iter().flat_map(|item| self.bindings(item)).collect(),
            Value::Object(map) => map.values().flat_map(|item| self.bindings(item)).collect(),
            Value::String(text) => {
                let store = self.locked();
                let bindings = store.ids.get(text.as_str()).and_then(|id| store.bindings.get(id));
                bindings.into_iter().flatten().map(|b| (Arc::clone(&b.name), Arc::clone(&b.hosts))).collect()
            }
            _ => Vec::new(),
        }
    }

    fn locked(&self) -> std::sync::MutexGuard<'_, Store> {
        self.0.store.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Learns every string inside `value`, and numbers: alone any, inside a list or object those of [`FEWEST_DIGITS`]
    /// characters or more, as a `1` in a secret object must not hide every `1` elsewhere.
    pub fn learn_value(&self, name: &str, value: &Value, hosts: Option<&[HostPattern]>) {
        match value {
            Value::Number(n) => _ = self.learn(name, &n.to_string(), hosts),
            other => self.learn_inside(name, other, hosts),
        }
    }

    fn learn_inside(&self, name: &str, value: &Value, hosts: Option<&[HostPattern]>) {
        match value {
            Value::Null | Value::Bool(_) => {}
            Value::Number(n) => {
                let text = n.to_string();
                if text.len() >= FEWEST_DIGITS {
                    self.learn(name, &text, hosts);
                }
            }
            Value::String(text) => _ = self.learn(name, text, hosts),
            Value::Array(items) => items.iter().for_each(|item| self.learn_inside(name, item, hosts)),
            Value::Object(fields) => fields.values().for_each(|field| self.learn_inside(name, field, hosts)),
        }
    }

    /// `text` with every secret masked; borrowed where there is none.
    #[must_use]
    pub fn mask<'a>(&self, text: &'a str) -> Cow<'a, str> {
        self.snapshot().map_or(Cow::Borrowed(text), |snapshot| snapshot.mask(text, self.1))
    }

    /// As [`Redactor::mask`], for a URL, a header's value or a body: secrets shorter than [`SHORTEST`] too, where they
    /// are a whole field of it (a query value, a cookie, a JSON leaf).
    #[must_use]
    pub fn mask_fields<'a>(&self, text: &'a str) -> Cow<'a, str> {
        self.snapshot().map_or(Cow::Borrowed(text), |snapshot| snapshot.mask_fields(text, fields::each, self.1))
    }

    /// As [`Redactor::mask`], for a message: secrets shorter than [`SHORTEST`] too, where they are all that stands
    /// between quotes, or between spaces.
    #[must_use]
    pub fn mask_message<'a>(&self, text: &'a str) -> Cow<'a, str> {
        self.snapshot().map_or(Cow::Borrowed(text), |snapshot| snapshot.mask_fields(text, fields::quoted, self.1))
    }

    /// As [`Redactor::mask`], for bytes that may not be text.
    #[must_use]
    pub fn mask_bytes<'a>(&self, bytes: &'a [u8]) -> Cow<'a, [u8]> {
        self.snapshot().map_or(Cow::Borrowed(bytes), |snapshot| snapshot.mask_bytes(bytes, self.1))
    }

    /// Masks strings, keys and numbers in place. A number that holds a secret becomes the text `***`.
    pub fn mask_value(&self, value: &mut Value) {
        if let Some(snapshot) = self.snapshot() {
            snapshot.mask_value(value, self.1);
        }
    }

    /// Masks `value` and says so in its type.
    #[must_use]
    pub fn redact<T: Redact>(&self, value: T) -> Redacted<T> {
        Redacted::new(value, self)
    }

    /// The first bound secret that `parts` (the URL, header values, the body) carry although neither its hosts nor
    /// `extra_allowed` allow `host:port`.
    #[must_use]
    pub fn misdirected(
        &self,
        host: &str,
        port: u16,
        extra_allowed: &[HostPattern],
        parts: &[&[u8]],
    ) -> Option<Misdirected> {
        let snapshot = self.snapshot()?;
        let allowed = |hosts: &[HostPattern]| hosts.iter().any(|pattern| pattern.allows(host, port));
        if snapshot.bindings.is_empty() || allowed(extra_allowed) {
            return None;
        }
        let refusal = |secret: u32| snapshot.bindings.get(&secret)?.iter().find(|binding| !allowed(&binding.hosts));
        if !snapshot.bindings.keys().any(|&secret| refusal(secret).is_some()) {
            return None;
        }
        let mut found = None;
        for part in parts {
            snapshot.find(part, |_, secret| {
                found = refusal(secret);
                found.is_none()
            });
            if let Some(binding) = found {
                let hosts = binding.hosts.iter().map(HostPattern::to_string).collect();
                return Some(Misdirected { secret: binding.name.to_string(), hosts });
            }
        }
        None
    }

    /// Whether a known secret stands in `bytes`, in any form.
    #[must_use]
    pub fn carries_secret(&self, bytes: &[u8]) -> bool {
        let mut found = false;
        if let Some(snapshot) = self.snapshot() {
            snapshot.find(bytes, |_, _| {
                found = true;
                false
            });
        }
        found
    }

    /// A writer that masks before `inner` sees anything.
    pub fn writer<W: io::Write>(&self, inner: W) -> MaskingWriter<W> {
        MaskingWriter::new(self.clone(), inner)
    }

    /// What is known now; `None` while nothing is.
    fn snapshot(&self) -> Option<Arc<Snapshot>> {
        if !self.0.any.load(Ordering::Acquire) {
            return None;
        }
        if self.0.stale.load(Ordering::Acquire) {
            return Some(self.refresh());
        }
        Some(Arc::clone(&self.0.snapshot.read().unwrap_or_else(PoisonError::into_inner)))
    }

    fn refresh(&self) -> Arc<Snapshot> {
        // The store's lock is held until the new snapshot stands, so that nobody masks with an older one meanwhile.
        let mut store = self.0.store.lock().unwrap_or_else(PoisonError::into_inner);
        let old = Arc::clone(&self.0.snapshot.read().unwrap_or_else(PoisonError::into_inner));
        if !self.0.stale.load(Ordering::Acquire) {
            return old;
        }
        let snapshot = Arc::new(store.snapshot(&old));
        *self.0.snapshot.write().unwrap_or_else(PoisonError::into_inner) = Arc::clone(&snapshot);
        self.0.stale.store(false, Ordering::Release);
        snapshot
    }
}

impl Store {
    /// True where this binding is new.
    fn bind(&mut self, id: u32, name: &str, hosts: &[HostPattern]) -> bool {
        let bindings = self.bindings.entry(id).or_default();
        let new = !bindings.iter().any(|b| *b.hosts == *hosts);
        if new {
            bindings.push(Binding { name: name.into(), hosts: hosts.into() });
        }
        new
    }

    fn snapshot(&mut self, old: &Snapshot) -> Snapshot {
        let mut tiers = old.tiers.clone();
        let mut fresh = std::mem::take(&mut self.fresh);
        if !fresh.is_empty() {
            // Four times larger at each step: few tiers to search, and each form is built into few automata.
            while let Some(last) = tiers.pop_if(|last| last.len() < fresh.len() * 4) {
                fresh.extend_from_slice(last.forms());
            }
            tiers.push(Arc::new(Tier::new(fresh)));
        }
        let short = self.short.iter().map(|s| (s.trim().into(), self.ids.get(s).copied().unwrap_or(u32::MAX)));
        Snapshot { tiers, short: short.collect(), bindings: self.bindings.clone(), numeric: self.numeric }
    }
}

impl fmt::Debug for Redactor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Redactor")
    }
}

#[cfg(test)]
mod tests;
