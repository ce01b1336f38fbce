//! The expressions of a script, by how tightly their operators bind.

use std::rc::Rc;

use super::{MAX_DEPTH, Parsed, Parser, Unclear, parse_at};
use crate::import::postman::script::token::Token;
use crate::import::postman::script::tree::{Doing, Expr, Function, Kind, Stmt, highest};

/// How tightly each operator binds (ECMA-262, 13).
fn binding(sign: &str) -> Option<u8> {
    Some(match sign {
        "??" => 1,
        "||" => 2,
        "&&" => 3,
        "|" => 4,
        "^" => 5,
        "&" => 6,
        "==" | "!=" | "===" | "!==" => 7,
        "<" | ">" | "<=" | ">=" | "in" | "instanceof" => 8,
        "<<" | ">>" | ">>>" => 9,
        "+" | "-" => 10,
        "*" | "/" | "%" => 11,
        "**" => 12,
        _ => return None,
    })
}

impl Parser {
    pub(super) fn expression(&mut self) -> Parsed<Expr> {
        let expr = self.assignment()?;
        if self.is(",") { Err(Unclear) } else { Ok(expr) }
    }

    pub(super) fn assignment(&mut self) -> Parsed<Expr> {
        self.depth += 1;
        let done = if self.depth > MAX_DEPTH { Err(Unclear) } else { self.assignment_inner() };
        self.depth -= 1;
        done
    }

    fn assignment_inner(&mut self) -> Parsed<Expr> {
        if let Some(function) = self.arrow()? {
            return Ok(function);
        }
        let left = self.choice()?;
        let Token::Sign(sign @ ("=" | "+=" | "-=" | "*=" | "||=" | "??=")) = *self.token() else { return Ok(left) };
        self.at += 1;
        let right = self.assignment()?;
        let height = left.height.max(right.height);
        Self::node(Kind::Assign(sign, left, right), height)
    }

    fn choice(&mut self) -> Parsed<Expr> {
        let condition = self.binary(0)?;
        if !self.eat("?") {
            return Ok(condition);
        }
        let then = self.assignment()?;
        self.want(":")?;
        let otherwise = self.assignment()?;
        let height = condition.height.max(then.height).max(otherwise.height);
        Self::node(Kind::Choice(condition, then, otherwise), height)
    }

    fn binary(&mut self, least: u8) -> Parsed<Expr> {
        let mut left = self.unary()?;
        loop {
            let sign = match self.token() {
                Token::Sign(sign) => *sign,
                Token::Word(word) if word == "in" => "in",
                Token::Word(word) if word == "instanceof" => "instanceof",
                _ => return Ok(left),
            };
            let Some(binds) = binding(sign).filter(|binds| *binds > least) else { return Ok(left) };
            self.at += 1;
            let right = self.binary(binds)?;
            let height = left.height.max(right.height);
            left = Self::node(Kind::Binary(sign, left, right), height)?;
        }
    }

    fn unary(&mut self) -> Parsed<Expr> {
        let sign = match self.token() {
            Token::Sign(sign @ ("!" | "-" | "+" | "++" | "--")) => *sign,
            Token::Word(word) if word == "typeof" => "typeof",
            Token::Word(word) if word == "await" => "await",
            Token::Word(word) if word == "delete" => "delete",
            _ => return self.postfix(),
        };
        self.at += 1;
        self.depth += 1;
        let operand = if self.depth > MAX_DEPTH { Err(Unclear) } else { self.unary() };
        self.depth -= 1;
        let operand = operand?;
        let height = operand.height;
        if sign == "await" { Ok(operand) } else { Self::node(Kind::Unary(sign, operand), height) }
    }

    fn postfix(&mut self) -> Parsed<Expr> {
        let mut expr = self.primary()?;
        loop {
            let height = expr.height;
            expr = if self.is(".")
                || (self.is("?.") && !matches!(self.placed(1).map(|p| &p.token), Some(Token::Sign("[" | "("))))
            {
                self.at += 1;
                let name = self.word()?;
                Self::node(Kind::Member(expr, name), height)?
            } else if self.is("[") || self.is("?.") {
                self.eat("?.");
                if self.is("(") {
                    continue;
                }
                self.want("[")?;
                let index = self.expression()?;
                self.want("]")?;
                let height = height.max(index.height);
                Self::node(Kind::Index(expr, index), height)?
            } else if self.is("(") {
                let args = self.arguments()?;
                let height = args.iter().map(|a| a.height).max().unwrap_or(0).max(height);
                Self::node(Kind::Call(expr, args), height)?
            } else if (self.is("++") || self.is("--")) && self.placed(0).is_some_and(|p| !p.fresh_line) {
                let sign = if self.is("++") { "++" } else { "--" };
                self.at += 1;
                Self::node(Kind::Unary(sign, expr), height)?
            } else {
                return Ok(expr);
            };
        }
    }

    fn arguments(&mut self) -> Parsed<Vec<Expr>> {
        self.want("(")?;
        let mut args = Vec::new();
        while !self.eat(")") {
            args.push(self.assignment()?);
            if !self.eat(",") && !self.is(")") {
                return Err(Unclear);
            }
        }
        Ok(args)
    }

