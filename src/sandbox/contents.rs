//! Files of messages: taken from a multipart post, and given back at `/contents/{id}` to those in the room.

use ::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE, RETRY_AFTER};
use uuid::Uuid;

use super::answer::{Answer, Outcome, Refusal};
use super::call::{self, Call, Caller, Fields};
use super::{ids, parts};
use crate::http::Bytes;
use crate::value::Map;

/// The most bytes of a file: 100 MB.
const MOST_BYTES: usize = 100 * 1000 * 1000;

pub(super) struct Content {
    message: Uuid,
    file: File,
    /// Reads that still find the file being scanned.
    scans: u32,
}

/// What every scanner takes for malware: the test string of EICAR, in two halves so that none takes this file for it.
const INFECTED: [&[u8]; 2] = [b"X5O!P%@AP[4\\PZX54(P^)7CC)7}$EICAR-STANDARD-", b"ANTIVIRUS-TEST-FILE!"];

/// A file on its way into a message.
pub(super) struct File {
    name: String,
    kind: String,
    bytes: Bytes,
}

/// The fields of a body that may be multipart, and the file in its part `files`. A `files` without a file name is
/// text like any other part: a public URL.
pub(super) fn read(call: &Call) -> Result<(Fields, Option<File>), Refusal> {
    let kind = call::header(&call.request.headers, "content-type");
    let Some(boundary) = kind.and_then(parts::boundary) else { return Ok((call.body()?, None)) };
    let (mut fields, mut file) = (Map::new(), None);
    for part in parts::read(&call.request.body, &boundary)? {
        let name = part.name.unwrap_or_default();
        let is_files = name == "files" || name == "files[]";
        if is_files && (file.is_some() || fields.contains_key("files")) {
            return Err(Refusal::bad_request("Only one file is allowed per message."));
        }
        match part.filename {
            Some(filename) if is_files => {
                if part.bytes.len() > MOST_BYTES {
                    return Err(Refusal::bad_request("A file may have 100 MB at most."));
                }
                let kind = part.kind.unwrap_or_else(|| "application/octet-stream".to_owned());
                file = Some(File { name: filename, kind, bytes: Bytes::copy_from_slice(part.bytes) });
            }
            _ => {
                let text = std::str::from_utf8(part.bytes).map_err(|_| Refusal::malformed())?;
                if is_files {
                    fields.insert("files".to_owned(), vec![text].into());
                } else {
                    fields.insert(name, text.into());
                }
            }
        }
    }
    Ok((Fields::new(fields), file))
}

/// Keeps a message's file; the URL that the message shows for it.
pub(super) fn keep(call: &mut Call, message: Uuid, file: File) -> String {
    let uuid = call.store.generator.uuid();
    let scans = call.query("_wxflow_scans").and_then(|n| n.parse().ok()).unwrap_or(0);
    call.store.contents.insert(uuid, Content { message, file, scans });
    format!("{}/contents/{}", call.base_url(), ids::encode("CONTENT", uuid))
}

impl File {
    fn is_infected(&self) -> bool {
        let [first, second] = INFECTED;
        self.bytes.windows(first.len()).any(|part| part == first)
            && self.bytes.windows(second.len()).any(|part| part == second)
    }

    /// No scanner looks into an encrypted archive: bit 0 of the flags of a ZIP's first entry (APPNOTE 4.4.4).
    fn is_unscannable(&self) -> bool {
        self.bytes.starts_with(b"PK\x03\x04") && self.bytes.get(6).is_some_and(|flags| flags & 1 == 1)
    }
}

/// Counts one read down while the file is scanned; what the scan found after that. The statuses are documented, the
/// words are ours.
fn scan(call: &mut Call, uuid: Uuid) -> Result<(), Refusal> {
    let allowed = call.query("allow").as_deref() == Some("unscannable");
    let Some(content) = call.store.contents.get_mut(&uuid) else { return Ok(()) };
    if content.scans > 0 {
        content.scans -= 1;
        let refusal = Refusal::new(423, "The file is being scanned for malware. Try again later.");
        return Err(refusal.header(RETRY_AFTER, "1"));
    }
    if content.file.is_infected() {
        return Err(Refusal::new(410, "The file is infected with malware and cannot be downloaded."));
    }
    if content.file.is_unscannable() && !allowed {
        return Err(Refusal::new(428, "The file cannot be scanned. Use allow=unscannable to download it anyway."));
    }
    Ok(())
}

