//! Statements to what they do: what must hold, what is kept, where the run goes on.

use std::cell::Cell;
use std::collections::HashMap;
use std::rc::Rc;

use super::call::is_scope;
use super::evaluate::{function, is_idle};
use super::outcome::{Jump, Lost, Must, Outcome, Set};
use super::symbol::{Cond, Seg, Sym, size};
use super::tree::{Doing, Expr, Kind, Stmt};

/// Names that a script may bind; more is no script that a person wrote.
const MAX_NAMES: usize = 500;
/// What a script may do in all.
const MAX_EFFECTS: usize = 2_000;
/// Conditions around a statement.
const MAX_PATH: usize = 12;

pub(super) struct Walk<'s> {
    pub(super) source: &'s str,
    pub(super) scope: Bound,
    /// Variables that this script has set so far.
    pub(super) set: Bound,
    pub(super) path: Vec<Cond>,
    pub(super) out: Outcome,
    pub(super) effects: usize,
    /// Bytes that may still be copied: what a bomb would run out of.
    pub(super) fuel: Cell<usize>,
}

/// Names with what they stand for.
pub(super) type Bound = HashMap<String, Rc<Sym>>;

impl Walk<'_> {
    pub(super) fn statements(&mut self, statements: &[Stmt]) {
        let depth = self.path.len();
        for statement in statements {
            self.statement(statement);
            // Behind `if (x) { return }` the rest runs only where x does not hold.
            if let Doing::If(condition, then, otherwise) = &*statement.kind
                && otherwise.is_empty()
                && matches!(then.last().map(|s| &*s.kind), Some(Doing::Return(_) | Doing::Throw))
            {
                let condition = self.condition(condition).negated();
                self.path.push(condition);
            }
            if matches!(&*statement.kind, Doing::Return(_) | Doing::Throw) {
                break;
            }
        }
        self.path.truncate(depth);
    }

    fn statement(&mut self, statement: &Stmt) {
        self.effects += 1;
        if self.effects > MAX_EFFECTS || self.path.len() > MAX_PATH {
            return self.lose(statement);
        }
        match &*statement.kind {
            doing if is_idle(doing) => {}
            Doing::Let(bound) => {
                for (name, value) in bound {
                    let value = value.as_ref().map_or(Sym::Undefined, |v| self.value(v));
                    self.bind(name, value);
                }
            }
            Doing::Expr(expr) => {
                if !self.perform(expr, statement) {
                    self.lose(statement);
                }
            }
            Doing::If(condition, then, otherwise) => self.choose(statement, condition, then, otherwise),
            Doing::Block(block) => self.statements(block),
            Doing::Return(Some(expr)) => {
                // `() => pm.expect(…)`: the value is a call that says something.
                if matches!(&*expr.kind, Kind::Call(..) | Kind::Member(..) | Kind::Assign(..))
                    && !self.perform(expr, statement)
                {
                    self.lose(statement);
                }
            }
            Doing::Throw => self.must(Cond::Const(false), statement),
            Doing::Function(name, function) => {
                let value = self.value(function);
                self.bind(name, value);
            }
            Doing::Try(block, catch) => {
                self.statements(block);
                // What fails is red in any case; only what a `catch` keeps, or where it goes on, would be missing.
                let inside = self.aside(catch);
                if !(inside.sets.is_empty() && inside.jumps.is_empty()) {
                    self.lose(statement);
                }
            }
            Doing::ForOf(name, list, body) => {
                let list = self.value(list);
                if !self.each(list, Some(name), body) {
                    self.lose(statement);
                }
            }
            Doing::Unknown => self.lose(statement),
            Doing::Return(None) | Doing::Empty => {}
        }
    }

    /// What statements would do, without doing it.
    fn aside(&mut self, statements: &[Stmt]) -> Outcome {
        let before = std::mem::take(&mut self.out);
        self.statements(statements);
        std::mem::replace(&mut self.out, before)
    }

    pub(super) fn bind(&mut self, name: &str, value: Sym) {
        if self.scope.len() < MAX_NAMES || self.scope.contains_key(name) {
            self.scope.insert(name.to_owned(), Rc::new(value));
        }
    }

    /// A copy of what a name stands for; unknown once there is no fuel.
    pub(super) fn copy(&self, sym: &Sym) -> Sym {
        match self.fuel.get().checked_sub(size(sym)) {
            Some(rest) => {
                self.fuel.set(rest);
                sym.clone()
            }
            None => Sym::Unknown,
        }
    }

    fn choose(&mut self, statement: &Stmt, condition: &Expr, then: &[Stmt], otherwise: &[Stmt]) {
        let condition = self.condition(condition);
        if let Cond::Const(known) = condition {
            return self.statements(if known { then } else { otherwise });
        }
        if condition.is_unknown() {
            // Nothing is lost where nothing would have been done.
            let (then, otherwise) = (self.aside(then), self.aside(otherwise));
            if !(then.is_idle() && otherwise.is_idle()) {
                self.lose(statement);
            }
            return;
        }
        let (scope, set) = (self.scope.clone(), self.set.clone());
        self.path.push(condition.clone());
        self.statements(then);
        self.path.pop();
        let after_then = (std::mem::replace(&mut self.scope, scope), std::mem::replace(&mut self.set, set));
        self.path.push(condition.negated());
        self.statements(otherwise);
        self.path.pop();
        merge(&mut self.scope, after_then.0);
        merge(&mut self.set, after_then.1);
    }

    /// Does what an expression statement does; false where it is not understood.
    fn perform(&mut self, expr: &Expr, statement: &Stmt) -> bool {
        match &*expr.kind {
            Kind::Assign("=", target, value) => self.assign(target, value, statement),
            Kind::Assign(_, target, _) | Kind::Unary("++" | "--", target) => match &*target.kind {
                Kind::Name(name) => {
                    self.bind(name, Sym::Unknown);
                    true
                }
                _ => false,
            },
            Kind::Call(callee, args) => self.perform_call(expr, callee, args, statement),
            Kind::Member(..) => self.chain(expr, statement).unwrap_or(false),
            Kind::Choice(condition, then, otherwise) => {
                let as_statement = |e: &Expr| Stmt { kind: Doing::Expr(e.clone()).into(), ..statement.clone() };
                let (then, otherwise) = ([as_statement(then)], [as_statement(otherwise)]);
                self.choose(statement, condition, &then, &otherwise);
                true
            }
            Kind::Binary("&&", condition, then) => {
                let then = [Stmt { kind: Doing::Expr(then.clone()).into(), ..statement.clone() }];
                self.choose(statement, condition, &then, &[]);
                true
            }
            _ => false,
        }
    }

    fn assign(&mut self, target: &Expr, value: &Expr, statement: &Stmt) -> bool {
        match &*target.kind {
            Kind::Index(object, _) | Kind::Member(object, _) => match self.value(object) {
                // The name of a test may be put together from anything: only its value counts.
                Sym::Known(name) if name == "tests" => {
                    let cond = self.condition(value);
                    if cond.is_unknown() {
                        return false;
                    }
                    self.must(cond, statement);
                    true
                }
                _ => false,
            },
            Kind::Name(name) => {
                let value = self.value(value);
                self.bind(name, value);
                true
            }
            _ => false,
        }
    }

    fn perform_call(&mut self, expr: &Expr, callee: &Expr, args: &[Expr], statement: &Stmt) -> bool {
        if let Some(done) = self.chain(expr, statement) {
            return done;
        }
        let Kind::Member(object, method) = &*callee.kind else {
            return match self.value(callee) {
                Sym::Known(name) if name == "setTimeout" => self.delay(args),
                _ => false,
            };
        };
        let object = self.value(object);
        let first = args.first().map_or(Sym::Undefined, |a| self.value(a));
        match (&object, method.as_str()) {
            (Sym::Known(of), "test") if of == "pm" => {
                let body = args.get(1).map(|a| self.value(a));
                let Some((body, _)) = body.as_ref().and_then(function) else { return false };
                let outer = self.scope.clone();
                self.statements(body);
                // What the test binds is its own; what it changes stays changed.
                let inner = std::mem::replace(&mut self.scope, outer);
                for (name, value) in &mut self.scope {
                    if let Some(new) = inner.get(name).filter(|new| *new != value) {
                        *value = new.clone();
                    }
                }
                true
            }
            (Sym::Known(of), "skip") if of == "pm.test" => true,
            (Sym::Known(of), "set") if is_scope(of) => self.keep(&first, args.get(1), statement),
            (Sym::Known(of), "setEnvironmentVariable" | "setGlobalVariable") if of == "postman" => {
                self.keep(&first, args.get(1), statement)
            }
            // What is forgotten is not used again.
            (Sym::Known(of), "unset" | "clear") if is_scope(of) => true,
            (Sym::Known(of), method) if of == "postman" && method.starts_with("clear") => true,
            (Sym::Known(of), "setNextRequest") if of == "postman" || of == "pm.execution" => {
                let to = match &first {
                    Sym::Const(crate::value::Value::Null) => None,
                    other => match other.as_text() {
                        Some(name) => Some(name.to_owned()),
                        None => return false,
                    },
                };
                let jump = Jump { path: self.path.clone(), to, line: statement.line, text: self.text(statement) };
                self.out.jumps.push(jump);
                true
            }
            (Sym::Known(of), "fail") if of == "pm.expect" => {
                self.must(Cond::Const(false), statement);
                true
            }
            (Sym::Json(_), "forEach") => {
                let Some((body, param)) = function(&first) else { return false };
                self.each(object.clone(), param, body)
            }
            (Sym::Known(of), "forEach" | "each") if of == "_" => {
                let callback = args.get(1).map(|a| self.value(a));
                let Some((body, param)) = callback.as_ref().and_then(function) else { return false };
                self.each(first, param, body)
            }
            (Sym::Json(_) | Sym::Text, _) => !matches!(self.value(expr), Sym::Unknown),
            (Sym::Known(of), "parse") if of == "JSON" => true,
            _ => false,
        }
    }

    fn delay(&mut self, args: &[Expr]) -> bool {
        let callback = args.first().map(|a| self.value(a));
        let time = args.get(1).map_or(Some(0.0), |a| self.value(a).as_number());
        let (Some(time), Some((body, _))) = (time, callback.as_ref().and_then(function)) else { return false };
        if !(0.0..=3_600_000.0).contains(&time) {
            return false;
        }
        let more = self.out.delay.unwrap_or(0).saturating_add(time as u64);
        self.out.delay = Some(more);
        self.statements(body);
        true
    }

    /// The body, for every item of a list of the reply.
    fn each(&mut self, list: Sym, param: Option<&str>, body: &[Stmt]) -> bool {
        let Sym::Json(mut path) = list else { return false };
        path.push(Seg::Each);
        let outer = self.scope.clone();
        if let Some(name) = param {
            self.bind(name, Sym::Json(path));
        }
        self.statements(body);
        self.scope = outer;
        true
    }

    fn keep(&mut self, name: &Sym, value: Option<&Expr>, statement: &Stmt) -> bool {
        let Some(name) = name.as_text().filter(|name| !name.is_empty()) else { return false };
        let value = value.map_or(Sym::Undefined, |v| self.value(v));
        if self.set.len() < MAX_NAMES {
            self.set.insert(name.to_owned(), Rc::new(value.clone()));
        }
        let set = Set {
            path: self.path.clone(),
            name: name.to_owned(),
            value,
            line: statement.line,
            text: self.text(statement),
        };
        // Also where nobody knows the value: a counter of polling will not be needed.
        self.out.sets.push(set);
        true
    }

    /// Says that `cond` must hold here.
    pub(super) fn must(&mut self, cond: Cond, statement: &Stmt) {
        if cond == Cond::Const(true) {
            return;
        }
        let must = Must { path: self.path.clone(), cond, line: statement.line, text: self.text(statement) };
        self.out.musts.push(must);
    }

    pub(super) fn text(&self, statement: &Stmt) -> String {
        let text = self.source.get(statement.range.clone()).unwrap_or("");
        text.to_owned()
    }

    pub(super) fn lose(&mut self, statement: &Stmt) {
        let lost = Lost { line: statement.line, text: self.text(statement) };
        self.out.lost.push(lost);
    }
}

/// What two branches bind differently is not known behind them; what only one binds is what it says.
fn merge(now: &mut Bound, other: Bound) {
    for (name, value) in other {
        match now.get(&name) {
            Some(same) if *same == value => {}
            Some(bound) if **bound != Sym::Undefined => {
                now.insert(name, Rc::new(Sym::Unknown));
            }
            _ => {
                now.insert(name, value);
            }
        }
    }
}
