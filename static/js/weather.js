// No signal and no answer are said in a strip on top, never in an alert; the words stand in the layout.
import { fromPhone, pagesWork } from "./outbox/here.js";
import { when } from "./when.js";

const SIGN_IN = "/session/new";

/** Shows the strip for "offline" or "failed"; without a name, none. */
function show(name) {
  for (const strip of document.querySelectorAll("[data-weather]")) {
    strip.hidden = strip.dataset.weather !== name;
  }
}

function toSignIn() {
  const here = location.pathname + location.search;
  location.assign(`${SIGN_IN}?next=${encodeURIComponent(here)}`);
}

document.addEventListener("htmx:responseError", ({ detail }) => {
  if (detail.xhr.status === 401) toSignIn();
  else show("failed");
});
// A part that cannot be had becomes the whole page, which the phone may have.
function unreached({ detail }) {
  show("offline");
  const { verb, path } = detail.requestConfig;
  if (verb === "get" && pagesWork()) location.assign(detail.pathInfo?.finalRequestPath ?? path);
}

document.addEventListener("htmx:sendError", unreached);
document.addEventListener("htmx:timeout", unreached);
document.addEventListener("htmx:beforeSwap", () => show());

addEventListener("offline", () => show("offline"));
addEventListener("online", () => show());

/** What is told on a page that the phone kept was so then. */
function sayOfWhen() {
  const words = document.querySelector("[data-of-when]");
  const { asOf } = document.body.dataset;
  if (!words || !asOf) return;
  words.textContent = words.dataset.ofWhen.replace("{when}", when(new Date(asOf)));
  words.hidden = false;
}

if (fromPhone() || !navigator.onLine) show("offline");
sayOfWhen();
