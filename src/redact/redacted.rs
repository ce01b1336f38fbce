//! The type that proves a value was masked, and the one for text that must not be printed.

use std::fmt;
use std::ops::Deref;

use serde::Serialize;

use super::Redactor;
use crate::value::Value;

/// What can be masked in place. A struct calls it on each field that can hold text.
pub trait Redact {
    /// Masks every secret in `self`.
    fn redact(&mut self, redactor: &Redactor);
}

impl Redact for String {
    fn redact(&mut self, redactor: &Redactor) {
        if let std::borrow::Cow::Owned(masked) = redactor.mask(self) {
            *self = masked;
        }
    }
}

impl Redact for Value {
    fn redact(&mut self, redactor: &Redactor) {
        redactor.mask_value(self);
    }
}

impl<T: Redact> Redact for Option<T> {
    fn redact(&mut self, redactor: &Redactor) {
        if let Some(value) = self {
            value.redact(redactor);
        }
    }
}

impl<T: Redact> Redact for Vec<T> {
    fn redact(&mut self, redactor: &Redactor) {
        for value in self {
            value.redact(redactor);
        }
    }
}

impl<T: Redact> Redact for Box<T> {
    fn redact(&mut self, redactor: &Redactor) {
        (**self).redact(redactor);
    }
}

impl<A: Redact, B: Redact> Redact for (A, B) {
    fn redact(&mut self, redactor: &Redactor) {
        self.0.redact(redactor);
        self.1.redact(redactor);
    }
}

/// A masked value. Only [`Redactor::redact`] makes one, so who asks for it cannot be given a secret.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(transparent)]
pub struct Redacted<T>(T);

impl<T: Redact> Redacted<T> {
    pub(super) fn new(mut value: T, redactor: &Redactor) -> Self {
        value.redact(redactor);
        Self(value)
    }

    /// The masked value itself.
    #[must_use]
    pub fn into_inner(self) -> T {
        self.0
    }
}

impl<T> Deref for Redacted<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.0
    }
}

/// Text that no `{:?}` shows.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    /// Wraps `text`.
    #[must_use]
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The text; what is made of it must be learned by a [`Redactor`] first.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl From<String> for Secret {
    fn from(text: String) -> Self {
        Self(text)
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(super::MASK)
    }
}
