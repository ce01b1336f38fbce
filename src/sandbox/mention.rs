//! Mentions in markdown: `<@personEmail:a@b.example|Name>`, `<@personId:ID|Name>`, `<@all>`.
//!
//! No other markdown is rendered: `html` is the escaped source with its mentions, which is what bots look at.

use uuid::Uuid;

use super::ids;
use super::store::Store;

/// A markdown message in its other forms.
pub(super) struct Rendered {
    pub(super) text: String,
    pub(super) html: String,
    pub(super) people: Vec<Uuid>,
    pub(super) all: bool,
}

/// Reads the mentions out of a markdown text. One of somebody unknown stays as it was written.
pub(super) fn render(store: &Store, markdown: &str) -> Rendered {
    let mut out = Rendered { text: String::new(), html: String::new(), people: Vec::new(), all: false };
    let mut rest = markdown;
    while let Some((before, from)) = rest.split_once("<@") {
        push(&mut out, before);
        let known = from.split_once('>').and_then(|(inside, after)| Some((mention(store, inside)?, after)));
        match known {
            Some((Mention::All, after)) => {
                out.all = true;
                out.text.push_str("All");
                out.html.push_str(
                    "<spark-mention data-object-type=\"groupMention\" data-group-type=\"all\">All</spark-mention>",
                );
                rest = after;
            }
            Some((Mention::Person(person, name), after)) => {
                if !out.people.contains(&person) {
                    out.people.push(person);
                }
                let id = ids::encode("PEOPLE", person);
                out.text.push_str(&name);
                let name = escape(&name);
                out.html.push_str(&format!(
                    "<spark-mention data-object-type=\"person\" data-object-id=\"{id}\">{name}</spark-mention>"
                ));
                rest = after;
            }
            None => {
                push(&mut out, "<@");
                rest = from;
            }
        }
    }
    push(&mut out, rest);
    out
}

enum Mention {
    All,
    Person(Uuid, String),
}

fn mention(store: &Store, inside: &str) -> Option<Mention> {
    if inside == "all" {
        return Some(Mention::All);
    }
    let (kind, who) = inside.split_once(':')?;
    let (key, name) = who.split_once('|').map_or((who, None), |(key, name)| (key, Some(name)));
    let person = match kind {
        "personEmail" => store.person_by_email(key)?,
        "personId" => store.people.get(&ids::uuid("PEOPLE", key)?)?,
        _ => return None,
    };
    Some(Mention::Person(person.uuid, name.unwrap_or(&person.display_name).to_owned()))
}

fn push(out: &mut Rendered, text: &str) {
    out.text.push_str(text);
    out.html.push_str(&escape(text));
}

/// Text as it may stand in HTML, also in an attribute.
pub(super) fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

#[cfg(test)]
mod tests {
    use super::super::ids::Generator;
    use super::super::store::PersonKind;
    use super::*;
    use jiff::Timestamp;

    #[test]
    fn people_and_all_are_found_and_the_rest_is_escaped() {
        let mut store = Store::new(Generator::new(1));
        let now = Timestamp::UNIX_EPOCH;
        let bot = store.add_person(PersonKind::Bot, "b@webex.bot".to_owned(), "Bot", Uuid::nil(), now);
        let id = ids::encode("PEOPLE", bot);
        let out = render(
            &store,
            &format!("<@personEmail:B@webex.bot> & <@personId:{id}|Robot>, <@all> a<b <@personEmail:x|y>"),
        );
        assert_eq!(out.text, "Bot & Robot, All a<b <@personEmail:x|y>");
        assert_eq!((out.people, out.all), (vec![bot], true));
        assert!(out.html.contains("&amp;"), "{}", out.html);
        assert!(out.html.contains("a&lt;b &lt;@personEmail:x|y&gt;"), "{}", out.html);
    }
}
