// Sends what waits, in the order in which it was done, one at a time across all tabs. An item leaves the phone only when
// the server has named its key; what the server refuses stays, with the reason, and whatever does not need it goes on.
import { act } from "./acts.js";
import { tell } from "./news.js";
import { hasFiles, next } from "./order.js";
import { change, items, settle } from "./store.js";
import { spend } from "../phone.js";

const PATIENCE = { text: 30_000, files: 120_000 }; // ms until an answer is given up
const FIRST_WAIT = 5_000; // ms, doubled by each try
const LONGEST_WAIT = 300_000;
const LONGEST_AWAY = 60_000; // for a server that is away as a whole: everything waits for that
export const IN_VAIN = 5; // tries at which the server broke: then somebody else is to see it, too

/** Whether somebody looks at the page that sent it: what the server says of their words they hear there, and put right. */
function isLookedAt({ asked = 0, tries }) {
  return !tries && Date.now() < asked;
}

function isToBeCopied(item) {
  return item.state === "refused" && !item.copied && !(item.status === 422 && isLookedAt(item));
}

/** Sends all that may go now. @returns {Promise<string>} "empty", "waiting", "unreached", "signed_out" or "someone_else" */
export function drain(person) {
  return navigator.locks.request(`outbox-${person}`, () => all(person));
}

async function all(person) {
  for (;;) {
    const waiting = await items(person);
    const item = next(waiting);
    if (!item) {
      for (const each of waiting) if (isToBeCopied(each)) await handOver(person, each);
      return waiting.length ? "waiting" : "empty";
    }
    tell({ person, what: "sending", key: item.key });
    const outcome = await one(person, item);
    if (outcome) {
      tell({ person, what: "stopped", why: outcome, key: item.key });
      return outcome;
    }
  }
}

/** @returns {Promise<string|undefined>} why nothing more can be sent now; nothing where the next may be tried */
async function one(person, item) {
  let answer;
  try {
    answer = await post(person, item);
  } catch {
    return "unreached";
  }
  const ours = answer.headers.get("Idempotency-Key") === item.key;
  if (answer.ok && ours) return taken(person, item, answer);
  if (answer.status === 401) return (await words(answer)).error === "someone_else" ? "someone_else" : "signed_out";
  // Somebody else answers: a hotel's page to sign in at, or a server that is not ours.
  if (!answer.status || answer.ok || (answer.status < 500 && !ours)) return "unreached";
  if (answer.status >= 500 || answer.status === 408 || answer.status === 429) return later(person, item, answer);
  return refused(person, item, answer);
}

function post(person, item) {
  spend(item.fields.reduce((bytes, [, value]) => bytes + (value.size ?? value.length), 0));
  const headers = { "Idempotency-Key": item.key, Person: person, "App-Version": item.version, Outbox: isLookedAt(item) ? "now" : "later" };
  const signal = AbortSignal.timeout(hasFiles(item) ? PATIENCE.files : PATIENCE.text);
  return fetch(item.url, { method: "POST", redirect: "manual", headers, body: body(item), signal });
}

function body({ fields }) {
  const filled = fields.some(([, value]) => typeof value !== "string") ? new FormData() : new URLSearchParams();
  for (const [name, value, file] of fields) {
    if (file) filled.append(name, value, file);
    else filled.append(name, value);
  }
  return filled;
}

async function taken(person, item, answer) {
  const told = await words(answer);
  const kept = told.quarantined ? "quarantined" : told.held ? "held" : "";
  await settle(person, item, { kept, reason: told.reason });
  tell({ person, what: "taken", key: item.key, kept, location: answer.headers.get("Location") });
}

async function later(person, item, answer) {
  const tries = item.tries + 1;
  const asked = Number(answer.headers.get("Retry-After")) * 1000 || 0;
  const longest = answer.status === 500 ? LONGEST_WAIT : LONGEST_AWAY;
  const wait = Math.max(asked, Math.min(FIRST_WAIT * 2 ** (tries - 1), longest));
  await change(person, item.seq, { tries, after: Date.now() + wait, status: answer.status });
  if (answer.status === 500 && tries >= IN_VAIN && !item.copied) await handOver(person, { ...item, status: 500 });
  tell({ person, what: "later", key: item.key }); // it is on its way no more, whether or not others are
  // Away as a whole, or this one alone? Only of this one the others can go past.
  return answer.status === 500 ? undefined : "busy";
}

async function refused(person, item, answer) {
  const { reason = "" } = await words(answer);
  const changes = { state: "refused", status: answer.status, reason };
  await change(person, item.seq, changes);
  tell({ person, what: "refused", key: item.key, ...changes, kind: act(item).kind });
}

/** A copy of what cannot be done goes to the server, so that it is not lost with the phone; here it can still be mended. */
async function handOver(person, item) {
  const told = { key: item.key, method: "POST", path: item.url, status: String(item.status), reason: item.reason ?? "", version: item.version };
  const typed = item.fields.filter(([, value]) => typeof value === "string").map(([name, value]) => [name, value]);
  const files = item.fields.filter(([, value]) => typeof value !== "string");
  const copy = { url: "/outbox/quarantine", key: `${item.key} copy`, version: item.version, tries: 1, fields: [...Object.entries(told), ["fields", JSON.stringify(typed)], ...files] };
  const answer = await post(person, copy).catch(() => null);
  if (answer?.ok && answer.headers.get("Idempotency-Key") === copy.key) await change(person, item.seq, { copied: true });
}

async function words(answer) {
  return answer.json().catch(() => ({}));
}
