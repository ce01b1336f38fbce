//! `now()`, and random values that a seed fixes: each derives from seed, flow, row, repeat, step, item and call.

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;

use jiff::Timestamp;
use sha2::{Digest, Sha256};

use super::{Clock, Job, ResolvedInput};
use crate::template::Ambient;

/// The source of time and chance for one run of one flow.
pub(super) struct Entropy<'a> {
    clock: &'a dyn Clock,
    /// Hashed to its end only by who draws: few flows do, and the first block asks what the processor can.
    base: Sha256,
    step: Cell<u32>,
    item: Cell<u32>,
    call: Cell<u64>,
    /// What `now()` gave since [`Entropy::enter`], and what it gives next in a replay; Unix seconds.
    told: RefCell<Vec<i64>>,
    recorded: RefCell<VecDeque<i64>>,
}

impl<'a> Entropy<'a> {
    pub(super) fn new(clock: &'a dyn Clock, job: &Job<'_>) -> Self {
        let mut hash = Sha256::new();
        match job.seed {
            Some(seed) => hash.update(seed.to_le_bytes()),
            None => hash.update(uuid::Uuid::new_v4().as_bytes()),
        }
        hash.update(job.flow.path.as_bytes());
        hash.update(job.row.unwrap_or(0).to_le_bytes());
        hash.update(job.repeat.unwrap_or(0).to_le_bytes());
        Self::from(clock, hash)
    }

    /// For a flow that the step and item `at` uses: its draws derive from this flow's.
    pub(super) fn inside(&self, at: (u32, u32), path: &str) -> Self {
        let mut hash = Sha256::new();
        hash.update(self.base.clone().finalize());
        hash.update(at.0.to_le_bytes());
        hash.update(at.1.to_le_bytes());
        hash.update(path.as_bytes());
        Self::from(self.clock, hash)
    }

    /// For a flow that runs once: whoever comes first, its draws are the same.
    pub(super) fn apart(clock: &'a dyn Clock, seed: Option<u64>, path: &str, inputs: &[ResolvedInput]) -> Self {
        let mut hash = Sha256::new();
        match seed {
            Some(seed) => hash.update(seed.to_le_bytes()),
            None => hash.update(uuid::Uuid::new_v4().as_bytes()),
        }
        hash.update(path.as_bytes());
        // A secret is another one in a replay, which must draw the same.
        inputs.iter().filter(|input| !input.secret).for_each(|input| hash.update(input.value.to_string().as_bytes()));
        Self::from(clock, hash)
    }

    fn from(clock: &'a dyn Clock, base: Sha256) -> Self {
        Self {
            clock,
            base,
            step: Cell::default(),
            item: Cell::default(),
            call: Cell::default(),
            told: RefCell::default(),
            recorded: RefCell::default(),
        }
    }

    /// Begins the draws of a step (0: the flow's vars) and an item (0: no loop).
    pub(super) fn enter(&self, step: u32, item: u32) {
        self.step.set(step);
        self.item.set(item);
        self.call.set(0);
    }

    /// In a replay, lets the next calls of `now()` give what they gave when it was recorded.
    pub(super) fn recall(&self, now: Vec<i64>) {
        self.told.borrow_mut().clear();
        *self.recorded.borrow_mut() = now.into();
    }

    /// What `now()` gave since [`Entropy::recall`].
    pub(super) fn told(&self) -> Vec<i64> {
        self.told.take()
    }
}

impl Ambient for Entropy<'_> {
    fn now(&self) -> Timestamp {
        let recorded = self.recorded.borrow_mut().pop_front();
        let now = recorded.and_then(|second| Timestamp::from_second(second).ok()).unwrap_or_else(|| self.clock.now());
        self.told.borrow_mut().push(now.as_second());
        now
    }

    fn random(&self) -> u128 {
        let call = self.call.get();
        self.call.set(call + 1);
        let mut hash = Sha256::new();
        hash.update(self.base.clone().finalize());
        hash.update(self.step.get().to_le_bytes());
        hash.update(self.item.get().to_le_bytes());
        hash.update(call.to_le_bytes());
        let digest: [u8; 32] = hash.finalize().into();
        digest.iter().take(16).fold(0, |n, b| n << 8 | u128::from(*b))
    }
}
