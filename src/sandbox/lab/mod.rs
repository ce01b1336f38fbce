//! `/_wxflow/`: general routes for recipes and for tests of any HTTP client. They are no part of Webex.

mod digest;
mod inbox;
mod reply;
mod request;
mod soap;
mod upload;
mod work;

pub(super) use digest::digest;
pub(super) use inbox::{Inboxes, clear as clear_inbox, list as inbox, put as put_in_inbox};
pub(super) use reply::{bytes, encoded, redirect, slow, status, xml};
pub(super) use request::{cookies, echo, set_cookies};
pub(super) use soap::soap;
pub(super) use upload::upload;
pub(super) use work::{Work, create_job, flaky, items, job};
