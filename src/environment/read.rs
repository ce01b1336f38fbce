//! From the text of an environment file to an [`Environment`], every mistake told with its place.

use std::sync::Arc;

use super::shape::{ENVIRONMENT, PLACE, SECRET, TLS};
use super::{Environment, Located, OAuthClient, Secret, SecretSource, Var};
use crate::diagnostic::{Code, Diagnostic, Diagnostics, Severity};
use crate::redact::HostPattern;
use crate::source::{Source, Span};
use crate::yaml::{self, Data, Fields, Node};

impl Environment {
    /// Reads one file; `extends` is left for whoever reads files, and `complete` for when it is done.
    ///
    /// # Errors
    /// Every mistake of the file.
    pub fn parse(source: Arc<Source>) -> Result<Self, Vec<Diagnostic>> {
        let mut environment = Self { source: Arc::clone(&source), ..Self::default() };
        // An environment that says nothing is an honest one: it may exist only to be extended.
        if source.text().lines().all(|line| line.trim().is_empty() || line.trim_start().starts_with('#')) {
            return Ok(environment);
        }
        let mut list = Diagnostics::new(Arc::clone(&source));
        if let Some(root) = yaml::parse(&source, &mut list)
            && let Some(fields) = Fields::read(&root, &ENVIRONMENT, &mut list)
        {
            environment.fill(&fields, &mut list);
        }
        let all = list.into_sorted();
        if all.iter().any(|d| d.severity == Severity::Error) { Err(all) } else { Ok(environment) }
    }

    fn fill(&mut self, fields: &Fields<'_, '_>, list: &mut Diagnostics) {
        let source = Arc::clone(&self.source);
        if let Some(node) = fields.get("extends") {
            self.extends = node.text("`extends`", list).map(|name| (name.to_owned(), node.span));
        }
        for (key, node) in fields.get("vars").and_then(|n| n.entries("`vars`", list)).unwrap_or_default() {
            no_template(node, list);
            if let (Some(name), Some(value)) = (name(key, list), node.value(list)) {
                self.vars.push(Var { name, at: (Arc::clone(&source), key.span), value });
            }
        }
        for (key, node) in fields.get("secrets").and_then(|n| n.entries("`secrets`", list)).unwrap_or_default() {
            let secret = Fields::read(node, &SECRET, list);
            if let (None, Some(_), Some(last)) = (&secret, node.scalar(), list.last_mut()) {
                last.help(
                    "a secret's value does not stand here, only its place: `{ env: VARIABLE }` or `{ file: ~/PATH }`",
                );
            }
            if let (Some(name), Some(secret)) = (name(key, list), secret) {
                self.secret(name, key.span, &secret, list);
            }
        }
        self.allow_env = fields.get("allow_env").and_then(|n| texts(n, "`allow_env`", list));
        self.hosts = fields.get("hosts").and_then(|n| hosts(n, list));
        let located = |node: &Node<'_>, what: &str, list: &mut Diagnostics| {
            let text = node.text(what, list)?.to_owned();
            Some(Located { text, at: (Arc::clone(&source), node.span) })
        };
        if let Some(tls) = fields.get("tls").and_then(|n| Fields::read(n, &TLS, list)) {
            self.tls.ca = tls.get("ca").and_then(|n| located(n, "`ca`", list));
            self.tls.cert = tls.get("cert").and_then(|n| located(n, "`cert`", list));
            self.tls.key = tls.get("key").and_then(|n| located(n, "`key`", list));
        }
        self.proxy = fields.get("proxy").and_then(|n| located(n, "`proxy`", list));
        for (key, node) in fields.get("oauth").and_then(|n| n.entries("`oauth`", list)).unwrap_or_default() {
            if let Some(name) = name(key, list) {
                self.oauth.extend(OAuthClient::read(name, (Arc::clone(&source), key.span), node, list));
            }
        }
    }

    fn secret(&mut self, name: String, span: Span, fields: &Fields<'_, '_>, list: &mut Diagnostics) {
        if let Some(var) = self.vars.iter().find(|v| v.name == name) {
            let message = format!("`{name}` stands in `vars` and in `secrets`");
            list.error(Code::DuplicateName, span, message).related(var.at.1, "the other one").help("keep one of them");
        }
        let from = place(fields, list);
        let hosts = fields.get("hosts").and_then(|n| hosts(n, list));
        self.secrets.push(Secret { name, at: (Arc::clone(&self.source), span), from, hosts });
    }
}

