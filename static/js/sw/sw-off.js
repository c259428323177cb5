// The service worker, switched off (SERVICE_WORKER=off): it takes over at once, forgets all pages and answers for none.
// Push goes on, and the outbox is not touched: pages send it by themselves.
import "./push.js";

self.addEventListener("install", () => self.skipWaiting());
self.addEventListener("activate", (event) => event.waitUntil(forgetAll()));

async function forgetAll() {
  await self.registration.navigationPreload?.disable();
  await Promise.all((await caches.keys()).map((name) => caches.delete(name)));
  await self.clients.claim();
}
