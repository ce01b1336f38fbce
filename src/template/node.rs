//! The expression tree: MiniJinja's, lowered to what evaluation and messages need.
//!
//! It is kept small, because a large flow holds tens of thousands of them: a plain name is one node of 40 bytes and its text.

use minijinja::Value;
use regex::Regex;

use crate::jsonpath::JsonPath;
use crate::source::Span;
use crate::xpath::XPath;

use super::function::Function;

/// One node, with its place in the file.
#[derive(Debug)]
pub(super) struct Node {
    pub kind: Kind,
    pub span: Span,
}

#[derive(Debug)]
pub(super) enum Kind {
    Const(Value),
    Var(Box<str>),
    Attr(Box<(Node, Box<str>)>),
    Item(Box<(Node, Node)>),
    Slice(Box<(Node, [Option<Node>; 3])>),
    Not(Box<Node>),
    Negate(Box<Node>),
    Math(Math, Box<(Node, Node)>),
    /// `a < b < c`: the first operand, then each comparison.
    Compare(Box<(Node, Vec<(Comparison, Node)>)>),
    And(Box<(Node, Node)>),
    Or(Box<(Node, Node)>),
    /// Condition, then, else.
    If(Box<(Node, Node, Option<Node>)>),
    /// `default`, `d`: undefined gives way.
    Default(Box<(Node, Vec<Arg>)>),
    /// `is defined`.
    Defined(Box<Node>),
    /// `is undefined`.
    Undefined(Box<Node>),
    Filter(Box<Call>),
    Test(Box<Call>),
    Function(Function, Vec<Arg>),
    List(Vec<Node>),
    Map(Vec<(Node, Node)>),
    /// `jsonpath('…')` with a literal path.
    JsonPath(Box<(Node, JsonPath)>),
    /// `xpath('…')` with a literal path.
    XPath(Box<(Node, XPath)>),
    /// `regex_find('…')` with a literal pattern.
    RegexFind(Box<(Node, Regex)>),
    /// `regex_replace('…', …)` with a literal pattern.
    RegexReplace(Box<(Node, Regex, Node)>),
}

/// A filter or a test on `subject`.
#[derive(Debug)]
pub(super) struct Call {
    pub name: &'static str,
    pub subject: Node,
    pub args: Vec<Arg>,
}

/// An argument; `name` for `key=value`.
#[derive(Debug)]
pub(super) struct Arg {
    pub name: Option<Box<str>>,
    pub value: Node,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Math {
    Add,
    Subtract,
    Multiply,
    Divide,
    FloorDivide,
    Remainder,
    Power,
    Concat,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Comparison {
    Equal,
    NotEqual,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
    In,
    NotIn,
}

/// A use of a name that the expression does not bind itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NameUse {
    /// The name, then its attributes as far as they are static: `steps.login.outputs[0].x` gives five.
    pub path: Vec<String>,
    /// The place of the first name in the file.
    pub span: Span,
    /// The place of the whole path in the file.
    pub path_span: Span,
    /// True where `is defined`, `is undefined` or `default` allows it to be missing.
    pub guarded: bool,
}

/// What a child makes of its parent's permission to be missing.
#[derive(Clone, Copy)]
enum Guard {
    Set,
    Keep,
    Clear,
}

impl Node {
    /// The name and its static attributes, where the node is nothing but that. A prefix of the path stands in `out` either way.
    pub(super) fn path<'n>(&'n self, out: &mut Vec<&'n str>) -> bool {
        match &self.kind {
            Kind::Var(name) => {
                out.push(name);
                true
            }
            Kind::Attr(attr) => {
                let whole = attr.0.path(out);
                if whole {
                    out.push(&attr.1);
                }
                whole
            }
            Kind::Item(item) => {
                let whole = item.0.path(out);
                match &item.1.kind {
                    Kind::Const(key) if whole && key.as_str().is_some() => {
                        out.extend(key.as_str());
                        true
                    }
                    _ => false,
                }
            }
            _ => false,
        }
    }

