//! Lowers MiniJinja's syntax tree to ours, and checks every name, filter, test, function and literal on the way.

use std::ops::Range;

use minijinja::Value;
use minijinja::machinery::ast::{self, BinOpKind, CallArg, CompareOpKind, Expr, UnaryOpKind};
use minijinja::machinery::{Span as JinjaSpan, parse_expr};

use crate::diagnostic::{Code, Diagnostic, Diagnostics};
use crate::source::{OffsetMap, Span};

use super::filter;
use super::function::Function;
use super::node::{Arg, Call, Comparison, Kind, Math, Node};
use super::{habit, scan};

/// The parser, and dropping its tree, recurse without a limit in chains such as `--1` and `a.b.c`; their length is bounded
/// here, in bytes outside of text literals.
const MAX_WEIGHT: usize = 2000;

/// The deepest tree that is evaluated.
const MAX_DEPTH: usize = 128;

/// Parses the expression at `range` of `text`. Every mistake is reported; `None` where there was one.
pub(super) fn expression(
    text: &str,
    range: Range<usize>,
    map: &OffsetMap,
    diagnostics: &mut Diagnostics,
) -> Option<Node> {
    let source = text.get(range.clone())?;
    if source.trim().is_empty() {
        let span = map.span(range.start.saturating_sub(2)..(range.end + 2).min(text.len()));
        diagnostics.error(Code::TemplateSyntax, span, "the expression is empty").help("write a name or an expression");
        return None;
    }
    if scan::weight(source) > MAX_WEIGHT {
        too_deep(map.span(range), diagnostics);
        return None;
    }
    let before = diagnostics.len();
    let tree = match parse_expr(source) {
        Ok(tree) => tree,
        Err(error) => {
            let found = error.range().unwrap_or(0..source.len());
            let boundary = |at: &usize| source.is_char_boundary(*at);
            let start = (0..=found.start.min(source.len())).rev().find(boundary).unwrap_or(0);
            let end = (found.end.max(start + 1)..source.len()).find(boundary).unwrap_or(source.len());
            let span = map.span(range.start + start..range.start + end);
            let detail = error.detail().unwrap_or("the expression cannot be read");
            diagnostics
                .error(Code::TemplateSyntax, span, format!("syntax error: {detail}"))
                .help(habit::syntax(source));
            return None;
        }
    };
    let mut lowering = Lowering { start: range.start, map, diagnostics, depth: 0 };
    let node = lowering.node(&tree);
    (diagnostics.len() == before).then_some(node)
}

fn too_deep(span: Span, diagnostics: &mut Diagnostics) {
    diagnostics
        .error(Code::TemplateSyntax, span, "the expression is too long")
        .help("split it: give parts of it names with `vars` or a `set` step");
}

pub(super) struct Lowering<'a, 'd> {
    start: usize,
    map: &'a OffsetMap,
    diagnostics: &'d mut Diagnostics,
    depth: usize,
}

impl Lowering<'_, '_> {
    fn span(&self, span: JinjaSpan) -> Span {
        let (start, end) = (span.start_offset as usize, span.end_offset as usize);
        self.map.span(self.start + start..self.start + end.max(start))
    }

    /// The place of a filter's or test's name: its node begins there.
    fn name_span(&self, span: JinjaSpan, name: &str) -> Span {
        let start = self.start + span.start_offset as usize;
        self.map.span(start..start + name.len())
    }

    pub(super) fn error(&mut self, code: Code, span: Span, message: String) -> &mut Diagnostic {
        self.diagnostics.error(code, span, message)
    }

    fn node(&mut self, expr: &Expr<'_>) -> Node {
        self.depth += 1;
        let node = if self.depth > MAX_DEPTH {
            let span = self.span(expr.span());
            // Once is enough; what lies deeper is not looked at.
            too_deep(span, self.diagnostics);
            Node { kind: Kind::Const(Value::from(())), span }
        } else {
            self.lowered(expr)
        };
        self.depth -= 1;
        node
    }

