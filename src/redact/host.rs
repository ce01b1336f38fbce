//! Where a secret may go: an exact host name, with a port if one is meant, or every name below one.

use std::fmt;

use url::Host;

/// One entry of `hosts`: `webexapis.com`, `host:8443`, `[::1]:80`, or `*.name` (any name below it, not itself).
///
/// Without a port every port is allowed: the binding is to who answers, and people who write a name mean all of it.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct HostPattern {
    /// Lower case, international names in their ASCII form, IPv6 in brackets: as `Url::host_str` gives it.
    name: String,
    below: bool,
    port: Option<u16>,
}

impl HostPattern {
    /// Reads one entry.
    ///
    /// # Errors
    /// A sentence that says what is wrong and what to write instead.
    pub fn parse(text: &str) -> Result<Self, String> {
        let text = text.trim();
        if text.contains('/') || text.contains('@') {
            let host = text.split_once("//").map_or(text, |(_, rest)| rest);
            let host = host.split(['/', '?', '#']).next().unwrap_or_default().rsplit('@').next().unwrap_or_default();
            return Err(format!("`{text}` is not a host: write only the name, `{host}`"));
        }
        let (name, port) = split_port(text)?;
        let (name, below) = name.strip_prefix("*.").map_or((name, false), |name| (name, true));
        if name.contains('*') {
            return Err(format!("`{text}`: a `*` may only stand for the whole front, as in `*.example.com`"));
        }
        let name = name.strip_suffix('.').unwrap_or(name);
        let host = Host::parse(name).map_err(|e| format!("`{text}` is not a host name ({e})"))?;
        if below && !matches!(host, Host::Domain(_)) {
            return Err(format!("`{text}`: nothing lies below an address; write the address alone"));
        }
        Ok(Self { name: host.to_string(), below, port })
    }

    /// Whether `host` (as `Url::host_str` gives it) at `port` is meant.
    #[must_use]
    pub fn allows(&self, host: &str, port: u16) -> bool {
        let host = host.strip_suffix('.').unwrap_or(host);
        if self.port.is_some_and(|own| own != port) {
            return false;
        }
        if !self.below {
            return host.eq_ignore_ascii_case(&self.name);
        }
        let Some(front) = host.len().checked_sub(self.name.len()).filter(|&n| n > 1) else { return false };
        host.get(front..).is_some_and(|end| end.eq_ignore_ascii_case(&self.name)) && host[..front].ends_with('.')
    }
}

/// `host`, `host:port`, `[v6]` or `[v6]:port`; a bare IPv6 address has more colons than a port needs.
fn split_port(text: &str) -> Result<(&str, Option<u16>), String> {
    let Some((name, port)) = text.rsplit_once(':').filter(|(_, port)| !port.ends_with(']')) else {
        return Ok((text, None));
    };
    if name.contains(':') && !name.starts_with('[') {
        return Err(format!("`{text}`: an IPv6 address stands in brackets, `[{text}]`"));
    }
    match port.parse() {
        Ok(0) | Err(_) => Err(format!("`{text}`: `{port}` is not a port (1 to 65535)")),
        Ok(port) => Ok((name, Some(port))),
    }
}

impl fmt::Display for HostPattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.below {
            f.write_str("*.")?;
        }
        f.write_str(&self.name)?;
        self.port.map_or(Ok(()), |port| write!(f, ":{port}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn allows(pattern: &str, host: &str, port: u16) -> bool {
        HostPattern::parse(pattern).unwrap().allows(host, port)
    }

    #[test]
    fn exact_names_ports_and_names_below() {
        assert!(allows("webexapis.com", "webexapis.com", 443));
        assert!(allows("WebexAPIs.com", "webexapis.com", 8443));
        assert!(!allows("webexapis.com", "evil-webexapis.com", 443));
        assert!(!allows("webexapis.com", "webexapis.com.evil.example", 443));
        assert!(allows("host:8443", "host", 8443));
        assert!(!allows("host:8443", "host", 443));
        assert!(allows("*.ciscospark.com", "api.ciscospark.com", 443));
        assert!(allows("*.ciscospark.com", "a.b.ciscospark.com", 443));
        assert!(!allows("*.ciscospark.com", "ciscospark.com", 443));
        assert!(!allows("*.ciscospark.com", ".ciscospark.com", 443));
        assert!(!allows("*.ciscospark.com", "evilciscospark.com", 443));
        assert!(allows("[::1]:80", "[::1]", 80));
        assert!(allows("[0:0::1]", "[::1]", 81));
        assert!(allows("127.0.0.1", "127.0.0.1", 1));
        assert!(allows("bücher.example", "xn--bcher-kva.example", 443));
    }

    #[test]
    fn what_is_no_host_says_what_to_write() {
        let error = |text| HostPattern::parse(text).unwrap_err();
        assert_eq!(
            error("https://webexapis.com/v1"),
            "`https://webexapis.com/v1` is not a host: write only the name, `webexapis.com`"
        );
        assert_eq!(error("host:https"), "`host:https`: `https` is not a port (1 to 65535)");
        assert_eq!(error("::1"), "`::1`: an IPv6 address stands in brackets, `[::1]`");
        assert!(error("api.*.com").contains("`*` may only stand"));
        assert!(error("*").contains("`*` may only stand"));
        assert!(error("").contains("not a host name"));
    }

    #[test]
    fn it_prints_as_it_is_read() {
        for text in ["webexapis.com", "*.example.com:8443", "[::1]:80"] {
            assert_eq!(HostPattern::parse(text).unwrap().to_string(), text);
        }
    }
}
