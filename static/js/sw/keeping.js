// Whose pages lie on this phone, and for how long: one person's only, 72 hours from the last word with the server.
import { forget as unlearn, known, recall, remember } from "../phone.js";

const LIFE = 72 * 3600 * 1000; // ms
const MOST_PAGES = 80; // besides what the pack brings

export const shelf = (person) => `pages-${person}`;

/** Who was signed in here last, while what is kept of theirs may still be shown. */
export async function person() {
  const last = await known("met").catch(byShelf);
  if (last && !(Date.now() - last.contact < LIFE)) await forget();
  else return last?.person;
}

// The process that held the phone's memory may die later than the browser that was killed: until then nobody else can open it.
// The shelf says whose it is, and its pack of when.
async function byShelf() {
  const [name, another] = await shelves();
  const pack = name && !another && (await (await caches.open(name)).match("/pack"));
  return pack && { person: name.slice(shelf("").length), contact: Date.parse(pack.headers.get("Date")) };
}

/**
 * Somebody's page came from the server. Whoever was here before them leaves nothing behind but their outbox; what is theirs
 * stays, also where the phone cannot tell for once who was here.
 */
export async function met(someone) {
  if ((await recall("met"))?.person !== someone) await clear(shelf(someone));
  await remember("met", { person: someone, contact: Date.now() });
}

/** All pages and the pack go; what was not sent stays, wherever it lies. */
export async function forget() {
  await clear();
  await unlearn("met");
}

async function clear(but) {
  const names = (await shelves()).filter((name) => name !== but);
  await Promise.all(names.map((name) => caches.delete(name)));
}

async function shelves() {
  return (await caches.keys()).filter((name) => name.startsWith(shelf("")));
}

export async function keep(someone, path, answer) {
  const cache = await caches.open(shelf(someone));
  await cache.put(path, answer);
  const kept = (await cache.keys()).filter(({ url }) => !/\/(pack|offline|frames\/.*)$/.test(url));
  await Promise.all(kept.slice(0, -MOST_PAGES).map((request) => cache.delete(request)));
}

export async function kept(someone, path) {
  const cache = await caches.open(shelf(someone));
  return cache.match(path);
}
