// Sends what waits whenever there may be a way: at each page, when it is seen again, when the signal is back, after a
// while, and, where the browser has that, when no page is open at all (Background Sync).
import { hear } from "./news.js";
import { drain } from "./send.js";
import { askToPersist, report } from "./report.js";
import { items } from "./store.js";
import { me } from "./here.js";

const TICK = 15_000; // ms between tries while something waits and a page is open

async function go() {
  if (!me() || !navigator.locks) return;
  const left = await drain(me()).catch(() => "waiting");
  if (left !== "empty") askForSync();
  if (!["unreached", "signed_out", "someone_else"].includes(left)) await report().catch(() => {});
}

async function askForSync() {
  const registration = await navigator.serviceWorker?.getRegistration().catch(() => null);
  await registration?.sync?.register("outbox").catch(() => {}); // iOS has none; some refuse it
}

async function tick() {
  if (document.visibilityState === "visible" && me() && (await items(me()).catch(() => [])).length) await go();
  setTimeout(tick, TICK);
}

addEventListener("online", go);
document.addEventListener("visibilitychange", () => document.visibilityState === "visible" && go());
addEventListener("pageshow", go);
hear(({ what }) => {
  if (what !== "kept") return;
  askForSync();
  askToPersist();
});
setTimeout(tick, TICK);