/// `GET /contents/{id}`, as long as its message is there.
pub(super) fn get(call: &mut Call, caller: Caller) -> Outcome {
    let content = ids::uuid("CONTENT", &call.param).and_then(|uuid| call.store.contents.get(&uuid));
    let in_room = |content: &&Content| {
        let room = call.store.messages.get(&content.message).and_then(|message| call.store.rooms.get(&message.room));
        room.is_some_and(|room| room.member(caller.person).is_some())
    };
    content.filter(in_room).ok_or_else(Refusal::not_found)?;
    let uuid = ids::uuid("CONTENT", &call.param).ok_or_else(Refusal::not_found)?;
    scan(call, uuid)?;
    let file = &call.store.contents.get(&uuid).ok_or_else(Refusal::not_found)?.file;
    let mut answer = Answer::empty(200);
    answer.body = file.bytes.clone();
    let name = file.name.replace(['"', '\\', '\r', '\n'], "_");
    let disposition = format!("attachment; filename=\"{name}\"");
    Ok(answer.header(CONTENT_TYPE, &file.kind).header(CONTENT_DISPOSITION, &disposition))
}

#[cfg(test)]
mod tests {
    use super::super::testing::Lab;
    use crate::http::multipart::Multipart;
    use crate::value::Value;
    use serde_json::json;

    /// The answer to a multipart post: its status and body.
    fn post(lab: &Lab, form: Multipart) -> (u16, Value) {
        let kind = format!("multipart/form-data; boundary={}", form.boundary());
        let mut request = lab.post("/v1/messages").token(&lab.person()).header("content-type", &kind).build();
        request.body = form.finish();
        let answer = lab.sandbox.handle(&request);
        (answer.status, serde_json::from_slice(&answer.body).unwrap())
    }

    #[test]
    fn files_are_scanned() {
        let lab = Lab::new();
        let room = lab.room("Talk");
        let keep = |query: &str, bytes: &[u8]| {
            let mut form = Multipart::new(1);
            form.text("roomId", &room);
            form.file("files", "a", "application/octet-stream", bytes);
            let kind = format!("multipart/form-data; boundary={}", form.boundary());
            let mut request =
                lab.post(&format!("/messages{query}")).token(&lab.person()).header("content-type", &kind).build();
            request.body = form.finish();
            let message: Value = serde_json::from_slice(&lab.sandbox.handle(&request).body).unwrap();
            message["files"][0].as_str().unwrap().to_owned()
        };
        let read = |url: &str| lab.get(url).token(&lab.person()).send();
        let slow = keep("?_wxflow_scans=2", b"text");
        let scanned = read(&slow);
        assert_eq!((scanned.status, scanned.header("retry-after")), (423, Some("1")));
        assert_eq!((read(&slow).status, read(&slow).status), (423, 200));
        let infected = super::INFECTED.concat();
        assert_eq!(read(&keep("", &infected)).status, 410);
        let sealed = keep("", b"PK\x03\x04\x14\x00\x01\x00");
        assert_eq!(read(&sealed).status, 428);
        assert_eq!(read(&format!("{sealed}?allow=unscannable")).status, 200);
        assert_eq!(read(&keep("", b"PK\x03\x04\x14\x00\x00\x00")).status, 200);
    }

    #[test]
    fn a_file_is_posted_and_read_by_those_in_the_room() {
        let lab = Lab::new();
        let mut form = Multipart::new(1);
        form.text("roomId", &lab.room("Talk"));
        form.file("files", "a \"b\".png", "image/png", b"\x89PNG");
        let (status, message) = post(&lab, form);
        assert_eq!(status, 200);
        let url = message["files"][0].as_str().unwrap();
        assert!(url.starts_with("http://127.0.0.1:4000/v1/contents/"), "{url}");
        let file = lab.get(url).token(&lab.person()).send();
        assert_eq!((file.status, &file.answer.body[..]), (200, &b"\x89PNG"[..]));
        assert_eq!(file.header("content-type"), Some("image/png"));
        assert_eq!(file.header("content-disposition"), Some("attachment; filename=\"a _b_.png\""));
        assert_eq!(lab.get(url).token(&lab.variable("WEBEX_BOT_TOKEN")).send().status, 404);
        assert_eq!(lab.get(url).send().status, 401);
        lab.delete(&format!("/messages/{}", message["id"].as_str().unwrap())).token(&lab.person()).send();
        assert_eq!(lab.get(url).token(&lab.person()).send().status, 404);
    }

    #[test]
    fn a_form_may_hold_a_url_but_not_two_files() {
        let lab = Lab::new();
        let room = lab.room("Talk");
        let mut form = Multipart::new(1);
        form.text("roomId", &room);
        form.text("files", "https://x.example/a.png");
        assert_eq!(post(&lab, form).1["files"], json!(["https://x.example/a.png"]));
        let mut form = Multipart::new(1);
        form.text("roomId", &room);
        form.text("files", "https://x.example/a.png");
        form.file("files", "b", "text/plain", b"b");
        assert_eq!(post(&lab, form).0, 400);
        let mut form = Multipart::new(1);
        form.text("roomId", &room);
        form.file("files", "a", "text/plain", b"a");
        form.file("files", "b", "text/plain", b"b");
        let (status, body) = post(&lab, form);
        assert_eq!((status, &body["message"]), (400, &json!("Only one file is allowed per message.")));
    }
}
