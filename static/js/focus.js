// Where the keyboard and the screen reader stand after something was swapped. htmx itself keeps the focus
// on an element whose id comes back; this is for the rest.
const REACHABLE = "a[href], button:not([disabled]), input:not([type=hidden]), select, textarea";

/** The first match in what just came, itself included. */
function within(newcomer, selector) {
  return newcomer.matches?.(selector) ? newcomer : newcomer.querySelector?.(selector);
}

let lost = false;
document.addEventListener("htmx:beforeSwap", ({ detail }) => {
  lost = detail.target.contains(document.activeElement);
});

document.addEventListener("htmx:afterSettle", ({ detail }) => {
  // What is wrong with a form is read first; its summary carries data-focus.
  const summary = within(detail.elt, "[data-focus]");
  if (summary) summary.focus();
  else if (lost && document.activeElement === document.body) {
    within(detail.elt, REACHABLE)?.focus({ preventScroll: true });
  }
  lost = false;
});

document.addEventListener("DOMContentLoaded", () => document.querySelector("[data-focus]")?.focus());
