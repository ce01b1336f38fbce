//! `/_wxflow/inbox/NAME`: keeps what is posted to it, so that a flow can look at its own webhooks' calls.

use std::collections::HashMap;

use serde_json::json;

use super::request::headers;
use crate::sandbox::answer::{Answer, Outcome, Refusal};
use crate::sandbox::call::Call;
use crate::value::Value;

/// The most calls that are kept, of all inboxes together.
const MOST: usize = 10_000;

/// What came, oldest first, by inbox.
#[derive(Default)]
pub(in crate::sandbox) struct Inboxes {
    letters: HashMap<String, Vec<Value>>,
}

/// `POST /_wxflow/inbox/{name}?status=204`: keeps the request, and answers this status with no body.
pub(in crate::sandbox) fn put(call: &mut Call) -> Outcome {
    let status = call.query("status").map_or(Some(204), |text| text.parse().ok()).filter(|s| (200..600).contains(s));
    let status = status.ok_or_else(|| Refusal::bad_request("The status must be from 200 to 599."))?;
    let inboxes = &mut call.store.inboxes.letters;
    if inboxes.values().map(Vec::len).sum::<usize>() >= MOST {
        return Err(Refusal::bad_request("The inboxes are full."));
    }
    let letter = json!({
        "headers": headers(&call.request.headers),
        "body": String::from_utf8_lossy(&call.request.body),
        "json": serde_json::from_slice::<Value>(&call.request.body).unwrap_or_default(),
    });
    inboxes.entry(call.param.to_string()).or_default().push(letter);
    Ok(Answer::empty(status))
}

/// `GET /_wxflow/inbox/{name}`: `{items: [{headers, body, json}]}`, oldest first.
pub(in crate::sandbox) fn list(call: &mut Call) -> Outcome {
    let letters = call.store.inboxes.letters.get(call.param.as_ref()).map(Vec::as_slice).unwrap_or_default();
    Ok(Answer::json(&json!({"items": letters})))
}

/// `DELETE /_wxflow/inbox/{name}`: empties it.
pub(in crate::sandbox) fn clear(call: &mut Call) -> Outcome {
    call.store.inboxes.letters.remove(call.param.as_ref());
    Ok(Answer::empty(204))
}

#[cfg(test)]
mod tests {
    use crate::sandbox::testing::Lab;
    use serde_json::json;

    #[test]
    fn letters_are_kept_by_inbox_until_it_is_emptied() {
        let lab = Lab::new();
        let post = |path: &str, body: &str| lab.post(path).header("X-One", "1").body(body).send().status;
        assert_eq!(post("/v1/_wxflow/inbox/a", "{\"k\": 1}"), 204);
        assert_eq!(post("/_wxflow/inbox/a?status=503", "two"), 503);
        assert_eq!(post("/_wxflow/inbox/b", ""), 204);
        assert_eq!(post("/_wxflow/inbox/a?status=1", ""), 400);
        let items = lab.get("/_wxflow/inbox/a").send().json["items"].clone();
        let first = json!({"headers": {"x-one": "1"}, "body": "{\"k\": 1}", "json": {"k": 1}});
        assert_eq!((&items[0], &items[1]["body"], &items[1]["json"]), (&first, &json!("two"), &json!(null)));
        assert_eq!(lab.delete("/_wxflow/inbox/a").send().status, 204);
        assert_eq!((lab.get("/_wxflow/inbox/a").send().items(), lab.get("/_wxflow/inbox/b").send().items()), (0, 1));
    }
}
