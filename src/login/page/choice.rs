//! What a person has chosen so far, as the page's address and form carry it.

use crate::oauth::scopes::{self, GROUPS, PRESETS};

/// A choice of scopes, and what is searched for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(in crate::login) struct Choice {
    /// What is searched for.
    pub(super) query: String,
    /// Known ones, in the order of the page.
    known: Vec<&'static str>,
    /// Ones that are not in the list, as they were typed.
    pub(super) other: String,
}

impl Choice {
    /// From a query or a form: `scope` (repeated), `other`, `q`, and `preset`, which takes the place of the scopes.
    pub(in crate::login) fn read(form: &[u8]) -> Self {
        let mut choice = Self::default();
        let mut names = Vec::new();
        let mut preset = None;
        for (key, value) in url::form_urlencoded::parse(form) {
            match &*key {
                "q" => choice.query = value.trim().to_owned(),
                "scope" => names.push(value.into_owned()),
                "other" => choice.other = value.into_owned(),
                "preset" => preset = Some(value.into_owned()),
                _ => {}
            }
        }
        if let Some(preset) = preset {
            let found = PRESETS.iter().find(|known| known.name == preset);
            names = found.map_or_else(Vec::new, |preset| preset.scopes.iter().map(|s| (*s).to_owned()).collect());
            choice.other.clear();
        }
        choice.take(&names);
        choice
    }

    /// Of these scopes.
    pub(in crate::login) fn of(names: &[String]) -> Self {
        let mut choice = Self::default();
        choice.take(names);
        choice
    }

    fn take(&mut self, names: &[String]) {
        let all = GROUPS.iter().flat_map(|group| group.scopes).map(|scope| scope.name);
        self.known = all.filter(|name| names.iter().any(|n| n == name)).collect();
        for name in names.iter().filter(|name| scopes::find(name).is_none()) {
            self.other = format!("{} {name}", self.other).trim().to_owned();
        }
    }

    /// Whether this known scope is chosen.
    pub(super) fn has(&self, name: &str) -> bool {
        self.known.contains(&name)
    }

    /// How many are chosen.
    pub(super) fn len(&self) -> usize {
        self.known.len() + self.other.split_whitespace().count()
    }

    /// All that are chosen, each once.
    ///
    /// # Errors
    /// As [`scopes::parse`].
    pub(in crate::login) fn scopes(&self) -> Result<Vec<String>, String> {
        scopes::parse(&format!("{} {}", self.known.join(" "), self.other))
    }

    /// The query that [`Choice::read`] reads back, with its `?`.
    pub(super) fn to_query(&self) -> String {
        let mut query = url::form_urlencoded::Serializer::new(String::new());
        query.extend_pairs(self.known.iter().map(|name| ("scope", *name)));
        if !self.other.is_empty() {
            query.append_pair("other", &self.other);
        }
        format!("?{}", query.finish())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_choice_is_read_asked_for_and_carried_on() {
        let choice = Choice::read(b"q=%20Space+&scope=spark:kms&scope=spark:people_read&scope=x:y&other=a:b+x:y");
        assert_eq!(choice.query, "Space");
        assert_eq!(choice.scopes().unwrap(), ["spark:people_read", "spark:kms", "a:b", "x:y"]);
        let again = Choice::read(choice.to_query().trim_start_matches('?').as_bytes());
        assert_eq!(again.scopes().unwrap(), choice.scopes().unwrap());
        assert_eq!(Choice::of(&choice.scopes().unwrap()).scopes(), choice.scopes());
    }

    #[test]
    fn a_preset_takes_the_place_of_what_was_chosen() {
        let guests = Choice::read(b"scope=spark:all&other=a:b&preset=guests&q=guest");
        assert_eq!(guests.scopes().unwrap(), ["guest-issuer:read", "guest-issuer:write"]);
        assert_eq!(guests.query, "guest");
        assert_eq!(Choice::read(b"scope=spark:all&preset=none").len(), 0);
    }

    #[test]
    fn what_cannot_be_asked_for_is_told() {
        assert!(Choice::read(b"").scopes().unwrap_err().contains("no scope is chosen"));
        assert!(Choice::read("other=a:\"b".as_bytes()).scopes().unwrap_err().contains("cannot be a scope"));
        let many = (0..301).map(|n| format!("a:{n}")).collect::<Vec<_>>().join("+");
        assert!(Choice::read(format!("other={many}").as_bytes()).scopes().is_err());
    }
}
