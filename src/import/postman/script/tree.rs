//! The statements and expressions of a script. Each knows how high it is, so that walking it cannot exhaust the stack.

use std::ops::Range;
use std::rc::Rc;

/// An expression.
#[derive(Clone, Debug)]
pub(super) struct Expr {
    pub(super) kind: Rc<Kind>,
    /// How deep it nests.
    pub(super) height: u16,
}

/// What an expression is.
#[derive(Debug)]
pub(super) enum Kind {
    Null,
    Bool(bool),
    Number(f64),
    Text(String),
    Regex(String, String),
    /// Texts, and the expressions between them.
    Template(Vec<String>, Vec<Expr>),
    Name(String),
    Member(Expr, String),
    Index(Expr, Expr),
    Call(Expr, Vec<Expr>),
    New(Expr, Vec<Expr>),
    Unary(&'static str, Expr),
    Binary(&'static str, Expr, Expr),
    Choice(Expr, Expr, Expr),
    Assign(&'static str, Expr, Expr),
    List(Vec<Expr>),
    Object(Vec<(String, Expr)>),
    Function(Function),
}

/// A function, whatever its form.
#[derive(Debug)]
pub(super) struct Function {
    /// Its parameters; one that is a pattern is an empty name.
    pub(super) params: Vec<String>,
    pub(super) body: Vec<Stmt>,
}

/// A statement.
#[derive(Clone, Debug)]
pub(super) struct Stmt {
    pub(super) kind: Rc<Doing>,
    /// Its bytes in the script.
    pub(super) range: Range<usize>,
    /// Its line in the script, from 1.
    pub(super) line: usize,
    pub(super) height: u16,
}

/// What a statement does.
#[derive(Debug)]
pub(super) enum Doing {
    /// Names, each with the path into its value: `const { id } = json` is `id` with `json.id`.
    Let(Vec<(String, Option<Expr>)>),
    Expr(Expr),
    If(Expr, Vec<Stmt>, Vec<Stmt>),
    Block(Vec<Stmt>),
    Return(Option<Expr>),
    Throw,
    Function(String, Expr),
    /// The block of `try`, and that of `catch`.
    Try(Vec<Stmt>, Vec<Stmt>),
    /// `for (const NAME of LIST)`.
    ForOf(String, Expr, Vec<Stmt>),
    Empty,
    /// Anything else.
    Unknown,
}

/// The height of the highest.
pub(super) fn highest(statements: &[Stmt]) -> u16 {
    statements.iter().map(|s| s.height).max().unwrap_or(0)
}
