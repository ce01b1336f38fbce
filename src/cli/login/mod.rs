//! `wxflow login`: a person signs in, and the tokens are kept for flows.

pub(super) mod args;
pub(super) mod describe;
pub(super) mod whose;

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use sha2::{Digest as _, Sha256};

use args::Login;
use whose::{Found, fail, find};

use super::exit::Exit;
use super::output::Output;
use super::signals::Signals;
use super::{connect, machine};
use crate::guest::lifetime;
use crate::http::Url;
use crate::login::{self, Around, Browser, Granted, Keeping, LoginError, Progress};
use crate::oauth::{Grant, Keeper, Tokens, client_credentials, owner, scopes};
use crate::report::line;
use crate::run::Cancel;

/// How long the result page is there for a person who does not say that they are done.
const RESULT: Duration = Duration::from_secs(300);
/// How long a browser has to fetch the result where nobody has to do anything on it.
const GLANCE: Duration = Duration::from_secs(10);

/// Signs in.
///
/// # Errors
/// What stopped it; it was told, and no token was kept.
pub(super) fn login(args: &Login, output: &Arc<Output>) -> Result<Exit, Exit> {
    let found = find(&args.whose, output)?;
    let scopes = asked_for(args, &found, output)?;
    let cancel = Cancel::new();
    let signals = Signals::watch(&cancel, None).map_err(|error| {
        output.error(&format!("signals cannot be watched: {error}"), None);
        Exit::Bug
    })?;
    let attempt = Attempt { args, found: &found, output, cancel: &cancel };
    let grant = async {
        match found.keeper.client().grant {
            Grant::AuthorizationCode => attempt.in_browser(scopes).await,
            Grant::DeviceCode => attempt.on_device(scopes).await,
            Grant::ClientCredentials => attempt.for_itself(scopes).await,
            Grant::RefreshToken => Err(attempt.nobody_signs_in()),
        }
    };
    let done = connect::wait(grant, output)?;
    match done {
        Err(Exit::Interrupted) => Err(signals.exit().unwrap_or(Exit::Interrupted)),
        other => other,
    }
}

/// The scopes to ask for: the option's, else the variable's, else the environment's; `None` where there are none.
fn asked_for(args: &Login, found: &Found, output: &Output) -> Result<Option<Vec<String>>, Exit> {
    let variable = machine::variable("SCOPES").map_err(|error| {
        output.file_error(&error);
        Exit::Invalid
    })?;
    let variable = variable.filter(|text| !text.trim().is_empty()).map(|text| ("SCOPES", text));
    let given = args.scopes.clone().map(|text| ("--scopes", text)).or(variable);
    if let Some((place, text)) = given {
        return scopes::parse(&text).map(Some).map_err(|why| {
            output.error(&format!("{place}: {}", line(&why)), Some("write scopes with spaces between them"));
            Exit::Invalid
        });
    }
    let own = &found.keeper.client().scopes;
    Ok(Some(own.clone()).filter(|scopes| !scopes.is_empty()))
}

/// A login under way.
struct Attempt<'a> {
    args: &'a Login,
    found: &'a Found,
    output: &'a Output,
    cancel: &'a Cancel,
}

