// <phone-kept data-person="…">: what lies on this phone of its person, and what may be done about it. Its words come from
// the page. The service worker keeps the pages and counts the bytes; here they are only read.
import { when } from "../when.js";

const LANG = document.documentElement.lang;
const WAIT = "photos-wait-for-wifi"; // kept on this phone, read by whoever sends photos

const number = (value, options) => new Intl.NumberFormat(LANG, options).format(value);

/** `3.4 MB`. */
function size(bytes) {
  const [unit, part] = bytes < 1e9 ? ["megabyte", 1e6] : ["gigabyte", 1e9];
  return number(bytes / part, { style: "unit", unit, maximumFractionDigits: 1 });
}

/** The bytes that were moved in the month of today, as the worker counts them; null where nobody has counted yet. */
async function movedThisMonth() {
  const known = (await indexedDB.databases?.()) ?? [{ name: "phone" }];
  if (!known.some(({ name }) => name === "phone")) return null;
  const db = await new Promise((done) => {
    const opening = indexedDB.open("phone");
    opening.onsuccess = () => done(opening.result);
    opening.onupgradeneeded = () => opening.transaction.abort(); // it is the worker's to make
    opening.onerror = () => done(null);
  });
  if (!db?.objectStoreNames.contains("usage")) return db?.close() ?? null;
  const month = new Date().toLocaleDateString("sv").slice(0, 7);
  const asked = db.transaction("usage").objectStore("usage").get(month);
  const found = await new Promise((done) => (asked.onsuccess = asked.onerror = () => done(asked.result)));
  db.close();
  return found?.bytes ?? found ?? null;
}

class PhoneKept extends HTMLElement {
  connectedCallback() {
    this.cache = `pages-${this.dataset.person}`;
    for (const button of this.querySelectorAll("[data-do]")) {
      button.addEventListener("click", () => this[button.dataset.do]());
    }
    const wait = this.querySelector(`[name=${WAIT}]`);
    wait.checked = localStorage.getItem(WAIT) === "yes";
    wait.addEventListener("change", () => localStorage.setItem(WAIT, wait.checked ? "yes" : "no"));
    this.querySelector("[data-when=insecure]").hidden = "caches" in window;
    this.look();
  }

  async look() {
    if (!("caches" in window)) return;
    const kept = (await caches.has(this.cache)) ? await caches.open(this.cache) : null;
    const pack = await (await kept?.match("/pack"))?.json();
    this.say("customers", this.age(pack));
    this.say("pages", number((await kept?.keys())?.length ?? 0));
    const { usage, quota } = (await navigator.storage?.estimate()) ?? {};
    this.say("space", quota ? this.dataset.spaceOf.replace("{used}", size(usage)).replace("{quota}", size(quota)) : this.dataset.unknown);
    const persisted = await navigator.storage?.persisted();
    this.say("persisted", persisted ? this.dataset.forGood : this.dataset.atWill);
    this.querySelector("[data-do=persist]").hidden = persisted || !navigator.storage?.persist;
    const moved = await movedThisMonth();
    this.say("month", moved === null ? this.dataset.uncounted : size(moved));
  }

  age(pack) {
    if (!pack) return this.dataset.nothing;
    if (new Date(pack.expires_at) < new Date()) return this.dataset.tooOld;
    const made = when(new Date(pack.made_at));
    return this.dataset.customersAndAge.replace("{num}", number(pack.customers.length)).replace("{when}", made);
  }

  async persist() {
    await navigator.storage.persist();
    this.look();
  }

  /** Through the worker, which keeps what comes. */
  async fetch() {
    const answer = await fetch("/pack", { cache: "reload" }).catch(() => null);
    this.tell(answer?.ok ? "fetched" : "failed");
    this.look();
  }

  /** The outbox is another store, and stays. */
  async remove() {
    await caches.delete(this.cache);
    this.tell("removed");
    this.look();
  }

  say(name, words) {
    this.querySelector(`[data-is=${name}]`).textContent = words;
  }

  tell(what) {
    this.querySelector("[role=status]").textContent = this.dataset[what];
  }
}

customElements.define("phone-kept", PhoneKept);
