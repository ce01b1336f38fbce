//! `login` and `token`: a plain HTTP client follows the pages' forms and links, from the scopes to the kept tokens.

use std::io::{BufRead as _, BufReader, Read as _};
use std::process::{Child, Command};
use std::sync::Arc;

use regex::Regex;
use reqwest::Url;
use wxflow::sandbox::{RunningServer, Sandbox, Server};

use crate::project::Project;

/// A local Webex, and a project with a client for each grant.
struct Lab {
    project: Project,
    server: RunningServer,
}

impl Lab {
    fn new() -> Self {
        let sandbox = Arc::new(Sandbox::new(1, Box::new(jiff::Timestamp::now)));
        let server = Server::start(Arc::clone(&sandbox), 0).unwrap();
        let base = server.base_url();
        let client = "client_id: { env: WEBEX_CLIENT_ID }, client_secret: { env: WEBEX_CLIENT_SECRET }";
        let token = format!("token_url: {base}/v1/access_token");
        let code = format!("grant: authorization_code, {client}, {token}, authorize_url: {base}/v1/authorize");
        let environment = format!(
            "oauth:\n  webex: {{ {code}, redirect_uri: 'http://127.0.0.1:0/callback' }}\n  \
             far: {{ {code}, redirect_uri: 'https://app.example/callback' }}\n  \
             tv: {{ grant: device_code, {client}, {token}, device_url: {base}/v1/device/authorize, scopes: ['spark:people_read'] }}\n  \
             job: {{ grant: client_credentials, {client}, {token}, scopes: ['spark:people_read'] }}\n  \
             ci: {{ grant: refresh_token, {client}, {token}, refresh_token: {{ env: WEBEX_REFRESH_TOKEN }} }}\n"
        );
        let flow = format!(
            "steps:\n  - request: GET {base}/v1/people/me\n    auth: {{ oauth: webex }}\n    expect: {{ status: 200 }}\n"
        );
        let mut project = Project::new().file("environments/dev.yaml", environment).file("flows/a.flow.yaml", flow);
        for (name, value) in sandbox.variables(&base) {
            project = project.variable(name, &value);
        }
        Self { project, server }
    }

    fn login(&self, more: &[&str]) -> Login {
        let child = self.project.command(&[&["login"], more].concat()).spawn().unwrap();
        Login::of(child)
    }

    fn run(&self, arguments: &[&str]) -> crate::project::Done {
        self.project.run(arguments)
    }

    /// The text of all that is kept.
    fn kept(&self) -> String {
        let folder = self.project.path("home/.local/state/wxflow/tokens");
        let files = std::fs::read_dir(folder).into_iter().flatten().map(|entry| entry.unwrap().path());
        files.filter_map(|path| std::fs::read_to_string(path).ok()).collect()
    }
}

/// A login that waits.
struct Login {
    child: Child,
    stderr: BufReader<std::process::ChildStderr>,
    told: String,
}

impl Login {
    fn of(mut child: Child) -> Self {
        let stderr = BufReader::new(child.stderr.take().unwrap());
        Self { child, stderr, told: String::new() }
    }

    /// Reads stderr until it holds this.
    fn heard(&mut self, pattern: &str) -> String {
        let pattern = Regex::new(pattern).unwrap();
        loop {
            if let Some(found) = pattern.captures(&self.told) {
                return found.get(found.len() - 1).unwrap().as_str().to_owned();
            }
            assert_ne!(self.stderr.read_line(&mut self.told).unwrap(), 0, "{}", self.told);
        }
    }

    fn address(&mut self) -> String {
        self.heard(r"(?m)^  (http://\S+)$")
    }

    /// Status, stdout, stderr.
    fn end(mut self) -> (i32, String, String) {
        self.stderr.read_to_string(&mut self.told).unwrap();
        let mut stdout = String::new();
        self.child.stdout.take().unwrap().read_to_string(&mut stdout).unwrap();
        (self.child.wait().unwrap().code().unwrap_or(-1), stdout, self.told)
    }
}

