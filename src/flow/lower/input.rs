//! `inputs`: long form, plain default, or `null`.

use super::Reader;
use crate::diagnostic::{Code, nearest};
use crate::flow::{Input, InputType, names, shape};
use crate::redact::HostPattern;
use crate::source::Span;
use crate::value::{Value, equal, is_integer, type_name};
use crate::yaml::{Data, Fields, Node};

impl Reader<'_> {
    pub(super) fn inputs(&mut self, node: &Node<'_>) -> Vec<Input> {
        let Some(entries) = node.entries("`inputs`", self.diagnostics) else { return Vec::new() };
        let mut inputs = Vec::with_capacity(entries.len());
        for (key, value) in entries {
            let name = self.name(key);
            let input = self.input(key, value);
            match (name, input) {
                (Some(name), Some(mut input)) => {
                    input.name = name;
                    inputs.push(input);
                }
                (Some(name), None) => {
                    self.broken.insert(name);
                }
                _ => {}
            }
        }
        inputs
    }

    fn input(&mut self, key: &Node<'_>, node: &Node<'_>) -> Option<Input> {
        let mut input = Input {
            name: "".into(),
            span: key.span,
            default: None,
            env: None,
            description: None,
            secret: false,
            kind: InputType::String,
            choices: Vec::new(),
            hosts: None,
        };
        if node.is_null() {
            return Some(input);
        }
        if !matches!(node.data, Data::Map(_)) {
            let value = self.literal(node)?;
            input.kind = kind_of(&value);
            input.default = Some(value);
            return Some(input);
        }
        let foreign = |key: &str| {
            let like = |known: &str| nearest(key, [known]).is_some();
            let habit = ["required", "optional", "sensitive", "masked", "enum"].contains(&key);
            !habit && !shape::INPUT_SHAPE.keys.iter().any(|known| like(known.name))
        };
        if let Data::Map(entries) = &node.data
            && !entries.is_empty()
            && entries.iter().filter_map(|(key, _)| key.scalar()).all(foreign)
        {
            // None of its keys is like one of ours: it was meant as a value.
            self.diagnostics
                .error(Code::WrongType, node.span, "an input's default that is a mapping needs the long form")
                .help(format!("write `{}: {{ default: {{ … }} }}`", key.scalar().unwrap_or("name")));
            return None;
        }
        let fields = Fields::read(node, &shape::INPUT_SHAPE, self.diagnostics)?;
        self.long_input(&fields, &mut input);
        Some(input)
    }

    fn long_input(&mut self, fields: &Fields<'_, '_>, input: &mut Input) {
        input.description =
            fields.get("description").and_then(|n| Some(n.text("`description`", self.diagnostics)?.into()));
        input.secret = fields.get("secret").and_then(|n| n.boolean("`secret`", self.diagnostics)).unwrap_or(false);
        input.env = fields.get("env").and_then(|n| self.variable(n));
        let declared = fields.get("type").and_then(|n| self.input_type(n));
        let default = fields.get("default").and_then(|n| self.default(n));
        input.kind = declared.or_else(|| default.as_ref().map(kind_of)).unwrap_or(InputType::String);
        if let (Some(value), Some(node)) = (default, fields.get("default")) {
            if self.fits(&value, input.kind, node, "the default") {
                input.default = Some(value);
            }
            if input.secret {
                self.diagnostics
                    .warning(Code::CredentialLiteral, node.span, "a secret stands in the flow file")
                    .help("whoever reads the file can read it: remove the default and give the value with `env`, `--secret` or an environment");
            }
        }
        if let Some(node) = fields.get("choices") {
            self.choices(node, fields.get("default"), input);
        }
        if let Some(node) = fields.get("hosts") {
            input.hosts = self.hosts(node);
            if !input.secret {
                let at = fields.key_span("hosts").unwrap_or(node.span);
                self.diagnostics
                    .error(Code::InvalidValue, at, "`hosts` says where a secret may go, and this input is not secret")
                    .help("add `secret: true`, or remove `hosts`");
            }
        }
    }

    fn variable(&mut self, node: &Node<'_>) -> Option<String> {
        let text = node.text("`env`", self.diagnostics)?;
        if let Err((message, help)) = crate::environment::variable(text) {
            self.diagnostics.error(Code::InvalidName, node.span, message).help(help);
            return None;
        }
        Some(text.to_owned())
    }

    fn input_type(&mut self, node: &Node<'_>) -> Option<InputType> {
        let text = node.text("`type`", self.diagnostics)?;
        let kind = InputType::parse(text);
        if kind.is_none() {
            let common = [
                ("text", "string"),
                ("str", "string"),
                ("int", "integer"),
                ("float", "number"),
                ("bool", "boolean"),
                ("array", "list"),
                ("map", "object"),
            ];
            let meant =
                common.iter().find(|(other, _)| *other == text).map(|(_, ours)| format!("did you mean `{ours}`?"));
            self.diagnostics
                .error(Code::InvalidValue, node.span, format!("`{text}` is not a type of input"))
                .help(meant.unwrap_or_else(|| names::one_of(text, shape::INPUT_TYPES)));
        }
        kind
    }

    fn default(&mut self, node: &Node<'_>) -> Option<Value> {
        if node.is_null() {
            self.diagnostics
                .error(Code::InvalidValue, node.span, "a default cannot be null")
                .help("leave `default` out to make the input required, or write \"\" for an empty text");
            return None;
        }
        self.literal(node)
    }

    /// A value as it stands: a template anywhere in it is an error.
    fn literal(&mut self, node: &Node<'_>) -> Option<Value> {
        if self.templates_in(node) { None } else { node.value(self.diagnostics) }
    }

    fn templates_in(&mut self, node: &Node<'_>) -> bool {
        match &node.data {
            Data::Scalar(..) => self.no_template(
                node,
                "an input's default",
                "inputs are known before anything is worked out: computed values belong in `vars`",
            ),
            Data::List(items) => items.iter().filter(|item| self.templates_in(item)).count() > 0,
            Data::Map(entries) => entries.iter().filter(|(_, value)| self.templates_in(value)).count() > 0,
            Data::Broken => false,
        }
    }

    fn fits(&mut self, value: &Value, kind: InputType, node: &Node<'_>, what: &str) -> bool {
        if kind.holds(value) {
            return true;
        }
        let help = match value {
            Value::String(text) if serde_json::from_str(text).is_ok_and(|value| kind.holds(&value)) => {
                format!("write it without quotes if it is meant as {}: {text}", kind.words())
            }
            other if kind == InputType::String => format!("quote it: \"{other}\""),
            _ => format!("write {}, or change `type`", kind.words()),
        };
        let found = type_name(value);
        self.diagnostics
            .error(Code::WrongType, node.span, format!("{what} must be {}, not {}", kind.words(), with_article(found)))
            .help(help);
        false
    }

    fn choices(&mut self, node: &Node<'_>, default: Option<&Node<'_>>, input: &mut Input) {
        let Some(items) = node.list("`choices`", self.diagnostics) else { return };
        if items.is_empty() {
            self.diagnostics
                .error(Code::InvalidValue, node.span, "`choices` is empty: no value could be given")
                .help("list the values, or remove `choices`");
        }
        for item in items {
            let Some(value) = self.literal(item) else { continue };
            if self.fits(&value, input.kind, item, "a choice") {
                input.choices.push(value);
            }
        }
        let whole = input.choices.len() == items.len() && !items.is_empty();
        if let (Some(value), Some(default), true) = (&input.default, default, whole)
            && !input.choices.iter().any(|choice| equal(choice, value))
        {
            let choices = Value::Array(input.choices.clone());
            self.diagnostics
                .error(Code::InvalidValue, default.span, "the default is none of the choices")
                .help(format!("choose one of {choices}, or add it to `choices`"));
        }
    }

    fn hosts(&mut self, node: &Node<'_>) -> Option<Vec<HostPattern>> {
        let items = node.list("`hosts`", self.diagnostics)?;
        if items.is_empty() {
            self.diagnostics
                .error(Code::InvalidHost, node.span, "`hosts` is empty: the secret could be sent nowhere")
                .help("list the hosts it may be sent to, or remove `hosts`");
        }
        let mut hosts = Vec::with_capacity(items.len());
        for item in items {
            let Some(text) = item.text("a host", self.diagnostics) else { continue };
            match HostPattern::parse(text) {
                Ok(host) => hosts.push(host),
                Err(message) => self.invalid_host(item.span, &message),
            }
        }
        Some(hosts)
    }

    fn invalid_host(&mut self, span: Span, message: &str) {
        self.diagnostics
            .error(Code::InvalidHost, span, message)
            .help("an entry is `webexapis.com`, `localhost:8080` or `*.webex.com`");
    }
}

