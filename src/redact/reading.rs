//! How a piece of text can be read: as it stands, or as the escape that it may be.
//!
//! Encoders differ in which characters they escape and how, and a text may have gone through two of them. So nothing is
//! decided for a whole text: at each place every reading counts, and a secret is found where some of them spell it.

/// How often a character may be escaped: `/`, `%2F`, `%252F`; `"`, `\"`, `\\\"`.
const DEEPEST: u8 = 2;

/// The longest body of an entity, its semicolon included: `CounterClockwiseContourIntegral;`.
const NAME: usize = 32;

/// What may begin an escape.
pub(super) const fn begins_escape(byte: u8) -> bool {
    matches!(byte, b'%' | b'&' | b'\\')
}

/// What stands at a place, and where it ends.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) struct Reading {
    bytes: [u8; 4],
    length: u8,
    pub(super) end: usize,
}

impl Reading {
    fn byte(byte: u8, end: usize) -> Self {
        Self { bytes: [byte, 0, 0, 0], length: 1, end }
    }

    fn character(code: u32, end: usize) -> Option<Self> {
        let mut bytes = [0; 4];
        let length = char::from_u32(code)?.encode_utf8(&mut bytes).len();
        Some(Self { bytes, length: u8::try_from(length).ok()?, end })
    }

    /// What it says: one byte, or one character.
    pub(super) fn bytes(&self) -> &[u8] {
        self.bytes.get(..usize::from(self.length)).unwrap_or_default()
    }

    fn ascii(&self) -> u8 {
        if self.length == 1 { self.bytes[0] } else { 0xff }
    }
}

/// All readings of one place.
pub(super) struct Readings {
    all: [Reading; 8],
    count: usize,
    /// The text ends inside of what may be an escape.
    pub(super) cut: bool,
}

impl Readings {
    const NONE: Self = Self { all: [Reading { bytes: [0; 4], length: 0, end: 0 }; 8], count: 0, cut: false };

    pub(super) fn iter(&self) -> impl Iterator<Item = Reading> {
        self.all.iter().copied().take(self.count)
    }

    /// Eight are more than any text has that an encoder wrote.
    fn push(&mut self, reading: Reading) {
        if !self.iter().any(|known| known == reading)
            && let Some(place) = self.all.get_mut(self.count)
        {
            *place = reading;
            self.count += 1;
        }
    }
}

/// The readings of what stands at `at`. `cut` where `at` is the end.
pub(super) fn read(text: &[u8], at: usize) -> Readings {
    let mut readings = Readings::NONE;
    let Some(&byte) = text.get(at) else {
        readings.cut = true;
        return readings;
    };
    let reader = Reader { text, deep: DEEPEST };
    if !begins_escape(byte) || reader.simple(byte, at, &mut readings) {
        readings.push(Reading::byte(byte, at + 1));
    } else {
        readings = reader.read(at);
    }
    // Forms write a space as `+`.
    for index in 0..readings.count {
        if let Some(plus) = readings.all.get(index).filter(|reading| reading.ascii() == b'+') {
            readings.push(Reading::byte(b' ', plus.end));
        }
    }
    readings
}

#[derive(Clone, Copy)]
struct Reader<'t> {
    text: &'t [u8],
    /// How many escapes may stand in one another here.
    deep: u8,
}

