//! Which conditions hold whenever a request is green, and which assertions stand under them.

use super::script::{Cond, Must, Sym};

/// Conditions that hold whenever the request is green, and what else must hold: where something else holds first, as
/// one condition "not that, or this".
pub(super) fn settled(musts: Vec<Must>, held: Vec<Cond>) -> (Vec<Must>, Vec<Cond>) {
    let mut held = held;
    let mut open = musts;
    let mut done: Vec<Option<Must>> = vec![None; open.len()];
    let mut places: Vec<usize> = (0..open.len()).collect();
    // What is asserted may be what others stand under; a few rounds find all but the strangest.
    for _ in 0..4 {
        let mut rest = Vec::new();
        let mut rest_places = Vec::new();
        let before = held.len();
        for (mut must, place) in open.into_iter().zip(places) {
            must.path.retain(|cond| !is_held(cond, &held));
            if must.cond == Cond::Const(false) && must.path.len() == 1 {
                must.cond = must.path.remove(0).negated();
            }
            if must.path.is_empty() {
                hold(&mut held, &must.cond);
                if let Some(slot) = done.get_mut(place) {
                    *slot = Some(must);
                }
            } else {
                rest.push(must);
                rest_places.push(place);
            }
        }
        (open, places) = (rest, rest_places);
        if open.is_empty() || held.len() == before {
            break;
        }
    }
    for (mut must, place) in open.into_iter().zip(places) {
        let otherwise = must.path.drain(..).map(Cond::negated).chain([must.cond]).collect();
        must.cond = Cond::any_of(otherwise);
        if let Some(slot) = done.get_mut(place) {
            *slot = Some(must);
        }
    }
    (done.into_iter().flatten().collect(), held)
}

pub(super) fn is_held(cond: &Cond, held: &[Cond]) -> bool {
    held.contains(cond)
        || match cond {
            Cond::All(all) => all.iter().all(|c| is_held(c, held)),
            Cond::Any(all) => all.iter().any(|c| is_held(c, held)),
            _ => false,
        }
}

/// Whether a condition cannot hold where `value` is missing.
pub(super) fn fails_without(cond: &Cond, value: &Sym) -> bool {
    match cond {
        Cond::Exists(s) | Cond::Truthy(s) | Cond::Type(s, _) | Cond::Matches(s, _) | Cond::In(s, _) => s == value,
        Cond::Eq(s, other) => s == value && *other != Sym::Undefined,
        _ => false,
    }
}

fn hold(held: &mut Vec<Cond>, cond: &Cond) {
    match cond {
        Cond::All(all) => all.iter().for_each(|c| hold(held, c)),
        cond if held.len() < 64 => held.push(cond.clone()),
        _ => {}
    }
}
