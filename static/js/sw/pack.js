// The pack: a person's whole book, with the frames in which the phone shows it, fetched in the background.
import { assetsOf } from "./assets.js";
import { keep, kept, person, shelf } from "./keeping.js";
import { metered } from "./metering.js";
import { take } from "./pages.js";

const FRESH = 15 * 60 * 1000; // ms in which it is not asked for again
const BESIDE = ["/", "/settings", "/outbox"]; // pages that are there whether or not they were looked at

let fetching = null;

/** Fetches what is not here, not of now, or not of the version and the language that the page says. `anew`: in any case. */
export function refresh(said) {
  fetching ??= work(said).finally(() => (fetching = null));
  return fetching;
}

async function work({ anew, version, lang }) {
  const someone = await person();
  if (!someone) return;
  const before = await kept(someone, "/pack");
  const old = await before?.json();
  const same = old?.version === version && old?.lang === lang;
  if (same && !anew && Date.now() - new Date(before.headers.get("Date")) < FRESH) return;
  const answer = metered(await fetch("/pack", { cache: "no-cache" }));
  if (!answer.ok || answer.redirected) return;
  const pack = await answer.clone().json();
  if (pack.person !== someone) return;
  await keep(someone, "/pack", answer);
  const news = pack.version !== old?.version || pack.lang !== old?.lang;
  const cache = await caches.open(shelf(someone));
  for (const name of pack.frames) {
    if (news || !(await cache.match(`/frames/${name}`))) await page(someone, `/frames/${name}`);
  }
  for (const path of BESIDE) {
    if (news || !(await cache.match(path))) await page(someone, path);
  }
}

async function page(someone, path) {
  const answer = await fetch(path, { cache: "no-cache" }).then(metered, () => null);
  if (!answer?.ok || answer.redirected || answer.headers.get("Person") !== someone) return;
  await assetsOf(await answer.clone().text());
  await take({ url: new URL(path, self.location.origin).href }, answer);
}

/** The pack as it lies here, for the pages that list it; from the server where it does not, and where that is asked. */
export async function pack(request) {
  const someone = await person();
  if (request.cache === "reload") await refresh({ anew: true });
  return (someone && (await kept(someone, "/pack"))) || fetch(request);
}
