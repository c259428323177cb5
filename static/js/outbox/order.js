// What goes next.
import { needs } from "./acts.js";

/** The next that may go: words before pictures, and nothing before what it needs. */
export function next(waiting, now = Date.now()) {
  const may = waiting.filter((item) => item.state === "waiting" && !(item.after > now) && !waitsForWifi(item));
  const free = may.filter((item) => !waiting.some((other) => needs(item, other)));
  return free.find((item) => !hasFiles(item)) ?? free[0];
}

export function hasFiles({ fields }) {
  return fields.some(([, value]) => typeof value !== "string");
}

/** Its person wants to spend no megabytes; a browser that does not tell how it is connected waits for *send now*. */
export function waitsForWifi({ wifi }) {
  return Boolean(wifi) && !["wifi", "ethernet"].includes(globalThis.navigator?.connection?.type);
}
