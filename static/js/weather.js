// No signal and no answer are said in a strip on top, never in an alert; the words stand in the layout.
import { fromPhone, pagesWork } from "./outbox/here.js";
import { when } from "./when.js";

const SIGN_IN = "/session/new";

/** Shows the strip for "offline", "unsent" or "failed"; without a name, none. */
export function show(name) {
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
// A part that cannot be had becomes the whole page, which the phone may have; what was to be changed is not.
function unreached({ detail }) {
  const { verb, path } = detail.requestConfig;
  const read = verb === "get";
  show(read || detail.elt.matches("[data-offline]") ? "offline" : "unsent");
  if (read && pagesWork()) location.assign(detail.pathInfo?.finalRequestPath ?? path);
}

document.addEventListener("htmx:sendError", unreached);
document.addEventListener("htmx:timeout", unreached);
document.addEventListener("htmx:beforeSwap", () => show());

// A form that cannot wait on this phone is not sent into the void: the browser's own page would come, in none of our words
// and with nothing of what was typed. A passkey says so itself. Capturing: before whatever else a form is sent by.
document.addEventListener(
  "submit",
  (event) => {
    if (navigator.onLine || !event.target.matches("form[method=post]:not([data-offline], passkey-form form)")) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    show("unsent");
  },
  true,
);

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
