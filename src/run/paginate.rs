//! `paginate`: the next page and the next, and one list of all their items.
//!
//! Credentials go along, as every page is on the origin of the first; a link that leads elsewhere is a failure.

use std::collections::HashSet;
use std::sync::Arc;

use super::Stop;
use super::flow::Runner;
use super::obtain::Errand;
use super::record::Log;
use super::send::Received;
use crate::event::{Problem, Reason, Snippet};
use crate::flow::Paginate;
use crate::http::link::next_link;
use crate::http::{Origin, Url};
use crate::value::{Value, type_name};

/// The pages so far.
struct Pages {
    first: Received,
    /// The first page's JSON, its list taken out.
    body: Value,
    items: Vec<Value>,
}

impl Runner<'_, '_> {
    /// Fetches every page. The reply is the first one, with the list at `items` joined over all.
    ///
    /// # Errors
    /// A page failed or is not as it should be, the links lead elsewhere or round in circles, or there are too many.
    pub(super) async fn pages(
        &mut self,
        errand: Errand<'_>,
        paginate: &Paginate,
        log: &mut Log,
    ) -> Result<Received, Stop> {
        let Errand { context, at, request, rules, action } = errand;
        let mut next = Arc::clone(request);
        let mut seen = HashSet::from([next.url.clone()]);
        let mut so_far: Option<Pages> = None;
        for number in 1_u32.. {
            let because = if number == 1 { Reason::Step } else { Reason::Page };
            let sent = Arc::clone(&next);
            let page =
                self.sending_in(context, at, log, async |sender| sender.deliver(sent, because, rules).await).await?;
            let accepted = self.render(|r| action.expect.status_accepts(page.response.status, r.names));
            if !accepted.unwrap_or(false) {
                // The first page is judged by `expect` like any reply.
                if number == 1 {
                    return Ok(page);
                }
                let (status, reason) = (page.response.status, &page.response.reason);
                let message = format!(
                    "page {number} was answered with {status} {reason}, which `expect.status` does not ask for"
                );
                return Err(self.at_page(paginate, message, None));
            }
            let taken = take_items(&page, paginate, number).map_err(|message| self.at_page(paginate, message, None))?;
            let (body, items) = taken;
            let link = next_of(&page, &body, paginate, number).map_err(|m| self.at_page(paginate, m, None))?;
            let url = match link {
                Some(link) => Some(self.next_url(&link, &page.request.url, &request.url, paginate)?),
                None => None,
            };
            match &mut so_far {
                Some(pages) => {
                    pages.items.extend(items);
                    (pages.first.took, pages.first.attempts) = (page.took, page.attempts);
                }
                None => so_far = Some(Pages { first: page, body, items }),
            }
            let Some(url) = url else { break };
            if !seen.insert(url.clone()) {
                let message =
                    format!("page {number} leads to {url}, which was fetched already: the pages go round in circles");
                return Err(self.at_page(paginate, message, None));
            }
            if number >= rules.waiting.max_pages {
                let pages = if number == 1 { "1 page".to_owned() } else { format!("{number} pages") };
                let help = "raise `max_pages`, or ask for more items in a page";
                return Err(self.at_page(paginate, format!("there is more to come after {pages}"), Some(help)));
            }
            Arc::make_mut(&mut next).url = url;
        }
        so_far.map(|pages| joined(pages, paginate)).ok_or_else(|| Stop::problem("there is no page", None))
    }

    /// Where a link leads, which must be on the origin of the first page.
    fn next_url(&self, link: &str, page: &Url, first: &Url, paginate: &Paginate) -> Result<Url, Stop> {
        let mut url = page.join(link).map_err(|error| {
            self.at_page(paginate, format!("the next page's URL `{link}` cannot be read: {error}"), None)
        })?;
        url.set_fragment(None);
        if Origin::of(&url) != Origin::of(first) {
            let (from, to) = (first.origin().ascii_serialization(), origin_of(&url));
            let message = format!("the next page is on another origin, {to}, and this request goes to {from}");
            let help = "it was not fetched, as the request's credentials are not meant for it";
            return Err(self.at_page(paginate, message, Some(help)));
        }
        Ok(url)
    }

    fn at_page(&self, paginate: &Paginate, message: String, help: Option<&str>) -> Stop {
        let at = Some(Snippet::of(&self.file.source, paginate.span));
        Stop::Problem(Box::new(Problem { message, help: help.map(str::to_owned), code: None, at }))
    }
}

/// Scheme, host and port, or the URL itself where it has none.
fn origin_of(url: &Url) -> String {
    match url.origin() {
        origin if origin.is_tuple() => origin.ascii_serialization(),
        _ => url.to_string(),
    }
}

/// A page's JSON, and the list taken out of it.
fn take_items(page: &Received, paginate: &Paginate, number: u32) -> Result<(Value, Vec<Value>), String> {
    let path = &paginate.items;
    let mut body = page.response.parse_json().map_err(|error| {
        let (line, column) = (error.line, error.column);
        format!("page {number} is not JSON: {} at line {line}, column {column}", error.message)
    })?;
    match path.singular_mut(&mut body) {
        Some(Value::Array(items)) => {
            let items = std::mem::take(items);
            Ok((body, items))
        }
        Some(other) => Err(format!("`{path}` in page {number} is no list: its type is `{}`", type_name(other))),
        None => Err(format!("page {number} has nothing at `{path}`")),
    }
}

/// The link to the next page; `None` on the last one.
fn next_of(page: &Received, body: &Value, paginate: &Paginate, number: u32) -> Result<Option<String>, String> {
    let Some(path) = &paginate.next else { return Ok(next_link(&page.response.headers)) };
    let found = path.first(body).map_err(|error| format!("`{path}` in page {number} {error}"))?;
    match found {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(link)) => Ok(Some(link.clone()).filter(|link| !link.is_empty())),
        Some(other) => Err(format!("`{path}` in page {number} is no URL: its type is `{}`", type_name(other))),
    }
}

fn joined(pages: Pages, paginate: &Paginate) -> Received {
    let Pages { first, mut body, items } = pages;
    if let Some(list) = paginate.items.singular_mut(&mut body) {
        *list = Value::Array(items);
    }
    Received { response: Arc::new(first.response.with_json(body)), ..first }
}
