//! Bodies, the files that they name, and where a reply's body is kept.

use super::Reader;
use super::fields::Named;
use super::settings::is_template;
use super::url;
use crate::diagnostic::Code;
use crate::flow::{Body, Field, FilePart, FilePath, Part, shape};
use crate::http::Version;
use crate::http::multipart::lacks_boundary;
use crate::source::FileError;
use crate::template::{ValueTemplate, read};
use crate::yaml::{Data, Fields, Node, Style};

impl Reader<'_> {
    pub(super) fn body(&mut self, fields: &Fields<'_, '_>) -> Option<Box<Body>> {
        let (kind, node) = fields.one_of(&["json", "form", "multipart", "text", "file"], self.diagnostics)?;
        let body = match kind {
            "json" => Body::Json(self.json(node)?),
            "form" => Body::Form(self.fields(node, Named::Form)),
            "multipart" => Body::Multipart(self.multipart(node, fields)?),
            "file" => Body::File(self.file_path(node, false)?),
            _ => Body::Text(self.template(node, "`text`")?),
        };
        Some(Box::new(body))
    }

    fn json(&mut self, node: &Node<'_>) -> Option<ValueTemplate> {
        if let Some(text) = url::literal(node)
            && matches!(node.data, Data::Scalar(_, style) if style != Style::Plain)
            && text.trim_start().starts_with(['{', '['])
        {
            self.diagnostics
                .error(Code::WrongType, node.span, "`json` holds a text that looks like JSON: it would be sent as one string")
                .help("write the JSON as YAML, without quotes or `|` (JSON is valid YAML), or use `text` with a `content-type` header");
            return None;
        }
        self.value(node)
    }

    fn multipart(&mut self, node: &Node<'_>, fields: &Fields<'_, '_>) -> Option<Vec<Part>> {
        self.boundary_header(fields);
        let entries = node.entries(Named::Part.key(), self.diagnostics)?;
        if entries.is_empty() {
            self.diagnostics
                .error(Code::InvalidValue, node.span, "`multipart` has no part")
                .help("add one, like `files: { file: photo.png }`, or remove the key");
        }
        let mut parts = Vec::new();
        for (key, value) in entries {
            let Some(name) = key.scalar() else { continue };
            if !self.field_name(key, name, Named::Part, &[]) {
                continue;
            }
            match &value.data {
                Data::List(items) => parts.extend(items.iter().filter_map(|item| match item.data {
                    Data::List(_) => {
                        self.unsendable(item, Named::Part);
                        None
                    }
                    _ => self.part_of(key, name, item),
                })),
                _ => parts.extend(self.part_of(key, name, value)),
            }
        }
        Some(parts)
    }

    fn part_of(&mut self, key: &Node<'_>, name: &str, node: &Node<'_>) -> Option<Part> {
        if !matches!(node.data, Data::Map(_)) {
            let sendable = self.sendable(node, Named::Part);
            if let Some(path) = node.scalar().and_then(|text| text.strip_prefix('@')).filter(|path| path.contains('.'))
            {
                self.diagnostics
                    .warning(Code::LiteralText, node.span, format!("this sends the text `@{path}`, not the file"))
                    .help(format!(
                        "a file is `{{ file: {path} }}`; where the text is meant, write it `{{{{ '@{path}' }}}}`"
                    ));
            }
            let value = self.value(node)?;
            return sendable.then(|| Part::Text(Field { name: name.into(), span: key.span, value }));
        }
        let fields = Fields::read(node, &shape::PART_SHAPE, self.diagnostics)?;
        let kind = fields.get("type").map(|n| self.media_type(n));
        let filename = fields.get("filename").map(|n| read::template(n, "`filename`", self.diagnostics));
        let path = self.file_path(fields.get("file")?, true)?;
        let transpose = |option: Option<Option<_>>| option.map_or(Some(None), |inner| inner.map(Some));
        Some(Part::File(Box::new(FilePart {
            name: name.into(),
            path,
            kind: transpose(kind)?,
            filename: transpose(filename)?,
        })))
    }

    fn media_type(&mut self, node: &Node<'_>) -> Option<crate::template::Template> {
        let text = node.text("`type`", self.diagnostics)?;
        if !is_template(node) && text.parse::<mime_guess::Mime>().is_err() {
            self.diagnostics
                .error(Code::InvalidValue, node.span, format!("`{text}` is not a media type"))
                .help("write one like `image/png` or `text/plain; charset=utf-8`");
            return None;
        }
        read::template(node, "`type`", self.diagnostics)
    }

    /// The boundary is made with the body: a header that names another one would make it unreadable.
    fn boundary_header(&mut self, fields: &Fields<'_, '_>) {
        let Some(Node { data: Data::Map(headers), .. }) = fields.get("headers") else { return };
        for (key, value) in headers {
            let is_type = key.scalar().is_some_and(|k| k.eq_ignore_ascii_case("content-type"));
            let good = value.scalar().is_some_and(|v| v.contains("{{") || lacks_boundary(v));
            if is_type && !good {
                self.diagnostics
                    .error(Code::ConflictingKeys, key.span, "`multipart` sets `Content-Type` itself, with the boundary of its parts")
                    .help("remove the header; another kind of multipart is written without its boundary, like `multipart/mixed`");
            }
        }
    }

    /// A path to read, checked now where it stands in the file as it is. One that is `omittable` may be `omit`.
    fn file_path(&mut self, node: &Node<'_>, omittable: bool) -> Option<FilePath> {
        let text = node.text("`file`", self.diagnostics)?;
        if !is_template(node) {
            let made = self.files.target(self.folder, text).is_ok_and(|target| self.saved.contains(&target));
            if let (false, Err(error)) = (made, self.files.resolve(self.folder, text)) {
                return self.refused_file(node, error);
            }
        }
        if !omittable {
            self.no_omit(node);
        }
        Some(FilePath { span: node.span, template: read::template(node, "`file`", self.diagnostics)? })
    }

    /// A path to write, checked now where it stands in the file as it is.
    pub(super) fn saved_path(&mut self, node: &Node<'_>) -> Option<FilePath> {
        let text = node.text("`save`", self.diagnostics)?;
        if !is_template(node) {
            match self.files.target(self.folder, text) {
                Ok(target) => _ = self.saved.insert(target),
                Err(error) => return self.refused_file(node, error),
            }
        }
        Some(FilePath { span: node.span, template: self.template(node, "`save`")? })
    }

    fn refused_file<T>(&mut self, node: &Node<'_>, error: FileError) -> Option<T> {
        let diagnostic = self.diagnostics.error(Code::FileRefused, node.span, error.message);
        diagnostic.help(match node.scalar().and_then(|text| text.strip_prefix('@')) {
            Some(path) => format!("a path has no `@` before it: `{path}`"),
            None => error.help.unwrap_or_else(|| "name another file, relative to the flow's folder".to_owned()),
        });
        None
    }

    pub(super) fn http_version(&mut self, node: &Node<'_>) -> Option<Version> {
        let found = match node.scalar() {
            Some("1.1") => return Some(Version::HTTP_11),
            Some("2") => return Some(Version::HTTP_2),
            Some(text) => text.to_owned(),
            None => return node.mismatch("`http`", "1.1 or 2", self.diagnostics),
        };
        let help = match found.trim_start_matches(['H', 'h', 'T', 't', 'P', 'p', '/']) {
            "2.0" | "2" => "write `http: 2`",
            "1" | "1.1" => "write `http: 1.1`",
            "3" => "HTTP/3 is not spoken here; remove the key to have the version negotiated",
            _ if found.contains("{{") => "the version cannot be a template: write `http: 1.1` or `http: 2`",
            _ => "write `http: 1.1` or `http: 2`, or remove the key to have the version negotiated",
        };
        self.diagnostics.error(Code::InvalidValue, node.span, format!("`http` cannot be `{found}`")).help(help);
        None
    }
}