/// `env` or `file`.
fn place(fields: &Fields<'_, '_>, list: &mut Diagnostics) -> Option<SecretSource> {
    let (key, node) = fields.one_of(&["env", "file"], list)?;
    let text = node.text(format_args!("`{key}`"), list)?.to_owned();
    if let ("env", Err((message, help))) = (key, variable(&text)) {
        list.error(Code::InvalidName, node.span, message).help(help);
        return None;
    }
    Some(if key == "env" { SecretSource::Variable(text) } else { SecretSource::File(text) })
}

/// Whether `name` can be an environment variable's; else a message and a help.
pub(crate) fn variable(name: &str) -> Result<(), (String, String)> {
    let fits = |name: &str| {
        name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
            && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
    };
    if fits(name) {
        return Ok(());
    }
    let bare = name.trim_matches(|c: char| "${} ".contains(c));
    let help = match fits(bare) {
        true => format!("write its name alone: `{bare}`"),
        false => "write letters, digits and `_`, like `WEBEX_TOKEN`".to_owned(),
    };
    Err((format!("`{name}` is not the name of an environment variable"), help))
}

/// Reports every template: what stands in an environment is never rendered.
fn no_template(node: &Node<'_>, list: &mut Diagnostics) {
    match &node.data {
        Data::Scalar(text, _) if text.contains("{{") => {
            list.error(
                Code::TemplateMisplaced,
                node.span,
                "a value of an environment is data, and cannot hold a template",
            )
            .help("write the value itself; what is worked out stands in the flow, under `vars`");
        }
        Data::List(items) => items.iter().for_each(|item| no_template(item, list)),
        Data::Map(entries) => entries.iter().for_each(|(_, value)| no_template(value, list)),
        Data::Scalar(..) | Data::Broken => {}
    }
}

/// A secret of an OAuth client: nothing but its place.
pub(super) fn source_of(node: &Node<'_>, list: &mut Diagnostics) -> Option<SecretSource> {
    let before = list.len();
    let found = place(&Fields::read(node, &PLACE, list)?, list);
    if found.is_none() && list.len() == before {
        let message = "it does not say where the value is";
        list.error(Code::MissingKey, node.span, message).help("add `env: VARIABLE` or `file: PATH`");
    }
    found
}

fn name(key: &Node<'_>, list: &mut Diagnostics) -> Option<String> {
    let name = key.scalar()?;
    let mut letters = name.bytes();
    let good = letters.next().is_some_and(|b| b.is_ascii_alphabetic())
        && letters.all(|b| b.is_ascii_alphanumeric() || b == b'_');
    if !good {
        list.error(Code::InvalidName, key.span, format!("`{name}` cannot be the name of an input"))
            .help("names begin with a letter and hold letters, digits and `_`");
    }
    good.then(|| name.to_owned())
}

pub(super) fn texts(node: &Node<'_>, what: &str, list: &mut Diagnostics) -> Option<Vec<String>> {
    let items = node.list(what, list)?;
    Some(items.iter().filter_map(|item| item.text(what, list).map(str::to_owned)).collect())
}

