// Opens an HTML report of hostile replies in headless Chromium, with JavaScript: no script runs, nothing is loaded, and the
// page is whole. `tests/browser/run` starts it.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";

const { WXFLOW, MODULES } = process.env;
const { chromium } = createRequire(join(MODULES, "x.js"))("playwright-core");
const ATTACKS = [
  "<script>pwned()</script>",
  "</script><script>pwned()</script>",
  "\"><img src=http://pwned.invalid/x onerror=pwned()>",
  "'><svg onload=pwned()>",
  "</pre></style></title></textarea><iframe src=javascript:pwned()></iframe>",
  "<style>@import 'http://pwned.invalid/x'</style><link rel=stylesheet href=http://pwned.invalid/x>",
  "<a href=javascript:pwned() autofocus onfocus=pwned()>x</a><details open ontoggle=pwned()>",
  "<meta http-equiv=refresh content=\"0;url=http://pwned.invalid/\"><base href=http://pwned.invalid/>",
  "<form action=http://pwned.invalid/><button autofocus>x</button></form><object data=http://pwned.invalid/x>",
  "]]><!--<script>pwned()</script>-->",
];

const server = createServer((request, reply) => {
  const [kind, body] = request.url.includes("json")
    ? ["application/json", JSON.stringify({ all: ATTACKS })] : ["text/html", ATTACKS.join("\n")];
  reply.writeHead(200, ATTACKS[0], { "content-type": kind, "x-a": ATTACKS, "set-cookie": `a=${ATTACKS[0]}` });
  reply.end(body);
});
await new Promise((done) => server.listen(0, "127.0.0.1", done));
const folder = mkdtempSync(join(tmpdir(), "wxflow-browser-"));
const quoted = JSON.stringify(ATTACKS[0]);
writeFileSync(join(folder, "a.flow.yaml"), `name: ${quoted}
vars: { attacks: ${JSON.stringify(ATTACKS)} }
defaults: { base_url: "http://127.0.0.1:${server.address().port}" }
steps:
  - name: ${quoted}
    continue_on_failure: true
    request: GET /html
    capture: { all: "{{ response.text }}" }
    expect: { status: 404, body: { eq: ${quoted} }, headers: { x-a: nothing }, cookies: { a: nothing } }
  - for_each: { text: "{{ attacks }}" }
    continue_on_failure: true
    request: GET /json/{{ text }}
    query: { q: "{{ text }}" }
    expect: { json: { $.all: nothing }, that: ["text == 'x'"] }
`);
const report = join(folder, "report.html");
const status = await new Promise((done) => {
  const args = ["run", "a.flow.yaml", "-vv", "--report", `html=${report}`];
  spawn(WXFLOW, args, { cwd: folder, env: { PATH: process.env.PATH, HOME: folder }, stdio: "ignore" }).on("exit", done);
});
assert.equal(status, 1);

const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium", args: ["--no-sandbox", "--disable-dev-shm-usage"],
});
try {
  const page = await browser.newPage();
  const asked = [], ran = [];
  page.on("request", (request) => asked.push(request.url()));
  page.on("dialog", (dialog) => { ran.push(dialog.message()); dialog.dismiss(); });
  page.on("pageerror", (error) => ran.push(String(error)));
  await page.exposeFunction("pwned", () => { ran.push("pwned"); });
  const address = pathToFileURL(report).href;
  // It can tell: the same in a page without a policy does run.
  await page.setContent("<script>pwned()</script>");
  await page.waitForFunction("true");
  assert.deepEqual(ran.splice(0), ["pwned"]);
  asked.length = 0;
  await page.goto(address);
  for (const fold of await page.locator("details").all()) await fold.evaluate((details) => { details.open = true; });
  assert.deepEqual(asked, [address]);
  assert.deepEqual(ran, []);
  assert.equal(page.url(), address);
  const count = (query) => page.locator(query).count();
  assert.equal(await count("script, img, iframe, object, form, link, base, meta[http-equiv=refresh]"), 0);
  const handlers = await page.evaluate(() => [...document.querySelectorAll("*")]
    .flatMap((element) => element.getAttributeNames()).filter((name) => name.startsWith("on")));
  assert.deepEqual(handlers, []);
  const text = await page.locator("body").textContent();
  for (const attack of ATTACKS) assert.ok(text.includes(attack.slice(0, 20)), `it shows ${attack}`);
} finally {
  await browser.close();
  server.close();
  rmSync(folder, { recursive: true, force: true });
}
console.log("the hostile report ran nothing and loaded nothing");
