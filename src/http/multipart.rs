//! `multipart/form-data` (RFC 7578), with names escaped as browsers do (WHATWG HTML, "multipart/form-data encoding
//! algorithm"): UTF-8 as it is, only `"` and line breaks percent-encoded.

use super::Bytes;

/// A body of several parts, as it grows.
#[derive(Debug)]
pub struct Multipart {
    boundary: String,
    body: Vec<u8>,
}

impl Multipart {
    /// With a boundary that stands in no part: 128 random bits are enough.
    #[must_use]
    pub fn new(random: u128) -> Self {
        Self { boundary: format!("wxflow-{random:032x}"), body: Vec::new() }
    }

    /// How many bytes it has so far.
    #[must_use]
    pub fn size(&self) -> usize {
        self.body.len()
    }

    /// The boundary, which needs no quotes.
    #[must_use]
    pub fn boundary(&self) -> &str {
        &self.boundary
    }

    /// Adds a text. It gets no `Content-Type`: UTF-8 is what receivers assume, and many take a part with one for a file.
    pub fn text(&mut self, name: &str, text: &str) {
        self.head(name, "");
        self.body.extend_from_slice(b"\r\n");
        self.content(text.as_bytes());
    }

    /// Adds a file. `kind` is its media type, without line breaks.
    pub fn file(&mut self, name: &str, filename: &str, kind: &str, bytes: &[u8]) {
        self.head(name, &format!("; filename=\"{}\"", escape(filename)));
        self.body.extend_from_slice(format!("Content-Type: {kind}\r\n\r\n").as_bytes());
        self.content(bytes);
    }

    /// The whole body.
    #[must_use]
    pub fn finish(mut self) -> Bytes {
        self.body.extend_from_slice(format!("--{}--\r\n", self.boundary).as_bytes());
        self.body.into()
    }

    fn head(&mut self, name: &str, more: &str) {
        let boundary = &self.boundary;
        let name = escape(name);
        let head = format!("--{boundary}\r\nContent-Disposition: form-data; name=\"{name}\"{more}\r\n");
        self.body.extend_from_slice(head.as_bytes());
    }

    fn content(&mut self, bytes: &[u8]) {
        self.body.extend_from_slice(bytes);
        self.body.extend_from_slice(b"\r\n");
    }
}

/// Whether a `Content-Type` is one of `multipart/…` that only lacks the boundary.
#[must_use]
pub fn lacks_boundary(content_type: &str) -> bool {
    let lower = content_type.to_ascii_lowercase();
    lower.trim_start().starts_with("multipart/") && !lower.contains("boundary=")
}

fn escape(name: &str) -> String {
    name.replace('\r', "%0D").replace('\n', "%0A").replace('"', "%22")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_stand_between_boundaries() {
        let mut form = Multipart::new(1);
        let boundary = "wxflow-00000000000000000000000000000001";
        assert_eq!(form.boundary(), boundary);
        form.text("title", "Stève");
        form.file("files", "a \"b\"\r\nü.png", "image/png", b"\x89\x00");
        let expected = [
            format!("--{boundary}\r\nContent-Disposition: form-data; name=\"title\"\r\n\r\nStève\r\n").as_bytes(),
            format!(
                "--{boundary}\r\nContent-Disposition: form-data; name=\"files\"; filename=\"a %22b%22%0D%0Aü.png\"\r\n"
            )
            .as_bytes(),
            b"Content-Type: image/png\r\n\r\n\x89\x00\r\n",
            format!("--{boundary}--\r\n").as_bytes(),
        ]
        .concat();
        assert_eq!(form.finish(), expected);
    }

    #[test]
    fn a_form_of_nothing_still_ends() {
        assert_eq!(Multipart::new(0).finish(), format!("--wxflow-{:032x}--\r\n", 0));
    }
}
