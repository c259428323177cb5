// This browser's side of push: its service worker, its subscription, and what the server says of that.
const DEVICES = "/settings/notifications/devices";
const WANTED = "push-wanted"; // kept on this device: its person turned push on here

export const able = () => "serviceWorker" in navigator && "PushManager" in window && "Notification" in window;
export const wanted = () => localStorage.getItem(WANTED) === "1";

/** The promise's value, or an Error named TimeoutError: some browsers never answer. */
export function within(ms, promise) {
  const late = new Promise((_, reject) => setTimeout(() => reject(new DOMException("", "TimeoutError")), ms));
  return Promise.race([promise, late]);
}

export async function current() {
  await navigator.serviceWorker.register("/sw.js");
  const registration = await within(10_000, navigator.serviceWorker.ready);
  return { registration, subscription: await registration.pushManager.getSubscription() };
}

/** A new subscription with the server's key; what was there goes. */
export async function subscribe({ registration, subscription }, key) {
  await subscription?.unsubscribe();
  const options = { userVisibleOnly: true, applicationServerKey: key };
  const made = await within(20_000, registration.pushManager.subscribe(options));
  const { state } = await tell(made, { fresh: "1" });
  if (state === "kept") localStorage.setItem(WANTED, "1");
  return state;
}

export async function giveUp(subscription) {
  localStorage.removeItem(WANTED);
  await post(`${DEVICES}/end`, { endpoint: subscription.endpoint });
  await subscription.unsubscribe();
}

/** Say what this browser has; returns what the server makes of it: { state, key }. */
export function tell(subscription, more = {}) {
  const { endpoint, keys } = subscription.toJSON();
  return post(DEVICES, { endpoint, ...keys, key: base64url(subscription.options?.applicationServerKey), ...more });
}

/** Say what it has, and do what is said. Returns "kept", "off" or "refused". */
export async function settle(found) {
  const { state, key } = await tell(found.subscription);
  if (state === "off") {
    localStorage.removeItem(WANTED);
    await found.subscription.unsubscribe();
  }
  return state === "renew" ? subscribe(found, key) : state;
}

async function post(path, fields) {
  const headers = { "Idempotency-Key": crypto.randomUUID() };
  const answer = await fetch(path, { method: "POST", headers, body: new URLSearchParams(fields) });
  if (!answer.ok && answer.status !== 422) throw new Error(`${path} answered ${answer.status}`);
  return answer.json();
}

function base64url(buffer) {
  const text = String.fromCharCode(...new Uint8Array(buffer ?? []));
  return btoa(text).replaceAll("+", "-").replaceAll("/", "_").replace(/=+$/, "");
}