    fn primary(&mut self) -> Parsed<Expr> {
        let token = self.token().clone();
        let leaf = |this: &mut Self, kind| {
            this.at += 1;
            Self::node(kind, 0)
        };
        match token {
            Token::Number(n) => leaf(self, Kind::Number(n)),
            Token::Text(text) => leaf(self, Kind::Text(text)),
            Token::Regex(source, flags) => leaf(self, Kind::Regex(source, flags)),
            Token::Template(texts, holes) => {
                self.at += 1;
                let mut inside = Vec::new();
                for hole in &holes {
                    // Each level reads its text again, so there are few of them.
                    let statements = parse_at(hole, self.depth + 20).map_err(|_| Unclear)?;
                    match statements.as_slice() {
                        [Stmt { kind, .. }] => match &**kind {
                            Doing::Expr(expr) => inside.push(expr.clone()),
                            _ => return Err(Unclear),
                        },
                        _ => return Err(Unclear),
                    }
                }
                let height = inside.iter().map(|e| e.height).max().unwrap_or(0);
                Self::node(Kind::Template(texts, inside), height)
            }
            Token::Sign("(") => {
                self.at += 1;
                let inside = self.expression()?;
                self.want(")")?;
                Ok(inside)
            }
            Token::Sign("[") => {
                self.at += 1;
                let mut items = Vec::new();
                while !self.eat("]") {
                    items.push(self.assignment()?);
                    if !self.eat(",") && !self.is("]") {
                        return Err(Unclear);
                    }
                }
                let height = items.iter().map(|e| e.height).max().unwrap_or(0);
                Self::node(Kind::List(items), height)
            }
            Token::Sign("{") => self.object(),
            Token::Word(word) => match word.as_str() {
                "null" => leaf(self, Kind::Null),
                "true" => leaf(self, Kind::Bool(true)),
                "false" => leaf(self, Kind::Bool(false)),
                "function" => {
                    self.at += 1;
                    if !self.is("(") {
                        self.word()?;
                    }
                    self.function_rest()
                }
                "new" => {
                    self.at += 1;
                    let mut name = Self::node(Kind::Name(self.word()?), 0)?;
                    while self.eat(".") {
                        let height = name.height;
                        name = Self::node(Kind::Member(name, self.word()?), height)?;
                    }
                    let args = if self.is("(") { self.arguments()? } else { Vec::new() };
                    let height = args.iter().map(|a| a.height).max().unwrap_or(0).max(name.height);
                    Self::node(Kind::New(name, args), height)
                }
                _ => leaf(self, Kind::Name(word)),
            },
            Token::Sign(_) | Token::End => Err(Unclear),
        }
    }

    fn object(&mut self) -> Parsed<Expr> {
        self.want("{")?;
        let mut entries = Vec::new();
        while !self.eat("}") {
            let key = match self.token().clone() {
                Token::Word(word) => word,
                Token::Text(text) => text,
                Token::Number(n) => n.to_string(),
                _ => return Err(Unclear),
            };
            self.at += 1;
            let value = if self.eat(":") { self.assignment()? } else { Self::node(Kind::Name(key.clone()), 0)? };
            entries.push((key, value));
            if !self.eat(",") && !self.is("}") {
                return Err(Unclear);
            }
        }
        let height = entries.iter().map(|(_, e)| e.height).max().unwrap_or(0);
        Self::node(Kind::Object(entries), height)
    }

    /// `a => …`, `(a, b) => …`, with or without `async`; `None` where none begins here.
    fn arrow(&mut self) -> Parsed<Option<Expr>> {
        let mut ahead = 0;
        if self.is_word("async") && matches!(self.placed(1).map(|p| &p.token), Some(Token::Word(_) | Token::Sign("(")))
        {
            ahead = 1;
        }
        let start = self.at + ahead;
        let is_arrow = |at: usize| matches!(self.tokens.get(at).map(|p| &p.token), Some(Token::Sign("=>")));
        match self.tokens.get(start).map(|p| &p.token) {
            Some(Token::Word(name)) if is_arrow(start + 1) => {
                let params = vec![name.clone()];
                self.at = start + 2;
                self.arrow_body(params).map(Some)
            }
            Some(Token::Sign("(")) => {
                let close = self.partner.get(start).copied().unwrap_or(start);
                if !is_arrow(close + 1) {
                    return Ok(None);
                }
                self.at = start;
                let params = self.parameters()?;
                self.want("=>")?;
                self.arrow_body(params).map(Some)
            }
            _ => Ok(None),
        }
    }

    fn arrow_body(&mut self, params: Vec<String>) -> Parsed<Expr> {
        if self.is("{") {
            let body = self.block()?;
            let height = highest(&body);
            return Self::node(Kind::Function(Function { params, body }), height);
        }
        let (from, start) = (self.at, self.placed(0).map_or(0, |p| p.start));
        let value = self.assignment()?;
        let line = self.tokens.get(from).map_or(1, |p| p.line);
        let end = self.at.checked_sub(1).and_then(|last| self.tokens.get(last)).map_or(start, |p| p.end);
        let height = value.height;
        let result = Stmt { kind: Rc::new(Doing::Return(Some(value))), range: start..end, line, height: height + 1 };
        Self::node(Kind::Function(Function { params, body: vec![result] }), height + 1)
    }

    pub(super) fn function_rest(&mut self) -> Parsed<Expr> {
        let params = self.parameters()?;
        let body = self.block()?;
        let height = highest(&body);
        Self::node(Kind::Function(Function { params, body }), height)
    }

    fn parameters(&mut self) -> Parsed<Vec<String>> {
        if !self.is("(") {
            return Err(Unclear);
        }
        let end = self.behind_partner();
        self.at += 1;
        let mut params = Vec::new();
        while self.at + 1 < end {
            match self.token() {
                Token::Word(name) => {
                    params.push(name.clone());
                    self.at += 1;
                }
                Token::Sign(",") => self.at += 1,
                // A pattern or a default value: its names stay unknown.
                Token::Sign("(" | "[" | "{") => self.at = self.behind_partner(),
                _ => self.at += 1,
            }
        }
        self.at = end;
        Ok(params)
    }
}