impl Reader<'_> {
    fn read(self, at: usize) -> Readings {
        let mut readings = Readings::NONE;
        let Some(&byte) = self.text.get(at) else {
            readings.cut = true;
            return readings;
        };
        readings.push(Reading::byte(byte, at + 1));
        if self.deep == 0 || !begins_escape(byte) {
            return readings;
        }
        // What is inside of an escape may be escaped once less, its first character too: `%25` then `32` is `%2`.
        let inside = Self { deep: self.deep - 1, ..self };
        let begins = inside.read(at);
        readings.cut |= begins.cut;
        for begin in begins.iter() {
            match begin.ascii() {
                b'%' => inside.percent(begin.end, &mut readings),
                b'\\' => inside.json(begin.end, &mut readings),
                b'&' => inside.entity(begin.end, &mut readings),
                _ => {}
            }
        }
        readings
    }

    /// Reads an escape of the kinds that make up nearly all of them, quickly: one in which no other can be. False where it
    /// is not so simple.
    fn simple(self, byte: u8, at: usize, readings: &mut Readings) -> bool {
        let rest = self.text.get(at + 1..).unwrap_or_default();
        match (byte, rest) {
            (b'%', [high, low, ..]) if !begins_escape(*high) && !begins_escape(*low) => {
                let digit = |byte: u8| char::from(byte).to_digit(16);
                let number = digit(*high).zip(digit(*low)).and_then(|(high, low)| u8::try_from(high * 16 + low).ok());
                if let Some(byte) = number {
                    readings.push(Reading::byte(byte, at + 3));
                }
                !number.is_some_and(begins_escape)
            }
            (b'\\', [b'\\', b'\\', b'\\', ..]) => {
                readings.push(Reading::byte(b'\\', at + 2));
                readings.push(Reading::byte(b'\\', at + 4));
                true
            }
            (b'\\', [next, ..]) if !begins_escape(*next) && *next != b'u' => {
                if let Some(byte) = short(*next) {
                    readings.push(Reading::byte(byte, at + 2));
                }
                true
            }
            (b'&', [next, ..]) => {
                *next == b'&' || !begins_escape(*next) && *next != b'#' && !next.is_ascii_alphabetic()
            }
            _ => false,
        }
    }

    /// What stands at `at`, where it can only be a character of an escape's own: a digit, a letter, `#` or `;`.
    fn inner(self, at: usize, cut: &mut bool) -> Option<(u8, usize)> {
        let &byte = self.text.get(at).or_else(|| {
            *cut = true;
            None
        })?;
        if !begins_escape(byte) {
            return Some((byte, at + 1));
        }
        let readings = self.read(at);
        *cut |= readings.cut;
        readings.iter().nth(1).map(|reading| (reading.ascii(), reading.end))
    }

    /// A number of so many hexadecimal digits.
    fn hexadecimal(self, mut at: usize, digits: usize, cut: &mut bool) -> Option<(u32, usize)> {
        let mut number = 0;
        for _ in 0..digits {
            let (byte, end) = self.inner(at, cut)?;
            number = number * 16 + char::from(byte).to_digit(16)?;
            at = end;
        }
        Some((number, at))
    }

    fn percent(self, at: usize, readings: &mut Readings) {
        let found = self.hexadecimal(at, 2, &mut readings.cut);
        if let Some((byte, end)) = found.and_then(|(number, end)| Some((u8::try_from(number).ok()?, end))) {
            readings.push(Reading::byte(byte, end));
        }
    }

    fn json(self, at: usize, readings: &mut Readings) {
        let after = self.read(at);
        readings.cut |= after.cut;
        for reading in after.iter() {
            let found = match reading.ascii() {
                b'u' => self.utf_16(reading.end, &mut readings.cut),
                byte => short(byte).map(|byte| (u32::from(byte), reading.end)),
            };
            if let Some(found) = found.and_then(|(code, end)| Reading::character(code, end)) {
                readings.push(found);
            }
        }
    }

    /// The four digits behind `\u`, or eight in two such escapes; `{7f}` as Rust and JavaScript write it.
    fn utf_16(self, at: usize, cut: &mut bool) -> Option<(u32, usize)> {
        if self.text.get(at) == Some(&b'{') {
            let digits =
                self.text.get(at + 1..).unwrap_or_default().iter().take(7).take_while(|b| b.is_ascii_hexdigit());
            let digits = digits.count();
            let (number, end) = self.hexadecimal(at + 1, digits, cut)?;
            let (close, end) = self.inner(end, cut)?;
            return (close == b'}' && digits > 0).then_some((number, end));
        }
        let (unit, end) = self.hexadecimal(at, 4, cut)?;
        if !(0xd800..0xdc00).contains(&unit) {
            return Some((unit, end));
        }
        let begins = self.read(end);
        *cut |= begins.cut;
        let backslash = begins.iter().filter(|r| r.ascii() == b'\\');
        let low = backslash.filter_map(|r| {
            let (_, end) = self.inner(r.end, cut).filter(|(byte, _)| *byte == b'u')?;
            self.hexadecimal(end, 4, cut).filter(|(low, _)| (0xdc00..0xe000).contains(low))
        });
        let (low, end) = { low }.next()?;
        Some((0x1_0000 + ((unit - 0xd800) << 10) + (low - 0xdc00), end))
    }

    fn entity(self, mut at: usize, readings: &mut Readings) {
        let mut name = [0; NAME];
        for length in 0..NAME {
            let Some((byte, end)) = self.inner(at, &mut readings.cut) else { return };
            at = end;
            if let Some(place) = name.get_mut(length) {
                *place = byte;
            }
            match byte {
                b';' => {
                    let name = name.get(..=length).and_then(|name| std::str::from_utf8(name).ok());
                    if let Some(found) = name.and_then(meant).and_then(|code| Reading::character(code, end)) {
                        readings.push(found);
                    }
                    return;
                }
                b'#' if length == 0 => {}
                _ if byte.is_ascii_alphanumeric() => {}
                _ => return,
            }
        }
    }
}

