//! Scripts to outcomes.

use super::*;

fn musts(text: &str) -> Vec<String> {
    let out = understand(text);
    assert!(out.lost.is_empty(), "{:?}", out.lost);
    out.musts.iter().map(|m| format!("{:?} => {:?}", m.path, m.cond)).collect()
}

fn lost(text: &str) -> Vec<String> {
    understand(text).lost.into_iter().map(|l| format!("{}: {}", l.line, l.text)).collect()
}

#[test]
fn legacy_tests_in_branches() {
    let script = r#"
if (responseCode.code != 200) { tests["failed"] = false }
else {
    tests["ok"] = true
    var jsonData = JSON.parse(responseBody);
    if (jsonData.id === undefined) { tests["no id"] = false }
    else { postman.setEnvironmentVariable("_room", jsonData.id); tests["id " + jsonData.id] = true }
}"#;
    let out = understand(script);
    assert_eq!(out.musts.len(), 2);
    assert_eq!(out.sets.len(), 1);
    assert_eq!(out.sets[0].value, Sym::Json(vec![Seg::Key("id".to_owned())]));
    assert!(out.lost.is_empty());
}

#[test]
fn what_is_lost_is_told_with_its_line() {
    assert_eq!(
        lost("pm.sendRequest('x', () => {});\npm.test('a', () => { pm.expect(foo()).to.eql(1) });"),
        ["1: pm.sendRequest('x', () => {});", "2: pm.expect(foo()).to.eql(1)",]
    );
    assert_eq!(lost("if (foo()) { console.log(1) }"), Vec::<String>::new());
    assert_eq!(lost("if (foo()) { tests['a'] = false }").len(), 1);
    assert_eq!(lost("if (a) {"), ["1: the script cannot be read: a bracket is never closed"]);
}

#[test]
fn a_header_that_cannot_be_is_lost() {
    for script in ["pm.response.to.have.header('{x')", "pm.expect(pm.response.headers.get('a b')).to.eql('c')"] {
        assert_eq!(lost(script).len(), 1, "{script}");
    }
}

#[test]
fn chains() {
    assert_eq!(musts("pm.test('a', function () { pm.response.to.have.status(200); });").len(), 1);
    for chain in [
        "pm.response.to.be.ok",
        "pm.expect(pm.response.code).to.be.oneOf([200, 201])",
        "pm.response.to.have.header('X')",
        "pm.expect(pm.response.json().a).to.be.a('string').and.not.be.empty",
        "pm.expect(pm.response.responseTime).to.be.below(500)",
        "pm.expect(pm.response.json()).to.have.property('a').that.is.an('array')",
        "pm.expect(pm.response.text()).to.include('x')",
        "pm.expect(pm.response.json().items).to.have.lengthOf(3)",
        "pm.expect(pm.response.json().items.length).to.be.above(0)",
        "pm.expect(pm.response.json().n).to.match(/^a/i)",
        "pm.expect([200, 201]).to.include(pm.response.code)",
        "pm.expect(pm.response.headers.get('A')).to.contain('json')",
        "pm.response.to.have.jsonBody('a.b[0]', 1)",
        "pm.expect(pm.response.json()).to.have.all.keys('a', 'b')",
        "pm.expect(pm.response.json().x).to.exist",
        "pm.expect(pm.response.json().x).to.eql(pm.environment.get('x'))",
        "pm.expect(pm.response.json().x === 1).to.be.true",
    ] {
        assert!(!musts(chain).is_empty(), "{chain}");
        assert!(!musts(&format!("pm.test('x', () => {chain})")).is_empty(), "{chain}");
    }
}

#[test]
fn a_bomb_ends_soon() {
    let doubling = format!("var a = responseBody;{}tests['x'] = a;", "a = a + a;".repeat(5_000));
    assert!(!lost(&doubling).is_empty());
    let copies = format!("var a = '{}';var b = [{}];", "x".repeat(100_000), "a,".repeat(50_000));
    understand(&copies);
    understand(&"if (responseCode.code == 1) {".repeat(5_000));
    understand(&format!("{}{}", "if (responseCode.code == 1) {".repeat(80), "}".repeat(80)));
    understand(&"if (responseCode.code == 1) { a = 1 } ".repeat(6_000));
    assert_eq!(lost(&" ".repeat(300_000)).len(), 1);
}
