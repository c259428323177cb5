// The service worker: answers for pages when there is no signal, sends the outbox when no page is open, shows every push
// and does what is tapped on it. The server puts `self.WORDS` before it, the few words that it says by itself, by language.
import { drain } from "../outbox/send.js";
import { asset } from "./assets.js";
import { forget, person } from "./keeping.js";
import { pack, refresh } from "./pack.js";
import { page } from "./pages.js";
import { done, open } from "./taps.js";
import { shown } from "./words.js";

self.addEventListener("activate", (event) => event.waitUntil(begin()));

async function begin() {
  await self.registration.navigationPreload?.enable();
  await self.clients.claim();
}

self.addEventListener("fetch", (event) => {
  const { request } = event;
  const { origin, pathname } = new URL(request.url);
  if (origin !== self.location.origin || request.method !== "GET") return;
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
  if (data.pack) event.waitUntil(refresh(data.pack));
  if (data.forget) event.waitUntil(forget());
  // Another version of ours stands ready; it takes over when nothing is on its way out.
  if (data.takeOver) event.waitUntil(navigator.locks.request(`outbox-${data.takeOver}`, () => self.skipWaiting()));
});

// A push that shows nothing costs the subscription, on iOS after the third: so an unreadable one is shown, too.
self.addEventListener("push", (event) => event.waitUntil(show(event.data)));

async function show(data) {
  const { title, ...options } = shown(data, self.location.origin);
  await self.registration.showNotification(title, options);
  const pages = await self.clients.matchAll({ type: "window", includeUncontrolled: true });
  for (const page of pages) page.postMessage({ pushed: options.tag });
}

self.addEventListener("notificationclick", (event) => {
  const { notification, action } = event;
  const { path = "/notifications", actions = [] } = notification.data ?? {};
  const chosen = actions.find((each) => each.action === action);
  notification.close();
  event.waitUntil(chosen ? done(notification, chosen) : open(path));
});

// The browser changed our subscription by itself. The next open page would say so, too.
self.addEventListener("pushsubscriptionchange", (event) => event.waitUntil(renew(event)));

async function renew({ oldSubscription, newSubscription }) {
  const options = { userVisibleOnly: true, applicationServerKey: oldSubscription?.options.applicationServerKey };
  const subscription = newSubscription ?? (await self.registration.pushManager.subscribe(options));
  const { endpoint, keys } = subscription.toJSON();
  await fetch("/settings/notifications/devices", {
    method: "POST",
    headers: { "Idempotency-Key": crypto.randomUUID() },
    body: new URLSearchParams({ endpoint, ...keys, fresh: "1" }),
  });
}
