// The service worker: answers for pages when there is no signal, sends the outbox when no page is open, and does what push
// asks for. The server puts `self.WORDS` before it, the few words that it says by itself, by language.
import { drain } from "../outbox/send.js";
import { asset } from "./assets.js";
import { forget, met, person } from "./keeping.js";
import { pack, refresh } from "./pack.js";
import { keepNobodys, page } from "./pages.js";
import "./push.js";

// Where the browser can find built files without asking the worker each time, it does.
self.addEventListener("install", (event) => {
  const built = { condition: { urlPattern: { pathname: "/static/dist/*" } }, source: { cacheName: "assets" } };
  event.addRoutes?.(built).catch(() => {});
  event.waitUntil(keepNobodys().catch(() => {}));
});

self.addEventListener("activate", (event) => event.waitUntil(begin()));

async function begin() {
  await self.registration.navigationPreload?.enable();
  await self.clients.claim();
}

self.addEventListener("fetch", (event) => {
  const { request } = event;
  const { origin, pathname } = new URL(request.url);
  if (origin !== self.location.origin) return;
  if (request.method === "POST" && pathname === "/session/end") event.waitUntil(forget());
  if (request.method !== "GET") return;
  if (pathname.startsWith("/static/")) event.respondWith(asset(event));
  else if (pathname === "/pack") event.respondWith(pack(request));
  else if (request.mode === "navigate") event.respondWith(page(event));
});

// With no page open the browser says when there is a way (Background Sync; iOS has none).
self.addEventListener("sync", (event) => event.waitUntil(send(event)));

async function send({ lastChance }) {
  const someone = await person();
  const left = someone ? await drain(someone) : "empty";
  if (["unreached", "busy"].includes(left) && !lastChance) throw new Error(left); // the browser asks again later
}

self.addEventListener("message", (event) => {
  const { data } = event;
  if (data.pack) event.waitUntil(Promise.resolve(data.met && met(data.met)).then(() => refresh(data.pack)));
  if (data.forget) event.waitUntil(forget());
  // Another version of ours stands ready; it takes over when nothing is on its way out.
  if (data.takeOver) event.waitUntil(navigator.locks.request(`outbox-${data.takeOver}`, () => self.skipWaiting()));
});
