//! The exit status: the one table of what it says.

use std::process::ExitCode;

use crate::event::Summary;

/// How the command ended, as scripts and CI see it. Where several apply the highest counts, signals first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[repr(u8)]
pub(super) enum Exit {
    /// 0: all ran and held, and every report was written.
    Success = 0,
    /// 1: a flow failed, or all of its steps were skipped, or it was not started. A token was refused.
    Failed = 1,
    /// 2: usage, an invalid flow, environment or input, or nothing matched. Nothing of that flow was sent.
    Invalid = 2,
    /// 3: a report could not be written.
    Unwritten = 3,
    /// 70: a bug in wxflow (`EX_SOFTWARE` of sysexits.h).
    Bug = 70,
    /// 130: Ctrl-C. Cleanups ran, reports were written.
    Interrupted = 130,
    /// 143: SIGTERM. As with Ctrl-C.
    Terminated = 143,
}

impl Exit {
    /// What the flows of a run say.
    pub(super) fn of(summary: &Summary) -> Self {
        if summary.flows_invalid > 0 {
            Exit::Invalid
        } else if summary.flows_failed + summary.flows_skipped > 0 {
            Exit::Failed
        } else {
            Exit::Success
        }
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        ExitCode::from(exit as u8)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_highest_counts() {
        let summary = |flows_failed, flows_invalid, flows_skipped| {
            Exit::of(&Summary { flows_passed: 1, flows_failed, flows_invalid, flows_skipped, ..Summary::default() })
        };
        assert_eq!(summary(0, 0, 0), Exit::Success);
        assert_eq!(summary(1, 0, 0), Exit::Failed);
        assert_eq!(summary(0, 0, 1), Exit::Failed);
        assert_eq!(summary(2, 1, 0), Exit::Invalid);
        assert_eq!(Exit::Unwritten.max(Exit::Invalid), Exit::Unwritten);
        assert_eq!(Exit::Interrupted.max(Exit::Bug), Exit::Interrupted);
    }
}
