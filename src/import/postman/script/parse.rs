//! Tokens to statements. What is not understood becomes an `Unknown` statement, and the next one is read.

use std::rc::Rc;

use super::token::{Placed, Token, tokens};
use super::tree::{Doing, Expr, Function, Kind, Stmt, highest};

/// Deeper than any script a person writes.
const MAX_HEIGHT: u16 = 100;
/// Nesting of calls here: one level of the script takes a few.
const MAX_DEPTH: usize = 100;

/// The statements of `text`; or the line and what is wrong there.
pub(super) fn parse(text: &str) -> Result<Vec<Stmt>, (usize, &'static str)> {
    parse_at(text, 0)
}

fn parse_at(text: &str, depth: usize) -> Result<Vec<Stmt>, (usize, &'static str)> {
    let tokens = tokens(text)?;
    let partner = partners(&tokens)?;
    let mut parser = Parser { tokens, partner, at: 0, depth, length: text.len() };
    let mut statements = Vec::new();
    while *parser.token() != Token::End {
        statements.push(parser.statement());
    }
    Ok(statements)
}

/// For each opening bracket the place of the one that closes it.
fn partners(tokens: &[Placed]) -> Result<Vec<usize>, (usize, &'static str)> {
    let mut partner = vec![0; tokens.len()];
    let mut open: Vec<(usize, &str)> = Vec::new();
    for (at, placed) in tokens.iter().enumerate() {
        match placed.token {
            Token::Sign("(") => open.push((at, ")")),
            Token::Sign("[") => open.push((at, "]")),
            Token::Sign("{") => open.push((at, "}")),
            Token::Sign(sign @ (")" | "]" | "}")) => match open.pop() {
                Some((from, wanted)) if wanted == sign => {
                    if let Some(place) = partner.get_mut(from) {
                        *place = at;
                    }
                }
                _ => return Err((placed.line, "a bracket closes what was not opened")),
            },
            _ => {}
        }
    }
    match open.pop() {
        Some((at, _)) => Err((tokens.get(at).map_or(1, |t| t.line), "a bracket is never closed")),
        None => Ok(partner),
    }
}

struct Parser {
    tokens: Vec<Placed>,
    partner: Vec<usize>,
    at: usize,
    depth: usize,
    length: usize,
}