pub(super) fn hosts(node: &Node<'_>, list: &mut Diagnostics) -> Option<Vec<HostPattern>> {
    let mut hosts = Vec::new();
    for item in node.list("`hosts`", list)? {
        match item.text("a host", list).map(HostPattern::parse) {
            Some(Ok(host)) => hosts.push(host),
            Some(Err(message)) => _ = list.error(Code::InvalidHost, item.span, message),
            None => {}
        }
    }
    Some(hosts)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn parse(text: &str) -> Result<Environment, Vec<(Code, String)>> {
        let error = |list: Vec<Diagnostic>| list.into_iter().map(|d| (d.code, d.message)).collect();
        Environment::parse(Source::new("environments/x.yaml", text)).map_err(error)
    }

    #[test]
    fn the_whole_of_one() {
        let text = "vars: { webex_url: https://webexapis.com/v1, n: 3 }\n\
                    secrets:\n  bot_token: { env: WEBEX_BOT_TOKEN }\n  secret: { file: ~/.webex/s, hosts: [webexapis.com] }\n\
                    allow_env: [CI_JOB_ID]\nhosts: [webexapis.com, '*.webex.com']\nx-note: free\n";
        let environment = parse(text).unwrap();
        assert_eq!(environment.vars[1].value, json!(3));
        assert_eq!(environment.secrets[1].from, Some(SecretSource::File("~/.webex/s".to_owned())));
        assert!(environment.allows("CI_JOB_ID") && !environment.allows("HOME"));
        assert_eq!(environment.hosts.unwrap().len(), 2);
    }

    #[test]
    fn connections_are_paths_and_a_url() {
        let environment = parse("tls: { ca: a.pem, cert: ~/b.pem, key: c }\nproxy: socks5h://u:hunter2@h:1").unwrap();
        let texts = [&environment.tls.ca, &environment.tls.cert, &environment.tls.key, &environment.proxy];
        let texts = texts.map(|located| located.as_ref().unwrap().text.as_str());
        assert_eq!(texts, ["a.pem", "~/b.pem", "c", "socks5h://u:hunter2@h:1"]);
        assert!(!format!("{environment:?}").contains("hunter2"));
        let wrong = parse("tls: { insecure: true, ca: [a] }\nproxy: 1").unwrap_err();
        let codes: Vec<_> = wrong.into_iter().map(|(code, _)| code).collect();
        assert_eq!(codes, [Code::ReservedKey, Code::WrongType, Code::WrongType]);
    }

    #[test]
    fn habits_of_other_tools_are_answered() {
        let help = |text: &str| {
            let list = Environment::parse(Source::new("environments/x.yaml", text)).unwrap_err();
            list.into_iter().map(|d| d.help.unwrap_or_default()).collect::<Vec<_>>().join(" / ")
        };
        assert!(help("secrets: { t: hunter22 }").starts_with("a secret's value does not stand here, only its place"));
        assert!(
            help("vars: { id: '{{ uuid() }}', l: [{ a: '{{ b }}' }] }").matches("write the value itself").count() == 2
        );
        assert_eq!(help("secrets: { t: { env: $TOKEN } }"), "write its name alone: `TOKEN`");
        assert_eq!(help("secrets: { t: { env: '${{ TOKEN }}' } }"), "write its name alone: `TOKEN`");
        assert_eq!(help("secrets: { t: { env: my-token } }"), "write letters, digits and `_`, like `WEBEX_TOKEN`");
        assert!(help("tls: { verify: false }").starts_with("use --insecure HOST for one run"));
        assert!(help("base_url: https://x.test").starts_with("an environment gives values to inputs"));
        assert_eq!(help("variables: { a: 1 }"), "did you mean `vars`?");
        assert!(help("oauth: { a: { grant_type: x } }").starts_with("did you mean `grant`?"));
    }

    #[test]
    fn nothing_is_an_environment_too() {
        assert!(parse("# later\n\n").unwrap().vars.is_empty());
    }

    #[test]
    fn every_mistake_at_once() {
        let text = "var: {a: 1}\noauth: {a: {token: x}}\nsecrets:\n  a-b: {env: X}\n  c: {env: X, file: Y}\n  d: {value: hunter2}\nhosts: ['https://x/']\n";
        let codes: Vec<_> = parse(text).unwrap_err().into_iter().map(|(code, _)| code).collect();
        use Code::*;
        assert_eq!(codes, [UnknownKey, UnknownKey, InvalidName, ConflictingKeys, ReservedKey, InvalidHost]);
    }

    #[test]
    fn a_name_is_either_open_or_secret() {
        let error = parse("vars: {a: 1}\nsecrets: {a: {env: X}}").unwrap_err();
        assert_eq!(error, [(Code::DuplicateName, "`a` stands in `vars` and in `secrets`".to_owned())]);
    }
}
