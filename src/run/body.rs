//! A request's body: rendered, files read, parts joined; and the `Content-Type` that belongs to it.

use super::Stop;
use super::render::{Renderer, Text};
use crate::flow::{Body, FilePart, FilePath, Part};
use crate::http::encoding::codings;
use crate::http::multipart::{Multipart, lacks_boundary};
use crate::http::{Bytes, HeaderMap, HeaderValue};
use crate::source::{Files as _, Overlay, Span};

/// A body, ready.
#[derive(Default)]
pub(super) struct Built {
    pub(super) bytes: Bytes,
    /// A file that was packed before by the coding that `content-encoding` names: it is sent as it is.
    pub(super) packed: bool,
}

/// Renders a body and adds its `Content-Type`, where the request has none.
///
/// # Errors
/// A template failed, or a file cannot be read.
pub(super) fn build(body: &Body, headers: &mut HeaderMap, span: Span, renderer: &Renderer<'_>) -> Result<Built, Stop> {
    let mut packed = false;
    let (kind, bytes) = match body {
        Body::Json(template) => {
            let (value, _) = renderer
                .value("JSON value", template)?
                .ok_or_else(|| renderer.problem(span, "the whole JSON body cannot be omitted", None))?;
            // Exactly this: Webex answers 415 to parameters.
            ("application/json".to_owned(), Bytes::from(value.to_string()))
        }
        Body::Form(fields) => {
            let mut form = url::form_urlencoded::Serializer::new(String::new());
            for field in fields {
                for Text { text, .. } in renderer.field("form value", field)? {
                    form.append_pair(&field.name, &text);
                }
            }
            ("application/x-www-form-urlencoded".to_owned(), form.finish().into())
        }
        Body::Text(template) => {
            ("text/plain; charset=utf-8".to_owned(), renderer.required("text", span, template)?.text.into())
        }
        Body::File(path) => {
            let name = renderer.required("file", path.span, &path.template)?.text;
            packed = is_packed(&name, headers);
            (guess(&name), read(&name, path.span, renderer)?.into())
        }
        Body::Multipart(parts) => return multipart(parts, headers, span, renderer),
    };
    if !headers.contains_key(http::header::CONTENT_TYPE) {
        headers.insert(http::header::CONTENT_TYPE, header_value(&kind, span, renderer)?);
    }
    Ok(Built { bytes, packed })
}

/// The largest form of parts, as large as a file may be: a short flow can name one file a thousand times.
const LARGEST: usize = 128 << 20;

fn multipart(parts: &[Part], headers: &mut HeaderMap, span: Span, renderer: &Renderer<'_>) -> Result<Built, Stop> {
    let mut form = Multipart::new(renderer.names.ambient().random());
    for part in parts {
        match part {
            Part::Text(field) => {
                for Text { text, .. } in renderer.field("form value", field)? {
                    form.text(&field.name, &text);
                }
            }
            Part::File(part) => file(part, &mut form, renderer)?,
        }
        if form.size() > LARGEST {
            let message = "the parts of `multipart` are larger than 128 MiB together";
            return Err(renderer.problem(span, message, Some("send them in several requests".to_owned())));
        }
    }
    let given = headers.get(http::header::CONTENT_TYPE).map(|v| String::from_utf8_lossy(v.as_bytes()).into_owned());
    let kind = given.unwrap_or_else(|| "multipart/form-data".to_owned());
    if !lacks_boundary(&kind) {
        let message = format!("`multipart` cannot be sent as `{kind}`: its `Content-Type` is made with its boundary");
        let help = "remove the header `Content-Type`, also from `defaults`";
        return Err(renderer.problem(span, message, Some(help.to_owned())));
    }
    let kind = format!("{kind}; boundary={}", form.boundary());
    headers.insert(http::header::CONTENT_TYPE, header_value(&kind, span, renderer)?);
    Ok(Built { bytes: form.finish(), packed: false })
}

/// Adds a file; one whose path is `omit` is left out.
fn file(part: &FilePart, form: &mut Multipart, renderer: &Renderer<'_>) -> Result<(), Stop> {
    let FilePath { span, template } = &part.path;
    let Some(Text { text: path, .. }) = renderer.text("file", template)? else { return Ok(()) };
    let own = path.rsplit(['/', '\\']).next().unwrap_or(&path);
    let filename = match &part.filename {
        Some(template) => renderer.text("filename", template)?.map_or(own.to_owned(), |t| t.text),
        None => own.to_owned(),
    };
    let given = match &part.kind {
        Some(template) => renderer.text("type", template)?,
        None => None,
    };
    let kind = given.map_or_else(|| guess(&filename), |t| t.text);
    // It stands in a line of the part's head.
    header_value(&kind, *span, renderer)?;
    form.file(&part.name, &filename, &kind, &read(&path, *span, renderer)?);
    Ok(())
}

fn read(path: &str, span: Span, renderer: &Renderer<'_>) -> Result<Vec<u8>, Stop> {
    let files = Overlay::new(renderer.bundle, renderer.context.files);
    files.read(renderer.folder, path).map_err(|e| renderer.problem(span, e.message, e.help))
}

fn header_value(kind: &str, span: Span, renderer: &Renderer<'_>) -> Result<HeaderValue, Stop> {
    HeaderValue::from_str(kind).map_err(|_| renderer.problem(span, format!("`{kind}` is not a media type"), None))
}

fn guess(name: &str) -> String {
    mime_guess::from_path(name).first_or_octet_stream().to_string()
}

/// Whether a file's ending says that it holds what `content-encoding` promises already.
fn is_packed(name: &str, headers: &HeaderMap) -> bool {
    let ending = name.rsplit('.').next().unwrap_or("").to_ascii_lowercase();
    let coding = match ending.as_str() {
        "gz" => "gzip",
        "br" => "br",
        "zst" => "zstd",
        _ => return false,
    };
    codings(headers).last().is_some_and(|last| last.trim_start_matches("x-") == coding)
}