/// What a backslash and this byte mean in JSON.
fn short(byte: u8) -> Option<u8> {
    match byte {
        b'"' | b'\\' | b'/' | b'\'' => Some(byte),
        b'n' => Some(b'\n'),
        b'r' => Some(b'\r'),
        b't' => Some(b'\t'),
        b'b' => Some(8),
        b'f' => Some(12),
        _ => None,
    }
}

/// The character of an entity's body: `amp;`, `#38;`, `#x26;`.
fn meant(name: &str) -> Option<u32> {
    let Some(number) = name.strip_prefix('#') else {
        let &(code, second) = html5ever::data::NAMED_ENTITIES.get(name)?;
        return (second == 0 && code != 0).then_some(code);
    };
    let number = number.strip_suffix(';')?;
    match number.strip_prefix(['x', 'X']) {
        Some(digits) => u32::from_str_radix(digits, 16).ok(),
        None => number.parse().ok(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn readings(text: &str) -> Vec<(String, usize)> {
        let one = |r: Reading| (String::from_utf8_lossy(r.bytes()).into_owned(), r.end);
        read(text.as_bytes(), 0).iter().map(one).collect()
    }

    #[track_caller]
    fn whole(text: &str, wanted: &str) {
        let readings = readings(text);
        assert!(readings.contains(&(wanted.to_owned(), text.len())), "{text}: {readings:?}");
    }

    #[test]
    fn every_escape_is_read_in_any_case_and_twice() {
        for text in
            ["%2F", "%2f", "%252F", "%252f", "%25%32%66", "%%32f", "\\/", "\\u002f", "\\u002F", "&#47;", "&#x2f;"]
        {
            whole(text, "/");
        }
        for text in [
            "&#X2F;",
            "&sol;",
            "&amp;sol;",
            "&amp;#47;",
            "&#0047;",
            "\\\\u002F",
            "\\\\\\/",
            "%5C/",
            "%5Cu002f",
            "%26sol%3B",
        ] {
            whole(text, "/");
        }
        for text in ["&quot;", "\\\"", "\\\\\\\"", "\\u0022", "\\u0026quot;", "%26%2334;"] {
            whole(text, "\"");
        }
        whole("\\ud83d\\ude00", "😀");
        whole("\\\\uD83D\\\\uDE00", "😀");
        whole("&eacute;", "é");
        whole("&#233;", "é");
        whole("\\u00e9", "é");
        whole("\\n", "\n");
        whole("\\\\n", "\n");
        whole("\\u{1f600}", "😀");
        whole("%2B", " ");
    }

    #[test]
    fn what_is_no_escape_is_read_as_it_stands() {
        for text in [
            "%zz",
            "%2",
            "&nothing;",
            "&amp",
            "& b;",
            "\\x41",
            "\\ud83d",
            "\\u12",
            "\\u{}",
            "\\u{41",
            "&#xffffff;",
            "&#;",
            "&;",
        ] {
            assert_eq!(readings(text), [(text[..1].to_owned(), 1)], "{text}");
        }
        assert_eq!(readings("a"), [("a".to_owned(), 1)]);
        assert_eq!(readings("+"), [("+".to_owned(), 1), (" ".to_owned(), 1)]);
        let widths =
            |text: &str| readings(text).iter().map(|(_, width)| *width).collect::<std::collections::BTreeSet<_>>();
        assert_eq!(widths("\\\\\\\\\\"), [1, 2, 4].into());
    }

    #[test]
    fn a_text_that_ends_inside_an_escape_says_so() {
        for text in ["", "%", "%2", "%25", "&", "&am", "&#x2", "\\", "\\u00", "\\ud83d\\", "%5", "&amp;#"] {
            assert!(read(text.as_bytes(), 0).cut, "{text}");
        }
        for text in ["a", "%zz", "%41", "& b", "&amp;x ", "\\nx", &format!("&{}", "a".repeat(NAME))] {
            assert!(!read(text.as_bytes(), 0).cut, "{text}");
        }
    }
}