    /// Calls `visit` with every maximal name path under this node: (path node, path, guarded).
    pub(super) fn each_path<'n>(&'n self, guarded: bool, visit: &mut dyn FnMut(&'n Node, &[&'n str], bool)) {
        if matches!(self.kind, Kind::Var(_) | Kind::Attr(_) | Kind::Item(_)) {
            let mut path = Vec::new();
            let whole = self.path(&mut path);
            if whole {
                visit(self, &path, guarded);
                return;
            }
        }
        self.each_child(&mut |child, guard| {
            let guarded = match guard {
                Guard::Set => true,
                Guard::Keep => guarded,
                Guard::Clear => false,
            };
            child.each_path(guarded, visit);
        });
    }

    fn each_child<'n>(&'n self, visit: &mut dyn FnMut(&'n Node, Guard)) {
        use Guard::{Clear, Keep, Set};
        match &self.kind {
            Kind::Const(_) | Kind::Var(_) => {}
            // An attribute of something that may be missing may be missing too.
            Kind::Attr(b) => visit(&b.0, Keep),
            Kind::Item(b) => {
                visit(&b.0, Keep);
                visit(&b.1, Clear);
            }
            Kind::Math(_, b) | Kind::And(b) | Kind::Or(b) => {
                visit(&b.0, Clear);
                visit(&b.1, Clear);
            }
            Kind::Slice(b) => {
                visit(&b.0, Clear);
                b.1.iter().flatten().for_each(|n| visit(n, Clear));
            }
            Kind::Not(n) | Kind::Negate(n) => visit(n, Clear),
            Kind::Defined(n) | Kind::Undefined(n) => visit(n, Set),
            Kind::Compare(b) => {
                visit(&b.0, Clear);
                b.1.iter().for_each(|(_, n)| visit(n, Clear));
            }
            Kind::If(b) => {
                visit(&b.1, Keep);
                visit(&b.0, Clear);
                b.2.iter().for_each(|n| visit(n, Keep));
            }
            Kind::Default(b) => {
                visit(&b.0, Set);
                b.1.iter().for_each(|arg| visit(&arg.value, Clear));
            }
            Kind::Filter(call) | Kind::Test(call) => {
                visit(&call.subject, Clear);
                call.args.iter().for_each(|arg| visit(&arg.value, Clear));
            }
            Kind::Function(_, args) => args.iter().for_each(|arg| visit(&arg.value, Clear)),
            Kind::List(items) => items.iter().for_each(|n| visit(n, Clear)),
            Kind::Map(pairs) => pairs.iter().for_each(|(k, v)| {
                visit(k, Clear);
                visit(v, Clear);
            }),
            Kind::JsonPath(b) => visit(&b.0, Clear),
            Kind::XPath(b) => visit(&b.0, Clear),
            Kind::RegexFind(b) => visit(&b.0, Clear),
            Kind::RegexReplace(b) => {
                visit(&b.0, Clear);
                visit(&b.2, Clear);
            }
        }
    }

    /// Calls `visit` with each child.
    pub(super) fn children<'n>(&'n self, visit: &mut dyn FnMut(&'n Node)) {
        self.each_child(&mut |child, _| visit(child));
    }

    /// Every name used under this node, in the order of the text, without `omit`.
    pub(super) fn names(&self, out: &mut Vec<NameUse>) {
        self.each_path(false, &mut |node, path, guarded| {
            let Some(_) = path.first().filter(|name| **name != super::OMIT_NAME) else { return };
            let span = node.innermost().span;
            let path = path.iter().map(|&part| part.to_owned()).collect();
            out.push(NameUse { path, span, path_span: node.span, guarded });
        });
    }

    /// Whether time or chance is asked for under this node.
    pub(super) fn asks_ambient(&self) -> bool {
        let mut asks = matches!(self.kind, Kind::Function(function, _) if function != Function::Range);
        self.each_child(&mut |child, _| asks = asks || child.asks_ambient());
        asks
    }

    /// The filter that the whole node is.
    pub(super) fn filter_name(&self) -> Option<&'static str> {
        match &self.kind {
            Kind::Filter(call) => Some(call.name),
            _ => None,
        }
    }

    fn innermost(&self) -> &Node {
        match &self.kind {
            Kind::Attr(b) => b.0.innermost(),
            Kind::Item(b) => b.0.innermost(),
            _ => self,
        }
    }
}
