//! The authorization code grant in a browser: pages and redirects go through one listener, one request at a time.

use ::http::Method;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use super::listener::{Answer, Asked};
use super::page::{Choice, Pages};
use super::{Around, Granted, Listener, LoginError, Progress};
use crate::http::{Transport, Url};
use crate::oauth::{Client, OAuthError, Pkce, Tokens, authorize_url, exchange_code, owner, returned_code, state};
use crate::redact::Secret;

/// What a form asks to do.
const ACTION: &str = "action";

/// One login: from the first page to the tokens, and what is shown of them.
pub struct Browser<'a> {
    listener: Listener,
    client: Client,
    transport: &'a dyn Transport,
    around: &'a dyn Around,
    pages: Pages,
    /// `None` where the page asks for them.
    scopes: Option<Vec<String>>,
    attempt: Option<Attempt>,
}

/// One way to the server and back. The next one has another `state`, so that only the newest can come back.
struct Attempt {
    state: String,
    pkce: Pkce,
    scopes: Vec<String>,
    url: Url,
}

/// What follows a request.
enum Next {
    /// Wait for another.
    Wait,
    /// The login is over.
    End(Result<Box<Granted>, LoginError>),
}

impl<'a> Browser<'a> {
    /// Listens for the browser. `name` and `environment` stand on the pages. Without `scopes` the page asks for them.
    ///
    /// # Errors
    /// The client lacks an address, its redirect URI does not lead here, or another program has the port.
    pub async fn new(
        client: &Client,
        (name, environment): (&str, &str),
        scopes: Option<Vec<String>>,
        transport: &'a dyn Transport,
        around: &'a dyn Around,
    ) -> Result<Self, LoginError> {
        let lacks = |key: &str| {
            let message = format!("the OAuth client `{name}` has no `{key}`");
            LoginError::Setup(message, format!("add `{key}: …` to it in the environment `{environment}`"))
        };
        let redirect = client.redirect_uri.as_ref().ok_or_else(|| lacks("redirect_uri"))?;
        let authorize = client.authorize_url.clone().ok_or_else(|| lacks("authorize_url"))?;
        let listener = Listener::bind(redirect).await?;
        let mut client = client.clone();
        client.redirect_uri = Some(listener.redirect_uri().to_owned());
        let token = || URL_SAFE_NO_PAD.encode(around.random());
        let host = authorize.host_str().unwrap_or_default().to_owned();
        let pages = Pages::new([name, environment, &host], [token(), token(), token()]);
        let mut browser = Self { listener, client, transport, around, pages, scopes, attempt: None };
        if let Some(scopes) = browser.scopes.clone() {
            browser.begin(scopes)?;
        }
        Ok(browser)
    }

    /// Where the person begins: at the server, or on the page that asks for scopes.
    #[must_use]
    pub fn start(&self) -> Url {
        let page = || self.own(self.pages.choose_path());
        self.attempt.as_ref().map_or_else(page, |attempt| attempt.url.clone())
    }

    /// Whether a page asks for the scopes, and shows the result until the person is done with it.
    #[must_use]
    pub fn has_page(&self) -> bool {
        self.scopes.is_none()
    }

    /// Waits for the person. Dropping the future ends the wait.
    ///
    /// # Errors
    /// The server refused and nobody can choose again, the person gave up, or the tokens cannot be kept.
    pub async fn granted(&mut self) -> Result<Granted, LoginError> {
        while let Some((asked, reply)) = self.listener.next().await {
            let (answer, next) = self.answer(&asked).await;
            reply.send(answer).ok();
            if let Next::End(end) = next {
                return end.map(|granted| *granted);
            }
        }
        Err(LoginError::Setup("the listener ended".to_owned(), String::new()))
    }

    /// Shows the result: until the person is done with it, or once where there was no page.
    pub async fn show(&mut self, granted: &Granted) {
        while let Some((asked, reply)) = self.listener.next().await {
            let (answer, done) = self.show_once(&asked, granted);
            reply.send(answer).ok();
            if done {
                return;
            }
        }
    }

    /// Lets the last answer reach the browser, and closes the port.
    pub async fn close(self) {
        self.listener.close().await;
    }

    fn own(&self, path: &str) -> Url {
        let mut url = self.listener.own().clone();
        url.set_path(path);
        url.set_query(None);
        url
    }

    fn begin(&mut self, scopes: Vec<String>) -> Result<&Attempt, OAuthError> {
        let pkce = Pkce::new(self.around.random());
        self.around.learn("PKCE verifier", pkce.verifier.expose());
        let mut random = [0; 16];
        random.copy_from_slice(&self.around.random()[..16]);
        let state = state(random);
        let url = authorize_url(&self.client, &scopes, &pkce, &state)?;
        Ok(self.attempt.insert(Attempt { state, pkce, scopes, url }))
    }

