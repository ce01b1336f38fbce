//! Times and lifetimes for a person.

use jiff::{SpanRound, Timestamp, ToSpan as _, Unit};

/// Seconds as `60s`, `1h 30m`, `13d 23h`: no more than a minute's exactness from an hour on, an hour's from a day on.
#[must_use]
pub fn lifetime(seconds: u64) -> String {
    let smallest = match seconds {
        0..3600 => Unit::Second,
        3600..86_400 => Unit::Minute,
        _ => Unit::Hour,
    };
    let whole = || i64::try_from(seconds).ok().and_then(|s| 0.seconds().try_seconds(s).ok());
    // Not rounded up: what is said to live still lives then.
    let round = SpanRound::new().largest(Unit::Day).smallest(smallest).mode(jiff::RoundMode::Trunc);
    let span = whole().and_then(|span| span.round(round.days_are_24_hours()).ok());
    span.map_or_else(|| format!("{seconds}s"), |span| format!("{span:#}"))
}

/// `2030-01-01 00:00:00 UTC`.
#[must_use]
pub fn moment(time: Timestamp) -> String {
    time.strftime("%F %T UTC").to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lifetimes_are_as_exact_as_they_are_long() {
        let cases = [
            (0, "0s"),
            (60, "1m"),
            (90, "1m 30s"),
            (5400, "1h 30m"),
            (64_799, "17h 59m"),
            (86_400, "1d"),
            (1_209_599, "13d 23h"),
            (u64::MAX, "18446744073709551615s"),
        ];
        for (seconds, text) in cases {
            assert_eq!(lifetime(seconds), text);
        }
    }

    #[test]
    fn moments_are_in_utc() {
        assert_eq!(moment(Timestamp::from_second(1_893_456_000).unwrap()), "2030-01-01 00:00:00 UTC");
    }
}
