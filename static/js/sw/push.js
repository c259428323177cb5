// Shows every push, and does what is tapped on it.
import { done, open } from "./taps.js";
import { shown } from "./words.js";

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
  if (!chosen) notification.close();
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
