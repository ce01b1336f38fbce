//! What takes the machine's place in the sandbox, and in a replay: invented secrets, the same for the same seed.

use sha2::{Digest as _, Sha256};

use crate::redact::{FEWEST_DIGITS, MASK};
use crate::value::{Map, Value};

/// What `--sandbox` and `--replay` put in the place of the machine's variables and secrets.
#[derive(Clone, Debug, Default)]
pub struct Invented {
    /// The variables that the sandbox prints, or that were recorded.
    pub variables: Vec<(String, String)>,
    /// The [`shape`]s of recorded secrets that are lists and objects, by their inputs.
    pub secrets: Map<String, Value>,
    /// What every other secret derives from.
    pub seed: u64,
}

/// What may be kept of a secret list or object: its keys, and what is no secret in it.
#[must_use]
pub fn shape(secret: &Value) -> Value {
    match secret {
        Value::String(_) => Value::from(MASK),
        Value::Number(number) if number.to_string().len() >= FEWEST_DIGITS => Value::from(NUMBER),
        Value::Array(items) => items.iter().map(shape).collect(),
        Value::Object(fields) => fields.iter().map(|(name, field)| (name.clone(), shape(field))).collect(),
        other => other.clone(),
    }
}

/// Stands for a number in a [`shape`].
const NUMBER: &str = "*** (a number)";

impl Invented {
    /// 32 hex digits: valid as text, as hex and as base64, whatever a flow wants to do with it.
    pub(super) fn secret(&self, name: &str) -> String {
        self.hash(name).iter().take(16).map(|b| format!("{b:02x}")).collect()
    }

    /// A list or an object of the recorded shape.
    pub(super) fn structured(&self, name: &str) -> Option<Value> {
        self.secrets.get(name).map(|shape| self.filled(name, shape))
    }

    fn filled(&self, path: &str, shape: &Value) -> Value {
        match shape {
            Value::String(text) if text == NUMBER => {
                let digits = self.hash(path).iter().fold(0_u64, |number, byte| number << 5 ^ u64::from(*byte));
                Value::from(1_000_000_000 + digits % 1_000_000_000)
            }
            Value::String(_) => Value::from(self.secret(path)),
            Value::Array(items) => {
                (0_u32..).zip(items).map(|(at, item)| self.filled(&format!("{path}.{at}"), item)).collect()
            }
            Value::Object(fields) => {
                let filled =
                    |(name, field): (&String, &Value)| (name.clone(), self.filled(&format!("{path}.{name}"), field));
                fields.iter().map(filled).collect()
            }
            other => other.clone(),
        }
    }

    fn hash(&self, name: &str) -> Vec<u8> {
        let mut hash = Sha256::new();
        hash.update(self.seed.to_le_bytes());
        hash.update(name.as_bytes());
        hash.finalize().to_vec()
    }
}
