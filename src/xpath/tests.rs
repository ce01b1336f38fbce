//! The evaluator behind our own tree: namespaces, HTML's ways, and what a hostile document or expression may cost.

use serde_json::json;

use super::*;

fn ask(path: &str, text: &str, markup: Markup) -> Result<Option<Value>, String> {
    let path = XPath::parse(path).unwrap_or_else(|e| panic!("{path}: {e}"));
    path.query(&Document::read(text, markup).expect("it can be read"))
}

const SOAP: &str = r#"<?xml version="1.0"?>
<soap:Envelope xmlns:soap="http://schemas.xmlsoap.org/soap/envelope/" xmlns="urn:default" xml:lang="en">
  <soap:Header/>
  <soap:Body a="1" soap:a="2">
    <!-- note --><?go now?>
    <GetResult><Price currency="EUR">1.90</Price><Price>2.5</Price></GetResult>
    <m:Other xmlns:m="urn:m"><![CDATA[<raw>]]> &amp; more</m:Other>
  </soap:Body>
</soap:Envelope>"#;

#[test]
fn answers_over_xml() {
    #[rustfmt::skip]
    let cases = [
        ("//Price", json!(["1.90", "2.5"])),
        ("//Price[1]", json!("1.90")),
        ("/Envelope/Body/GetResult/Price[@currency='EUR']", json!("1.90")),
        ("//*[namespace-uri() = 'urn:m']", json!("<raw> & more")),
        ("//Other/text()", json!("<raw> & more")),
        ("count(//Price)", json!(2)),
        ("sum(//Price)", json!(4.4)),
        ("sum(//Price) > 4", json!(true)),
        ("number(//Price[2])", json!(2.5)),
        ("string(//Nothing)", json!("")),
        ("name(/*)", json!("soap:Envelope")),
        ("name(//GetResult)", json!("GetResult")),
        ("name(//Body/@*[2])", json!("soap:a")),
        ("local-name(/*)", json!("Envelope")),
        ("namespace-uri(//GetResult)", json!("urn:default")),
        ("//@xml:lang", json!("en")),
        ("//@a", json!(["1", "2"])),
        ("//Price[lang('en')][last()]", json!("2.5")),
        ("//comment()", json!(" note ")),
        ("//processing-instruction('go')", json!("now")),
        ("//Price/following-sibling::Price", json!("2.5")),
        ("//Price[2]/preceding::*[1]", json!("1.90")),
        ("count(//Price/ancestor::*)", json!(3)),
        ("normalize-space(//Body/GetResult)", json!("1.902.5")),
        ("//Price | //@currency", json!(["1.90", "EUR", "2.5"])),
        ("//Price[position() = last()]/..//Price[1]", json!("1.90")),
        ("boolean(//Nothing)", json!(false)),
        ("concat(//Price[1], '-', count(//*))", json!("1.90-7")),
        ("1 div 4", json!(0.25)),
    ];
    for (path, wanted) in cases {
        assert_eq!(ask(path, SOAP, Markup::Xml), Ok(Some(wanted)), "{path}");
    }
    assert_eq!(ask("//Nothing", SOAP, Markup::Xml), Ok(None));
    // XML's names have a case.
    assert_eq!(ask("//price", SOAP, Markup::Xml), Ok(None));
    let error = ask("number(//Nothing)", SOAP, Markup::Xml).unwrap_err();
    assert_eq!(error, "`number(//Nothing)` gives no number: what it asks is missing or is other text");
}

#[test]
fn answers_over_html() {
    let page = "<!DOCTYPE html><title>A &amp; B</title><BODY class=x><p id=one>First<p>Second <b>bold</p>\
                <table><tr><td>cell</table><noscript><i>quiet</i></noscript><svg><foreignObject>in</foreignObject></svg>\
                <template><u>kept</u></template><br><input disabled value='v'>é&nbsp;";
    #[rustfmt::skip]
    let cases = [
        ("//title", json!("A & B")),
        ("/html/head/title", json!("A & B")),
        ("//P[1]", json!("First")),
        ("//p", json!(["First", "Second bold"])),
        ("//*[@ID='one']", json!("First")),
        ("//body/@class", json!("x")),
        ("//tbody/tr/td", json!("cell")),
        ("//noscript/i", json!("quiet")),
        ("//foreignobject", json!("in")),
        ("//template/u", json!("kept")),
        ("//input/@disabled", json!("")),
        ("//input/@value", json!("v")),
        ("name(//title)", json!("title")),
        ("contains(//body, '\u{a0}')", json!(true)),
    ];
    for (path, wanted) in cases {
        assert_eq!(ask(path, page, Markup::Html), Ok(Some(wanted)), "{path}");
    }
    // Misnested tags: the adoption agency moves nodes about.
    assert_eq!(ask("//p/b", "<b>1<p>2</b>3</p>", Markup::Html), Ok(Some(json!("2"))));
    assert_eq!(ask("//b", "<b>1<p>2</b>3</p>", Markup::Html), Ok(Some(json!(["1", "2"]))));
    // What does not belong into a table is put before it.
    assert_eq!(ask("//table/preceding::text()", "<table>out<tr><td>in</table>", Markup::Html), Ok(Some(json!("out"))));
}

#[test]
fn the_kind_of_document_is_told_by_its_type_and_else_by_its_beginning() {
    let of = |kind: Option<&str>, text: &str| Markup::of(kind, text);
    assert_eq!(of(Some("text/html; charset=utf-8"), "<a/>"), Markup::Html);
    assert_eq!(of(Some("application/soap+xml"), "<html>"), Markup::Xml);
    assert_eq!(of(Some("Text/XML"), "<!doctype html>"), Markup::Xml);
    assert_eq!(of(Some("text/plain"), "\u{feff}\n <!DOCTYPE HTML>"), Markup::Html);
    assert_eq!(of(None, "<HTML lang=en>"), Markup::Html);
    assert_eq!(of(None, "<?xml version='1.0'?><html/>"), Markup::Xml);
    assert_eq!(of(None, "é"), Markup::Xml);
}

