//! `wxflow guest` as the person types it.

use clap::{Args, Subcommand};

use crate::cli::args::Connecting;
use crate::cli::parse::seconds;

/// `wxflow guest …`.
#[derive(Debug, Subcommand)]
pub(in crate::cli) enum Guest {
    /// Make a guest token (a JWT) and print it
    ///
    /// Nothing is sent. With --service-app no Guest Issuer is needed: Webex makes the guest and gives its access token.
    #[command(after_help = "Examples:\n  wxflow guest create visitor-1 'Ann Visitor' -i ISSUER -s @secret.txt\n  \
        ISSUER=… SECRET=… wxflow guest create visitor-1 'Ann Visitor' -d 90m\n  \
        wxflow guest create visitor-1 'Ann Visitor' --service-app -t @service-app-token.txt")]
    Create(Box<Create>),
    /// Exchange a guest token for an access token and print it
    #[command(after_help = "Example:\n  \
        wxflow guest create visitor-1 'Ann Visitor' -i ISSUER -s @secret.txt | wxflow guest login -")]
    Login(Box<Login>),
    /// Print an access token for a guest
    ///
    /// Makes a guest token that lives a minute, and exchanges it.
    #[command(after_help = "Example:\n  \
        WEBEX_ACCESS_TOKEN=$(wxflow guest quick visitor-1 'Ann Visitor' -i ISSUER -s @secret.txt)")]
    Quick(Box<Quick>),
    /// Show what a token says, or whose it is, and whether it still counts
    ///
    /// The status is 1 where the token has expired, its signature is wrong or its algorithm is not HS256.
    #[command(after_help = "Examples:\n  wxflow guest verify --jwt TOKEN -s @secret.txt\n  \
        wxflow guest quick visitor-1 Ann | wxflow guest verify --access -")]
    Verify(Box<Verify>),
}

/// Who the guest is.
#[derive(Debug, Args)]
pub(in crate::cli) struct Person {
    /// The guest's id: the same id is the same guest
    pub(super) user_id: String,
    /// The name that others see
    pub(super) name: String,
}

/// Who signs.
#[derive(Debug, Args)]
pub(in crate::cli) struct Issuer {
    /// The Guest Issuer's id [default: ISSUER, else WEBEX_GUEST_ISSUER, of the environment]
    #[arg(short, long, value_name = "ID")]
    pub(super) issuer: Option<String>,
    /// Its secret in base64, from a file or (-) from stdin [default: SECRET, else WEBEX_GUEST_SECRET]
    ///
    /// A literal secret works too and warns: other processes of this machine can see it.
    #[arg(short, long, value_name = "@FILE|-")]
    pub(super) secret: Option<String>,
}

/// Where Webex is, and how the answer is written.
#[derive(Debug, Args)]
pub(in crate::cli) struct Service {
    /// Write JSON
    #[arg(long)]
    pub(super) json: bool,
    /// Where Webex's API is [default: WEBEX_URL of the environment, else https://webexapis.com/v1]
    #[arg(long, value_name = "URL")]
    pub(super) base_url: Option<String>,
    #[command(flatten)]
    pub(super) connecting: Connecting,
}

/// `guest create`.
#[derive(Debug, Args)]
pub(in crate::cli) struct Create {
    #[command(flatten)]
    pub(super) person: Person,
    #[command(flatten)]
    pub(super) issuer: Issuer,
    /// How long the token lives, in seconds or like 90m [default: EXPIRES of the environment, else 5400]
    #[arg(short, long, value_name = "SECONDS", value_parser = seconds)]
    pub(super) duration: Option<u64>,
    /// Make the guest with a Service App, and print its access token
    #[arg(long, conflicts_with_all = ["issuer", "secret", "duration"])]
    pub(super) service_app: bool,
    /// The Service App's access token, from a file or (-) from stdin [default: WEBEX_SERVICE_APP_TOKEN]
    #[arg(short, long, value_name = "@FILE|-", requires = "service_app")]
    pub(super) token: Option<String>,
    #[command(flatten)]
    pub(super) service: Service,
}

/// `guest login`.
#[derive(Debug, Args)]
pub(in crate::cli) struct Login {
    /// The guest token; `-` is stdin, @FILE a file
    pub(super) token: String,
    #[command(flatten)]
    pub(super) service: Service,
}

/// `guest quick`.
#[derive(Debug, Args)]
pub(in crate::cli) struct Quick {
    #[command(flatten)]
    pub(super) person: Person,
    #[command(flatten)]
    pub(super) issuer: Issuer,
    #[command(flatten)]
    pub(super) service: Service,
}

/// `guest verify`.
#[derive(Debug, Args)]
pub(in crate::cli) struct Verify {
    /// The token; `-` is stdin, @FILE a file
    pub(super) token: String,
    /// It is a guest token: show its header and claims (this is the default)
    #[arg(long)]
    pub(super) jwt: bool,
    /// It is an access token: ask Webex whose it is
    #[arg(long, conflicts_with_all = ["jwt", "secret"])]
    pub(super) access: bool,
    /// Check the signature with the Guest Issuer's secret, from a file or (-) from stdin
    #[arg(short, long, value_name = "@FILE|-")]
    pub(super) secret: Option<String>,
    #[command(flatten)]
    pub(super) service: Service,
}
