// Drives `wxflow login` through its scope page and the sandbox's consent page to a kept token, in headless Chromium:
// once on a desktop with JavaScript, once on a dark phone without. `tests/browser/run` starts it.
import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";

const { WXFLOW, SHOTS, MODULES } = process.env;
const { chromium } = createRequire(join(MODULES, "x.js"))("playwright-core");
const folder = mkdtempSync(join(tmpdir(), "wxflow-browser-"));
mkdirSync(join(folder, "environments"));
mkdirSync(SHOTS, { recursive: true });
const env = { PATH: process.env.PATH, HOME: folder };
const children = new Set();

const start = (...args) => {
  const child = spawn(WXFLOW, args, { cwd: folder, env, stdio: ["ignore", "pipe", "pipe"] });
  children.add(child);
  child.text = "";
  for (const stream of [child.stdout, child.stderr]) stream.on("data", (data) => { child.text += data; });
  child.ended = new Promise((done) => child.on("exit", (code) => { children.delete(child); done(code); }));
  return child;
};
const printed = (child, pattern) => new Promise((found, failed) => {
  const look = () => { const match = pattern.exec(child.text); if (match) found(match); };
  child.stderr.on("data", look);
  child.stdout.on("data", look);
  child.ended.then(() => failed(new Error(`ended without ${pattern}: ${child.text}`)));
  look();
});

const PAGE = /(http:\/\/\S+\/wxflow-login\/\S+)/;

async function page(browser, options) {
  const context = await browser.newContext(options);
  const page = await context.newPage();
  page.setDefaultTimeout(20_000);
  const problems = [];
  page.on("console", (message) => { 
    // The sandbox's consent page has no icon, and asks for none.
    if (message.type() === "error" && !message.location().url.endsWith("/favicon.ico")) problems.push(message.text());
  });
  page.on("pageerror", (error) => problems.push(String(error)));
  return { page, problems, close: () => context.close() };
}

async function desktop(browser) {
  const login = start("login", "webex", "-e", "dev", "--no-browser");
  const { page: tab, problems, close } = await page(browser, { viewport: { width: 1280, height: 900 } });
  await tab.goto((await printed(login, PAGE))[1]);
  await tab.screenshot({ path: join(SHOTS, "desktop-choose.png") });
  await tab.keyboard.press("Tab");
  assert.equal(await tab.evaluate(() => document.activeElement.textContent), "Skip to the scopes");
  await tab.screenshot({ path: join(SHOTS, "desktop-focus.png") });
  await tab.getByRole("button", { name: "A messaging bot or integration" }).click();
  assert.equal(await tab.locator("#count").textContent(), "8");
  await tab.getByLabel("Search scopes").fill("look people up");
  assert.match(await tab.locator("#found").textContent(), /^1 scope matches/);
  assert.equal(await tab.locator("input[name=scope]:visible").count(), 8, "what is chosen stays in sight");
  await tab.getByLabel(/spark:rooms_write/).focus();
  await tab.keyboard.press("Space");
  assert.equal(await tab.locator("#count").textContent(), "7");
  await tab.screenshot({ path: join(SHOTS, "desktop-search.png") });
  await tab.getByRole("button", { name: /^Go on to/ }).click();
  await tab.waitForURL(/\/v1\/authorize/);
  await tab.screenshot({ path: join(SHOTS, "desktop-consent.png") });
  await tab.getByRole("button", { name: "Accept" }).click();
  await tab.getByRole("heading", { name: "Signed in" }).waitFor();
  assert.ok(!tab.url().includes("code="), "no code stays in the history");
  await tab.screenshot({ path: join(SHOTS, "desktop-result.png"), fullPage: true });
  assert.equal(await tab.locator("tbody tr").count(), 7);
  assert.equal(await tab.locator("textarea").count(), 0, "the token is hidden");
  await tab.getByRole("button", { name: "Show the access token" }).click();
  const token = await tab.getByLabel(/Access token of/).inputValue();
  const kept = spawnSync(WXFLOW, ["token", "show", "webex", "-e", "dev", "--reveal"], { cwd: folder, env });
  assert.equal(kept.stdout.toString().trim(), token);
  await tab.getByRole("button", { name: "Done" }).click();
  await tab.getByRole("heading", { name: "Done" }).waitFor();
  assert.equal(await login.ended, 0, login.text);
  assert.ok(!login.text.includes(token), "the terminal never shows the token");
  assert.deepEqual(problems, []);
  await close();
}

async function phone(browser) {
  const login = start("login", "webex", "-e", "dev", "--no-browser");
  const { page: tab, close } = await page(browser, {
    viewport: { width: 375, height: 740 }, deviceScaleFactor: 2, isMobile: true, hasTouch: true,
    colorScheme: "dark", javaScriptEnabled: false,
  });
  await tab.goto((await printed(login, PAGE))[1]);
  await tab.screenshot({ path: join(SHOTS, "phone-choose.png") });
  await tab.getByRole("button", { name: "A guest issuer" }).click();
  await tab.getByText("2 chosen").waitFor();
  await tab.getByLabel("Search scopes").fill("people");
  await tab.getByRole("button", { name: "Search" }).click();
  await tab.getByText(/scopes match/).waitFor();
  await tab.getByLabel(/spark:people_read/).check();
  await tab.screenshot({ path: join(SHOTS, "phone-search.png"), fullPage: true });
  await tab.getByRole("button", { name: /^Go on to/ }).click();
  await tab.getByRole("button", { name: "Decline" }).click();
  await tab.getByRole("heading", { name: "No token was given" }).waitFor();
  await tab.screenshot({ path: join(SHOTS, "phone-refused.png"), fullPage: true });
  await tab.getByRole("link", { name: "Choose again" }).click();
  await tab.getByText("3 chosen").waitFor();
  await tab.getByRole("button", { name: /^Go on to/ }).click();
  await tab.getByRole("button", { name: "Accept" }).click();
  await tab.getByRole("heading", { name: "Signed in" }).waitFor();
  await tab.screenshot({ path: join(SHOTS, "phone-result.png"), fullPage: true });
  const wide = await tab.evaluate(() => document.documentElement.scrollWidth > innerWidth).catch(() => false);
  assert.equal(wide, false, "nothing sticks out");
  await tab.getByRole("button", { name: "Done" }).click();
  assert.equal(await login.ended, 0, login.text);
  assert.match(login.text, /access_denied/);
  await close();
}

let browser;
try {
  const sandbox = start("sandbox", "--seed", "1");
  await printed(sandbox, /WXFLOW_ALLOW_HOST='.*'/);
  for (const [, name, value] of sandbox.text.matchAll(/export (\w+)='(.*)'/g)) env[name] = value;
  writeFileSync(join(folder, "environments", "dev.yaml"), `oauth:
  webex:
    grant: authorization_code
    authorize_url: ${env.WEBEX_URL}/authorize
    token_url: ${env.WEBEX_URL}/access_token
    client_id: { env: WEBEX_CLIENT_ID }
    client_secret: { env: WEBEX_CLIENT_SECRET }
    redirect_uri: http://127.0.0.1:0/callback
`);
  browser = await chromium.launch({
    executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
    args: ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
      "--disable-component-update", "--disable-sync"],
  });
  await desktop(browser);
  await phone(browser);
  console.log("browser: the login works on a desktop and on a phone without JavaScript");
} finally {
  await browser?.close();
  for (const child of children) child.kill("SIGINT");
  rmSync(folder, { recursive: true, force: true });
}
