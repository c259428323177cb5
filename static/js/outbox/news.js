// What happens in the outbox is told to every tab: { person, what, key, … }.
const channel = "BroadcastChannel" in self ? new BroadcastChannel("outbox") : null;
const listeners = new Set();

export function tell(news) {
  channel?.postMessage(news);
  for (const listener of [...listeners]) listener(news);
}

/** Hears the news of this tab, of others and of the worker. @returns {Function} that stops it */
export function hear(listener) {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

channel?.addEventListener("message", ({ data }) => {
  for (const listener of [...listeners]) listener(data);
});
