// What is built carries its content's hash in its name: kept once, good for ever. The oldest go when there are many.
import { metered } from "./metering.js";

const SHELF = "assets";
const MOST = 60;

export async function asset(event) {
  const here = await caches.match(event.request, { cacheName: SHELF });
  if (here) return here;
  const answer = metered(await fetch(event.request));
  if (answer.ok && answer.status === 200) event.waitUntil(put(event.request, answer.clone()));
  return answer;
}

async function put(request, answer) {
  const cache = await caches.open(SHELF);
  await cache.put(request, answer);
  const keys = await cache.keys();
  await Promise.all(keys.slice(0, -MOST).map((each) => cache.delete(each)));
}

/** Fetches what a page will ask for, as far as it is not here yet. */
export async function assetsOf(html) {
  const cache = await caches.open(SHELF);
  const paths = new Set(html.match(/\/static\/(?:dist|icons)\/[\w.-]+/g));
  for (const path of paths) {
    if (!(await cache.match(path))) await cache.add(path).catch(() => {});
  }
}
