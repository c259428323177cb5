// What goes next.
import { needs } from "./acts.js";

/** The next that may go: words before pictures, and nothing before what it needs. */
export function next(waiting, now = Date.now()) {
  const told = waiting.findIndex((item) => isToldToWait(item, now));
  const first = told < 0 ? waiting : waiting.slice(0, told);
  const may = first.filter((item) => item.state === "waiting" && !(item.after > now) && !waitsForWifi(item));
  const free = may.filter((item) => !waiting.some((other) => needs(item, other)));
  return free.find((item) => !hasFiles(item)) ?? free[0];
}

/** The server was away as a whole, and said so of this one: what was done after it waits behind it. A picture keeps nobody. */
function isToldToWait(item, now) {
  return item.state === "waiting" && item.after > now && item.status !== 500 && !hasFiles(item);
}

export function hasFiles({ fields }) {
  return fields.some(([, value]) => typeof value !== "string");
}

/** Its person wants to spend no megabytes; a browser that does not tell how it is connected waits for *send now*. */
export function waitsForWifi({ wifi }) {
  return Boolean(wifi) && !["wifi", "ethernet"].includes(globalThis.navigator?.connection?.type);
}
