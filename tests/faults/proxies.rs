//! Proxies that refuse, ask, hang up, hang or talk nonsense; the host behind them does not exist.

use crate::fault::Fault;
use crate::server::{Peer, always, reply};

const CHECK: &str = "check `--proxy`, or the environment's `proxy`";
const THROUGH: &str = "no connection to host.invalid:443 through the proxy HOST";

/// A request for `https` through this proxy.
fn proxy(scheme: &str, serve: impl Fn(&mut Peer) + Send + Sync + 'static) -> Fault {
    let fault = Fault::plain(serve).addressed(scheme, "127.0.0.1");
    let url = fault.url().to_owned();
    fault.steps("- request: GET https://host.invalid/x").arguments(&["--proxy", &url]).variable("NO_PROXY", "127.0.0.1")
}

/// Answers the CONNECT.
fn connect(bytes: &'static str) -> Fault {
    proxy("http", move |peer| {
        peer.answer(bytes);
        peer.hold();
    })
}

/// Reads the greeting of a SOCKS5 client and answers it; then the same with its request.
fn socks(greeting: &'static [u8], request: &'static [u8]) -> Fault {
    proxy("socks5h", move |peer| {
        let methods = peer.read(2).unwrap()[1];
        peer.read(methods.into());
        peer.send(greeting);
        if peer.read(4).is_some() {
            let length = peer.byte().unwrap();
            peer.read(usize::from(length) + 2);
            peer.send(request);
        }
    })
}

fn nobody() -> Fault {
    Fault::at("http://127.0.0.1:1")
        .steps("- request: GET https://host.invalid/x")
        .variable("NO_PROXY", "127.0.0.1")
}

rows! {
    not_there => {
        let fault = nobody();
        let url = fault.url().to_owned();
        fault.arguments(&["--proxy", &url]).fails(&["no connection to host.invalid:443: the proxy 127.0.0.1:", "refused the connection", CHECK])
    };
    not_there_as_the_variable_says => {
        let fault = nobody();
        let url = fault.url().to_owned();
        fault.variable("HTTPS_PROXY", &url).fails(&["host.invalid:443", "check HTTP_PROXY, HTTPS_PROXY and NO_PROXY"])
    };
    asks_who_we_are => connect("HTTP/1.1 407 Proxy Authentication Required\r\nproxy-authenticate: Basic\r\n\r\n")
        .fails(&[THROUGH, "it wants a user and a password", "`http://USER:PASSWORD@HOST:PORT`"]).asked(1);
    asks_who_we_are_for_a_plain_request => {
        let asks = reply("407 Proxy Authentication Required\r\nproxy-authenticate: Basic", "");
        proxy("http", always(asks)).steps("- request: GET http://host.invalid/x").fails(&["407 Proxy Authentication Required"]).asked(1)
    };
    forbids => connect("HTTP/1.1 403 Forbidden\r\n\r\n").fails(&[THROUGH, "it refused to open a tunnel", CHECK]).asked(1);
    finds_nothing => connect("HTTP/1.1 502 Bad Gateway\r\n\r\n").fails(&[THROUGH, CHECK]).asked(1);
    talks_nonsense => connect("nonsense\r\n\r\n").fails(&[THROUGH, CHECK]).asked(1);
    talks_without_end => proxy("http", |peer| { peer.answer("HTTP/1.1 200 OK\r\n"); peer.flood("x-a: 1\r\n".repeat(100)) })
        .fails(&[THROUGH, CHECK]).asked(1);
    hangs_up => proxy("http", |peer| _ = peer.request()).fails(&[THROUGH, "it closed the connection", CHECK]).asked(1);
    hangs => proxy("http", |peer| { peer.request(); peer.hold() }).with("timeout: 3s")
        .fails(&["the timeout of 3s passed while connecting to host.invalid:443 through the proxy HOST", CHECK]).asked(1);
    opens_a_tunnel_to_nothing => proxy("http", |peer| peer.answer("HTTP/1.1 200 OK\r\n\r\n"))
        .fails(&["host.invalid:443", "through the proxy HOST", CHECK]).asked(1);
    opens_a_tunnel_to_silence => connect("HTTP/1.1 200 OK\r\n\r\n").with("timeout: 3s")
        .fails(&["the timeout of 3s passed while connecting to host.invalid:443 through the proxy HOST", CHECK]).asked(1);
    opens_a_tunnel_to_plain_http => proxy("http", |peer| {
        peer.answer("HTTP/1.1 200 OK\r\n\r\n");
        peer.byte();
        peer.send("HTTP/1.1 400 Bad Request\r\n\r\n");
        peer.hold();
    }).fails(&["host.invalid:443 does not speak TLS"]).asked(1);
    is_not_shown_what_is_meant_for_the_host => connect("HTTP/1.1 403 Forbidden\r\n\r\n")
        .with("auth: { bearer: '{secret}' }\ncookies: { own: '{secret}' }\nquery: { token: '{secret}' }")
        .fails(&[THROUGH]).asked(1).secret_in(&[]);
    the_password_is_not_shown => {
        let fault = Fault::plain(|peer| _ = peer.request()).addressed("http", "me:pr0xy-passw0rd@127.0.0.1");
        let url = fault.url().to_owned();
        fault.steps("- request: GET https://host.invalid/x").arguments(&["--proxy", &url]).variable("NO_PROXY", "127.0.0.1")
            .fails(&["host.invalid:443", CHECK]).hides(&["pr0xy-passw0rd"])
    };

    socks_that_is_none => socks(b"HTTP/1.1 400 Bad Request\r\n\r\n", b"").fails(&[THROUGH, CHECK]);
    socks_that_hangs_up => proxy("socks5h", |_| ()).fails(&[THROUGH, CHECK]);
    socks_that_hangs => proxy("socks5h", Peer::hold).with("timeout: 3s")
        .fails(&["the timeout of 3s passed while connecting to host.invalid:443 through the proxy HOST", CHECK]);
    socks_that_wants_a_password => socks(&[5, 2], b"").fails(&[THROUGH, CHECK]);
    socks_that_takes_no_way_to_greet => socks(&[5, 0xff], b"").fails(&[THROUGH, CHECK]);
    socks_that_finds_no_host => socks(&[5, 0], &[5, 4, 0, 1, 0, 0, 0, 0, 0, 0]).fails(&[THROUGH, CHECK]);
    socks_that_is_refused => socks(&[5, 0], &[5, 5, 0, 1, 0, 0, 0, 0, 0, 0]).fails(&[THROUGH, CHECK]);
    socks_with_a_status_that_does_not_exist => socks(&[5, 0], &[5, 99, 0, 1, 0, 0, 0, 0, 0, 0]).fails(&[THROUGH, CHECK]);
    socks_with_an_address_of_no_kind => socks(&[5, 0], &[5, 0, 0, 9, 0, 0, 0, 0, 0, 0]).fails(&[THROUGH, CHECK]);
    socks_that_says_half => socks(&[5, 0], &[5, 0]).fails(&[THROUGH, CHECK]);
}
