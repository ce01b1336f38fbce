//! The JSON reports of shards, read back as the events of one run, a step at a time.
//!
//! What a flow did becomes the events that told it, so that every format writes a merged run as it writes any other.
//! Waits are told with their step's end only: when each began is not in the report.

use std::collections::HashMap;
use std::fmt;
use std::io::Read;

use jiff::{SignedDuration, Timestamp};
use serde::de::{DeserializeSeed, Deserializer, Error, IgnoredAny, MapAccess, SeqAccess, Visitor};

use super::json::{FlowHead, StepReport, VERSION};
use super::spool::Key;
use super::{FlowSink, Reports};
use crate::event::{EventKind, FlowOutcome, Outcome, RunEvent, Summary};
use crate::redact::Redactor;
use crate::value::{Map, Value};

/// Joins reports.
pub struct Merge<'a> {
    reports: &'a Reports,
    redactor: &'a Redactor,
    /// The files, as they were named.
    files: Vec<String>,
    /// In which file each flow run was found.
    seen: HashMap<Key, usize>,
    shards: Vec<Shard>,
    summary: Summary,
    started: Option<Timestamp>,
    /// The seeds that the runs had.
    seeds: Vec<Option<u64>>,
}

/// One part of several, as a report tells it.
struct Shard {
    index: u32,
    of: u32,
    file: usize,
}

/// What was joined.
pub struct Merged {
    /// The run's first event.
    pub started: RunEvent,
    /// The totals, added up.
    pub summary: Summary,
    /// Parts of which no report was given: `2/4`.
    pub missing: Vec<String>,
}

impl<'a> Merge<'a> {
    /// What is read goes to `reports`, through `redactor`.
    #[must_use]
    pub fn new(reports: &'a Reports, redactor: &'a Redactor) -> Self {
        Self {
            reports,
            redactor,
            files: Vec::new(),
            seen: HashMap::new(),
            shards: Vec::new(),
            summary: Summary::default(),
            started: None,
            seeds: Vec::new(),
        }
    }

    /// Reads the report `file`, which is called `name`.
    ///
    /// # Errors
    /// It is no JSON report, one of another version, or one that does not go with the others: a sentence.
    pub fn read(&mut self, name: &str, file: impl Read) -> Result<(), String> {
        self.files.push(name.to_owned());
        let mut reader = serde_json::Deserializer::from_reader(file);
        let read = Root { merge: self }.deserialize(&mut reader).and_then(|()| reader.end());
        read.map_err(|error| format!("{name}: {error}"))
    }

    /// All were read.
    #[must_use]
    pub fn end(self) -> Merged {
        let of = self.shards.first().map_or(0, |s| s.of);
        let missing = (1..=of).filter(|i| self.shards.iter().all(|s| s.index != *i)).map(|i| format!("{i}/{of}"));
        let started = self.started.unwrap_or_default();
        // Of different seeds none is the run's.
        let seed = self.seeds.first().copied().flatten().filter(|seed| self.seeds.iter().all(|s| *s == Some(*seed)));
        let kind = EventKind::RunStarted {
            wxflow: env!("CARGO_PKG_VERSION").to_owned(),
            flows: self.summary.flows() as u32,
            seed,
            shard: None,
        };
        Merged { missing: missing.collect(), started: event(started, None, kind), summary: self.summary }
    }

    fn file(&self) -> usize {
        self.files.len().saturating_sub(1)
    }

    /// Notes which part this file is of.
    fn shard(&mut self, text: &str) -> Result<(), String> {
        let parts = text.split_once('/').and_then(|(i, n)| Some((i.parse().ok()?, n.parse().ok()?)));
        let Some((index, of)) = parts else { return Err(format!("`{text}` is no shard")) };
        let file = self.file();
        if let Some(other) = self.shards.iter().find(|s| s.of != of || s.index == index) {
            let name = self.files.get(other.file).map_or("another file", String::as_str);
            if (other.index, other.of) == (index, of) {
                return Err(format!("shard {text} is in {name} too: was a report named twice, or one of another run?"));
            }
            return Err(format!(
                "it is shard {text}, and {name} is {}/{}: they are not of one run",
                other.index, other.of
            ));
        }
        self.shards.push(Shard { index, of, file });
        Ok(())
    }