#[test]
fn unreadable_documents_say_why() {
    let why = |text: &str| Document::read(text, Markup::Xml).expect_err(text).message;
    let bomb = "<!DOCTYPE a [<!ENTITY x 'xxxx'>]><a>&x;</a>";
    assert_eq!(why(bomb), "it has a DOCTYPE, and wxflow reads no DTD and no entities");
    assert!(why("<a>&nbsp;</a>").starts_with("it uses the entity `&nbsp;`"));
    assert_eq!(why("{\"a\": 1}"), "it does not begin with `<`");
    assert!(why("<a><b></a>").starts_with("it is not well-formed: "), "{}", why("<a><b></a>"));
    assert!(why("").starts_with("it "));
}

#[test]
fn wrong_expressions_are_refused_with_their_place() {
    let wrong = |text: &str| {
        let error = XPath::parse(text).expect_err(text);
        (text[error.range.clone()].to_owned(), error.message)
    };
    let case = |at: &str, message: &str| (at.to_owned(), message.to_owned());
    assert_eq!(wrong("//soap:Body/x"), case("soap:", "nothing binds the prefix `soap`"));
    assert_eq!(wrong("//m:*"), case("m:", "nothing binds the prefix `m`"));
    assert_eq!(wrong("//a[cout(b) = 1]"), case("cout", "XPath 1.0 has no function `cout()`"));
    assert_eq!(wrong("matches(a, 'b')").1, "XPath 1.0 has no function `matches()`");
    assert_eq!(wrong("contains(a)"), case("contains", "`contains()` takes 2 arguments, not 1"));
    assert_eq!(wrong("count(1)"), case("count", "`count()` takes nodes, and this gives a number"));
    assert_eq!(wrong("'a'/b"), case("/", "`/` leads on from nodes, and this gives text"));
    assert_eq!(wrong("//a | 1").1, "`|` joins nodes, and this gives a number");
    assert_eq!(wrong("//a[$n]"), case("$n", "there is no variable `$n` in an XPath"));
    assert_eq!(wrong("namespace::*").1, "the `namespace` axis is not supported");
    assert_eq!(wrong("//a["), case("", "the expression ends too early"));
    assert_eq!(wrong("").1, "the expression ends too early");
    assert_eq!(wrong("//é]").0, "]");
}

#[test]
fn what_an_expression_gives_is_known_without_a_document() {
    let gives = |text: &str| XPath::parse(text).expect(text).gives();
    assert_eq!(gives("(//a | //b)[1]/c"), Gives::Nodes);
    assert_eq!(gives("-count(//a)"), Gives::Number);
    assert_eq!(gives("string(.)"), Gives::Text);
    assert_eq!(gives("//a = 'x' or false()"), Gives::Boolean);
}

#[test]
fn nesting_is_bounded_everywhere() {
    let too_deep = |text: String| XPath::parse(&text).expect_err("too deep").message;
    for text in [
        format!("{}1{}", "(".repeat(2000), ")".repeat(2000)),
        format!("//a{}", "[b".repeat(100)),
        format!("{}1", "- ".repeat(1000)),
        format!("1{}", "+1".repeat(1000)),
        "a/".repeat(10_000),
    ] {
        assert_eq!(too_deep(text), "the expression is nested too deeply");
    }
    assert!(XPath::parse(&format!("{}//a{}", "(".repeat(50), ")".repeat(50))).is_ok());

    let deep = |open: &str, close: &str, n: usize| format!("{}{}", open.repeat(n), close.repeat(n));
    let read = |text: String, markup| Document::read(&text, markup).map(drop).map_err(|e| e.message);
    assert_eq!(read(deep("<a>", "</a>", 512), Markup::Xml), Ok(()));
    for (text, markup) in [
        (deep("<a>", "</a>", 513), Markup::Xml),
        (deep("<a>", "</a>", 200_000), Markup::Xml),
        (deep("<div>", "", 600), Markup::Html),
        (deep("<b><i>", "", 200_000), Markup::Html),
    ] {
        assert_eq!(read(text, markup), Err("its elements are nested more than 512 deep".to_owned()));
    }
}

#[test]
fn a_query_costs_no_more_than_its_budget() {
    let wide = format!("<r>{}</r>", "<a>x</a>".repeat(4_000));
    let document = Document::read(&wide, Markup::Xml).expect("read");
    let ask = |path: &str| XPath::parse(path).expect("parsed").query(&document);
    let error = ask("count(//a/following-sibling::a)").unwrap_err();
    assert!(error.contains("more than 5 million nodes"), "{error}");
    // The next query has a budget of its own.
    assert_eq!(ask("count(//a)"), Ok(Some(json!(4_000))));
}

mod never_panics {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(256))]

        #[test]
        fn on_any_expression(text in "[-a-z/@\\[\\]()'.*|:$ =<>0-9é]{0,40}") {
            if let Ok(path) = XPath::parse(&text) {
                let document = Document::read(SOAP, Markup::Xml).expect("read");
                _ = path.query(&document);
            }
        }

        #[test]
        fn on_any_markup(text in "(<[a-z!/?]{0,3}[a-z =\"']{0,8}>?|</?(b|p|table|td|a|i|svg|template|select|option)>|[ -~é]{0,4}){0,30}") {
            for markup in [Markup::Html, Markup::Xml] {
                if let Ok(document) = Document::read(&text, markup) {
                    _ = XPath::parse("//*[text()]/..").expect("parsed").query(&document);
                }
            }
        }
    }
}
