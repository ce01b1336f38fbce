//! Dates: Unix seconds to text and back, in UTC unless the text says otherwise.

use jiff::Timestamp;
use jiff::fmt::{rfc2822, strtime};
use jiff::tz::TimeZone;
use minijinja::{Environment, Error, Value};

use crate::template::convert::to_number;
use crate::template::text::{Failure, type_name};

pub(super) fn add(env: &mut Environment<'static>) {
    env.add_filter("format_date", |v: &Value, format: &Value| {
        let format = format.as_str().ok_or_else(|| Failure::new("the format must be text"))?;
        let zoned = instant(v)?.to_zoned(TimeZone::UTC);
        Ok::<_, Error>(strtime::format(format, &zoned).map_err(|e| wrong_format(format, &e))?)
    });
    env.add_filter("parse_date", |v: &Value, format: Option<&str>| {
        let text = super::text(v)?;
        let timestamp = match format {
            Some(format) => with_format(format, text)?,
            None => known(text)?,
        };
        Ok::<_, Error>(seconds(timestamp))
    });
}

/// Whether a literal format can be used at all.
pub(in crate::template) fn check_format(format: &str) -> Result<(), Failure> {
    let zoned = Timestamp::UNIX_EPOCH.to_zoned(TimeZone::UTC);
    strtime::format(format, &zoned).map(drop).map_err(|e| wrong_format(format, &e))
}

fn wrong_format(format: &str, error: &jiff::Error) -> Failure {
    Failure::new(format!("`{format}` is no date format: {error}")).help("strftime's, such as `%Y-%m-%dT%H:%M:%SZ`")
}

fn seconds(timestamp: Timestamp) -> Value {
    if timestamp.subsec_nanosecond() == 0 {
        return Value::from(timestamp.as_second());
    }
    Value::from(timestamp.as_duration().as_secs_f64())
}

/// Unix seconds, or the text of a date.
fn instant(value: &Value) -> Result<Timestamp, Failure> {
    if let Some(text) = value.as_str() {
        return known(text);
    }
    if !value.is_number() {
        return Err(Failure::new(format!("needs Unix seconds or the text of a date, not {}", type_name(value))));
    }
    let far =
        || Failure::new("the number of seconds is out of range").help("Unix seconds, not milliseconds, are needed");
    let number = to_number(value).map_err(Failure::new)?;
    match number.as_i64() {
        Some(whole) => Timestamp::from_second(whole).map_err(|_| far()),
        None => {
            let duration =
                jiff::SignedDuration::try_from_secs_f64(number.as_f64().unwrap_or(f64::NAN)).map_err(|_| far())?;
            Timestamp::from_duration(duration).map_err(|_| far())
        }
    }
}

/// RFC 3339, RFC 2822, or one of the three dates of HTTP (RFC 9110 section 5.6.7).
fn known(text: &str) -> Result<Timestamp, Failure> {
    let text = text.trim();
    if let Ok(timestamp) = text.parse::<Timestamp>() {
        return Ok(timestamp);
    }
    if let Ok(zoned) = rfc2822::parse(text) {
        return Ok(zoned.timestamp());
    }
    let http = ["%A, %d-%b-%y %H:%M:%S GMT", "%a %b %e %H:%M:%S %Y"];
    let found = http.iter().find_map(|format| with_format(format, text).ok());
    found.ok_or_else(|| {
        Failure::new("the text is neither an RFC 3339, an RFC 2822 nor an HTTP date")
            .help("give the format: `parse_date('%d.%m.%Y')`")
    })
}

/// Without a zone the time is UTC, without a time it is midnight.
fn with_format(format: &str, text: &str) -> Result<Timestamp, Failure> {
    let fail = |e: jiff::Error| Failure::new(format!("the text does not follow the format `{format}`: {e}"));
    let parsed = strtime::parse(format, text).map_err(fail)?;
    if let Ok(timestamp) = parsed.to_timestamp() {
        return Ok(timestamp);
    }
    let datetime = match parsed.to_datetime() {
        Ok(datetime) => datetime,
        Err(_) => parsed.to_date().map_err(fail)?.to_datetime(jiff::civil::Time::midnight()),
    };
    datetime.to_zoned(TimeZone::UTC).map(|zoned| zoned.timestamp()).map_err(fail)
}