    /// Notes a flow run, which only one file may have. The cleanups that `once` flows left are each shard's own.
    fn flow(&mut self, key: &Key, outcome: &FlowOutcome) -> Result<(), String> {
        let left = outcome.counts.steps() == 0 && outcome.counts.cleanups > 0;
        let file = self.file();
        match self.seen.insert(key.clone(), file).filter(|other| *other != file && !left) {
            None => Ok(()),
            Some(other) => Err(format!(
                "{}{} is in {} too: was a report named twice, or one of another run?",
                key.path,
                key.suffix(),
                self.files.get(other).map_or("another file", String::as_str)
            )),
        }
    }
}

fn event(time: Timestamp, key: Option<&Key>, kind: EventKind) -> RunEvent {
    let (flow, row, repeat) = key.map_or((None, None, None), |k| (Some(k.path.clone()), k.row, k.repeat));
    RunEvent { v: 1, time: format!("{time:.3}"), flow, row, repeat, step: None, item: None, kind }
}

fn time<E: Error>(text: &str) -> Result<Timestamp, E> {
    text.parse().map_err(|_| E::custom(format!("`{text}` is no time")))
}

/// `time` and `ms` milliseconds; as it is where that cannot be.
fn later(time: Timestamp, ms: f64) -> Timestamp {
    let duration = SignedDuration::try_from_secs_f64(ms / 1e3).unwrap_or_default();
    time.checked_add(duration).unwrap_or(time)
}

/// The whole report.
struct Root<'m, 'a> {
    merge: &'m mut Merge<'a>,
}

impl<'de> DeserializeSeed<'de> for Root<'_, '_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, reader: D) -> Result<(), D::Error> {
        reader.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for Root<'_, '_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON report of wxflow")
    }

    fn visit_map<M: MapAccess<'de>>(self, mut map: M) -> Result<(), M::Error> {
        let Root { merge } = self;
        let (mut version, mut totals, mut seed) = (None, None, None);
        while let Some(key) = map.next_key::<String>()? {
            match key.as_str() {
                "v" => version = Some(self::version(&map.next_value()?)?),
                "started" => {
                    let started = time(&map.next_value::<String>()?)?;
                    merge.started = Some(merge.started.map_or(started, |other| other.min(started)));
                }
                "seed" => seed = map.next_value()?,
                "shard" => merge.shard(&map.next_value::<String>()?).map_err(M::Error::custom)?,
                "flows" if version.is_some() => map.next_value_seed(Flows { merge })?,
                "totals" => totals = Some(map.next_value::<Summary>()?),
                _ => drop(map.next_value::<IgnoredAny>()?),
            }
        }
        let (Some(_), Some(totals)) = (version, totals) else {
            return Err(M::Error::custom("this is no JSON report of wxflow (`--report json=FILE`)"));
        };
        merge.seeds.push(seed);
        let sum = &mut merge.summary;
        sum.flows_passed += totals.flows_passed;
        sum.flows_failed += totals.flows_failed;
        sum.flows_skipped += totals.flows_skipped;
        sum.flows_invalid += totals.flows_invalid;
        sum.counts.add(&totals.counts);
        sum.duration_ms += totals.duration_ms;
        Ok(())
    }
}

fn version<E: Error>(found: &Value) -> Result<(), E> {
    if found.as_u64() == Some(u64::from(VERSION)) {
        return Ok(());
    }
    Err(E::custom(format!("it is a report of version {found}, and this wxflow reads version {VERSION}")))
}

/// `flows`.
struct Flows<'m, 'a> {
    merge: &'m mut Merge<'a>,
}

impl<'de> DeserializeSeed<'de> for Flows<'_, '_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, reader: D) -> Result<(), D::Error> {
        reader.deserialize_seq(self)
    }
}

