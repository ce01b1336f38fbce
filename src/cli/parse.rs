//! Readers of single option values: each error is a sentence for the person who typed it.

use std::path::PathBuf;

use crate::report::FormatName;

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

/// `FORMAT=FILE`.
pub(super) fn report(text: &str) -> Result<(FormatName, PathBuf), String> {
    let (format, file) = text.split_once('=').ok_or("write FORMAT=FILE, like junit=report.xml")?;
    if file.is_empty() {
        return Err("the file's name is missing; `-` is stdout".to_owned());
    }
    Ok((format.parse()?, PathBuf::from(file)))
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
    fn pairs() {
        assert_eq!(pair("a=b=c"), Ok(("a".to_owned(), "b=c".to_owned())));
        assert_eq!(pair("a="), Ok(("a".to_owned(), String::new())));
        assert!(pair("a").is_err() && pair("=b").is_err() && pair("a-b=c").is_err());
    }
}
