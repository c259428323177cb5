// The outbox as it lies on the phone: one IndexedDB a person, so that nothing ever goes out under another name.
// An item: { seq, key, url, fields: [[name, text or Blob, file name]], at (ISO, this phone's clock), page, title, version,
// state: "waiting" | "refused", and why: status, reason, tries, after (ms since the epoch), asked (until when its
// page waits for the answer, ms), wifi, waits }.
import { database } from "../database.js";

const ITEMS = "items";
const SENT = "sent";
const SENT_KEPT = 60; // newest ones, for the list of what went out
// On the disk before "saved" is said, whatever kills the phone next. What is forgotten may come back: it is only sent again.
const STRICT = { durability: "strict" };
let waits = [200, 400, 800, 1_600]; // ms between two tries to open it; on a phone that keeps nothing, once

function outbox(person) {
  return database(`outbox-${person}`, (db) => {
    db.createObjectStore(ITEMS, { keyPath: "seq", autoIncrement: true });
    db.createObjectStore(SENT, { keyPath: "seq" });
  });
}

/** Waits a while where the process that outlives a killed browser still holds it; throws when it stays shut. */
async function opened(person) {
  for (const wait of waits) {
    const done = await outbox(person).then(() => true, () => false);
    if (done) return;
    await new Promise((on) => setTimeout(on, wait));
  }
  waits = [];
  await outbox(person);
}

/** Does `work` with the stores in one transaction; what its request found is the result. */
async function within(person, mode, work, how = {}) {
  const db = await outbox(person);
  return new Promise((done, failed) => {
    const transaction = db.transaction([ITEMS, SENT], mode, how);
    const asked = work(transaction.objectStore(ITEMS), transaction.objectStore(SENT));
    transaction.oncomplete = () => done(asked?.result);
    transaction.onabort = transaction.onerror = () => failed(transaction.error);
  });
}

/**
 * Writes an item and reads it back; one whose key waits already is the same act, tapped twice or sent again from a page
 * that was gone back to: it stays alone, as it was filled in last. @returns {Promise<object>} the item with its place in
 * the order; throws when it is not there
 */
export async function keep(person, item) {
  await opened(person);
  const same = (await items(person)).find(({ key, state }) => key === item.key && state === "waiting");
  if (same) {
    await change(person, same.seq, { fields: item.fields }, STRICT);
    return { ...same, fields: item.fields };
  }
  for (const makeRoom of [dropPages, dropAll]) {
    try {
      return await write(person, item);
    } catch (wrong) {
      if (wrong?.name !== "QuotaExceededError") throw wrong;
      await makeRoom();
    }
  }
  return write(person, item);
}

// Pages can be fetched again, work cannot: they go first when the phone is full. Those that were looked at before those
// that show the book.
async function dropPages() {
  for (const name of await shelves()) {
    const cache = await caches.open(name);
    const looked = (await cache.keys()).filter(({ url }) => !/\/(pack|offline|frames\/.*)$/.test(url));
    await Promise.all(looked.map((request) => cache.delete(request)));
  }
}

async function dropAll() {
  await Promise.all((await shelves()).map((name) => caches.delete(name)));
}

async function shelves() {
  const names = (await globalThis.caches?.keys()) ?? [];
  return names.filter((name) => name.startsWith("pages-"));
}

async function write(person, item) {
  const seq = await within(person, "readwrite", (items) => items.add(item), STRICT);
  const there = await within(person, "readonly", (items) => items.get(seq));
  if (there?.key !== item.key || there.fields.length !== item.fields.length) throw new Error("what was written is not there");
  return there;
}

/** All that was not sent yet, in the order in which it was done. */
export function items(person) {
  return within(person, "readonly", (items) => items.getAll());
}

export function change(person, seq, changes, how) {
  return within(person, "readwrite", (items) => {
    const asked = items.get(seq);
    // Given up meanwhile, in another tab: nothing comes back.
    asked.onsuccess = () => asked.result && items.put({ ...asked.result, ...changes });
  }, how);
}

/** Puts an item, changed, behind all others: it is the same act, and never there twice nor not at all. */
export function putLast(person, { seq, ...item }) {
  return within(person, "readwrite", (items) => {
    const asked = items.get(seq);
    asked.onsuccess = () => {
      if (!asked.result) return; // sent or given up meanwhile, in another tab
      items.delete(seq);
      items.add(item);
    };
  }, STRICT);
}

/** Given up by its person. */
export function drop(person, seq) {
  return within(person, "readwrite", (items) => void items.delete(seq), STRICT);
}

/** The server has it: it leaves the outbox and stands, without its files, among what was sent. */
export function settle(person, item, answered) {
  const fields = item.fields.filter(([, value]) => typeof value === "string");
  return within(person, "readwrite", (items, sent) => {
    items.delete(item.seq);
    sent.put({ ...item, ...answered, fields, files: item.fields.length - fields.length, sent_at: new Date().toISOString() });
    sent.getAllKeys().onsuccess = ({ target }) => target.result.slice(0, -SENT_KEPT).forEach((seq) => sent.delete(seq));
  });
}

/** What went out lately, the newest last. */
export function sent(person) {
  return within(person, "readonly", (_items, sent) => sent.getAll());
}

/** Whose outboxes lie on this phone; a browser that does not tell knows of nobody. */
export async function people() {
  const all = (await indexedDB.databases?.()) ?? [];
  return all.filter(({ name }) => name.startsWith("outbox-")).map(({ name }) => name.slice("outbox-".length));
}