    fn lowered(&mut self, expr: &Expr<'_>) -> Node {
        let own = self.span(expr.span());
        match expr {
            Expr::Var(var) => {
                self.check_name(var.id, own);
                Node { kind: Kind::Var(var.id.into()), span: own }
            }
            Expr::Const(constant) => self.constant(constant.value.clone(), own),
            Expr::GetAttr(attr) => {
                let base = self.node(&attr.expr);
                let span = base.span.to(own);
                Node { kind: Kind::Attr(Box::new((base, attr.name.into()))), span }
            }
            Expr::GetItem(item) => {
                let base = self.node(&item.expr);
                let span = base.span.to(own);
                let index = self.node(&item.subscript_expr);
                Node { kind: Kind::Item(Box::new((base, index))), span }
            }
            Expr::Slice(slice) => {
                let base = self.node(&slice.expr);
                let span = base.span.to(own);
                let bounds = [&slice.start, &slice.stop, &slice.step].map(|b| b.as_ref().map(|b| self.node(b)));
                Node { kind: Kind::Slice(Box::new((base, bounds))), span }
            }
            Expr::UnaryOp(unary) => {
                let inner = self.node(&unary.expr);
                // `a not in b` and `a is not x` come as `not` around the operation, and begin where it begins.
                let span = inner.span.to(own);
                let kind = match unary.op {
                    UnaryOpKind::Not => Kind::Not(Box::new(inner)),
                    UnaryOpKind::Neg => Kind::Negate(Box::new(inner)),
                };
                Node { kind, span }
            }
            Expr::BinOp(binary) => self.binary(binary),
            Expr::Compare(compare) => {
                let first = self.node(&compare.expr);
                let rest: Vec<_> = compare.ops.iter().map(|op| (comparison(op.op), self.node(&op.expr))).collect();
                let span = rest.last().map_or(first.span, |(_, last)| first.span.to(last.span));
                Node { kind: Kind::Compare(Box::new((first, rest))), span }
            }
            Expr::IfExpr(branch) => {
                let then = self.node(&branch.true_expr);
                let test = self.node(&branch.test_expr);
                let other = branch.false_expr.as_ref().map(|e| self.node(e));
                let span = then.span.to(other.as_ref().map_or(test.span, |o| o.span));
                Node { kind: Kind::If(Box::new((test, then, other))), span }
            }
            Expr::Filter(call) => self.filter(call, expr.span()),
            Expr::Test(call) => self.test(call, expr.span()),
            Expr::Call(call) => self.call(call, own),
            Expr::List(list) => self.list(&list.items, own),
            Expr::Tuple(tuple) => self.list(&tuple.items, own),
            Expr::Map(map) => {
                let pairs = map.keys.iter().zip(&map.values).map(|(k, v)| (self.node(k), self.node(v))).collect();
                Node { kind: Kind::Map(pairs), span: own }
            }
        }
    }

    fn constant(&mut self, value: Value, span: Span) -> Node {
        if value.is_number() && super::convert::to_number(&value).is_err() {
            self.error(Code::TemplateSyntax, span, format!("the number {value} does not fit into 64 bits"))
                .help("write it as text, in quotes");
        }
        Node { kind: Kind::Const(value), span }
    }

