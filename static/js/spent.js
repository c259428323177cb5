// What the page itself fetches past the worker counts, too: parts of pages, photos, what is sent.
import { spend } from "./phone.js";

const BY_WORKER = /^\/(static|pack)\b/;
let bytes = 0;

function count(list) {
  for (const { name, transferSize } of list.getEntries()) {
    if (!BY_WORKER.test(new URL(name).pathname)) bytes += transferSize;
  }
}

function put() {
  if (document.visibilityState === "hidden" && bytes) spend(bytes);
  if (document.visibilityState === "hidden") bytes = 0;
}

new PerformanceObserver(count).observe({ type: "resource", buffered: true });
document.addEventListener("visibilitychange", put);
