// What a tap on a notification does.
import { ours } from "./words.js";

/** Its page: in a window that is open already, else in a new one. */
export async function open(path) {
  const windows = await self.clients.matchAll({ type: "window", includeUncontrolled: true });
  const there = windows.find((each) => new URL(each.url).pathname === path);
  const window = there ?? windows[0];
  if (!window) return self.clients.openWindow(path);
  await window.focus().catch(() => {}); // behind another one it is still the right page
  if (there) return there;
  return window.navigate(path).catch(() => self.clients.openWindow(path)); // not ours to steer
}

/**
 * One of its buttons: a POST, named so that a second tap, on this phone or another, is the same act. The notification
 * stays until the server has answered: one that was closed before could be lost with the signal, since a browser may
 * carry out a closing after the showing that followed it.
 */
export async function done(notification, { action, path }) {
  let answer;
  try {
    answer = await fetch(path, {
      method: "POST",
      redirect: "manual",
      headers: { "Idempotency-Key": `${notification.tag} ${action}`.slice(0, 100) },
      body: new URLSearchParams(),
    });
  } catch {
    return again(notification);
  }
  notification.close();
  // Signed out, or no longer to be done: its page says so.
  return answer.ok ? undefined : open(notification.data.path);
}

/** No signal: it stays there, to be tapped again. */
function again({ title, lang, dir, tag, icon, badge, actions, data }) {
  const kept = { lang, dir, tag, icon, badge, actions, data };
  return self.registration.showNotification(title, { ...kept, body: ours(lang).unsent });
}
