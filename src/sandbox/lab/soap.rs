//! `POST /_wxflow/xml`: a service as SOAP 1.1 has it, which finds a space of the document by its title.

use roxmltree::{Document, Node};

use super::reply::DOCUMENT;
use crate::sandbox::answer::{Answer, Outcome};
use crate::sandbox::call::Call;

const ENVELOPE: &str = "http://schemas.xmlsoap.org/soap/envelope/";
const SERVICE: &str = "urn:wxflow:spaces";

/// `FindSpace` with a `Title` answers `FindSpaceResponse`; all else a `Fault`, with status 500 (SOAP 1.1 section 6.2).
pub(in crate::sandbox) fn soap(call: &mut Call) -> Outcome {
    let text = String::from_utf8_lossy(&call.request.body);
    let (status, body) = match find(&text) {
        Ok(found) => (200, found),
        Err(why) => {
            let why = escaped(&why);
            (
                500,
                format!("<soap:Fault><faultcode>soap:Client</faultcode><faultstring>{why}</faultstring></soap:Fault>"),
            )
        }
    };
    let envelope = format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<soap:Envelope xmlns:soap=\"{ENVELOPE}\"><soap:Body>{body}</soap:Body></soap:Envelope>\n"
    );
    Ok(Answer::with_body(status, "text/xml; charset=utf-8", envelope))
}

fn find(text: &str) -> Result<String, String> {
    let request = Document::parse(text).map_err(|e| format!("The envelope is not XML: {e}"))?;
    let envelope = request.root_element();
    if !envelope.has_tag_name((ENVELOPE, "Envelope")) {
        return Err("The root must be a SOAP 1.1 Envelope.".to_owned());
    }
    let body = child(envelope, (ENVELOPE, "Body")).ok_or("The Envelope has no Body.")?;
    let asked =
        child(body, (SERVICE, "FindSpace")).ok_or_else(|| format!("The Body has no FindSpace of {SERVICE}."))?;
    let title = child(asked, (SERVICE, "Title")).and_then(|t| t.text()).ok_or("FindSpace has no Title.")?;
    let spaces = Document::parse(DOCUMENT).map_err(|e| e.to_string())?;
    let is_it = |space: &Node<'_, '_>| space.children().any(|c| c.has_tag_name("title") && c.text() == Some(title));
    let space = spaces.descendants().find(is_it).ok_or_else(|| format!("No space is called {title}."))?;
    let members = space.children().find(|c| c.has_tag_name("members")).and_then(|m| m.text()).unwrap_or("0");
    let id = space.attribute("id").unwrap_or("");
    let title = escaped(title);
    Ok(format!(
        "<FindSpaceResponse xmlns=\"{SERVICE}\"><Space id=\"{id}\"><Title>{title}</Title><Members>{members}</Members></Space></FindSpaceResponse>"
    ))
}

fn child<'a, 'i>(node: Node<'a, 'i>, name: (&str, &str)) -> Option<Node<'a, 'i>> {
    node.children().find(|c| c.has_tag_name(name))
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sandbox::testing::Lab;

    fn asked(body: &str) -> (u16, String) {
        let reply = Lab::new().post("/_wxflow/xml").header("content-type", "text/xml").body(body).send();
        (reply.status, String::from_utf8(reply.answer.body.to_vec()).unwrap())
    }

    #[test]
    fn a_space_is_found_by_its_title() {
        let envelope = |title: &str| {
            format!(
                "<s:Envelope xmlns:s=\"{ENVELOPE}\"><s:Body><FindSpace xmlns=\"{SERVICE}\"><Title>{title}</Title></FindSpace></s:Body></s:Envelope>"
            )
        };
        let (status, found) = asked(&envelope("Plans &amp; deeds"));
        assert_eq!(status, 200);
        assert!(found.contains("<Space id=\"1\"><Title>Plans &amp; deeds</Title><Members>3</Members>"), "{found}");
        let (status, fault) = asked(&envelope("&lt;x&gt;"));
        assert_eq!(status, 500);
        assert!(fault.contains("<faultstring>No space is called &lt;x&gt;.</faultstring>"), "{fault}");
        assert!(asked("{}").1.contains("The envelope is not XML"));
        assert!(asked("<a/>").1.contains("must be a SOAP 1.1 Envelope"));
    }
}
