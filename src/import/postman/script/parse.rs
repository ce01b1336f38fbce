//! Tokens to statements. What is not understood becomes an `Unknown` statement, and the next one is read.

mod expression;

use std::rc::Rc;

use super::token::{Placed, Token, tokens};
use super::tree::{Doing, Expr, Kind, Stmt, highest};

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
                    self.at = self.behind_partner().max(self.at + 1);
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
