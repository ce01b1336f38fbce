//! TLS that is silent, cut, something else, or vouched for by nobody.

use std::io::Write as _;

use rcgen::date_time_ymd;

use crate::fault::Fault;
use crate::server::{Authority, Peer, always, reply, self_signed};

const OWN: &str = "name its certificate with `--cacert FILE`";

/// A server whose trusted certificate is changed like this.
fn changed(change: impl FnOnce(&mut rcgen::CertificateParams)) -> Fault {
    let authority = Authority::new();
    let config = authority.server(change);
    Fault::tls(config, always(reply("200 OK", ""))).trusting(&authority)
}

/// A server that speaks only these protocols.
fn speaking(protocols: &[&[u8]], serve: impl Fn(&mut Peer) + Send + Sync + 'static) -> Fault {
    let authority = Authority::new();
    let mut config = authority.server(|_| ());
    config.alpn_protocols = protocols.iter().map(|p| p.to_vec()).collect();
    Fault::tls(config, serve).trusting(&authority)
}

/// No TLS: a TCP server that sends this upon the client's hello.
fn hello(serve: impl Fn(&mut Peer) + Send + Sync + 'static) -> Fault {
    Fault::plain(serve).addressed("https", "localhost")
}

/// Reads the client's hello, a record with its length.
fn read_hello(peer: &mut Peer) {
    let head = peer.read(5).unwrap();
    peer.read(usize::from(head[3]) << 8 | usize::from(head[4]));
}

/// Answers the client's hello with a fatal alert.
fn alert(code: u8) -> Fault {
    hello(move |peer| {
        read_hello(peer);
        peer.send([0x15, 3, 3, 0, 2, 2, code]);
    })
}

rows! {
    silence_in_the_handshake => hello(Peer::hold).with("timeout: 3s")
        .fails(&["the timeout of 3s passed during the TLS handshake with HOST", "check that the port speaks TLS"]);
    closed_in_the_handshake => hello(read_hello)
        .fails(&["HOST closed the connection during the TLS handshake", "check that the port speaks TLS"]);
    reset_in_the_handshake => hello(Peer::reset)
        .fails(&["HOST closed the connection during the TLS handshake", "check that the port speaks TLS"]);
    half_a_hello => hello(|peer| { read_hello(peer); peer.send([0x16, 3, 3, 0x40]); })
        .fails(&["HOST closed the connection during the TLS handshake"]);
    plain_http_on_a_tls_port => hello(|peer| { read_hello(peer); peer.send("HTTP/1.1 400 Bad Request\r\n\r\n"); })
        .fails(&["HOST does not speak TLS", "write http:// instead of https://"]);
    a_record_beyond_all_bounds => hello(|peer| { read_hello(peer); peer.send([0x16, 3, 3, 0xff, 0xff]); peer.hold() })
        .fails(&["TLS with HOST failed", "check that the port speaks TLS"]);
    a_hello_without_end => hello(|peer| { read_hello(peer); peer.flood([0x16, 3, 3, 0, 4, 2, 0xff, 0xff, 0xff].repeat(1000)) })
        .fails(&["TLS with HOST failed"]);
    an_old_version => alert(70).fails(&["HOST and wxflow have no TLS version or cipher in common", "wxflow speaks TLS 1.2 and 1.3"]);
    no_cipher_in_common => alert(40).fails(&["HOST broke the TLS handshake off", "wxflow speaks TLS 1.2 and 1.3"]);
    a_name_that_the_server_does_not_have => alert(112).fails(&["HOST does not know the name `localhost`", "check the URL's host"]);
    a_client_certificate_is_wanted => alert(116).fails(&["HOST wants a client certificate", "give one with `--cert` and `--key`"]);

    expired => changed(|params| {
        params.not_before = date_time_ymd(2019, 1, 1);
        params.not_after = date_time_ymd(2020, 1, 1);
    }).fails(&["the certificate of HOST expired on 2020-01-01T00:00:00Z", "its owner must renew it"]).asked(0);
    not_valid_yet => changed(|params| params.not_before = date_time_ymd(2999, 1, 1))
        .fails(&["the certificate of HOST is valid only from 2999-01-01T00:00:00Z on", "check this machine's clock"]).asked(0);
    for_another_host => changed(|params| params.subject_alt_names = vec![rcgen::SanType::DnsName("other.example".try_into().unwrap())])
        .fails(&["the certificate of HOST is not for `localhost`: it is for `other.example`", "check the URL's host"]).asked(0);
    for_no_host => changed(|params| params.subject_alt_names.clear())
        .fails(&["the certificate of HOST is not for `localhost`: it is for no name at all", "check the URL's host"]).asked(0);
    an_address_where_the_certificate_has_a_name => changed(|_| ()).addressed("https", "127.0.0.1")
        .fails(&["is not for `127.0.0.1`: it is for `localhost`", "check the URL's host"]).asked(0);
    self_signed_certificate => Fault::tls(self_signed(), always(reply("200 OK", "")))
        .fails(&["the certificate of HOST", OWN]).asked(0);
    an_authority_that_nobody_knows => Fault::tls(Authority::new().server(|_| ()), always(reply("200 OK", "")))
        .fails(&["the certificate of HOST is signed by an authority that this machine does not trust", OWN]).asked(0);
    another_authority_is_trusted => Fault::tls(Authority::new().server(|_| ()), always(reply("200 OK", "")))
        .trusting(&Authority::new())
        .fails(&["the certificate of HOST is not signed by the key of the authority that it names", OWN]).asked(0);
    a_bad_certificate_is_no_reason_to_try_again => Fault::tls(self_signed(), always(reply("200 OK", "")))
        .with("retry: { attempts: 3, delay: 1ms }").fails(&["the certificate of HOST", OWN]).hides(&["3 sends"]);

    no_protocol_in_common => speaking(&[b"tea"], always(reply("200 OK", "")))
        .fails(&["HOST speaks none of the HTTP versions that wxflow offered"]).asked(0);
    http_2_is_not_spoken => speaking(&[b"http/1.1"], always(reply("200 OK", ""))).with("http: 2")
        .fails(&["HOST does not speak the HTTP version that was asked for", "leave `http` out"]).asked(0);
    http_1_1_is_not_spoken => speaking(&[b"h2"], always(reply("200 OK", ""))).with("http: 1.1")
        .fails(&["HOST does not speak the HTTP version that was asked for", "leave `http` out"]).asked(0);
    http_2_is_said_and_http_1_spoken => speaking(&[b"h2"], |peer| { peer.read(24); peer.send(reply("200 OK", "")); peer.hold() })
        .fails(&["HOST broke the rules of HTTP/2", "`http: 1.1` may work"]);

    a_body_without_length_that_is_cut => Fault::trusted(|peer| { peer.answer("HTTP/1.1 200 OK\r\n\r\nhalf"); peer.cut() })
        .fails(&["HOST closed the connection before the whole body had come"]);
    garbage_in_the_body => Fault::trusted(|peer| {
        peer.answer("HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nhalf");
        peer.socket.write_all(&[0x17, 3, 3, 0, 32, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9]).unwrap();
        peer.hold();
    }).fails(&["TLS with HOST failed"]);
}
