//! How the run connects: what the command line says, else the environment, else `HTTP_PROXY` and the like.

use std::collections::HashMap;
use std::future::Future;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::args::Connecting;
use super::exit::Exit;
use super::machine;
use super::output::Output;
use crate::client::{ClientOptions, Identity, Proxy, certificates_from_pem};
use crate::diagnostic::{Code, Diagnostics, nearest};
use crate::environment::{Environment, Located, Tls};
use crate::http::Url;
use crate::load;
use crate::redact::Redactor;

/// The schemes of proxies.
const SCHEMES: [&str; 4] = ["http", "https", "socks5", "socks5h"];

/// A mistake, and where it stands: an option's name, or a place in the environment file.
struct Mistake<'a> {
    from: From<'a>,
    message: String,
    help: Option<String>,
}

/// Where a setting comes from.
#[derive(Clone, Copy)]
enum From<'a> {
    Option(&'static str),
    File(&'a Located),
}

/// The connections of a whole command. All flows share them, so the environments of several projects must agree.
///
/// # Errors
/// A file, a URL or a host that cannot be used; it was told.
pub(super) fn options(
    args: &Connecting,
    environments: &HashMap<PathBuf, Environment>,
    output: &Output,
) -> Result<ClientOptions, Exit> {
    let mut each = environments.iter().filter(|(_, e)| e.tls != Tls::default() || e.proxy.is_some());
    let chosen = each.next();
    if let Some((_, first)) = chosen
        && each.any(|(_, other)| other.tls != first.tls || other.proxy != first.proxy)
    {
        let help = "run each project on its own, or give the connection on the command line";
        output.error("the flows' projects want different connections (`tls`, `proxy`)", Some(help));
        return Err(Exit::Invalid);
    }
    for host in &args.insecure {
        output.warning(&format!("the certificate of {host} is not checked (--insecure)"));
    }
    let mut client = ClientOptions { insecure_hosts: args.insecure.clone(), ..ClientOptions::default() };
    client.no_proxy = no_proxy().map_err(|message| {
        output.error(&message, None);
        Exit::Invalid
    })?;
    let filled = trust(args, chosen, &mut client)
        .and_then(|()| identity(args, chosen, &mut client))
        .and_then(|()| proxy(args, chosen.map(|(_, e)| e), &output.redactor, &mut client))
        .and_then(|()| addresses(args, &mut client));
    filled.map_err(|mistake| mistake.tell(output))?;
    Ok(client)
}

/// Sends what `question` sends, and waits for its answer.
///
/// # Errors
/// The system gives nothing to wait with; it was told.
pub(super) fn wait<T>(question: impl Future<Output = T>, output: &Output) -> Result<T, Exit> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(|error| {
        output.error(&format!("nothing can be sent: {error}"), None);
        Exit::Failed
    })?;
    Ok(runtime.block_on(question))
}

type Chosen<'a> = Option<(&'a PathBuf, &'a Environment)>;

fn trust<'a>(args: &Connecting, chosen: Chosen<'a>, client: &mut ClientOptions) -> Result<(), Mistake<'a>> {
    let Some((bytes, from)) = file(args.cacert.as_deref(), "--cacert", chosen, |tls| tls.ca.as_ref())? else {
        return Ok(());
    };
    client.extra_roots = certificates_from_pem(&bytes).map_err(|why| from.mistake(why))?;
    Ok(())
}

fn identity<'a>(args: &Connecting, chosen: Chosen<'a>, client: &mut ClientOptions) -> Result<(), Mistake<'a>> {
    let Some((chain, from)) = file(args.cert.as_deref(), "--cert", chosen, |tls| tls.cert.as_ref())? else {
        return Ok(());
    };
    // The environment's key belongs to the environment's certificate.
    let chosen = chosen.filter(|_| args.cert.is_none());
    let key = file(args.key.as_deref(), "--key", chosen, |tls| tls.key.as_ref())?;
    let (key, from) = key.as_ref().map_or((&chain, from), |(key, from)| (key, *from));
    client.identity = Some(Identity::from_pem(&chain, key).map_err(|why| from.mistake(why))?);
    Ok(())
}

