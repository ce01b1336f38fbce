//! Predicates as assertions of Postman: `pm.expect(…)`.

use super::expression::{Names, json};
use crate::value::{Value, duration_of};

/// Functions that an assertion may call, each with its name.
const FUNCTIONS: &[(&str, &str)] = &[
    ("body", "const body = () => pm.response.text() === \"\" ? undefined : pm.response.json();"),
    (
        "at",
        "const at = (value, path) => path.reduce((v, k) => {\n  if (v === null || typeof v !== \"object\") return undefined;\n  \
         if (Array.isArray(v) && k < 0) return v[v.length + k];\n  \
         return Object.prototype.hasOwnProperty.call(v, k) ? v[k] : undefined;\n}, value);",
    ),
    (
        "every",
        "const every = (value, path) => path.reduce((list, k) => list.flatMap(v => {\n  \
         if (v === null || typeof v !== \"object\") return [];\n  if (k === null) return Object.values(v);\n  \
         return Object.prototype.hasOwnProperty.call(v, k) ? [v[k]] : [];\n}), [value]);",
    ),
    (
        "like",
        "const like = (value, wanted) => {\n  if (wanted === null || typeof wanted !== \"object\") return pm.expect(value).to.eql(wanted);\n  \
         pm.expect(value).to.be.an(Array.isArray(wanted) ? \"array\" : \"object\");\n  \
         if (Array.isArray(wanted)) pm.expect(value).to.have.lengthOf(wanted.length);\n  \
         Object.keys(wanted).forEach(k => like(value[k], wanted[k]));\n};",
    ),
    (
        "size",
        "const size = v => typeof v === \"string\" ? [...v].length : Array.isArray(v) ? v.length : Object.keys(v).length;",
    ),
    ("holds", "const holds = assertion => { try { assertion(); return true; } catch (e) { return false; } };"),
    (
        "type",
        "const type = v => v === null ? \"null\" : Array.isArray(v) ? \"list\" : Number.isInteger(v) ? \"integer\" : typeof v;",
    ),
];

/// Assertions and the functions that they call.
#[derive(Debug, Default)]
pub(super) struct Assertions {
    called: Vec<&'static str>,
}

