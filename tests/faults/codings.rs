//! `Content-Encoding` that is broken, cut, unknown, nested, or a bomb.

use wxflow::http::{Bytes, encoding};

use crate::fault::Fault;
use crate::server::reply;

const IDENTITY: &str = "`headers: { accept-encoding: identity }` asks for a plain reply";
const MORE: &str = "`--max-body SIZE` allows more";

fn packed(coding: &str, plain: &[u8]) -> Vec<u8> {
    encoding::encode(&[coding.to_owned()], Bytes::copy_from_slice(plain)).unwrap().to_vec()
}

/// A reply that names `coding` and has these bytes.
fn claims(coding: &str, body: impl AsRef<[u8]>) -> Fault {
    Fault::answer(reply(&format!("200 OK\r\ncontent-encoding: {coding}"), body))
}

/// The same with the last bytes missing.
fn cut(coding: &str) -> Fault {
    let body = packed(coding, "some text, not too short ".repeat(20).as_bytes());
    claims(coding, &body[..body.len() - 6])
}

/// 4 GiB, as many pieces of 1 MiB: both formats may stand one behind the other.
fn bomb(coding: &str) -> Fault {
    claims(coding, packed(coding, &vec![0; 1 << 20]).repeat(4096))
}

/// 8 MiB, where 1 MiB is allowed.
fn small_bomb(coding: &str) -> Fault {
    claims(coding, packed(coding, &vec![0; 8 << 20])).arguments(&["--max-body", "1m"])
}

rows! {
    broken_gzip => claims("gzip", b"\x1f\x8b\x08\x00 this is none").fails(&["`content-encoding: gzip`, and is not that", IDENTITY]);
    broken_deflate => claims("deflate", b"\x78\x9c this is none").fails(&["`content-encoding: deflate`, and is not that", IDENTITY]);
    broken_brotli => claims("br", b"\xff\xff this is none").fails(&["`content-encoding: br`, and is not that", IDENTITY]);
    broken_zstd => claims("zstd", b"\x28\xb5\x2f\xfd this is none").fails(&["`content-encoding: zstd`, and is not that", IDENTITY]);
    plain_text_that_claims_to_be_gzip => claims("gzip", "{\"a\": 1}").fails(&["`content-encoding: gzip`, and is not that", IDENTITY]);
    gzip_with_a_wrong_checksum => claims("gzip", {
        let mut body = packed("gzip", b"hello");
        let at = body.len() - 6;
        body[at] ^= 1;
        body
    }).fails(&["`content-encoding: gzip`, and is not that", IDENTITY]);

    cut_gzip => cut("gzip").fails(&["`content-encoding: gzip`, and is not that", IDENTITY]);
    cut_deflate => cut("deflate").fails(&["`content-encoding: deflate`, and is not that", IDENTITY]);
    cut_brotli => cut("br").fails(&["`content-encoding: br`, and is not that", IDENTITY]);
    cut_zstd => cut("zstd").fails(&["`content-encoding: zstd`, and is not that", IDENTITY]);

    a_bomb_of_gzip => bomb("gzip").fails(&["the reply of HOST is larger than 67108864 bytes", MORE]);
    a_bomb_of_zstd => bomb("zstd").fails(&["the reply of HOST is larger than 67108864 bytes", MORE]);
    a_bomb_of_deflate => small_bomb("deflate").fails(&["the reply of HOST is larger than 1048576 bytes", MORE]);
    a_bomb_of_brotli => small_bomb("br").fails(&["the reply of HOST is larger than 1048576 bytes", MORE]);
    a_bomb_in_a_bomb => claims("gzip, gzip", packed("gzip", &packed("gzip", &vec![0; 8 << 20])))
        .arguments(&["--max-body", "1m"]).fails(&["the reply of HOST is larger than 1048576 bytes", MORE]);
    a_zstd_window_beyond_all_bounds => claims("zstd", b"\x28\xb5\x2f\xfd\x00\xf8\x01\x00\x00")
        .fails(&["`content-encoding: zstd`, and is not that", IDENTITY]);
    codings_without_end => claims(&["gzip"; 1000].join(", "), packed("gzip", b"hello"))
        .fails(&["the reply of HOST is packed 1000 times", IDENTITY]);

    two_codings => claims("gzip, br", packed("br", &packed("gzip", b"hello"))).with("expect: { body: hello }").passes(&[]);
    nothing_in_gzip => claims("gzip", "").with("expect: { body: '' }").passes(&[]);
    a_coding_that_nobody_knows => claims("tea", r#"{"a": 1}"#).with("expect: { json: { $.a: 1 } }").passes(&[]);
    bytes_of_a_coding_that_nobody_knows => claims("tea", b"\x01\x02\xff").with("expect: { json: { $.a: 1 } }")
        .fails(&["not JSON", "`content-encoding: tea`"]);
}
