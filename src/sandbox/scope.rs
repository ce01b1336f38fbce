//! OAuth scopes: what a token was granted, and whether that is enough.

use std::sync::Arc;

/// The scopes of OpenID Connect; all others have a family, like `spark:` or `meeting:`.
const OPENID: [&str; 5] = ["openid", "email", "profile", "phone", "address"];

/// The beginnings of scopes that only an administrator can grant.
const ADMIN: [&str; 6] = ["spark-admin:", "spark-compliance:", "identity:", "Identity:", "audit:", "meeting:admin_"];

/// Scopes in the order they were asked for, each once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Scopes(Arc<[String]>);

impl Scopes {
    /// Reads a list separated by spaces. The published list of scopes is stale, so every scope of a family is taken.
    ///
    /// # Errors
    /// The first scope that cannot be one.
    pub(super) fn parse(text: &str) -> Result<Self, &str> {
        let mut scopes: Vec<String> = Vec::new();
        for scope in text.split_whitespace() {
            let in_family = scope.split_once(':').is_some_and(|(family, name)| !family.is_empty() && !name.is_empty());
            if !in_family && !OPENID.contains(&scope) {
                return Err(scope);
            }
            if !scopes.iter().any(|known| known == scope) {
                scopes.push(scope.to_owned());
            }
        }
        Ok(Self(scopes.into()))
    }

    /// What an integration with everything a person can grant gets.
    pub(super) fn all() -> Self {
        Self(["spark:all", "spark:kms"].map(str::to_owned).into())
    }

    /// What the Service App was authorized for.
    pub(super) fn service_app() -> Self {
        Self(["guest-issuer:read", "guest-issuer:write", "spark:people_read"].map(str::to_owned).into())
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// True with one of these scopes, separated by spaces, or with none needed. `spark:all` stands for the whole
    /// family `spark:`.
    pub(super) fn allow(&self, any_of: &str) -> bool {
        let all = self.has("spark:all");
        any_of.is_empty() || any_of.split(' ').any(|scope| self.has(scope) || (all && scope.starts_with("spark:")))
    }

    pub(super) fn has(&self, scope: &str) -> bool {
        self.0.iter().any(|known| known == scope)
    }

    /// True where one of them is an administrator's to grant.
    pub(super) fn need_admin(&self) -> bool {
        self.0.iter().any(|scope| ADMIN.iter().any(|family| scope.starts_with(family)))
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(String::as_str)
    }

    /// Separated by spaces, as replies have them.
    pub(super) fn text(&self) -> String {
        self.0.join(" ")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spark_all_covers_its_family_only() {
        let scopes = Scopes::parse("spark:all meeting:recordings_read spark:all").unwrap();
        assert_eq!(scopes.text(), "spark:all meeting:recordings_read");
        assert!(scopes.allow("spark:rooms_write") && scopes.allow("x:y meeting:recordings_read") && scopes.allow(""));
        assert!(!scopes.allow("spark-admin:people_read"));
        assert!(!scopes.need_admin());
        assert!(Scopes::parse("identity:tokens_read").unwrap().need_admin());
    }

    #[test]
    fn what_cannot_be_a_scope_is_named() {
        assert_eq!(Scopes::parse("openid spark:all nonsense"), Err("nonsense"));
        assert_eq!(Scopes::parse("spark:"), Err("spark:"));
    }
}
