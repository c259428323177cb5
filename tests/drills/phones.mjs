// Many phones in one process, one of each person: our own outbox, in a database in memory, on a bad line.
//     node phones.mjs < plan.json > ledger.jsonl
// The plan: { base, visits, early, astray, seed, seconds, phones: [{ person, cookie, others, customers }] }. The ledger:
// a line for each thing that was kept, in the order of each phone, and at the end one for each phone with what is left.
import "fake-indexeddb/auto";
import http from "node:http";
import { text } from "node:stream/consumers";

const plan = JSON.parse(await text(process.stdin));
const phones = new Map(plan.phones.map((phone) => [phone.person, { ...phone, told: phone.cookie }]));

// What a browser has and Node.js lacks ----------------------------------------------------------------------

const turns = new Map();
const locks = {
  request(name, work) {
    const turn = (turns.get(name) ?? Promise.resolve()).then(work);
    turns.set(name, turn.catch(() => {}));
    return turn;
  },
};
globalThis.self = globalThis;
Object.defineProperty(globalThis, "navigator", { value: { locks, onLine: true } });

/** As a browser's: to our server, with the cookie of whoever is signed in, on a line of its own. */
globalThis.fetch = async (path, { method, headers, body, signal }) => {
  const asked = new Request(plan.base + path, { method, headers, body });
  const bytes = Buffer.from(await asked.arrayBuffer());
  const { told } = phones.get(headers.Person);
  const sent = { ...Object.fromEntries(asked.headers), "Sec-Fetch-Site": "same-origin", "Content-Length": bytes.length };
  if (told) sent.Cookie = `session=${told}`;
  return new Promise((done, failed) => {
    const going = http.request(asked.url, { method, headers: sent, signal, agent: false }, (answer) => {
      const parts = [];
      answer.on("data", (part) => parts.push(part));
      answer.on("error", failed);
      answer.on("end", () => done(new Response(parts.length ? Buffer.concat(parts) : null, { status: answer.statusCode, headers: answer.headers })));
    });
    going.on("error", failed);
    going.end(bytes);
  });
};

const { drain } = await import("../../static/js/outbox/send.js");
const { items, keep } = await import("../../static/js/outbox/store.js");
const { uuid7 } = await import("../../static/js/uuid7.js");

// Chance that can be had again (mulberry32) ------------------------------------------------------------------

let seed = plan.seed;
function chance() {
  seed = (seed + 0x6d2b79f5) | 0;
  let mixed = Math.imul(seed ^ (seed >>> 15), 1 | seed);
  mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
  return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
}

const one = (of) => of[Math.floor(chance() * of.length)];
const pause = (ms) => new Promise((done) => setTimeout(done, ms));
const say = (line) => process.stdout.write(`${JSON.stringify(line)}\n`);

// A day ---------------------------------------------------------------------------------------------------

const OUTCOMES = ["order_taken", "no_order", "not_now"];

/** The four writes of one visit; some in the wrong order, as an older version or a restored phone might bring them. */
function visit(phone, number) {
  const [id, customer] = [uuid7(), phone.customers[number % phone.customers.length]];
  const at = new Date().toISOString();
  const outcome = one(OUTCOMES);
  const checkIn = { kind: "check-in", url: `/customers/${customer}/visits`, fields: { id, client_at: at }, tells: customer };
  const place = { kind: "place", url: `/visits/${id}/place`, fields: { lat: "10.7725", lng: "106.698", accuracy_m: "12.0", fixed_at: at } };
  const note = { kind: "note", url: `/customers/${customer}/notes`, fields: { id: uuid7(), text: `${phone.name} ${number}`, client_at: at }, tells: `${phone.name} ${number}` };
  const finish = { kind: "finish", url: `/visits/${id}/finish`, fields: { outcome, client_at: at }, tells: outcome };
  const early = chance() < plan.early;
  const order = early ? [{ ...finish, early }, { ...place, early }, checkIn, note] : [checkIn, place, note, finish];
  return order.map((write) => ({ ...write, visit: id }));
}

async function work(phone) {
  for (let number = 0; number < plan.visits; number += 1) {
    for (const { kind, url, fields, visit: id, tells = "", early = false } of visit(phone, number)) {
      const key = uuid7();
      const item = { url, fields: Object.entries(fields), key, at: new Date().toISOString(), page: "/", version: "drill", state: "waiting", tries: 0, title: "" };
      const { seq } = await keep(phone.person, item);
      say({ person: phone.person, phone: phone.name, seq, key, kind, visit: id, tells, early });
    }
    await pause(chance() * plan.pause);
  }
  phone.over = true;
}

/** Sends whenever there may be a way. Now and then somebody else is signed in on this phone, or nobody. */
async function send(phone, until) {
  while (Date.now() < until) {
    const wrong = chance() < plan.astray;
    phone.told = wrong ? one(phone.others) : phone.cookie;
    const why = await drain(phone.person);
    phone.ends[why] = (phone.ends[why] ?? 0) + 1;
    if (why === "empty" && phone.over) return;
    if ((await items(phone.person)).some(({ state }) => state === "refused")) return;
    await pause(200 + chance() * 800);
  }
}

async function live(phone) {
  phone.ends = {};
  await Promise.all([work(phone), send(phone, Date.now() + plan.seconds * 1000)]);
  const left = (await items(phone.person)).map(({ key, state, status, reason }) => ({ key, state, status, reason }));
  say({ phone: phone.name, left, ends: phone.ends });
}

await Promise.all([...phones.values()].map(live));
process.stdout.write("", () => process.exit());
