// No signal and no answer are said in a strip on top, never in an alert; the words stand in the layout.
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
document.addEventListener("htmx:sendError", () => show("offline"));
document.addEventListener("htmx:timeout", () => show("offline"));
document.addEventListener("htmx:beforeSwap", () => show());

addEventListener("offline", () => show("offline"));
addEventListener("online", () => show());
