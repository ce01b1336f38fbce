//! What a script was found to do.

use super::symbol::{Cond, Sym};

/// What a script does.
#[derive(Debug, Default)]
pub(in crate::import::postman) struct Outcome {
    /// What must hold, or the request is red.
    pub(in crate::import::postman) musts: Vec<Must>,
    /// Variables that get a value.
    pub(in crate::import::postman) sets: Vec<Set>,
    /// `setNextRequest`.
    pub(in crate::import::postman) jumps: Vec<Jump>,
    /// Milliseconds that the script waits.
    pub(in crate::import::postman) delay: Option<u64>,
    /// What was not understood.
    pub(in crate::import::postman) lost: Vec<Lost>,
}

impl Outcome {
    /// Whether it does nothing.
    pub(super) fn is_idle(&self) -> bool {
        self.musts.is_empty() && self.sets.is_empty() && self.jumps.is_empty() && self.lost.is_empty()
    }
}

/// Where `path` holds, `cond` must.
#[derive(Clone, Debug)]
pub(in crate::import::postman) struct Must {
    pub(in crate::import::postman) path: Vec<Cond>,
    pub(in crate::import::postman) cond: Cond,
    pub(in crate::import::postman) line: usize,
    pub(in crate::import::postman) text: String,
}

/// Where `path` holds, a variable gets a value.
#[derive(Clone, Debug)]
pub(in crate::import::postman) struct Set {
    pub(in crate::import::postman) path: Vec<Cond>,
    pub(in crate::import::postman) name: String,
    pub(in crate::import::postman) value: Sym,
    pub(in crate::import::postman) line: usize,
    pub(in crate::import::postman) text: String,
}

/// Where `path` holds, the run goes on at this request; `None` ends it.
#[derive(Clone, Debug)]
pub(in crate::import::postman) struct Jump {
    pub(in crate::import::postman) path: Vec<Cond>,
    pub(in crate::import::postman) to: Option<String>,
    pub(in crate::import::postman) line: usize,
    pub(in crate::import::postman) text: String,
}

/// A statement that was not understood.
#[derive(Clone, Debug)]
pub(in crate::import::postman) struct Lost {
    pub(in crate::import::postman) line: usize,
    pub(in crate::import::postman) text: String,
}