impl<'de> Visitor<'de> for Flows<'_, '_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list of flows")
    }

    fn visit_seq<S: SeqAccess<'de>>(self, mut flows: S) -> Result<(), S::Error> {
        while flows.next_element_seed(OneFlow { merge: self.merge })?.is_some() {}
        Ok(())
    }
}

/// A flow, whose head stands before its lists.
struct OneFlow<'m, 'a> {
    merge: &'m mut Merge<'a>,
}

impl<'de> DeserializeSeed<'de> for OneFlow<'_, '_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, reader: D) -> Result<(), D::Error> {
        reader.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for OneFlow<'_, '_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a flow")
    }

    fn visit_map<M: MapAccess<'de>>(mut self, mut map: M) -> Result<(), M::Error> {
        let (mut head, mut open) = (Map::new(), None);
        while let Some(key) = map.next_key::<String>()? {
            if !matches!(key.as_str(), "steps" | "cleanups") {
                head.insert(key, map.next_value()?);
                continue;
            }
            if open.is_none() {
                open = Some(self.begin(std::mem::take(&mut head))?);
            }
            if let Some(flow) = &mut open {
                map.next_value_seed(Steps { flow })?;
            }
        }
        let Some(Open { mut sink, redactor, key, started, outcome }) = open else {
            return Err(M::Error::missing_field("steps"));
        };
        let ended = later(started, outcome.duration_ms);
        sink.emit(&redactor.redact(event(ended, Some(&key), EventKind::FlowFinished(outcome))));
        Ok(())
    }
}

impl<'a> OneFlow<'_, 'a> {
    fn begin<E: Error>(&mut self, head: Map<String, Value>) -> Result<Open<'a>, E> {
        let head: FlowHead<'static> = serde_json::from_value(head.into()).map_err(E::custom)?;
        let FlowHead { path, row, repeat, started, outcome } = head;
        let (key, outcome) = (Key { path, row, repeat }, outcome.into_owned());
        self.merge.flow(&key, &outcome).map_err(E::custom)?;
        let (reports, redactor) = (self.merge.reports, self.merge.redactor);
        let mut sink = reports.flow(&key.path, row, repeat);
        let started = time(&started)?;
        let kind = EventKind::FlowStarted { name: outcome.name.clone(), steps: outcome.counts.steps() as u32 };
        sink.emit(&redactor.redact(event(started, Some(&key), kind)));
        Ok(Open { sink, redactor, key, started, outcome: Box::new(outcome) })
    }
}

/// A flow that is being read.
struct Open<'a> {
    sink: FlowSink<'a>,
    redactor: &'a Redactor,
    key: Key,
    started: Timestamp,
    outcome: Box<FlowOutcome>,
}

/// `steps` or `cleanups` of a flow.
struct Steps<'o, 'a> {
    flow: &'o mut Open<'a>,
}

impl<'de> DeserializeSeed<'de> for Steps<'_, '_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, reader: D) -> Result<(), D::Error> {
        reader.deserialize_seq(self)
    }
}

impl<'de> Visitor<'de> for Steps<'_, '_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list of steps")
    }

    fn visit_seq<S: SeqAccess<'de>>(self, mut steps: S) -> Result<(), S::Error> {
        let Open { sink, redactor, key, .. } = self.flow;
        while let Some(StepReport { flow, step, item, ended, outcome }) = steps.next_element::<StepReport<'static>>()? {
            let outcome = outcome.into_owned();
            let ended = time(&ended)?;
            let began = EventKind::StepStarted { name: outcome.name.clone(), kind: outcome.kind, phase: outcome.phase };
            // A step that was skipped did not begin.
            let began = (outcome.outcome != Outcome::Skipped).then(|| (later(ended, -outcome.duration_ms), began));
            let finished = (ended, EventKind::StepFinished(Box::new(outcome)));
            for (time, kind) in began.into_iter().chain([finished]) {
                let flow = flow.clone().or_else(|| Some(key.path.clone()));
                sink.emit(&redactor.redact(RunEvent { flow, step, item, ..event(time, Some(key), kind) }));
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;
