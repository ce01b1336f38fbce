//! The lists on the pages: known scopes by group, presets, and what was granted of what was asked for.

use jiff::Timestamp;
use serde_json::{Value, json};

use super::Choice;
use crate::login::Granted;
use crate::oauth::scopes::{GROUPS, PRESETS, Scope, find};

/// The groups, and how many scopes match the search. What is chosen is shown whether it matches or not: nobody asks
/// for what they cannot see.
pub(super) fn groups(choice: &Choice) -> (Value, usize) {
    let words: Vec<String> = choice.query.to_lowercase().split_whitespace().map(str::to_owned).collect();
    let matches = |scope: &Scope| {
        let text = format!("{} {}", scope.name, scope.meaning).to_lowercase();
        words.iter().all(|word| text.contains(word))
    };
    let mut matching = 0;
    let mut groups = Vec::new();
    for group in GROUPS {
        let mut shown = 0;
        let mut scopes = Vec::new();
        for scope in group.scopes {
            let (checked, hit) = (choice.has(scope.name), matches(scope));
            matching += usize::from(hit);
            shown += usize::from(hit || checked);
            scopes.push(json!({
                "name": scope.name, "meaning": scope.meaning, "checked": checked, "hidden": !hit && !checked,
            }));
        }
        groups.push(json!({"title": group.title, "note": group.note, "scopes": scopes, "hidden": shown == 0}));
    }
    (Value::Array(groups), matching)
}

/// The presets.
pub(super) fn presets() -> Value {
    let preset = |p: &crate::oauth::scopes::Preset| json!({"name": p.name, "title": p.title, "scopes": p.scopes});
    PRESETS.iter().map(preset).collect()
}

/// The result, without the token.
pub(super) fn result(granted: &Granted) -> Value {
    let (asked, given) = (&granted.asked, granted.scopes());
    let more = given.iter().filter(|name| !asked.contains(name));
    let rows: Vec<Value> = asked
        .iter()
        .chain(more)
        .map(|name| {
            json!({
                "name": name,
                "meaning": find(name).map(|scope| scope.meaning),
                "asked": asked.contains(name),
                "granted": given.contains(name),
            })
        })
        .collect();
    let missing = asked.iter().filter(|name| !given.contains(name)).count();
    let (owner, unknown) = match &granted.owner {
        Ok(owner) => (Some(owner.to_string()), None),
        Err(why) => (None, Some(why)),
    };
    json!({
        "scopes": rows, "missing": missing, "said": granted.tokens.scopes.is_some(), "owner": owner,
        "owner_unknown": unknown,
        "access_ends": ends(granted.tokens.expires, granted.at),
        "has_refresh": granted.tokens.refresh.is_some(),
        "refresh_ends": ends(granted.tokens.refresh_expires, granted.at),
    })
}

/// `2030-01-01 00:00 UTC, in 13 days`.
fn ends(end: Option<Timestamp>, now: Timestamp) -> Option<String> {
    let end = end?;
    let seconds = end.duration_since(now).as_secs().max(0);
    let (count, unit) = match seconds {
        0..120 => (seconds, "second"),
        120..7200 => (seconds / 60, "minute"),
        7200..172_800 => (seconds / 3600, "hour"),
        // Webex says one second less than 14 and 90 days.
        _ => ((seconds + 60) / 86_400, "day"),
    };
    let s = if count == 1 { "" } else { "s" };
    Some(format!("{}, in {count} {unit}{s}", end.strftime("%F %H:%M UTC")))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::oauth::{Owner, Tokens};

    fn shown(query: &str) -> Vec<String> {
        let (groups, matching) = groups(&Choice::read(query.as_bytes()));
        let scopes = groups.as_array().unwrap().iter().flat_map(|g| g["scopes"].as_array().unwrap());
        let shown: Vec<_> = scopes.filter(|s| s["hidden"] == false).collect();
        assert!(shown.iter().filter(|s| s["checked"] == false).count() <= matching);
        shown.iter().map(|s| s["name"].as_str().unwrap().to_owned()).collect()
    }

    #[test]
    fn search_looks_at_names_and_meanings() {
        assert!(shown("").len() > 120);
        assert_eq!(shown("q=Guest-issuer:W"), ["guest-issuer:write"]);
        assert_eq!(shown("q=activation+device"), ["Identity:one_time_password"]);
        assert_eq!(shown("q=nothing-has-this&scope=spark:kms"), ["spark:kms"]);
    }

    #[test]
    fn granted_stands_against_asked() {
        let at = |seconds| Timestamp::from_second(seconds).unwrap();
        let reply = json!({"access_token": "hunter2", "expires_in": 1_209_599, "refresh_token": "r",
            "scope": "spark:kms x:more"});
        let asked = vec!["spark:kms".to_owned(), "spark:people_read".to_owned()];
        let owner = Ok(Owner { name: "Ada".to_owned(), email: None, id: "P".to_owned() });
        let granted = Granted { tokens: Tokens::parse(&reply, at(0)).unwrap(), asked, owner, at: at(0) };
        let result = result(&granted);
        let rows: Vec<_> = result["scopes"].as_array().unwrap().iter().map(|r| (&r["asked"], &r["granted"])).collect();
        let (yes, no) = (json!(true), json!(false));
        assert_eq!(rows, [(&yes, &yes), (&yes, &no), (&no, &yes)]);
        assert_eq!((&result["missing"], &result["owner"]), (&json!(1), &json!("Ada")));
        assert_eq!(result["access_ends"], "1970-01-14 23:59 UTC, in 14 days");
        assert_eq!(result["refresh_ends"], Value::Null);
        assert!(!result.to_string().contains("hunter2"));
    }
}
