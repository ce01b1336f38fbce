//! Postman's scripts without running them: their statements have few shapes, and those are recognised.
//!
//! Text to tokens, tokens to statements, statements to an [`Outcome`] over symbols: what must hold of the reply, what
//! is kept of it. Nothing here can loop: every statement is walked once, and what grows too large is unknown.

mod call;
mod chain;
mod evaluate;
mod outcome;
mod parse;
mod symbol;
mod token;
mod tree;
mod walk;

use std::cell::Cell;
use std::collections::HashMap;

pub(super) use outcome::{Jump, Lost, Must, Outcome, Set};
pub(super) use symbol::{Cond, Seg, Sym};

/// Larger than any script that was written by hand.
const MAX_SCRIPT: usize = 256 << 10;
/// Bytes that a script may copy while it is understood.
const FUEL: usize = 16 << 20;

/// What `pm.info.requestName` stands for: the request whose script it is.
pub(super) const ITSELF: &str = "\0itself";

/// What `text` does.
pub(super) fn understand(text: &str) -> Outcome {
    if text.len() > MAX_SCRIPT {
        let lost = Lost { line: 1, text: format!("a script of {} KiB", text.len() >> 10) };
        return Outcome { lost: vec![lost], ..Outcome::default() };
    }
    match parse::parse(text) {
        Err((line, what)) => {
            let lost = Lost { line, text: format!("the script cannot be read: {what}") };
            Outcome { lost: vec![lost], ..Outcome::default() }
        }
        Ok(statements) => {
            let mut walk = walk::Walk {
                source: text,
                scope: HashMap::new(),
                set: HashMap::new(),
                path: Vec::new(),
                out: Outcome::default(),
                effects: 0,
                fuel: Cell::new(FUEL),
            };
            walk.statements(&statements);
            walk.out
        }
    }
}

#[cfg(test)]
mod tests;
