//! The functions: time and chance, both handed in, and `range`.

use minijinja::Value;

use super::operate::too_large;
use super::text::{Failure, type_name};
use super::{Ambient, MAX_BYTES};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Function {
    Now,
    Uuid,
    RandomInt,
    RandomString,
    Range,
}

/// Name, function, least and most arguments, how to call it.
const ALL: [(&str, Function, usize, usize, &str); 5] = [
    ("now", Function::Now, 0, 0, "now()"),
    ("uuid", Function::Uuid, 0, 0, "uuid()"),
    ("random_int", Function::RandomInt, 2, 2, "random_int(1, 6)"),
    ("random_string", Function::RandomString, 1, 1, "random_string(8)"),
    ("range", Function::Range, 1, 3, "range(stop), range(start, stop) or range(start, stop, step)"),
];

/// The most items `range` gives: MiniJinja's limit.
const MAX_RANGE: usize = 10_000;

/// The names of the functions, for documentation and suggestions.
pub fn function_names() -> impl Iterator<Item = &'static str> {
    ALL.iter().map(|(name, ..)| *name)
}

impl Function {
    pub(super) fn named(name: &str) -> Option<Self> {
        ALL.iter().find(|(n, ..)| *n == name).map(|(_, function, ..)| *function)
    }

    /// How to call it.
    pub(super) fn example(self) -> &'static str {
        let usage = ALL.iter().find(|(_, f, ..)| *f == self).map_or("", |(.., usage)| usage);
        usage.split(',').next().filter(|_| self == Function::Range).unwrap_or(usage)
    }

    /// How to call it, where `count` arguments are not right.
    pub(super) fn misuse(self, count: usize) -> Option<&'static str> {
        let (.., least, most, usage) = ALL.iter().find(|(_, f, ..)| *f == self)?;
        (count < *least || count > *most).then_some(*usage)
    }

    pub(super) fn call(self, args: &[Value], ambient: &dyn Ambient) -> Result<Value, Failure> {
        match self {
            Function::Now => Ok(Value::from(ambient.now().as_second())),
            Function::Uuid => {
                let id = uuid::Builder::from_random_bytes(ambient.random().to_be_bytes()).into_uuid();
                Ok(Value::from(id.to_string()))
            }
            Function::RandomInt => random_int(integer(args, 0)?, integer(args, 1)?, ambient),
            Function::RandomString => random_string(integer(args, 0)?, ambient),
            Function::Range => range(args),
        }
    }
}

fn integer(args: &[Value], index: usize) -> Result<i64, Failure> {
    let value = args.get(index).cloned().unwrap_or(Value::UNDEFINED);
    if value.is_number()
        && let Ok(n) = i64::try_from(value.clone())
    {
        return Ok(n);
    }
    let place = index + 1;
    Err(Failure::new(format!("argument {place} must be an integer, not {}", type_name(&value)))
        .help("convert text with `| int`"))
}

/// Both ends included. The bias of the remainder is below 2^-64.
fn random_int(low: i64, high: i64, ambient: &dyn Ambient) -> Result<Value, Failure> {
    let Some(width) = i128::from(high).checked_sub(i128::from(low)).filter(|w| *w >= 0) else {
        return Err(Failure::new(format!("random_int({low}, {high}) has nothing to choose from"))
            .help("write the smaller number first"));
    };
    let offset = ambient.random() % (width.unsigned_abs() + 1);
    let number = i128::from(low) + i128::try_from(offset).unwrap_or(0);
    Ok(Value::from(i64::try_from(number).unwrap_or(low)))
}

/// Letters and digits; one draw gives sixteen of them.
fn random_string(length: i64, ambient: &dyn Ambient) -> Result<Value, Failure> {
    const ALPHABET: &[u8; 62] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
    let Ok(length) = usize::try_from(length) else {
        return Err(Failure::new(format!("random_string({length}) cannot have a negative length")));
    };
    if length > MAX_BYTES {
        return Err(too_large());
    }
    let mut out = String::with_capacity(length);
    while out.len() < length {
        let mut draw = ambient.random();
        for _ in 0..16.min(length - out.len()) {
            let index = usize::try_from(draw % 62).unwrap_or(0);
            out.extend(ALPHABET.get(index).map(|b| char::from(*b)));
            draw /= 62;
        }
    }
    Ok(Value::from(out))
}

fn range(args: &[Value]) -> Result<Value, Failure> {
    let (start, stop) = match args.len() {
        1 => (0, integer(args, 0)?),
        _ => (integer(args, 0)?, integer(args, 1)?),
    };
    let step = if args.len() > 2 { integer(args, 2)? } else { 1 };
    if step == 0 {
        return Err(Failure::new("range: the step cannot be 0"));
    }
    let (from, to, by) = (i128::from(start), i128::from(stop), i128::from(step));
    let distance = if by > 0 { to - from } else { from - to };
    let width = i128::from(step.unsigned_abs());
    let count = if distance <= 0 { 0 } else { (distance + width - 1) / width };
    match usize::try_from(count) {
        Ok(count) if count <= MAX_RANGE => {
            Ok((0..count).map(|i| start.wrapping_add(step.wrapping_mul(i64::try_from(i).unwrap_or(0)))).collect())
        }
        _ => Err(Failure::new(format!("range gives {count} items; the most is {MAX_RANGE}"))),
    }
}