impl Assertions {
    /// The name of one of the functions, which is written above what calls it.
    pub(super) fn call(&mut self, name: &'static str) -> &'static str {
        if !self.called.contains(&name) {
            self.called.push(name);
        }
        name
    }

    /// The functions that are called.
    pub(super) fn functions(&self) -> String {
        let called = FUNCTIONS.iter().filter(|(name, _)| self.called.contains(name));
        called.map(|(_, script)| format!("{script}\n")).collect()
    }

    /// What a JSONPath finds in `value`; `None` where the path has no counterpart.
    pub(super) fn path(&mut self, value: &str, path: &str) -> Option<String> {
        let steps = path_steps(path)?;
        if steps.is_empty() {
            return Some(value.to_owned());
        }
        let plain = |step: &Step| match step {
            Step::Name(name) => json(name),
            Step::Index(index) => index.to_string(),
            Step::Every => "null".to_owned(),
        };
        let list = steps.iter().map(plain).collect::<Vec<_>>().join(", ");
        let many = steps.iter().any(|step| matches!(step, Step::Every));
        let function = self.call(if many { "every" } else { "at" });
        Some(format!("{function}({value}, [{list}])"))
    }

    /// The statements that assert `predicate` of `actual`; `Err` is what cannot be said.
    pub(super) fn predicate(
        &mut self,
        actual: &str,
        predicate: &Value,
        names: &Names,
        number: bool,
    ) -> Result<Vec<String>, String> {
        let Value::Object(operators) = predicate else {
            return Ok(vec![self.operator(actual, "eq", predicate, names, number)?]);
        };
        operators.iter().map(|(name, operand)| self.operator(actual, name, operand, names, number)).collect()
    }

    /// `number` says that a text is compared as a number where the operand is one: of headers.
    fn operator(
        &mut self,
        actual: &str,
        name: &str,
        operand: &Value,
        names: &Names,
        number: bool,
    ) -> Result<String, String> {
        let expected = || names.value(operand);
        let shown = |script: String| format!("pm.expect({actual}){script};");
        Ok(match name {
            "eq" if number && operand.is_number() => format!("pm.expect(Number({actual})).to.eql({operand});"),
            "eq" => shown(format!(".to.eql({})", expected()?)),
            "in" => format!("pm.expect({}).to.deep.include({actual});", expected()?),
            "like" => format!("{}({actual}, {});", self.call("like"), expected()?),
            "not" => {
                let inner = self.predicate(actual, operand, names, number)?.join(" ");
                let holds = self.call("holds");
                format!(
                    "pm.expect({actual}).to.not.equal(undefined); pm.expect({holds}(() => {{ {inner} }})).to.equal(false);"
                )
            }
            "lt" | "le" | "gt" | "ge" => {
                let word = match name {
                    "lt" => "below",
                    "le" => "at.most",
                    "gt" => "above",
                    _ => "at.least",
                };
                match operand {
                    Value::Number(n) if number => format!("pm.expect(Number({actual})).to.be.{word}({n});"),
                    Value::Number(n) => shown(format!(".to.be.{word}({n})")),
                    Value::String(text) if !text.contains("{{") => match duration_of(text) {
                        Ok(duration) => shown(format!(".to.be.{word}({})", duration.as_millis())),
                        Err(_) => {
                            format!("pm.expect(Date.parse({actual})).to.be.{word}(Date.parse({}));", json(text))
                        }
                    },
                    _ => shown(format!(".to.be.{word}({})", expected()?)),
                }
            }
            "contains" => shown(format!(".to.deep.include({})", expected()?)),
            "starts_with" => shown(format!(".to.be.a(\"string\").and.satisfy(v => v.startsWith({}))", expected()?)),
            "ends_with" => shown(format!(".to.be.a(\"string\").and.satisfy(v => v.endsWith({}))", expected()?)),
            "matches" => shown(format!(".to.match({})", pattern(operand.as_str().unwrap_or(""))?)),
            "length" => {
                let size = format!("{}({actual})", self.call("size"));
                self.predicate(&size, operand, names, false)?.join(" ")
            }
            "empty" => {
                let size = self.call("size");
                let wanted = operand.as_bool().unwrap_or(true);
                format!("pm.expect({size}({actual}) === 0).to.equal({wanted});")
            }
            "all" => {
                let inner = self.predicate("item", operand, names, number)?.join(" ");
                format!(
                    "pm.expect({actual}).to.be.an(\"array\").that.is.not.empty; {actual}.forEach(item => {{ {inner} }});"
                )
            }
            "any" | "none" => {
                let inner = self.predicate("item", operand, names, number)?.join(" ");
                let holds = self.call("holds");
                let wanted = name == "any";
                format!("pm.expect({actual}.some(item => {holds}(() => {{ {inner} }}))).to.equal({wanted});")
            }
            "type" => {
                let kind = operand.as_str().unwrap_or("");
                let function = self.call("type");
                match kind {
                    "number" => format!("pm.expect([\"number\", \"integer\"]).to.include({function}({actual}));"),
                    _ => format!("pm.expect({function}({actual})).to.equal({});", json(kind)),
                }
            }
            "exists" if operand == &Value::Bool(false) => shown(".to.equal(undefined)".to_owned()),
            "exists" => shown(".to.not.equal(undefined)".to_owned()),
            other => return Err(format!("the operator `{other}`")),
        })
    }
}

/// A regular expression; flags at its start are JavaScript's behind it.
fn pattern(pattern: &str) -> Result<String, String> {
    let (flags, rest) = match pattern.strip_prefix("(?").and_then(|rest| rest.split_once(')')) {
        Some((flags, rest)) if !flags.is_empty() && flags.bytes().all(|b| b"ims".contains(&b)) => (flags, rest),
        _ => ("", pattern),
    };
    if rest.contains("(?x")
        || rest.contains("(?P<")
        || rest.contains("\\A")
        || rest.contains("\\z")
        || rest.contains("(?-")
    {
        return Err(format!("the regular expression `{pattern}`"));
    }
    Ok(format!("new RegExp({}, {})", json(rest), json(&format!("u{flags}"))))
}

enum Step {
    Name(String),
    Index(i64),
    Every,
}

/// The steps of a JSONPath of names, indexes and wildcards.
fn path_steps(path: &str) -> Option<Vec<Step>> {
    let mut rest = path.strip_prefix('$')?;
    let mut steps = Vec::new();
    while !rest.is_empty() {
        if let Some(after) = rest.strip_prefix(".*").or_else(|| rest.strip_prefix("[*]")) {
            steps.push(Step::Every);
            rest = after;
        } else if let Some(after) = rest.strip_prefix('.') {
            let end = after.find(['.', '[']).unwrap_or(after.len());
            let (name, after) = after.split_at_checked(end)?;
            if name.is_empty() {
                return None;
            }
            steps.push(Step::Name(name.to_owned()));
            rest = after;
        } else if let Some(after) = rest.strip_prefix('[') {
            let (inside, after) = match after.chars().next()? {
                quote @ ('\'' | '"') => {
                    let (name, after) = after.get(1..)?.split_once(quote)?;
                    if name.contains('\\') {
                        return None;
                    }
                    steps.push(Step::Name(name.to_owned()));
                    ("", after.strip_prefix(']')?)
                }
                _ => after.split_once(']')?,
            };
            if !inside.is_empty() {
                steps.push(Step::Index(inside.trim().parse().ok()?));
            }
            rest = after;
        } else {
            return None;
        }
    }
    Some(steps)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn predicates_are_chai() {
        let mut assertions = Assertions::default();
        let mut one =
            |predicate: Value| assertions.predicate("v", &predicate, &Names::default(), false).unwrap().join(" ");
        assert_eq!(one(json!("{{ x }}")), "pm.expect(v).to.eql(pm.variables.get(\"x\"));");
        assert_eq!(
            one(json!({"lt": "2s", "ge": 1})),
            "pm.expect(v).to.be.below(2000); pm.expect(v).to.be.at.least(1);"
        );
        assert_eq!(one(json!({"matches": "(?i)^a"})), "pm.expect(v).to.match(new RegExp(\"^a\", \"ui\"));");
        assert_eq!(
            one(json!({"any": {"eq": 1}})),
            "pm.expect(v.some(item => holds(() => { pm.expect(item).to.eql(1); }))).to.equal(true);"
        );
        assert_eq!(assertions.path("b", "$.a[0]['x y']").unwrap(), "at(b, [\"a\", 0, \"x y\"])");
        assert_eq!(assertions.path("b", "$.items[*].id").unwrap(), "every(b, [\"items\", null, \"id\"])");
        assert!(assertions.path("b", "$..id").is_none() && assertions.path("b", "$[?@.a]").is_none());
        assert!(assertions.functions().contains("const holds") && !assertions.functions().contains("const like"));
    }
}