/// A browser without a screen.
struct Web {
    client: reqwest::Client,
    runtime: tokio::runtime::Runtime,
}

struct Page {
    status: u16,
    url: Url,
    body: String,
    headers: reqwest::header::HeaderMap,
}

impl Web {
    fn new() -> Self {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        Self { client: reqwest::Client::builder().no_proxy().build().unwrap(), runtime }
    }

    fn send(&self, request: reqwest::RequestBuilder) -> Page {
        self.runtime.block_on(async {
            let reply = request.send().await.unwrap();
            let (status, url, headers) = (reply.status().as_u16(), reply.url().clone(), reply.headers().clone());
            Page { status, url, headers, body: reply.text().await.unwrap() }
        })
    }

    fn get(&self, url: impl AsRef<str>) -> Page {
        self.send(self.client.get(url.as_ref()))
    }

    fn post(&self, page: &Page, fields: &[(&str, &str)]) -> Page {
        let target = Regex::new(r#"<form method="(?:get|post)" action="([^"]+)""#).unwrap();
        let target = target.captures(&page.body).map(|found| text(&found[1]));
        let url = target.map_or_else(|| page.url.clone(), |target| page.url.join(&target).unwrap());
        let body = Url::parse_with_params("x:?", fields).unwrap().query().unwrap().to_owned();
        self.send(self.client.post(url).header("content-type", "application/x-www-form-urlencoded").body(body))
    }
}

impl Page {
    /// The value of a field or a button.
    fn field(&self, name: &str) -> String {
        let field = Regex::new(&format!(r#"name="{name}" value="([^"]*)""#)).unwrap();
        text(&field.captures(&self.body).unwrap_or_else(|| panic!("no {name} in {}", self.body))[1])
    }

    /// The address of the first link that is a button.
    fn link(&self) -> Url {
        let link = Regex::new(r#"<a class="button" href="([^"]+)""#).unwrap();
        let link = link.captures(&self.body).unwrap_or_else(|| panic!("no link in {}", self.body));
        self.url.join(&text(&link[1])).unwrap()
    }

    #[track_caller]
    fn has(&self, words: &str) {
        assert!(text(&self.body).contains(words), "no {words:?} in {}", self.body);
    }
}

/// HTML's text, as far as our pages escape it.
fn text(html: &str) -> String {
    let pairs = [("&#x2f;", "/"), ("&quot;", "\""), ("&#x27;", "'"), ("&lt;", "<"), ("&gt;", ">"), ("&amp;", "&")];
    pairs.iter().fold(html.to_owned(), |text, (from, to)| text.replace(from, to))
}

const ACCEPT: &[(&str, &str)] = &[("decision", "accept"), ("person", "ada.example@sandbox.example.com")];

#[test]
fn from_the_scope_page_to_a_kept_token() {
    let (lab, web) = (Lab::new(), Web::new());
    let mut login = lab.login(&["webex", "-e", "dev", "--no-browser"]);
    let page = web.get(login.address());
    page.has("client <b>webex</b> in the environment <b>dev</b>");
    let preset = web.get(format!("{}?preset=guests&q=look+people", page.url));
    preset.has("1 scope matches");
    let csrf = preset.field("csrf");
    let fields = [("scope", "spark:people_read"), ("scope", "spark:kms"), ("other", "x:new"), ("csrf", &csrf)];
    let between = web.post(&preset, &fields);
    between.has("<meta http-equiv=\"refresh\" content=\"0; url=http://127.0.0.1:");
    let consent = web.get(between.link());
    consent.has("<code>x:new</code>");
    let result = web.post(&Page { body: String::new(), ..consent }, ACCEPT);
    result.has("Ada Example <ada.example@sandbox.example.com>");
    result.has(", in 14 days");
    assert!(!result.url.as_str().contains("code="), "{}", result.url);
    let kept = lab.kept();
    let access: serde_json::Value = serde_json::from_str(&kept).unwrap();
    let access = access["access_token"].as_str().unwrap();
    assert!(!result.body.contains(access));
    let csrf = result.field("csrf");
    assert_eq!(web.post(&result, &[("action", "reveal")]).status, 403);
    web.post(&result, &[("action", "reveal"), ("csrf", &csrf)]).has(access);
    assert_eq!(web.get(&page.url).status, 410, "a login is over when it is over");
    web.post(&result, &[("action", "done"), ("csrf", &csrf)]).has("You can close this page");
    let (status, stdout, stderr) = login.end();
    assert_eq!(status, 0, "{stderr}");
    let until = Regex::new("until [0-9-]+ [0-9:]+ UTC").unwrap();
    let expected = "signed in: webex in dev\n  owner          Ada Example <ada.example@sandbox.example.com>\n  \
                    access token   valid for 13d 23h, until [time]\n  refresh token  valid for 89d 23h, until [time]\n  \
                    scopes         spark:people_read spark:kms x:new\n";
    assert_eq!(until.replace_all(&stdout, "until [time]"), expected);
    assert!(!stderr.contains(access), "{stderr}");
    let done = lab.run(&["run", "-e", "dev"]);
    assert_eq!(done.status, 0, "{}{}", done.stdout, done.stderr);
}

#[test]
fn a_wrong_state_is_refused_and_the_wait_goes_on() {
    let (lab, web) = (Lab::new(), Web::new());
    let mut login = lab.login(&["webex", "-e", "dev", "--no-browser", "--scopes", "spark:people_read spark:kms"]);
    let authorize = Url::parse(&login.address()).unwrap();
    let value = |name: &str| authorize.query_pairs().find(|(key, _)| key == name).unwrap().1.into_owned();
    assert_eq!((value("scope"), value("code_challenge_method")), ("spark:people_read spark:kms".into(), "S256".into()));
    let back = value("redirect_uri");
    for answer in ["?code=stolen&state=guessed", "?code=stolen", "?error=access_denied", ""] {
        let page = web.get(format!("{back}{answer}"));
        assert_eq!(page.status, 400);
        page.has("This answer does not belong to this login");
    }
    login.heard("wrong or missing `state`");
    let result = web.get(format!("{authorize}&_wxflow_consent=accept"));
    result.has("wxflow keeps the tokens");
    assert!(!result.body.contains("<form"), "without a page there is nothing to press");
    let (status, stdout, stderr) = login.end();
    assert_eq!(status, 0, "{stderr}");
    assert!(stdout.contains("scopes         spark:people_read spark:kms"), "{stdout}");
}

#[test]
fn a_refusal_without_a_page_ends_the_login() {
    let (lab, web) = (Lab::new(), Web::new());
    let mut login = Login::of(
        lab.project
            .command(&["login", "webex", "-e", "dev", "--no-browser"])
            .env("SCOPES", "spark:kms")
            .spawn()
            .unwrap(),
    );
    let authorize = login.address();
    assert!(authorize.contains("scope=spark%3Akms&"), "SCOPES counts: {authorize}");
    let page = web.get(format!("{authorize}&_wxflow_consent=deny"));
    assert_eq!(page.status, 400);
    page.has("the person declined, or the organization does not allow this integration");
    let (status, stdout, stderr) = login.end();
    assert_eq!((status, stdout.as_str()), (1, ""));
    assert!(
        stderr.contains("the authorization was refused: access_denied (The user declined the request)"),
        "{stderr}"
    );
    assert_eq!(lab.kept(), "");
}

#[test]
fn every_documented_refusal_is_explained_on_the_page_and_here() {
    let (lab, web) = (Lab::new(), Web::new());
    let mut login = lab.login(&["webex", "-e", "dev", "--no-browser"]);
    let mut page = web.get(login.address());
    for (error, description, words) in [
        ("invalid_scope", "No user entitled service in request scopes", "is for administrators"),
        ("access_denied", "", "the person declined"),
        ("invalid_client", "", "the client id or the client secret is wrong"),
        ("invalid_grant", "", "used up, expired or revoked"),
        ("invalid_request", "The redirect_uri does not match", "must be one of the integration's, letter by letter"),
        ("server_error", "", "the fault is the server's"),
        ("login_required", "", "nobody is signed in in that browser"),
        ("unauthorized_client", "", "this client may not use this grant"),
        ("unsupported_response_type", "", "the server does not know this grant"),
        ("tokenlimit_reached", "", "revoke tokens that nobody uses"),
    ] {
        let csrf = page.field("csrf");
        let between = web.post(&page, &[("scope", "spark:kms"), ("csrf", &csrf)]);
        let authorize = between.link();
        let value = |name: &str| authorize.query_pairs().find(|(key, _)| key == name).unwrap().1.into_owned();
        let answer = [("error", error), ("error_description", description), ("state", &value("state"))];
        let refused = web.get(Url::parse_with_params(&value("redirect_uri"), answer).unwrap());
        assert_eq!(refused.status, 400);
        refused.has(words);
        login.heard(&format!("refused: {error}[^$]*{words}"));
        page = web.get(refused.link());
        page.has("value=\"spark:kms\" checked");
    }
    let csrf = page.field("csrf");
    web.post(&page, &[("action", "stop"), ("csrf", &csrf)]).has("Given up");
    let (status, _, stderr) = login.end();
    assert_eq!(status, 1);
    assert!(stderr.ends_with("error: the login was given up on the page\n"), "{stderr}");
}

#[test]
fn a_token_request_that_is_refused_is_explained() {
    let (lab, web) = (Lab::new(), Web::new());
    let arguments = ["login", "webex", "-e", "dev", "--no-browser", "--scopes", "spark:kms"];
    let mut command = lab.project.command(&arguments);
    let mut login = Login::of(command.env("WEBEX_CLIENT_SECRET", "hunter2hunter2").spawn().unwrap());
    let page = web.get(format!("{}&_wxflow_consent=accept", login.address()));
    page.has("copy both anew");
    let (status, _, stderr) = login.end();
    assert_eq!(status, 1);
    assert!(stderr.contains("invalid_client (Invalid client credentials)"), "{stderr}");
    assert!(!stderr.contains("hunter2"), "{stderr}");
}

#[test]
fn other_sites_get_nothing() {
    let (lab, web) = (Lab::new(), Web::new());
    let mut login = lab.login(&["webex", "-e", "dev", "--no-browser"]);
    let page = web.get(login.address());
    let policy = page.headers["content-security-policy"].to_str().unwrap();
    assert!(policy.starts_with("default-src 'none'; ") && policy.contains("frame-ancestors 'none'"), "{policy}");
    assert_eq!(page.headers["cache-control"], "no-store");
    let with = |name: &str, value: &str| web.send(web.client.get(page.url.clone()).header(name, value)).status;
    let port = page.url.port().unwrap();
    assert_eq!(with("host", &format!("evil.example:{port}")), 403, "a name that was pointed here");
    assert_eq!(with("host", &format!("localhost:{port}")), 200);
    let csrf = page.field("csrf");
    assert_eq!(web.post(&page, &[("scope", "spark:kms")]).status, 403);
    assert_eq!(web.post(&page, &[("scope", "spark:kms"), ("csrf", "guessed")]).status, 403);
    let post = web.client.post(page.url.clone()).header("origin", "https://evil.example");
    assert_eq!(web.send(post.body(format!("scope=spark%3Akms&csrf={csrf}"))).status, 403);
    assert_eq!(web.get(page.url.join("/wxflow-login/guessed").unwrap()).status, 404);
    let none = web.post(&page, &[("csrf", &csrf)]);
    assert_eq!(none.status, 422);
    none.has("no scope is chosen");
    let strange = web.post(&page, &[("csrf", &csrf), ("other", "a:\"b")]);
    strange.has("cannot be a scope");
    web.post(&page, &[("action", "stop"), ("csrf", &csrf)]);
    assert_eq!(login.end().0, 1);
}

#[test]
fn what_cannot_begin_says_what_to_change() {
    let lab = Lab::new();
    let said = |arguments: &[&str]| {
        let done = lab.run(arguments);
        assert_eq!((done.status, done.stdout.as_str()), (2, ""), "{}", done.stderr);
        done.stderr
    };
    assert_eq!(
        said(&["login", "-e", "dev"]),
        "error: the environment `dev` has several OAuth clients\n  name one of `webex`, `far`, `tv`, `job`, `ci`\n"
    );
    assert_eq!(
        said(&["login", "wbex", "-e", "dev"]),
        "error: the environment `dev` has no OAuth client `wbex`\n  did you mean `webex`?\n"
    );
    assert_eq!(
        said(&["login", "far", "-e", "dev"]),
        "error: `redirect_uri` is https://app.example/callback: the browser must come back to this machine, to 127.0.0.1 or localhost\n  \
         register a redirect URI like http://127.0.0.1:8484/callback with the integration, and write the same as `redirect_uri`\n"
    );
    assert_eq!(
        said(&["login", "ci", "-e", "dev"]),
        "error: nobody signs in for `ci`: its grant is refresh_token\n  `wxflow token refresh ci -e dev` tries the refresh token\n"
    );
    assert_eq!(
        said(&["login", "webex", "-e", "dev", "--scopes", " "]),
        "error: --scopes: no scope is chosen, and without one the server refuses\n  write scopes with spaces between them\n"
    );
    assert!(said(&["login", "-e", "prod"]).contains("there is no environment `prod`"));
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port();
    let written = std::fs::read_to_string(lab.project.path("environments/dev.yaml")).unwrap();
    let written = written.replace("127.0.0.1:0/callback", &format!("localhost:{port}/callback"));
    std::fs::write(lab.project.path("environments/dev.yaml"), written).unwrap();
    assert_eq!(
        said(&["login", "webex", "-e", "dev", "--no-browser"]),
        format!(
            "error: another program listens on port {port} of 127.0.0.1, where the browser would come back\n  \
             end it (perhaps another login waits), or register a redirect URI with another port\n"
        )
    );
}

#[test]
fn nobody_comes_and_somebody_has_enough() {
    let lab = Lab::new();
    let done = lab.run(&["login", "webex", "-e", "dev", "--no-browser", "--timeout", "10ms"]);
    assert_eq!(done.status, 1);
    assert!(done.stderr.contains("nobody signed in within"), "{}", done.stderr);
    if cfg!(unix) {
        let mut login = lab.login(&["webex", "-e", "dev", "--no-browser"]);
        login.address();
        let id = login.child.id().to_string();
        assert!(Command::new("kill").args(["-INT", &id]).status().unwrap().success());
        let (status, _, stderr) = login.end();
        assert_eq!(status, 130);
        assert!(stderr.ends_with("interrupted: no token was kept\n"), "{stderr}");
    }
}

#[test]
#[cfg(unix)]
fn ctrl_c_at_the_result_page_is_as_good_as_done() {
    let (lab, web) = (Lab::new(), Web::new());
    let mut login = lab.login(&["webex", "-e", "dev", "--no-browser"]);
    let page = web.get(login.address());
    let csrf = page.field("csrf");
    let between = web.post(&page, &[("scope", "spark:kms"), ("csrf", &csrf)]);
    web.get(format!("{}&_wxflow_consent=accept", between.link())).has("Show the access token");
    login.heard("the page shows the result until");
    assert!(Command::new("kill").args(["-INT", &login.child.id().to_string()]).status().unwrap().success());
    let (status, stdout, stderr) = login.end();
    assert_eq!(status, 0, "{stderr}");
    assert!(stdout.contains("not known: the token may not tell it"), "{stdout}");
}

#[test]
fn a_device_waits_for_its_person() {
    let (lab, web) = (Lab::new(), Web::new());
    let mut login = lab.login(&["tv", "-e", "dev"]);
    let address = login.heard(r"(?m)^  (http://\S+userCode=\S+)$");
    web.post(&web.get(address), ACCEPT).has("The device is connected");
    let (status, stdout, stderr) = login.end();
    assert_eq!(status, 0, "{stderr}");
    assert!(Regex::new(r"(?m)^  \d{6}$").unwrap().is_match(&stderr), "{stderr}");
    assert!(stdout.starts_with("signed in: tv in dev\n  owner          Ada Example"), "{stdout}");
    let mut declined = lab.login(&["tv", "-e", "dev"]);
    let address = declined.heard(r"(?m)^  (http://\S+userCode=\S+)$");
    web.post(&web.get(address), &[("decision", "decline")]);
    let (status, _, stderr) = declined.end();
    assert_eq!(status, 1);
    assert!(stderr.contains("the device grant was refused: access_denied"), "{stderr}");
}

#[test]
fn a_client_for_itself_needs_nobody() {
    let lab = Lab::new();
    let done = lab.run(&["login", "job", "-e", "dev"]);
    assert_eq!(done.status, 0, "{}", done.stderr);
    assert!(done.stdout.starts_with("signed in: job in dev\n"), "{}", done.stdout);
    assert!(done.stdout.contains("refresh token  none"), "{}", done.stdout);
}

#[test]
fn tokens_are_shown_refreshed_listed_and_revoked() {
    let lab = Lab::new();
    let json = |arguments: &[&str]| -> serde_json::Value {
        let done = lab.run(arguments);
        assert_eq!((done.status, done.stderr.as_str()), (0, ""), "{}", done.stdout);
        serde_json::from_str(&done.stdout).unwrap()
    };
    lab.run(&["token", "show", "ci", "-e", "dev"]).is(
        1,
        "",
        "error: no token is kept for `ci` in the environment `dev`\n  `wxflow token refresh ci -e dev` gets one\n",
    );
    lab.run(&["token", "list"]).is(0, "", "no tokens are kept\n");
    let first = json(&["token", "refresh", "ci", "-e", "dev", "--json"]);
    assert_eq!(first["owner"]["name"], "Ada Example");
    assert!(first["access_expires_in"].as_u64().unwrap() > 1_200_000 && first.get("access_token").is_none(), "{first}");
    let shown = json(&["token", "show", "ci", "-e", "dev", "--json", "--reveal"]);
    let token = shown["access_token"].as_str().unwrap();
    assert!(shown["refresh_token"].is_string());
    let bare = lab.run(&["token", "show", "ci", "-e", "dev", "--reveal"]);
    assert_eq!(bare.stdout, format!("{token}\n"));
    assert!(bare.stderr.starts_with("ci in dev (refresh_token, 127.0.0.1)\n") && !bare.stderr.contains(token));
    let hidden = lab.run(&["token", "show", "ci", "-e", "dev"]);
    assert!(hidden.stdout.contains("access token   valid for") && !hidden.stdout.contains(token), "{}", hidden.stdout);
    json(&["token", "refresh", "ci", "-e", "dev", "--json"]);
    assert_ne!(json(&["token", "show", "ci", "-e", "dev", "--json", "--reveal"])["access_token"], token);
    let list = json(&["token", "list", "--json"]);
    assert_eq!((&list[0]["client"], &list[0]["environment"], &list[1]), (&"ci".into(), &"dev".into(), &().into()));
    assert_eq!(json(&["token", "list", "-e", "prod", "--json"]), serde_json::json!([]));
    lab.run(&["token", "revoke", "ci", "-e", "dev"]).is(0, "", "revoked and forgotten: ci in dev\n");
    lab.run(&["token", "list"]).is(0, "", "no tokens are kept\n");
    let dead = lab.run(&["token", "refresh", "ci", "-e", "dev"]);
    assert_eq!(dead.status, 1);
    assert!(dead.stderr.contains("give `refresh_token` of `ci` in the environment `dev` a new one"), "{}", dead.stderr);
    // Whoever is kept of is alive again, and dies here alone.
    lab.run(&["login", "job", "-e", "dev"]);
    lab.run(&["token", "revoke", "job", "-e", "dev", "--local"]).is(0, "", "forgotten here, not revoked: job in dev\n");
    let _ = lab.server.base_url();
}