fn kind_of(value: &Value) -> InputType {
    match value {
        Value::Bool(_) => InputType::Boolean,
        Value::Number(n) if n.is_f64() => InputType::Number,
        Value::Number(_) => InputType::Integer,
        Value::Array(_) => InputType::List,
        Value::Object(_) => InputType::Object,
        Value::Null | Value::String(_) => InputType::String,
    }
}

fn with_article(name: &str) -> String {
    match name {
        "null" => name.to_owned(),
        "integer" | "object" => format!("an {name}"),
        _ => format!("a {name}"),
    }
}

impl InputType {
    /// The type that a flow calls `text`.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        Some(match text {
            "string" => Self::String,
            "integer" => Self::Integer,
            "number" => Self::Number,
            "boolean" => Self::Boolean,
            "list" => Self::List,
            "object" => Self::Object,
            _ => return None,
        })
    }

    /// Whether a value is of this type already.
    #[must_use]
    pub fn holds(self, value: &Value) -> bool {
        match (self, value) {
            (Self::String, Value::String(_))
            | (Self::Number, Value::Number(_))
            | (Self::Boolean, Value::Bool(_))
            | (Self::List, Value::Array(_))
            | (Self::Object, Value::Object(_)) => true,
            (Self::Integer, Value::Number(n)) => is_integer(n),
            _ => false,
        }
    }

    /// The type in words, with its article.
    #[must_use]
    pub fn words(self) -> &'static str {
        match self {
            Self::String => "text",
            Self::Integer => "a whole number",
            Self::Number => "a number",
            Self::Boolean => "true or false",
            Self::List => "a list",
            Self::Object => "an object",
        }
    }
}
