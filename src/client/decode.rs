//! Undoes `Content-Encoding`, within a bound on the decoded size: a small reply may unpack to a very large one.

use std::io::{self, Read};

use crate::http::Bytes;

/// What we can undo, for `accept-encoding`.
pub(super) const ACCEPTED: &str = "gzip, deflate, br, zstd";

/// Why a body stayed packed.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum DecodeError {
    /// More than the bound comes out.
    TooLarge,
    /// So many codings, one in the other, that only malice is left as a reason.
    TooDeep(usize),
    /// The bytes are not what the coding's name says, or end early.
    Broken { coding: String, reason: String },
}

/// The most codings that are undone: each may take the time and memory of a body of the largest size.
const DEEPEST: usize = 5;

/// Undoes `codings`, last first, and stops at one that nobody asked for and we do not know: its bytes are the body.
pub(super) fn decode(codings: &[String], mut body: Bytes, max: u64) -> Result<Bytes, DecodeError> {
    if codings.len() > DEEPEST {
        return Err(DecodeError::TooDeep(codings.len()));
    }
    for coding in codings.iter().rev() {
        // Some servers announce a coding for an empty body.
        if body.is_empty() {
            break;
        }
        let unpacked = match coding.as_str() {
            "gzip" | "x-gzip" => unpack(flate2::bufread::MultiGzDecoder::new(&*body), max),
            "deflate" if is_zlib(&body) => unpack(flate2::bufread::ZlibDecoder::new(&*body), max),
            "deflate" => unpack(flate2::bufread::DeflateDecoder::new(&*body), max),
            "br" => unpack(brotli::Decompressor::new(&*body, 16 << 10), max),
            "zstd" => zstd::stream::read::Decoder::with_buffer(&*body).and_then(|reader| unpack(reader, max)),
            _ => break,
        };
        body = match unpacked {
            Ok(Some(unpacked)) => unpacked.into(),
            Ok(None) => return Err(DecodeError::TooLarge),
            Err(e) => return Err(DecodeError::Broken { coding: coding.clone(), reason: e.to_string() }),
        };
    }
    Ok(body)
}

/// `None` where more than `max` bytes come out.
fn unpack(reader: impl Read, max: u64) -> io::Result<Option<Vec<u8>>> {
    let mut out = Vec::new();
    let read = reader.take(max.saturating_add(1)).read_to_end(&mut out)?;
    Ok((read as u64 <= max).then_some(out))
}

/// RFC 9110 means zlib (RFC 1950) by `deflate`; some servers send the bare stream (RFC 1951).
fn is_zlib(body: &[u8]) -> bool {
    match body {
        [first, second, ..] => first & 0x0F == 8 && u16::from_be_bytes([*first, *second]).is_multiple_of(31),
        _ => false,
    }
}

#[cfg(test)]
pub(super) mod tests {
    use std::io::Write as _;

    use super::*;

    pub(in crate::client) fn pack(coding: &str, plain: &[u8]) -> Vec<u8> {
        match coding {
            "gzip" => {
                let mut writer = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
                writer.write_all(plain).unwrap();
                writer.finish().unwrap()
            }
            "deflate" => {
                let mut writer = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::default());
                writer.write_all(plain).unwrap();
                writer.finish().unwrap()
            }
            "raw" => {
                let mut writer = flate2::write::DeflateEncoder::new(Vec::new(), flate2::Compression::default());
                writer.write_all(plain).unwrap();
                writer.finish().unwrap()
            }
            "br" => {
                let mut out = Vec::new();
                brotli::CompressorWriter::new(&mut out, 4096, 5, 22).write_all(plain).unwrap();
                out
            }
            "zstd" => zstd::encode_all(plain, 3).unwrap(),
            other => panic!("{other}"),
        }
    }

    fn undo(codings: &[&str], body: Vec<u8>, max: u64) -> Result<Bytes, DecodeError> {
        decode(&codings.iter().map(|&c| c.to_owned()).collect::<Vec<_>>(), body.into(), max)
    }

    #[test]
    fn each_coding_is_undone() {
        let plain = "Stève ".repeat(1000).into_bytes();
        for (name, coding) in [
            ("gzip", "gzip"),
            ("gzip", "x-gzip"),
            ("deflate", "deflate"),
            ("raw", "deflate"),
            ("br", "br"),
            ("zstd", "zstd"),
        ] {
            assert_eq!(undo(&[coding], pack(name, &plain), 1 << 20).unwrap(), plain, "{coding}");
        }
        let twice = pack("br", &pack("gzip", &plain));
        assert_eq!(undo(&["gzip", "br"], twice, 1 << 20).unwrap(), plain);
        let mut joined = pack("gzip", b"a");
        joined.extend(pack("gzip", b"b"));
        assert_eq!(undo(&["gzip"], joined, 10).unwrap(), "ab");
    }

    #[test]
    fn a_bomb_is_not_unpacked() {
        let plain = vec![0; 1 << 20];
        for (name, coding) in
            [("gzip", "gzip"), ("deflate", "deflate"), ("raw", "deflate"), ("br", "br"), ("zstd", "zstd")]
        {
            assert_eq!(undo(&[coding], pack(name, &plain), (1 << 20) - 1), Err(DecodeError::TooLarge), "{coding}");
            assert_eq!(undo(&[coding], pack(name, &plain), 1 << 20).unwrap().len(), 1 << 20, "{coding}");
        }
    }

    #[test]
    fn what_is_cut_or_garbage_is_an_error() {
        let plain = "some text, not too short ".repeat(20);
        for (name, coding) in
            [("gzip", "gzip"), ("deflate", "deflate"), ("raw", "deflate"), ("br", "br"), ("zstd", "zstd")]
        {
            let mut packed = pack(name, plain.as_bytes());
            packed.truncate(packed.len() - 5);
            assert!(matches!(undo(&[coding], packed, 1 << 20), Err(DecodeError::Broken { .. })), "{coding}");
        }
        assert!(matches!(undo(&["gzip"], b"plain".to_vec(), 99), Err(DecodeError::Broken { .. })));
    }

    #[test]
    fn empty_and_unknown_stay_as_they_are() {
        assert_eq!(undo(&["gzip"], Vec::new(), 9).unwrap(), "");
        assert_eq!(undo(&["aws-chunked"], b"x".to_vec(), 9).unwrap(), "x");
    }
}
