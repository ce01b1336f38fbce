//! Readers of single option values: each error is a sentence for the person who typed it.

use std::net::IpAddr;
use std::num::{NonZeroU32, NonZeroUsize};
use std::path::PathBuf;
use std::time::Duration;

use crate::report::FormatName;
use crate::value::duration_of;

/// `NAME=VALUE`.
pub(super) fn pair(text: &str) -> Result<(String, String), String> {
    let (name, value) = text.split_once('=').ok_or("write NAME=VALUE")?;
    let mut letters = name.bytes();
    let good = letters.next().is_some_and(|b| b.is_ascii_alphabetic())
        && letters.all(|b| b.is_ascii_alphanumeric() || b == b'_');
    if good { Ok((name.to_owned(), value.to_owned())) } else { Err(format!("`{name}` cannot be the name of an input")) }
}

/// Bytes, with `k`, `m` or `g` for their powers of 1024; `kb` and `kib` are the same.
pub(super) fn size(text: &str) -> Result<u64, String> {
    let wrong = || "write a number of bytes, or like 500k, 64m, 1g".to_owned();
    let split = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    let (number, unit) = text.split_at(split);
    let shift = match unit.trim().to_ascii_lowercase().as_str() {
        "" | "b" => 0,
        "k" | "kb" | "kib" => 10,
        "m" | "mb" | "mib" => 20,
        "g" | "gb" | "gib" => 30,
        _ => return Err(wrong()),
    };
    number.parse::<u64>().ok().and_then(|n| n.checked_mul(1 << shift)).ok_or_else(wrong)
}

/// A lifetime in seconds: a number of them, or like `90m`.
pub(super) fn seconds(text: &str) -> Result<u64, String> {
    let whole = if text.bytes().all(|b| b.is_ascii_digit()) { text.parse().ok() } else { None };
    let seconds = whole.or_else(|| duration_of(text).ok().map(|d| d.as_secs()));
    seconds.filter(|s| *s > 0).ok_or_else(|| "write a number of seconds, or like 90m, 6h".to_owned())
}

/// How many flows may run at once.
pub(super) fn jobs(text: &str) -> Result<NonZeroUsize, String> {
    text.parse().map_err(|_| "write how many flows may run at once, from 1".to_owned())
}

/// How often every flow runs.
pub(super) fn repeat(text: &str) -> Result<NonZeroU32, String> {
    text.parse().map_err(|_| "write how often every flow runs, from 1".to_owned())
}

/// A time that is not nothing.
pub(super) fn duration(text: &str) -> Result<Duration, String> {
    match duration_of(text)? {
        Duration::ZERO => Err("write more than nothing, like 10m".to_owned()),
        duration => Ok(duration),
    }
}

/// `FORMAT=FILE`.
pub(super) fn report(text: &str) -> Result<(FormatName, PathBuf), String> {
    let (format, file) = text.split_once('=').ok_or("write FORMAT=FILE, like junit=report.xml")?;
    if file.is_empty() {
        return Err("the file's name is missing; `-` is stdout".to_owned());
    }
    Ok((format.parse()?, PathBuf::from(file)))
}

/// A host name or address, without a port.
pub(super) fn host(text: &str) -> Result<String, String> {
    let name = text.trim_start_matches('[').trim_end_matches(']');
    let bare = !name.is_empty() && !name.contains(['/', '@', '*', ' ']);
    if bare && (name.parse::<IpAddr>().is_ok() || !name.contains(':')) {
        return Ok(name.to_ascii_lowercase());
    }
    Err("write the name of one host, like `staging.example`, without scheme or port".to_owned())
}

/// `HOST:PORT:ADDR`, as curl has it.
pub(super) fn address(text: &str) -> Result<(String, IpAddr), String> {
    let parts = text.split_once(':').and_then(|(name, rest)| Some((name, rest.split_once(':')?)));
    let (name, (port, address)) = parts.ok_or("write HOST:PORT:ADDR, like api.example:443:127.0.0.1")?;
    port.parse::<u16>().map_err(|_| format!("`{port}` is not a port"))?;
    let bare = address.trim_start_matches('[').trim_end_matches(']');
    let address = bare.parse().map_err(|_| format!("`{bare}` is not an IP address"))?;
    Ok((host(name)?, address))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes() {
        assert_eq!(size("10"), Ok(10));
        assert_eq!(size("64k"), Ok(65_536));
        assert_eq!(size("1 MiB"), Ok(1_048_576));
        for bad in ["", "k", "-1", "1.5m", "9999999999999g"] {
            assert!(size(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn lifetimes() {
        assert_eq!((seconds("5400"), seconds("90m")), (Ok(5400), Ok(5400)));
        for bad in ["", "0", "-1", "1.5", "soon", "10ms", "99999999999999999999"] {
            assert!(seconds(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn pairs() {
        assert_eq!(pair("a=b=c"), Ok(("a".to_owned(), "b=c".to_owned())));
        assert_eq!(pair("a="), Ok(("a".to_owned(), String::new())));
        assert!(pair("a").is_err() && pair("=b").is_err() && pair("a-b=c").is_err());
    }

    #[test]
    fn hosts_and_addresses() {
        assert_eq!(host("Staging.Example").as_deref(), Ok("staging.example"));
        assert_eq!(host("[::1]").as_deref(), Ok("::1"));
        for bad in ["", "https://a", "a:443", "*.a", "a/b"] {
            assert!(host(bad).is_err(), "{bad}");
        }
        let loopback = "127.0.0.1".parse().unwrap();
        assert_eq!(address("a.example:443:127.0.0.1"), Ok(("a.example".to_owned(), loopback)));
        assert_eq!(address("a:80:[::1]").unwrap().1, "::1".parse::<IpAddr>().unwrap());
        for bad in ["a", "a:1", "a:x:127.0.0.1", "a:1:localhost", ":1:127.0.0.1"] {
            assert!(address(bad).is_err(), "{bad}");
        }
    }
}