    fn list(&mut self, items: &[Expr<'_>], span: Span) -> Node {
        Node { kind: Kind::List(items.iter().map(|e| self.node(e)).collect()), span }
    }

    fn binary(&mut self, binary: &ast::BinOp<'_>) -> Node {
        let left = self.node(&binary.left);
        let right = self.node(&binary.right);
        let span = left.span.to(right.span);
        let math = |op| (Some(op), None);
        let compare = |op| (None, Some(op));
        let (math, comparison) = match binary.op {
            BinOpKind::ScAnd => return Node { kind: Kind::And(Box::new((left, right))), span },
            BinOpKind::ScOr => return Node { kind: Kind::Or(Box::new((left, right))), span },
            BinOpKind::Add => math(Math::Add),
            BinOpKind::Sub => math(Math::Subtract),
            BinOpKind::Mul => math(Math::Multiply),
            BinOpKind::Div => math(Math::Divide),
            BinOpKind::FloorDiv => math(Math::FloorDivide),
            BinOpKind::Rem => math(Math::Remainder),
            BinOpKind::Pow => math(Math::Power),
            BinOpKind::Concat => math(Math::Concat),
            BinOpKind::Eq => compare(Comparison::Equal),
            BinOpKind::Ne => compare(Comparison::NotEqual),
            BinOpKind::Lt => compare(Comparison::Less),
            BinOpKind::Lte => compare(Comparison::LessOrEqual),
            BinOpKind::Gt => compare(Comparison::Greater),
            BinOpKind::Gte => compare(Comparison::GreaterOrEqual),
            BinOpKind::In => compare(Comparison::In),
        };
        let kind = match (math, comparison) {
            (Some(op), _) => Kind::Math(op, Box::new((left, right))),
            (_, op) => Kind::Compare(Box::new((left, vec![(op.unwrap_or(Comparison::Equal), right)]))),
        };
        Node { kind, span }
    }

    fn args(&mut self, args: &[CallArg<'_>]) -> Vec<Arg> {
        let mut out = Vec::with_capacity(args.len());
        for arg in args {
            match arg {
                CallArg::Pos(value) => out.push(Arg { name: None, value: self.node(value) }),
                CallArg::Kwarg(name, value) => out.push(Arg { name: Some((*name).into()), value: self.node(value) }),
                CallArg::PosSplat(value) | CallArg::KwargSplat(value) => {
                    let span = self.span(value.span());
                    self.error(Code::TemplateSyntax, span, "`*` and `**` arguments are not supported".to_owned())
                        .help("write the arguments out");
                }
            }
        }
        out
    }

    fn filter(&mut self, call: &ast::Filter<'_>, place: JinjaSpan) -> Node {
        let own = self.span(place);
        let subject = match &call.expr {
            Some(expr) => self.node(expr),
            None => Node { kind: Kind::Const(Value::from(())), span: own },
        };
        let args = self.args(&call.args);
        let span = subject.span.to(own);
        let name_span = self.name_span(place, call.name);
        let Some(name) = filter::filter(call.name) else {
            self.unknown(Code::UnknownFilter, name_span, "filter", call.name, filter::filter_names().collect());
            return Node { kind: Kind::Const(Value::from(())), span };
        };
        self.check_callee(name, &args);
        match self.compiled(name, subject, args) {
            Ok(kind) => Node { kind, span },
            Err((subject, args)) => Node { kind: Kind::Filter(Box::new(Call { name, subject, args })), span },
        }
    }

    fn test(&mut self, call: &ast::Test<'_>, place: JinjaSpan) -> Node {
        let subject = self.node(&call.expr);
        let mut args = self.args(&call.args);
        let span = subject.span.to(self.span(place));
        let Some(name) = filter::test(call.name) else {
            let name_span = self.name_span(place, call.name);
            self.unknown(Code::UnknownTest, name_span, "test", call.name, filter::test_names().collect());
            return Node { kind: Kind::Const(Value::from(false)), span };
        };
        let kind = match (name, filter::comparison(name), args.len()) {
            ("defined", ..) => Kind::Defined(Box::new(subject)),
            ("undefined", ..) => Kind::Undefined(Box::new(subject)),
            (_, Some(op), 1) => match args.pop() {
                Some(arg) => Kind::Compare(Box::new((subject, vec![(op, arg.value)]))),
                None => Kind::Defined(Box::new(subject)),
            },
            _ => Kind::Test(Box::new(Call { name, subject, args })),
        };
        Node { kind, span }
    }

    fn call(&mut self, call: &ast::Call<'_>, own: Span) -> Node {
        let broken = |span| Node { kind: Kind::Const(Value::from(())), span };
        match &call.expr {
            Expr::Var(var) => {
                let args = self.args(&call.args);
                let name_span = self.span(var.span());
                let span = name_span.to(own);
                let Some(function) = Function::named(var.id) else {
                    self.unknown_function(name_span, var.id);
                    return broken(span);
                };
                if let Some(usage) = function.misuse(args.len()) {
                    self.error(Code::TemplateSyntax, span, format!("`{}` takes other arguments", var.id))
                        .help(format!("write `{usage}`"));
                }
                if args.iter().any(|arg| arg.name.is_some()) {
                    self.error(Code::TemplateSyntax, span, format!("`{}` takes no named arguments", var.id));
                }
                Node { kind: Kind::Function(function, args), span }
            }
            Expr::GetAttr(attr) => {
                let base = self.node(&attr.expr);
                let span = base.span.to(own);
                let name = attr.name;
                let help = habit::method(name, filter::filter(name).is_some());
                self.error(
                    Code::UnknownFunction,
                    span,
                    format!("values have no methods, so `.{name}()` cannot be called"),
                )
                .help(help);
                broken(span)
            }
            _ => {
                self.error(Code::UnknownFunction, own, "only functions can be called".to_owned());
                broken(own)
            }
        }
    }
}

fn comparison(op: CompareOpKind) -> Comparison {
    match op {
        CompareOpKind::Eq => Comparison::Equal,
        CompareOpKind::Ne => Comparison::NotEqual,
        CompareOpKind::Lt => Comparison::Less,
        CompareOpKind::Lte => Comparison::LessOrEqual,
        CompareOpKind::Gt => Comparison::Greater,
        CompareOpKind::Gte => Comparison::GreaterOrEqual,
        CompareOpKind::In => Comparison::In,
        CompareOpKind::NotIn => Comparison::NotIn,
    }
}
