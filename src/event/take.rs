//! What a recording keeps of a step: its sends whole, and what else a replay cannot find out for itself.

use serde::{Deserialize, Serialize};

use super::RunEvent;
use crate::redact::{Redact, Redactor};

/// One step, one item of it or one cleanup, for a recording.
#[derive(Clone, Debug)]
pub struct Take {
    /// Its end, with whole requests and replies.
    pub event: RunEvent,
    /// What else a replay must know.
    pub notes: Notes,
}

/// What a replay of a step must know beside its requests and replies.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Notes {
    /// What each call of `now()` gave, in Unix seconds.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub now: Vec<i64>,
    /// Whether `when` let the step run.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub when: Option<bool>,
    /// Whether `poll.until` held, one for each look.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub until: Vec<bool>,
    /// The assertions that did not hold, in words, and the captures that found nothing.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub failed: Vec<String>,
}

impl Notes {
    /// Whether there is nothing to tell.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

impl Redact for Take {
    fn redact(&mut self, redactor: &Redactor) {
        self.event.redact(redactor);
        self.notes.failed.redact(redactor);
    }
}