impl Attempt<'_> {
    async fn in_browser(&self, scopes: Option<Vec<String>>) -> Result<Exit, Exit> {
        let keeper = &self.found.keeper;
        let around = Outside { keeper, output: self.output };
        let browser = Browser::new(keeper.client(), keeper.names(), scopes, &self.found.transport, &around).await;
        let mut browser = browser.map_err(|error| self.fail(&error))?;
        self.open(&browser.start(), browser.has_page());
        let granted = self.patiently(browser.granted()).await;
        let granted = match granted {
            Ok(granted) => granted,
            Err(exit) => {
                browser.close().await;
                return Err(exit);
            }
        };
        let told = self.tell(&granted);
        let shown = if browser.has_page() {
            self.output
                .say("the page shows the result until you press Done there or Ctrl-C here, for 5 minutes at most");
            RESULT
        } else {
            GLANCE
        };
        // The tokens are kept: however this ends, the login is done.
        tokio::select! {
            () = browser.show(&granted) => {}
            () = tokio::time::sleep(shown) => {}
            () = self.cancel.cancelled() => {}
        }
        browser.close().await;
        told
    }

    async fn on_device(&self, scopes: Option<Vec<String>>) -> Result<Exit, Exit> {
        let keeper = &self.found.keeper;
        let Some(scopes) = scopes else {
            let help = "name them with --scopes, or as `scopes` of the client in the environment";
            self.output.error("the device grant has no page that asks for scopes", Some(help));
            return Err(Exit::Invalid);
        };
        let around = Outside { keeper, output: self.output };
        let granted = self.patiently(login::device(keeper.client(), &scopes, &self.found.transport, &around)).await?;
        self.tell(&granted)
    }

    async fn for_itself(&self, scopes: Option<Vec<String>>) -> Result<Exit, Exit> {
        let Found { keeper, transport } = self.found;
        let around = Outside { keeper, output: self.output };
        let mut client = keeper.client().clone();
        client.scopes = scopes.unwrap_or_default();
        let granted = async {
            let tokens = client_credentials(&client, transport, around.now()).await?;
            whose::learn(&tokens, self.output);
            keeper.keep(&tokens).await?;
            let owner = owner(&client, &tokens.access, transport).await;
            Ok(Granted { tokens, asked: client.scopes.clone(), owner, at: around.now() })
        };
        let granted = self.patiently(granted).await?;
        self.tell(&granted)
    }

    fn nobody_signs_in(&self) -> Exit {
        let (name, environment) = self.found.keeper.names();
        let help = format!("`wxflow token refresh {name} -e {environment}` tries the refresh token");
        self.output.error(&format!("nobody signs in for `{name}`: its grant is refresh_token"), Some(&help));
        Exit::Invalid
    }

    /// Until it is done, the time is over, or the person has enough.
    async fn patiently(&self, login: impl Future<Output = Result<Granted, LoginError>>) -> Result<Granted, Exit> {
        tokio::select! {
            done = login => done.map_err(|error| self.fail(&error)),
            () = tokio::time::sleep(self.args.timeout) => {
                let time = lifetime(self.args.timeout.as_secs());
                self.output.error(
                    &format!("nobody signed in within {time}: no token was kept"),
                    Some("begin again, or wait longer with --timeout; a page there that does not know the client or the \
                          redirect URI means that `client_id` or `redirect_uri` is wrong"),
                );
                Err(Exit::Failed)
            }
            () = self.cancel.cancelled() => {
                self.output.say("\ninterrupted: no token was kept");
                Err(Exit::Interrupted)
            }
        }
    }

    fn open(&self, url: &Url, page: bool) {
        let what = if page { "to choose scopes and sign in" } else { "to sign in" };
        let address = url.to_string();
        // Some browsers run until they are closed.
        let open = move || webbrowser::open(&address).is_ok();
        let opens = !self.args.no_browser && std::thread::Builder::new().name("browser".to_owned()).spawn(open).is_ok();
        let how = if opens { "a browser opens; if it does not, " } else { "" };
        self.output.say(&format!("{how}open this address in a browser of this machine {what}:\n\n  {url}\n"));
    }

    fn tell(&self, granted: &Granted) -> Result<Exit, Exit> {
        let (name, environment) = self.found.keeper.names();
        let title = format!("signed in: {name} in {environment}");
        let mut shown = granted.tokens.clone();
        shown.scopes = Some(granted.scopes().to_vec()).filter(|scopes| !scopes.is_empty());
        let missing: Vec<_> = granted.asked.iter().filter(|scope| !granted.scopes().contains(scope)).cloned().collect();
        if !missing.is_empty() {
            self.output.warning(&format!("asked for and not granted: {}", line(&missing.join(" "))));
        }
        self.output.results(&describe::text(&title, &shown, Some(&granted.owner), granted.at))?;
        Ok(Exit::Success)
    }

    fn fail(&self, error: &LoginError) -> Exit {
        match error {
            LoginError::Setup(message, help) => {
                self.output.error(&line(message), Some(help.as_str()).filter(|help| !help.is_empty()));
                Exit::Invalid
            }
            LoginError::Refused(error) => fail(error, self.output),
            LoginError::GivenUp => {
                self.output.error(&error.to_string(), None);
                Exit::Failed
            }
        }
    }
}

/// What a login asks the command for.
struct Outside<'a> {
    keeper: &'a Keeper,
    output: &'a Output,
}

impl Around for Outside<'_> {
    fn now(&self) -> Timestamp {
        Timestamp::now()
    }

    fn random(&self) -> [u8; 32] {
        // 244 bits from the system's source.
        let chance = [uuid::Uuid::new_v4(), uuid::Uuid::new_v4()];
        Sha256::new().chain_update(chance[0]).chain_update(chance[1]).finalize().into()
    }

    fn learn(&self, name: &str, secret: &str) {
        self.output.redactor.learn(name, secret, None);
    }

    fn tell(&self, progress: &Progress<'_>) {
        match progress {
            Progress::Strange => {
                self.output.warning("an answer with a wrong or missing `state` came and was refused; still waiting");
            }
            Progress::Refused(error) => {
                fail(error, self.output);
                self.output.say("the page lets you choose again; Ctrl-C gives up");
            }
            Progress::Code(code) => {
                let (uri, user_code) = (line(&code.verification_uri), line(&code.user_code));
                let mut text =
                    format!("open this address on any device and enter the code:\n\n  {uri}\n  {user_code}\n");
                if let Some(complete) = &code.verification_uri_complete {
                    text.push_str(&format!("\nor open this one, which has the code in it:\n\n  {}\n", line(complete)));
                }
                let left = code.expires.duration_since(Timestamp::now()).as_secs().max(0);
                text.push_str(&format!("\nthe code ends in {}", lifetime(u64::try_from(left).unwrap_or_default())));
                self.output.say(&text);
            }
        }
    }

    fn keep<'a>(&'a self, tokens: &'a Tokens) -> Keeping<'a> {
        Box::pin(self.keeper.keep(tokens))
    }
}
