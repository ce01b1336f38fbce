// Does an imported flow fail where Newman fails? Both run a collection against one server, which changes one field of one
// reply at a time; what is compared is which requests turn red.
//
//   npm install newman                      (anywhere: the folder goes into NODE_PATH)
//   NODE_PATH=…/node_modules node tests/newman/compare.mjs COLLECTION [ENVIRONMENT] [--wxflow PATH] [--every N] [--back] [--verbose]
//
// The server answers with the example that the collection keeps beside a request (Postman's "saved responses"), or with
// what a REST service would say. With `--back` each flow is exported to a collection again, which Newman runs as well.
// `--every N` tries only every Nth change. Every variable whose value is a URL is pointed at the server. Status 0: the same in
// 95 % or more.

import { spawn, spawnSync } from "node:child_process";
import { createServer } from "node:http";
import { createRequire } from "node:module";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";

const newman = createRequire(path.join(process.env.NODE_PATH ?? ".", "x.js"))("newman");
const options = process.argv.slice(2);
const verbose = options.includes("--verbose");
const back = options.includes("--back");
const at = options.indexOf("--wxflow");
const wxflow = path.resolve(at >= 0 ? options.splice(at, 2)[1] : "target/debug/wxflow");
const every = options.includes("--every") ? Number(options.splice(options.indexOf("--every"), 2)[1]) : 1;
const [collectionFile, environmentFile] = options.filter((o) => !o.startsWith("--"));
const read = (file) => JSON.parse(fs.readFileSync(file, "utf8").replace(/^\uFEFF/, ""));

// Each request says which one it is, so that a reply can be changed whatever was sent before.
const collection = read(collectionFile);
const requests = [];
const number = (items) => items.forEach((item) => {
  if (item.item) return number(item.item);
  if (typeof item.request === "string") item.request = { method: "GET", url: item.request };
  item.request.header = [...(item.request.header ?? []), { key: "X-Step", value: String(requests.length) }];
  requests.push(item);
});
number(collection.item);

let change = null;
const server = createServer((request, response) => {
  request.resume().on("end", () => {
    const step = Number(request.headers["x-step"]);
    const reply = answer(step, request);
    if (change?.step === step) change.apply(reply);
    const body = reply.body === undefined ? "" : typeof reply.body === "string" ? reply.body : JSON.stringify(reply.body);
    response.writeHead(reply.status, { "content-type": "application/json", ...reply.headers });
    response.end(body);
  });
});

function answer(step, request) {
  const example = requests[step]?.response?.[0];
  if (example) {
    const headers = Object.fromEntries((example.header ?? []).map((h) => [h.key, h.value]));
    let body = example.body ?? "";
    try { body = JSON.parse(body); } catch { /* text stays text */ }
    return { status: example.code ?? 200, headers, body };
  }
  const parts = new URL(request.url, "http://x").pathname.split("/").filter(Boolean);
  const last = decodeURIComponent(parts.at(-1) ?? "root");
  const id = (name) => Buffer.from(`ciscospark://us/THING/${name}-0001`).toString("base64").replace(/=+$/, "");
  const thing = (id, kind) => ({ id, kind, title: "A title", locked: false });
  if (request.method === "DELETE") return { status: 204, headers: {} };
  if (request.method === "POST") return { status: 200, headers: {}, body: thing(id(last), last) };
  if (last === "me" || last.length > 20) return { status: 200, headers: {}, body: thing(last === "me" ? id("me") : last, parts.at(-2)) };
  if (request.method !== "GET") return { status: 200, headers: {}, body: thing(last, parts.at(-2)) };
  return { status: 200, headers: {}, body: { items: [thing(id(last), last)] } };
}

