// What this phone remembers beside the outbox, for pages and worker alike: small facts by name, and bytes by month.
import { database } from "./database.js";

async function within(store, mode, work) {
  const db = await database("phone", (made) => ["facts", "usage"].forEach((name) => made.createObjectStore(name)));
  return new Promise((done, failed) => {
    const transaction = db.transaction(store, mode);
    const asked = work(transaction.objectStore(store));
    transaction.oncomplete = () => done(asked?.result);
    transaction.onabort = transaction.onerror = () => failed(transaction.error);
  });
}

/** A fact, or undefined where there is none; throws where the phone cannot tell. */
export function known(name) {
  return within("facts", "readonly", (facts) => facts.get(name));
}

/** A fact, or undefined; on a phone that keeps nothing, always that. */
export function recall(name) {
  return known(name).catch(() => undefined);
}

export function forget(name) {
  return within("facts", "readwrite", (facts) => void facts.delete(name)).catch(() => {});
}

export function remember(name, value) {
  return within("facts", "readwrite", (facts) => void facts.put(value, name)).catch(() => {});
}

/** So many bytes more came or went this month. */
export function spend(bytes, month = new Date().toISOString().slice(0, 7)) {
  return within("usage", "readwrite", (usage) => {
    usage.get(month).onsuccess = ({ target }) => usage.put((target.result ?? 0) + bytes, month);
  }).catch(() => {});
}

export function spent(month = new Date().toISOString().slice(0, 7)) {
  return within("usage", "readonly", (usage) => usage.get(month)).then((bytes) => bytes ?? 0, () => 0);
}
