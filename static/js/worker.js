// The worker's side in the page: it is there, it has the pack, and a new version of it takes over between two sendings.
import { fromPhone, me, version } from "./outbox/here.js";

const QUIET = 1_500; // ms after the page is there: whatever it needs itself goes first

async function begin() {
  const registration = await navigator.serviceWorker.register("/sw.js");
  takeOver(registration);
  registration.addEventListener("updatefound", () => {
    registration.installing?.addEventListener("statechange", () => takeOver(registration));
  });
  if (!me()) return;
  const { active } = await navigator.serviceWorker.ready;
  const page = { version: version(), lang: document.documentElement.lang };
  active.postMessage({ pack: page, met: fromPhone() ? undefined : me() });
}

function takeOver({ waiting, active }) {
  if (waiting && active) waiting.postMessage({ takeOver: me() ?? "nobody" });
}

if (navigator.serviceWorker) {
  addEventListener("load", () => setTimeout(() => begin().catch(() => {}), QUIET));
}
