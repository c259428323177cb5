// Tells the server how this phone's outbox stands, so that an admin can find who has work that does not arrive: when that
// changes, and once a day.
import { recall, remember } from "../phone.js";
import { uuid7 } from "../uuid7.js";
import { me, version } from "./here.js";
import { items } from "./store.js";

/** Says it, if there is news; only when nothing is on its way, or it would be of a moment that is over. */
export async function report() {
  const waiting = await items(me());
  const { persisted, quota, used } = await storage();
  const told = { unsent: waiting.length, oldest: waiting[0]?.at ?? "", version: version(), storage: persisted };
  const news = JSON.stringify([me(), told, new Date().toDateString()]);
  if ((await recall("told")) === news) return;
  const headers = { "Idempotency-Key": uuid7(), Person: me() };
  const body = new URLSearchParams({ ...told, quota, used });
  const answer = await fetch("/outbox/state", { method: "POST", headers, body, redirect: "manual" });
  if (answer.ok) await remember("told", news);
}

async function storage() {
  const { quota = "", usage: used = "" } = (await navigator.storage?.estimate?.().catch(() => null)) ?? {};
  const persisted = (await navigator.storage?.persisted?.().catch(() => false)) ? "persisted" : "best effort";
  return { persisted, quota, used };
}

/** Asks the browser, once, not to drop what lies here when room is short. */
export async function askToPersist() {
  if (!navigator.storage?.persist || (await recall("asked-to-persist"))) return;
  await remember("asked-to-persist", true);
  await navigator.storage.persist().catch(() => {});
}
