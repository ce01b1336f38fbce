//! `--shard`: which of the flow runs are this machine's, so that several machines share the work.
//!
//! The runs are dealt out in the order of path, row and repeat, as cards are: each machine finds the same split alone, and
//! neighbours, which often take as long as each other, go to different machines.

use std::fmt;
use std::num::NonZeroU32;
use std::sync::Arc;

use crate::source::FileError;

/// `--shard`, as typed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Shard {
    /// `I/N`.
    Part(Part),
    /// `auto`, or `auto/N`: CI says which.
    Auto(Option<NonZeroU32>),
}

/// One of several equal parts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Part {
    /// From 1.
    pub(super) index: NonZeroU32,
    pub(super) of: NonZeroU32,
}

/// A reader of the process environment.
type Variables<'a> = &'a dyn Fn(&str) -> Result<Option<String>, FileError>;

impl Shard {
    /// Reads `2/4`, `auto` or `auto/4`.
    pub(super) fn parse(text: &str) -> Result<Self, String> {
        let usage = || "write I/N like 2/4, or auto, or auto/N".to_owned();
        let number = |text: &str| text.parse::<NonZeroU32>().map_err(|_| usage());
        match text.split_once('/') {
            None if text == "auto" => Ok(Self::Auto(None)),
            Some(("auto", of)) => Ok(Self::Auto(Some(number(of)?))),
            Some((index, of)) => Ok(Self::Part(Part::new(number(index)?, number(of)?)?)),
            None => Err(usage()),
        }
    }

    /// The part; for `auto` from the variables that GitLab or Kubernetes set.
    ///
    /// # Errors
    /// No variable says which part this is, or how many there are, or what they say cannot be.
    pub(super) fn part(self, variables: Variables<'_>) -> Result<Part, FileError> {
        let given = match self {
            Self::Part(part) => return Ok(part),
            Self::Auto(given) => given,
        };
        let wrong = |message: String, help: &str| FileError { message, help: Some(help.to_owned()) };
        let total = number("CI_NODE_TOTAL", variables)?.and_then(NonZeroU32::new);
        let (name, index) = match number("CI_NODE_INDEX", variables)? {
            Some(index) => ("CI_NODE_INDEX", index),
            None => match number("JOB_COMPLETION_INDEX", variables)? {
                // Kubernetes counts from 0.
                Some(index) => ("JOB_COMPLETION_INDEX", index.saturating_add(1)),
                None => {
                    let message = "--shard auto: neither CI_NODE_INDEX nor JOB_COMPLETION_INDEX is set".to_owned();
                    return Err(wrong(message, "say which part this is: --shard I/N"));
                }
            },
        };
        let of = match (given, total.filter(|_| name == "CI_NODE_INDEX")) {
            (Some(given), Some(total)) if given != total => {
                let message = format!("--shard auto/{given}: CI_NODE_TOTAL is {total}");
                return Err(wrong(message, "leave the number out: --shard auto"));
            }
            (Some(of), _) | (None, Some(of)) => of,
            (None, None) => {
                let message = format!("--shard auto: {name} says which part this is, and nothing how many there are");
                return Err(wrong(message, "say how many: --shard auto/N"));
            }
        };
        let index = NonZeroU32::new(index).ok_or("it counts from 1, and is 0".to_owned());
        index
            .and_then(|index| Part::new(index, of))
            .map_err(|why| wrong(format!("--shard auto: {name}: {why}"), "say which part this is: --shard I/N"))
    }
}

impl fmt::Display for Part {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} of {}", self.index, self.of)
    }
}

/// Where the runs of each flow begin among all runs, for flows with a path and a number of runs: sorted by path, as the
/// order in which the flows were named must not matter.
pub(super) fn starts(flows: &[(Arc<str>, u64)]) -> Vec<u64> {
    let mut order: Vec<usize> = (0..flows.len()).collect();
    order.sort_by_key(|&index| flows.get(index).map(|(path, _)| path));
    let mut starts = vec![0; flows.len()];
    let mut next = 0;
    for index in order {
        if let (Some(start), Some((_, runs))) = (starts.get_mut(index), flows.get(index)) {
            *start = next;
            next += runs;
        }
    }
    starts
}