/// A file that the command line names, from the current folder, else one that the environment does, from the project root.
fn file<'a>(
    given: Option<&Path>,
    option: &'static str,
    chosen: Chosen<'a>,
    pick: impl Fn(&'a Tls) -> Option<&'a Located>,
) -> Result<Option<(Vec<u8>, From<'a>)>, Mistake<'a>> {
    let home = machine::home();
    let (path, folder, from) = match (given, chosen) {
        (Some(path), _) => (path.to_string_lossy().into_owned(), Path::new(""), From::Option(option)),
        (None, Some((root, environment))) => match pick(&environment.tls) {
            Some(located) => (located.text.clone(), root.as_path(), From::File(located)),
            None => return Ok(None),
        },
        (None, None) => return Ok(None),
    };
    let read = load::pem(&path, folder, home.as_deref()).map_err(|e| from.mistake(e.message))?;
    Ok(Some((read, from)))
}

fn proxy<'a>(
    args: &Connecting,
    environment: Option<&'a Environment>,
    redactor: &Redactor,
    client: &mut ClientOptions,
) -> Result<(), Mistake<'a>> {
    let (text, from) = match (&args.proxy, environment.and_then(|e| e.proxy.as_ref())) {
        (Some(text), _) => (text.as_str(), From::Option("--proxy")),
        (None, Some(located)) => (located.text.as_str(), From::File(located)),
        (None, None) => return Ok(()),
    };
    if text == "none" {
        client.proxy = Proxy::Direct;
        return Ok(());
    }
    // Before anything is said about it: a message may show its line.
    if let Some(password) = password(text) {
        redactor.learn("proxy password", password, None);
        redactor.learn("proxy password", &percent_encoding::percent_decode_str(password).decode_utf8_lossy(), None);
    }
    let url = proxy_url(text).map_err(|(message, help)| Mistake { from, message, help: Some(help) })?;
    client.proxy = Proxy::Through(url);
    Ok(())
}

/// The password in a URL, also in one that cannot be read.
fn password(text: &str) -> Option<&str> {
    let (before, _) = text.rsplit_once('@')?;
    let user = before.split_once("://").map_or(before, |(_, user)| user);
    user.split_once(':').map(|(_, password)| password)
}

/// The URL of a proxy, or what is wrong with it and what to do. The text is not repeated: it may hold a password.
fn proxy_url(text: &str) -> Result<Url, (String, String)> {
    let example = "write one like `http://proxy.example:3128` or `socks5h://127.0.0.1:1080`, or `none`".to_owned();
    let Some((scheme, _)) = text.split_once("://") else {
        return Err(("the proxy has no scheme".to_owned(), example));
    };
    if !SCHEMES.contains(&scheme) {
        let help = nearest(scheme, SCHEMES).map_or(example, |near| format!("did you mean `{near}://`?"));
        return Err((format!("a proxy is not spoken to by `{scheme}://`"), help));
    }
    match Url::parse(text) {
        Ok(url) if url.has_host() => Ok(url),
        Ok(_) => Err(("the proxy has no host".to_owned(), example)),
        Err(error) => Err((format!("the proxy is not a URL: {error}"), example)),
    }
}

fn addresses<'a>(args: &Connecting, client: &mut ClientOptions) -> Result<(), Mistake<'a>> {
    for (host, address) in &args.resolve {
        let known = client.resolve.iter().find(|(name, _)| name == host);
        if known.is_some_and(|(_, known)| known.ip() != *address) {
            return Err(From::Option("--resolve").mistake(format!("{host} has two addresses")));
        }
        client.resolve.push((host.clone(), SocketAddr::new(*address, 0)));
    }
    Ok(())
}

/// `NO_PROXY`, in capitals or not, as others read it.
fn no_proxy() -> Result<Option<String>, String> {
    let value = |name| machine::variable(name).map_err(|e| e.message);
    Ok(value("NO_PROXY")?.or(value("no_proxy")?))
}

impl<'a> From<'a> {
    fn mistake(self, message: String) -> Mistake<'a> {
        Mistake { from: self, message, help: None }
    }
}

impl Mistake<'_> {
    fn tell(self, output: &Output) -> Exit {
        match self.from {
            From::Option(name) => output.error(&format!("{name}: {}", self.message), self.help.as_deref()),
            From::File(located) => {
                let mut list = Diagnostics::new(Arc::clone(&located.at.0));
                let help = self.help.unwrap_or_else(|| "paths here are relative to the project root".to_owned());
                list.error(Code::InvalidValue, located.at.1, self.message).help(help);
                output.diagnostics(&list.into_sorted());
            }
        }
        Exit::Invalid
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn proxies_are_urls_of_four_schemes() {
        assert_eq!(proxy_url("socks5h://u:p@h:1").unwrap().port(), Some(1));
        let wrong = |text| proxy_url(text).unwrap_err();
        assert_eq!(wrong("proxy:3128").0, "the proxy has no scheme");
        assert_eq!(wrong("htps://x").1, "did you mean `https://`?");
        assert!(!wrong("http://user:hunter2@").0.contains("hunter2"));
    }
}
