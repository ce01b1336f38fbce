//! From text to a query: what stands after `?`.

use super::parse::{Parsed, Parser};
use super::pattern;
use super::query::{Comparable, Comparison, Logical, Match, Pattern, Query};
use crate::value::Value;

/// What an operand of a filter turned out to be. Which of these may stand where is RFC 9535 section 2.4.3.
enum Operand {
    Value(Comparable),
    /// Found by a query: nodes, and also a value where the query is singular.
    Nodes(Query),
    Truth(Logical),
}

impl Parser<'_> {
    /// `a || b`.
    pub(super) fn logical(&mut self) -> Parsed<Logical> {
        self.chain("||", Self::conjunction, Logical::Or)
    }

    fn conjunction(&mut self) -> Parsed<Logical> {
        self.chain("&&", Self::basic, Logical::And)
    }

    fn chain(
        &mut self,
        operator: &str,
        part: fn(&mut Self) -> Parsed<Logical>,
        joined: fn(Vec<Logical>) -> Logical,
    ) -> Parsed<Logical> {
        let first = part(self)?;
        let mut rest = Vec::new();
        loop {
            let before = self.at();
            self.blanks();
            if !self.eat(operator) {
                self.back_to(before);
                break;
            }
            self.blanks();
            rest.push(part(self)?);
        }
        if rest.is_empty() {
            return Ok(first);
        }
        rest.insert(0, first);
        Ok(joined(rest))
    }

    fn basic(&mut self) -> Parsed<Logical> {
        let start = self.at();
        let not = self.eat("!");
        if not {
            self.blanks();
        }
        if self.eat("(") {
            self.blanks();
            let inner = self.nested(Self::logical)?;
            self.blanks();
            self.expect(")")?;
            return Ok(if not { Logical::Not(Box::new(inner)) } else { inner });
        }
        let left = self.operand()?;
        let after = self.at();
        self.blanks();
        if let Some(comparison) = self.comparison() {
            if not {
                return Err(self.error_at(start, "`!` before a comparison needs parentheses: `!(a == b)`"));
            }
            let left = self.value(left, start)?;
            self.blanks();
            let place = self.at();
            let right = self.operand()?;
            let right = self.value(right, place)?;
            return Ok(Logical::Compare(left, comparison, right));
        }
        if self.peek() == Some('=') {
            return Err(self.error("to compare, write `==`"));
        }
        self.back_to(after);
        let truth = match left {
            Operand::Nodes(query) => Logical::Exists(query),
            Operand::Truth(logical) => logical,
            Operand::Value(_) => return Err(self.error_at(start, "a value alone is no condition: compare it")),
        };
        Ok(if not { Logical::Not(Box::new(truth)) } else { truth })
    }

    fn comparison(&mut self) -> Option<Comparison> {
        // The longer ones first.
        [
            ("==", Comparison::Eq),
            ("!=", Comparison::Ne),
            ("<=", Comparison::Le),
            (">=", Comparison::Ge),
            ("<", Comparison::Lt),
            (">", Comparison::Gt),
        ]
        .into_iter()
        .find_map(|(sign, comparison)| self.eat(sign).then_some(comparison))
    }

    fn value(&self, operand: Operand, start: usize) -> Parsed<Comparable> {
        match operand {
            Operand::Value(value) => Ok(value),
            Operand::Nodes(query) if query.is_singular() => Ok(Comparable::Query(query)),
            Operand::Nodes(_) => {
                Err(self.error_at(start, "this can find several values, and one is needed: use names and indexes"))
            }
            Operand::Truth(_) => Err(self.error_at(start, "this is true or false, which cannot be compared")),
        }
    }

    fn operand(&mut self) -> Parsed<Operand> {
        match self.peek() {
            Some(sign @ ('@' | '$')) => {
                self.eat(if sign == '$' { "$" } else { "@" });
                let segments = self.nested(Self::segments)?;
                Ok(Operand::Nodes(Query { from_root: sign == '$', segments }))
            }
            Some('\'' | '"') => self.string().map(|text| Operand::Value(Comparable::Literal(Value::from(text)))),
            Some('-' | '0'..='9') => self.number().map(|number| Operand::Value(Comparable::Literal(number))),
            Some('a'..='z') => self.word(),
            _ => Err(self.unexpected("`@`, `$`, text in quotes, a number, `true`, `false`, `null` or a function")),
        }
    }

    fn number(&mut self) -> Parsed<Value> {
        let start = self.at();
        let negative = self.eat("-");
        let digits = self.take(|c| c.is_ascii_digit());
        let mut text = format!("{}{digits}", if negative { "-" } else { "" });
        if digits.is_empty() || digits.len() > 1 && digits.starts_with('0') {
            return Err(self.error_at(start, "a number has digits and no leading zeros"));
        }
        if self.eat(".") {
            let digits = self.take(|c| c.is_ascii_digit());
            if digits.is_empty() {
                return Err(self.unexpected("a digit"));
            }
            text += &format!(".{digits}");
        }
        if self.eat("e") || self.eat("E") {
            let sign = if self.eat("-") {
                "-"
            } else {
                self.eat("+");
                ""
            };
            let digits = self.take(|c| c.is_ascii_digit());
            if digits.is_empty() {
                return Err(self.unexpected("a digit"));
            }
            text += &format!("e{sign}{digits}");
        }
        serde_json::from_str(&text).map_err(|_| self.error_at(start, "the number is too large"))
    }

    /// A constant or a function.
    fn word(&mut self) -> Parsed<Operand> {
        let start = self.at();
        let name = self.take(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_');
        if !self.eat("(") {
            let value = match name {
                "true" => Value::Bool(true),
                "false" => Value::Bool(false),
                "null" => Value::Null,
                _ => {
                    let message = format!("`{name}` is no constant: text stands in quotes, a name after `@.`");
                    return Err(self.error_at(start, message));
                }
            };
            return Ok(Operand::Value(Comparable::Literal(value)));
        }
        let wanted = match name {
            "length" | "count" | "value" => 1,
            "match" | "search" => 2,
            _ => {
                let known = "`length`, `count`, `value`, `match` and `search`";
                return Err(self.error_at(start, format!("there is no function `{name}`, only {known}")));
            }
        };
        let mut args = self.nested(|parser| parser.arguments(start))?;
        if args.len() != wanted {
            let s = if wanted == 1 { "" } else { "s" };
            return Err(self.error_at(start, format!("`{name}` takes {wanted} argument{s}, not {}", args.len())));
        }
        let (Some((last, place)), first) = (args.pop(), args.pop()) else {
            return Err(self.error_at(start, "an argument is missing"));
        };
        Ok(match (name, first) {
            ("length", _) => Operand::Value(Comparable::Length(Box::new(self.value(last, place)?))),
            ("count", _) => Operand::Value(Comparable::Count(self.nodes(last, place)?)),
            ("value", _) => Operand::Value(Comparable::Value(self.nodes(last, place)?)),
            (_, Some((text, text_place))) => {
                let whole = name == "match";
                let pattern = match self.value(last, place)? {
                    Comparable::Literal(Value::String(text)) => Pattern::Fixed(pattern::compile(&text, whole)),
                    Comparable::Literal(_) => Pattern::Fixed(None),
                    found => Pattern::Found(found),
                };
                let text = self.value(text, text_place)?;
                Operand::Truth(Logical::Match(Box::new(Match { whole, text, pattern })))
            }
            _ => return Err(self.error_at(start, "an argument is missing")),
        })
    }

    fn arguments(&mut self, start: usize) -> Parsed<Vec<(Operand, usize)>> {
        let mut args = Vec::new();
        self.blanks();
        if self.eat(")") {
            return Ok(args);
        }
        loop {
            self.blanks();
            let place = self.at();
            args.push((self.operand()?, place));
            self.blanks();
            if self.eat(")") {
                return Ok(args);
            }
            if !self.eat(",") {
                return Err(if self.rest().is_empty() {
                    self.error_at(start, "nothing closes this call")
                } else {
                    self.unexpected("`,` or `)`")
                });
            }
        }
    }

    fn nodes(&self, operand: Operand, start: usize) -> Parsed<Query> {
        match operand {
            Operand::Nodes(query) => Ok(query),
            _ => Err(self.error_at(start, "a path is needed here: `@…` or `$…`")),
        }
    }
}