// Every change: the status, and each field of the body altered, removed and null.
function changes(step, reply) {
  const list = [];
  const add = (what, apply) => list.push({ step, what, apply });
  const others = [500, reply.status === 200 ? 204 : 200, 404].filter((s) => s !== reply.status);
  for (const status of others) add(`status ${status}`, (r) => { r.status = status; });
  for (const name of Object.keys(reply.headers)) {
    if (!/^(content-|date|connection)/i.test(name)) add(`without header ${name}`, (r) => { delete r.headers[name]; });
  }
  const walk = (value, keys) => {
    if (value === null || typeof value !== "object" || keys.length > 3) return;
    for (const key of Object.keys(value)) {
      const place = [...keys, key];
      const edit = (how) => (r) => { const inside = place.slice(0, -1).reduce((v, k) => v?.[k], r.body); if (inside) how(inside, key); };
      const other = (v) => typeof v === "string" ? `${v}~` : typeof v === "number" ? v + 1000 : typeof v === "boolean" ? !v : "other";
      add(`${place.join(".")} altered`, edit((v, k) => { v[k] = other(v[k]); }));
      if (!Array.isArray(value)) {
        add(`${place.join(".")} removed`, edit((v, k) => { delete v[k]; }));
        add(`${place.join(".")} null`, edit((v, k) => { v[k] = null; }));
      }
      walk(value[key], place);
    }
  };
  if (typeof reply.body === "object") walk(reply.body, []);
  else if (reply.body) add("body altered", (r) => { r.body = "something else"; });
  return list;
}

