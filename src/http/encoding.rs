//! `Content-Encoding`: its names in headers, and packing a body by them.

use std::io::{self, Read as _, Write as _};

use super::{Bytes, HeaderMap};

/// The codings of a body in the order they were applied, lower case, `identity` left out.
#[must_use]
pub fn codings(headers: &HeaderMap) -> Vec<String> {
    let lines = headers.get_all(::http::header::CONTENT_ENCODING);
    let names = lines.iter().filter_map(|line| line.to_str().ok()).flat_map(|line| line.split(','));
    names.map(|name| name.trim().to_ascii_lowercase()).filter(|name| !name.is_empty() && name != "identity").collect()
}

/// `body` packed by each of `codings` in turn. One that we do not know leaves what follows to the caller: such a body
/// comes packed already. So does an empty one.
///
/// # Errors
/// An encoder failed; none does when it writes to memory.
pub fn encode(codings: &[String], mut body: Bytes) -> io::Result<Bytes> {
    for coding in codings {
        if body.is_empty() {
            break;
        }
        let mut out = Vec::new();
        match coding.as_str() {
            "gzip" | "x-gzip" => {
                let mut encoder = flate2::write::GzEncoder::new(&mut out, flate2::Compression::default());
                encoder.write_all(&body)?;
                encoder.finish()?;
            }
            // RFC 9110 section 8.4.1.2 means zlib (RFC 1950) by it.
            "deflate" => {
                let mut encoder = flate2::write::ZlibEncoder::new(&mut out, flate2::Compression::default());
                encoder.write_all(&body)?;
                encoder.finish()?;
            }
            "br" => _ = brotli::CompressorReader::new(&*body, 16 << 10, 5, 22).read_to_end(&mut out)?,
            "zstd" => out = zstd::encode_all(&*body, 3)?,
            _ => break,
        }
        body = out.into();
    }
    Ok(body)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codings_are_read_from_all_lines() {
        let mut headers = HeaderMap::new();
        headers.append("content-encoding", "GZIP, identity".parse().unwrap());
        headers.append("content-encoding", "br".parse().unwrap());
        assert_eq!(codings(&headers), ["gzip", "br"]);
    }

    #[test]
    fn each_coding_can_be_undone_and_unknown_ones_change_nothing() {
        let plain = Bytes::from("Stève ".repeat(100));
        let pack = |codings: &[&str]| {
            encode(&codings.iter().map(|&c| c.to_owned()).collect::<Vec<_>>(), plain.clone()).unwrap()
        };
        let read = |reader: &mut dyn io::Read| {
            let mut out = Vec::new();
            reader.read_to_end(&mut out).unwrap();
            out
        };
        assert_eq!(read(&mut flate2::read::GzDecoder::new(&*pack(&["gzip"]))), plain);
        assert_eq!(read(&mut flate2::read::ZlibDecoder::new(&*pack(&["deflate"]))), plain);
        assert_eq!(read(&mut brotli::Decompressor::new(&*pack(&["br"]), 4096)), plain);
        assert_eq!(zstd::decode_all(&*pack(&["zstd"])).unwrap(), plain);
        let twice = zstd::decode_all(&*pack(&["gzip", "zstd"])).unwrap();
        assert_eq!(read(&mut flate2::read::GzDecoder::new(&*twice)), plain);
        assert_eq!(pack(&["aws-chunked"]), plain);
        assert!(encode(&["gzip".to_owned()], Bytes::new()).unwrap().is_empty());
    }
}