/// That the statement is not understood.
struct Unclear;
type Parsed<T> = Result<T, Unclear>;

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
    fn placed(&self, ahead: usize) -> Option<&Placed> {
        self.tokens.get(self.at + ahead).or(self.tokens.last())
    }

    fn token(&self) -> &Token {
        self.placed(0).map_or(&Token::End, |p| &p.token)
    }

    fn is(&self, sign: &str) -> bool {
        matches!(self.token(), Token::Sign(s) if *s == sign)
    }

    fn is_word(&self, word: &str) -> bool {
        matches!(self.token(), Token::Word(w) if w == word)
    }

    fn eat(&mut self, sign: &str) -> bool {
        let found = self.is(sign);
        self.at += usize::from(found);
        found
    }

    fn eat_word(&mut self, word: &str) -> bool {
        let found = self.is_word(word);
        self.at += usize::from(found);
        found
    }

    fn want(&mut self, sign: &str) -> Parsed<()> {
        if self.eat(sign) { Ok(()) } else { Err(Unclear) }
    }

    fn word(&mut self) -> Parsed<String> {
        match self.token() {
            Token::Word(word) => {
                let word = word.clone();
                self.at += 1;
                Ok(word)
            }
            _ => Err(Unclear),
        }
    }

    /// The place behind the bracket that closes the one here.
    fn behind_partner(&self) -> usize {
        self.partner.get(self.at).copied().unwrap_or(self.at) + 1
    }

    fn node(kind: Kind, height: u16) -> Parsed<Expr> {
        if height >= MAX_HEIGHT { Err(Unclear) } else { Ok(Expr { kind: Rc::new(kind), height: height + 1 }) }
    }

    // ---- statements

    fn statement(&mut self) -> Stmt {
        let from = self.at;
        self.depth += 1;
        let done = if self.depth > MAX_DEPTH { Err(Unclear) } else { self.doing() };
        self.depth -= 1;
        let (doing, height) = done.unwrap_or_else(|Unclear| {
            self.at = from;
            self.skip();
            (Doing::Unknown, 0)
        });
        let (start, line) = self.tokens.get(from).map_or((0, 1), |p| (p.start, p.line));
        let end = self.at.checked_sub(1).and_then(|last| self.tokens.get(last)).map_or(self.length, |p| p.end);
        Stmt { kind: Rc::new(doing), range: start..end.max(start), line, height: height + 1 }
    }

    /// To the end of a statement that is not understood: a `;`, a `}` of the block around, or a new line.
    fn skip(&mut self) {
        let mut first = true;
        loop {
            match self.placed(0) {
                None => return,
                Some(Placed { token: Token::End, .. }) => return,
                Some(Placed { token: Token::Sign(";"), .. }) => {
                    self.at += 1;
                    return;
                }
                Some(Placed { token: Token::Sign("}"), .. }) if !first => return,
                Some(placed)
                    if placed.fresh_line && !first && !matches!(placed.token, Token::Sign("." | "{" | "?.")) =>
                {
                    return;
                }
                Some(Placed { token: Token::Sign("(" | "[" | "{"), .. }) => {
                    self.at = self.behind_partner().max(self.at + 1)
                }
                Some(_) => self.at += 1,
            }
            first = false;
        }
    }

    fn ended(&mut self) -> Parsed<()> {
        let fresh = self.placed(0).is_none_or(|p| p.fresh_line);
        if self.eat(";") || fresh || self.is("}") || *self.token() == Token::End { Ok(()) } else { Err(Unclear) }
    }

    fn block(&mut self) -> Parsed<Vec<Stmt>> {
        self.want("{")?;
        let mut statements = Vec::new();
        while !self.eat("}") {
            if *self.token() == Token::End {
                return Err(Unclear);
            }
            statements.push(self.statement());
        }
        if highest(&statements) >= MAX_HEIGHT { Err(Unclear) } else { Ok(statements) }
    }

    /// A block, or one statement without braces.
    fn branch(&mut self) -> Parsed<Vec<Stmt>> {
        if self.is("{") { self.block() } else { Ok(vec![self.statement()]) }
    }

    fn doing(&mut self) -> Parsed<(Doing, u16)> {
        let next_is_call = matches!(self.placed(1).map(|p| &p.token), Some(Token::Sign("=" | "." | "=>")));
        let word = match self.token() {
            Token::Sign(";") => {
                self.at += 1;
                return Ok((Doing::Empty, 0));
            }
            Token::Sign("{") => {
                let block = self.block()?;
                let height = highest(&block);
                return Ok((Doing::Block(block), height));
            }
            Token::Word(word) if !next_is_call => word.clone(),
            _ => String::new(),
        };
        match word.as_str() {
            "var" | "let" | "const" => self.binding_statement(),
            "if" => self.if_statement(),
            "return" => {
                self.at += 1;
                let bare = self.is(";") || self.is("}") || self.placed(0).is_none_or(|p| p.fresh_line);
                let value = if bare { None } else { Some(self.expression()?) };
                self.ended()?;
                let height = value.as_ref().map_or(0, |v| v.height);
                Ok((Doing::Return(value), height))
            }
            "throw" => {
                self.at += 1;
                let thrown = self.expression()?;
                self.ended()?;
                Ok((Doing::Throw, thrown.height))
            }
            "function" => self.function_statement(),
            "async" if matches!(self.placed(1).map(|p| &p.token), Some(Token::Word(w)) if w == "function") => {
                self.at += 1;
                self.function_statement()
            }
            "try" => self.try_statement(),
            "for" => self.for_statement(),
            "while" | "do" | "switch" | "class" | "import" | "export" | "with" | "break" | "continue" => Err(Unclear),
            _ => {
                let expr = self.expression()?;
                self.ended()?;
                let height = expr.height;
                Ok((Doing::Expr(expr), height))
            }
        }
    }

    fn function_statement(&mut self) -> Parsed<(Doing, u16)> {
        self.at += 1;
        let name = self.word()?;
        let function = self.function_rest()?;
        let height = function.height;
        Ok((Doing::Function(name, function), height))
    }

    fn if_statement(&mut self) -> Parsed<(Doing, u16)> {
        self.at += 1;
        self.want("(")?;
        let condition = self.expression()?;
        self.want(")")?;
        let then = self.branch()?;
        let otherwise = if self.eat_word("else") { self.branch()? } else { Vec::new() };
        let height = condition.height.max(highest(&then)).max(highest(&otherwise));
        Ok((Doing::If(condition, then, otherwise), height))
    }

    fn try_statement(&mut self) -> Parsed<(Doing, u16)> {
        self.at += 1;
        let block = self.block()?;
        let mut catch = Vec::new();
        if self.eat_word("catch") {
            if self.is("(") {
                self.at = self.behind_partner();
            }
            catch = self.block()?;
        }
        if self.eat_word("finally") {
            return Err(Unclear);
        }
        let height = highest(&block).max(highest(&catch));
        Ok((Doing::Try(block, catch), height))
    }

    fn for_statement(&mut self) -> Parsed<(Doing, u16)> {
        self.at += 1;
        self.want("(")?;
        if !(self.eat_word("const") || self.eat_word("let") || self.eat_word("var")) {
            return Err(Unclear);
        }
        let name = self.word()?;
        if !self.eat_word("of") {
            return Err(Unclear);
        }
        let list = self.expression()?;
        self.want(")")?;
        let body = self.branch()?;
        let height = list.height.max(highest(&body));
        Ok((Doing::ForOf(name, list, body), height))
    }

    fn binding_statement(&mut self) -> Parsed<(Doing, u16)> {
        self.at += 1;
        let mut bound = Vec::new();
        loop {
            if self.is("{") {
                self.pattern(&mut bound)?;
            } else {
                let name = self.word()?;
                let value = if self.eat("=") { Some(self.assignment()?) } else { None };
                bound.push((name, value));
            }
            if !self.eat(",") {
                break;
            }
        }
        self.ended()?;
        let height = bound.iter().filter_map(|(_, value)| value.as_ref().map(|v| v.height)).max().unwrap_or(0);
        Ok((Doing::Let(bound), height))
    }

    /// `{ id, name: title } = value`.
    fn pattern(&mut self, bound: &mut Vec<(String, Option<Expr>)>) -> Parsed<()> {
        self.want("{")?;
        let mut names = Vec::new();
        while !self.eat("}") {
            let key = self.word()?;
            let name = if self.eat(":") { self.word()? } else { key.clone() };
            names.push((key, name));
            if !self.eat(",") && !self.is("}") {
                return Err(Unclear);
            }
        }
        self.want("=")?;
        let value = self.assignment()?;
        for (key, name) in names {
            let height = value.height;
            bound.push((name, Some(Self::node(Kind::Member(value.clone(), key), height)?)));
        }
        Ok(())
    }

    // ---- expressions

    fn expression(&mut self) -> Parsed<Expr> {
        let expr = self.assignment()?;
        if self.is(",") { Err(Unclear) } else { Ok(expr) }
    }

    fn assignment(&mut self) -> Parsed<Expr> {
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

    // ---- functions

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

    fn function_rest(&mut self) -> Parsed<Expr> {
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

#[cfg(test)]
mod tests {
    use super::*;

    fn shapes(text: &str) -> Vec<String> {
        let shape = |s: &Stmt| format!("{:?}", s.kind).chars().take_while(|c| c.is_alphanumeric()).collect();
        parse(text).map_or_else(|(line, what)| vec![format!("{line}: {what}")], |all| all.iter().map(shape).collect())
    }

    #[test]
    fn statements_end_at_a_semicolon_or_a_line() {
        assert_eq!(shapes("a()\nb = 1; if (x) { y() } else z()\nvar a = 1, b\n"), ["Expr", "Expr", "If", "Let"]);
        assert_eq!(shapes("pm.test('x', () => {\n  f();\n})\n.g()"), ["Expr"]);
    }

    #[test]
    fn what_is_not_understood_is_one_statement() {
        assert_eq!(shapes("while (x) { a(); b() }\nc()"), ["Unknown", "Expr"]);
        assert_eq!(shapes("class A { b() { return 1 } }\nc()"), ["Unknown", "Expr"]);
        assert_eq!(shapes("if (a) {"), ["1: a bracket is never closed"]);
    }

    #[test]
    fn a_bomb_is_refused_and_not_walked() {
        for bomb in ["(", "[", "{", "!", "a.b(", "if(a)", "x=>", "a?b:", "function(){", "`${"] {
            let _ = parse(&bomb.repeat(20_000));
        }
        let chain = format!("a{};", ".b".repeat(50_000));
        assert_eq!(shapes(&chain), ["Unknown"]);
        assert_eq!(shapes(&format!("a{};", " + 1".repeat(50_000))), ["Unknown"]);
        assert_eq!(shapes(&format!("{}{};", "(".repeat(5_000), ")".repeat(5_000))), ["Unknown"]);
    }
}