const url = await new Promise((done) => server.listen(0, "127.0.0.1", () => done(`http://127.0.0.1:${server.address().port}`)));
const point = (list) => (list ?? []).forEach((v) => { if (/^https?:\/\//.test(v.value)) v.value = url; });
const pointAll = (item) => { point(item.variable); (item.item ?? []).forEach(pointAll); };
pointAll(collection);
const environment = environmentFile ? read(environmentFile) : { name: "none", values: [] };
point(environment.values);

const folder = fs.mkdtempSync(path.join(os.tmpdir(), "wxflow-newman-"));
fs.writeFileSync(path.join(folder, "c.json"), JSON.stringify(collection));
fs.writeFileSync(path.join(folder, "e.json"), JSON.stringify(environment));
const imported = spawnSync(wxflow, ["import", "postman", path.join(folder, "c.json"), "--environment", path.join(folder, "e.json"), "--out", folder], { encoding: "utf8" });
if (imported.status > 1) throw new Error(imported.stderr);
const renamed = Object.fromEntries([...imported.stderr.matchAll(/the variable (.+) is `(\w+)` here/g)].map((m) => [m[1], m[2]]));
const losses = imported.stderr.split("\n").filter((line) => line.startsWith("not carried over"));
const values = Object.fromEntries(environment.values.map((v) => [`WXFLOW_VAR_${renamed[v.key] ?? v.key}`, String(v.value)]));
const flows = fs.readdirSync(path.join(folder, "flows")).sort().map((f) => path.join(folder, "flows", f));
const groups = [];
let index = 0;
const count = (item) => (item.item ? item.item.reduce((n, i) => n + count(i), 0) : 1);
for (const item of collection.item) {
  const here = count(item);
  const loose = !item.item;
  const before = groups.at(-1);
  if (loose && before?.loose) before.count += here;
  else if (here > 0) groups.push({ name: item.name, loose, start: index, count: here });
  index += here;
}

const runNewman = (collection, environment) => new Promise((done, fail) => {
  newman.run({ collection, environment, timeoutRequest: 5000, suppressExitCode: true }, (error, summary) => {
    if (error) return fail(error);
    const red = new Set();
    for (const run of summary.run.executions) {
      const scripts = [...(run.testScript ?? []), ...(run.prerequestScript ?? [])];
      const broken = run.requestError || (run.assertions ?? []).some((a) => a.error) || scripts.some((s) => s.error);
      if (broken) red.add(run.item.name);
    }
    done(red);
  });
});

const secrets = { access_token: "t0k3n-user", bot_token: "t0k3n-bot", token: "t0k3n", password: "passw0rd" };

// What `export postman` makes of each flow, and the values that its variables have.
const exported = flows.map((file) => JSON.parse(back ? spawnSync(wxflow, ["export", "postman", file], { encoding: "utf8", cwd: folder }).stdout : "null"));
const again = { ...environment, values: [
  ...Object.entries(secrets).map(([key, value]) => ({ key, value })),
  ...environment.values.filter((v) => v.value !== "").map((v) => ({ ...v, key: renamed[v.key] ?? v.key })),
] };

const runFlow = (file) => new Promise((done, fail) => {
  const given = Object.fromEntries(Object.entries(secrets).map(([k, v]) => [`WXFLOW_VAR_${k}`, v]));
  const child = spawn(wxflow, ["run", file, "--report", "json=-", "-q"], { cwd: folder, env: { ...process.env, ...given, ...values } });
  let out = "", err = "";
  child.stdout.on("data", (d) => { out += d; });
  child.stderr.on("data", (d) => { err += d; });
  child.on("close", () => {
    try {
      const report = JSON.parse(out);
      if (!report.flows[0].steps.length) throw new Error("no steps");
      done(new Set(report.flows[0].steps.filter((s) => s.outcome === "failed").map((s) => s.name)));
    } catch (error) { fail(new Error(`${error}\n${err}\n${out.slice(0, 400)}`)); }
  });
});

let same = 0, all = 0, tried = 0, sameBack = 0, sameAgain = 0;
const kinds = {};
for (const [position, group] of groups.entries()) {
  const file = flows[position];
  const items = collection.item.filter((item) => group.loose ? !item.item : item.name === group.name);
  const compare = async (what) => {
    const [theirs, ours] = await Promise.all([runNewman({ ...collection, item: items }, environment), runFlow(file)]);
    // A nested folder stands before the name of a step, and a number behind one that a collection had twice.
    const short = (name) => name.split(" / ").at(-1).replace(/ \(\d+\)$/, "").trim();
    const last = (names) => [...new Set([...names].map(short))].sort().join(", ") || "-";
    const equal = last(theirs) === last(ours);
    if (back) {
      const third = last(await runNewman(exported[position], again));
      sameBack += third === last(ours);
      sameAgain += third === last(theirs);
      if (third !== last(ours) && verbose) console.log(`${group.name}: ${what}\n  wxflow: ${last(ours)}\n  exported: ${third}`);
    }
    all += 1;
    same += equal;
    const kind = what.match(/(status|altered|removed|null|without header)/)?.[1] ?? "unchanged";
    kinds[kind] ??= [0, 0];
    kinds[kind][0] += equal;
    kinds[kind][1] += 1;
    if (!equal && verbose) console.log(`${group.name}: ${what}\n  newman: ${last(theirs)}\n  wxflow: ${last(ours)}`);
  };
  change = null;
  await compare("unchanged");
  for (let step = group.start; step < group.start + group.count; step += 1) {
    const item = requests[step];
    const raw = typeof item.request.url === "string" ? item.request.url : item.request.url.raw;
    const reply = answer(step, { method: item.request.method, url: "/" + raw.replace(/\{\{_?\w+\}\}\/?/, "").replace(/\{\{\w+\}\}/g, "x".repeat(24)).split("?")[0] });
    for (const one of changes(step, reply)) {
      if (tried++ % every) continue;
      change = one;
      await compare(`${item.name}: ${one.what}`);
    }
  }
}
server.close();
const scripts = [];
const scriptsOf = (item) => { for (const e of item.event ?? []) { const s = [e.script?.exec ?? []].flat().join("\n"); if (s.trim()) scripts.push(s); } (item.item ?? []).forEach(scriptsOf); };
scriptsOf(collection);
console.log(`${requests.length} requests, ${scripts.length} scripts, ${losses.length} losses, ${flows.length} flows`);
for (const [kind, [equal, total]] of Object.entries(kinds)) console.log(`  ${kind}: ${equal} of ${total} the same`);
console.log(`${same} of ${all} changes turn the same requests red: ${(100 * same / all).toFixed(1)} %`);
if (back) {
  console.log(`${sameBack} of ${all} turn the same requests red in Newman after export postman: ${(100 * sameBack / all).toFixed(1)} %`);
  console.log(`${sameAgain} of ${all} turn the same requests red in both collections: ${(100 * sameAgain / all).toFixed(1)} %`);
}
if (!verbose) fs.rmSync(folder, { recursive: true });
process.exit(same / all >= 0.95 ? 0 : 1);