    async fn answer(&mut self, asked: &Asked) -> (Answer, Next) {
        if !asked.is_ours() {
            return (self.pages.strange_host(), Next::Wait);
        }
        let path = asked.url.path();
        match (asked.method.as_str(), self.has_page()) {
            ("GET", _) if path == self.listener.own().path() => self.came_back(&asked.url).await,
            ("GET" | "HEAD", true) if path == self.pages.choose_path() => {
                let choice = Choice::read(asked.url.query().unwrap_or_default().as_bytes());
                (self.pages.choose(&choice, None), Next::Wait)
            }
            ("POST", true) if path == self.pages.choose_path() => self.chosen(&asked.body),
            _ => (self.pages.not_found(), Next::Wait),
        }
    }

    /// The page's form.
    fn chosen(&mut self, body: &[u8]) -> (Answer, Next) {
        if !self.pages.vouches(body) {
            return (self.pages.strange_form(), Next::Wait);
        }
        if field(body, ACTION).as_deref() == Some("stop") {
            return (self.pages.given_up(), Next::End(Err(LoginError::GivenUp)));
        }
        let choice = Choice::read(body);
        let scopes = match choice.scopes() {
            Ok(scopes) => scopes,
            Err(why) => return (self.pages.choose(&choice, Some(&why)), Next::Wait),
        };
        match self.begin(scopes).map(|attempt| attempt.url.clone()) {
            Ok(url) => (self.pages.leave(&url), Next::Wait),
            Err(error) => self.refused(error, &[]),
        }
    }

    /// The redirect.
    async fn came_back(&mut self, url: &Url) -> (Answer, Next) {
        let code = match self.attempt.as_ref().and_then(|attempt| returned_code(url, &attempt.state)) {
            Some(code) => code,
            None => {
                self.around.tell(&Progress::Strange);
                return (self.pages.strange_state(), Next::Wait);
            }
        };
        // What has come back once does not come back again.
        let Some(attempt) = self.attempt.take() else { return (self.pages.not_found(), Next::Wait) };
        let exchanged = match code {
            Ok(code) => self.exchange(&attempt, &code).await,
            Err(error) => Err(error),
        };
        let tokens = match exchanged {
            Ok(tokens) => tokens,
            Err(error) => return self.refused(error, &attempt.scopes),
        };
        if let Err(error) = self.around.keep(&tokens).await {
            return (self.pages.failed(&error, None), Next::End(Err(error.into())));
        }
        let owner = owner(&self.client, &tokens.access, self.transport).await;
        let granted = Granted { tokens, asked: attempt.scopes, owner, at: self.around.now() };
        (self.pages.to_result(), Next::End(Ok(Box::new(granted))))
    }

    async fn exchange(&self, attempt: &Attempt, code: &Secret) -> Result<Tokens, OAuthError> {
        self.around.learn("authorization code", code.expose());
        let tokens = exchange_code(&self.client, code, &attempt.pkce, self.transport, self.around.now()).await?;
        self.around.learn("access token", tokens.access.expose());
        tokens.refresh.iter().for_each(|token| self.around.learn("refresh token", token.expose()));
        Ok(tokens)
    }

    /// Where there is a page, the person may choose again.
    fn refused(&self, error: OAuthError, scopes: &[String]) -> (Answer, Next) {
        if !self.has_page() {
            return (self.pages.failed(&error, None), Next::End(Err(error.into())));
        }
        self.around.tell(&Progress::Refused(&error));
        (self.pages.failed(&error, Some(&Choice::of(scopes))), Next::Wait)
    }

    /// The answer, and whether it is the last.
    fn show_once(&self, asked: &Asked, granted: &Granted) -> (Answer, bool) {
        if !asked.is_ours() {
            return (self.pages.strange_host(), false);
        }
        let page = |revealed: bool| self.pages.result(granted, self.has_page(), revealed);
        if asked.url.path() != self.pages.result_path() {
            return (self.pages.over(), false);
        }
        match asked.method {
            Method::GET => (page(false), !self.has_page()),
            Method::POST if !self.pages.vouches(&asked.body) => (self.pages.strange_form(), false),
            Method::POST => match field(&asked.body, ACTION).as_deref() {
                Some("reveal") => (page(true), false),
                Some("done") => (self.pages.done(), true),
                _ => (page(false), false),
            },
            _ => (self.pages.not_found(), false),
        }
    }
}

/// The first field of this name in a form.
pub(super) fn field(form: &[u8], name: &str) -> Option<String> {
    url::form_urlencoded::parse(form).find(|(key, _)| key == name).map(|(_, value)| value.into_owned())
}
