// Pages: from the server while it answers soon, else as they were kept, else made here from the pack and the outbox.
import { assetsOf } from "./assets.js";
import { begun, heading, misfit } from "./heading.js";
import { forget, keep, kept, met, person } from "./keeping.js";
import { made, unsent } from "./made.js";
import { metered } from "./metering.js";
import { filled, marked } from "./filling.js";

const NOBODYS = "nobodys"; // the shelf of the one page that names nobody, for whoever holds the phone
const AT_ONCE = 20; // ms within which a phone without a signal knows that it has none
const LIMIT = 3_000; // ms that the server has, where something else can be shown
const AWAY = [502, 503, 504]; // said by what stands before a server that does not answer

export async function page(event) {
  const { url } = event.request;
  const asked = misfit(url);
  if (asked) {
    event.waitUntil(Promise.resolve(event.preloadResponse).catch(() => {})); // else the console would complain of it
    return asked;
  }
  const someone = await person();
  const { pathname, search } = new URL(url);
  // What the server has not heard of cannot be asked of it.
  const mine = someone && (await unsent(someone, pathname));
  if (mine) return mine;
  const coming = fromServer(event).catch(() => null);
  event.waitUntil(coming);
  const answer = best(someone, pathname, search, coming);
  const head = someone && (await heading(someone, pathname + search));
  const isAway = (await Promise.race([coming, later(AT_ONCE)])) === null;
  return head && !isAway ? begun(head, url, answer) : answer;
}

/** What the server says while it says it soon, else what is here. */
async function best(someone, pathname, search, coming) {
  const soon = await Promise.race([coming, later(LIMIT)]);
  if (soon && !AWAY.includes(soon.status)) return soon;
  const here = someone && (await fromHere(someone, pathname, search));
  return here || (await coming) || away(someone);
}

async function fromServer(event) {
  const answer = metered((await event.preloadResponse) || (await fetch(event.request)));
  event.waitUntil(take(event.request, answer.clone()));
  return answer;
}

/** Keeps a page of somebody's, and notices who they are. */
export async function take(request, answer) {
  if (answer.headers.has("Forget")) await forget();
  const someone = answer.headers.get("Person");
  const { pathname, search } = new URL(request.url);
  const ours = answer.ok && someone && answer.headers.get("Content-Type")?.startsWith("text/html");
  if (!ours || /no-store/.test(answer.headers.get("Cache-Control"))) return;
  await met(someone);
  if (!pathname.startsWith("/admin")) await keep(someone, pathname + search, answer);
}

/** The newer of the page that was looked at and the one that the pack can make; else the page with no question. */
async function fromHere(someone, pathname, search) {
  const [looked, composed] = await Promise.all([kept(someone, pathname + search), made(someone, pathname, search)]);
  if (looked && !(composed?.at > at(looked))) return marked(looked);
  if (composed) return composed.answer;
  const beside = search && (await kept(someone, pathname));
  return beside ? marked(beside) : undefined;
}

function at(answer) {
  return new Date(answer.headers.get("Date")).getTime();
}

async function away(someone) {
  const frame = (someone && (await kept(someone, "/frames/away"))) || (await caches.match("/offline", { cacheName: NOBODYS }));
  return frame ? filled(frame, {}) : Response.error();
}

/** The page that says what is not here lies on every phone, signed in or not. */
export async function keepNobodys() {
  const answer = metered(await fetch("/offline", { cache: "no-cache", credentials: "omit" }));
  if (!answer.ok) return;
  await assetsOf(await answer.clone().text());
  await (await caches.open(NOBODYS)).put("/offline", answer);
}

function later(ms) {
  return new Promise((done) => setTimeout(done, ms));
}