impl Part {
    fn new(index: NonZeroU32, of: NonZeroU32) -> Result<Self, String> {
        if index > of {
            return Err(format!("there is no part {index} of {of}"));
        }
        Ok(Self { index, of })
    }

    /// `2/4`, as reports name it.
    pub(super) fn short(self) -> String {
        format!("{}/{}", self.index, self.of)
    }

    /// Whether the run at `position`, from 0, is in this part.
    pub(super) fn takes(self, position: u64) -> bool {
        position % u64::from(self.of.get()) == u64::from(self.index.get() - 1)
    }
}

fn number(name: &str, variables: Variables<'_>) -> Result<Option<u32>, FileError> {
    let Some(text) = variables(name)?.filter(|text| !text.is_empty()) else { return Ok(None) };
    let message = || format!("--shard auto: {name} is `{text}`, which is no number");
    text.parse()
        .map(Some)
        .map_err(|_| FileError { message: message(), help: Some("say which part this is: --shard I/N".to_owned()) })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn auto(text: &str, variables: &[(&str, &str)]) -> Result<(u32, u32), String> {
        let find = |name: &str| Ok(variables.iter().find(|(n, _)| *n == name).map(|(_, v)| (*v).to_owned()));
        let part = Shard::parse(text).unwrap().part(&find).map_err(|e| e.message)?;
        Ok((part.index.get(), part.of.get()))
    }

    #[test]
    fn every_run_is_in_exactly_one_part() {
        for of in 1..5_u32 {
            let parts: Vec<_> = (1..=of).map(|i| Shard::parse(&format!("{i}/{of}")).unwrap()).collect();
            for position in 0..20 {
                let takes = |shard: &Shard| matches!(shard, Shard::Part(part) if part.takes(position));
                assert_eq!(parts.iter().filter(|s| takes(s)).count(), 1, "{position} of {of}");
            }
        }
    }

    #[test]
    fn positions_follow_the_paths() {
        let flows = [("c".into(), 2), ("a".into(), 3), ("b".into(), 1)];
        assert_eq!(starts(&flows), [4, 0, 3]);
    }

    #[test]
    fn what_cannot_be_is_told() {
        for bad in ["", "1", "0/2", "1/0", "x/2", "2/x", "auto/0", "auto/"] {
            assert_eq!(Shard::parse(bad).unwrap_err(), "write I/N like 2/4, or auto, or auto/N", "{bad}");
        }
        assert_eq!(Shard::parse("3/2").unwrap_err(), "there is no part 3 of 2");
    }

    #[test]
    fn ci_says_which() {
        assert_eq!(auto("auto", &[("CI_NODE_INDEX", "2"), ("CI_NODE_TOTAL", "4")]), Ok((2, 4)));
        assert_eq!(auto("auto/4", &[("JOB_COMPLETION_INDEX", "0")]), Ok((1, 4)));
        assert_eq!(auto("auto/4", &[("JOB_COMPLETION_INDEX", "3"), ("CI_NODE_TOTAL", "9")]), Ok((4, 4)));
        let error = |text, variables: &[_]| auto(text, variables).unwrap_err();
        assert_eq!(error("auto", &[]), "--shard auto: neither CI_NODE_INDEX nor JOB_COMPLETION_INDEX is set");
        assert_eq!(
            error("auto", &[("JOB_COMPLETION_INDEX", "0")]),
            "--shard auto: JOB_COMPLETION_INDEX says which part this is, and nothing how many there are"
        );
        let both = [("CI_NODE_INDEX", "2"), ("CI_NODE_TOTAL", "4")];
        assert_eq!(error("auto/3", &both), "--shard auto/3: CI_NODE_TOTAL is 4");
        assert_eq!(
            error("auto/3", &[("JOB_COMPLETION_INDEX", "3")]),
            "--shard auto: JOB_COMPLETION_INDEX: there is no part 4 of 3"
        );
        assert_eq!(
            error("auto/3", &[("CI_NODE_INDEX", "0")]),
            "--shard auto: CI_NODE_INDEX: it counts from 1, and is 0"
        );
        assert_eq!(
            error("auto/3", &[("CI_NODE_INDEX", "x")]),
            "--shard auto: CI_NODE_INDEX is `x`, which is no number"
        );
    }
}
