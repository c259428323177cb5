// Where the keyboard and the screen reader stand after something was swapped. htmx itself keeps the focus
// on an element whose id comes back; this is for the rest.
const REACHABLE = "a[href], button:not([disabled]), input:not([type=hidden]), select, textarea";

/** What is wrong with a form is read first: error summaries carry data-focus. */
function focusSummary(within) {
  const summary = within.matches?.("[data-focus]") ? within : within.querySelector?.("[data-focus]");
  summary?.focus();
  return Boolean(summary);
}

/** The element that had the focus is gone: go on with the first thing that came in its place. */
function focusNewcomer(newcomer) {
  const next = newcomer.matches?.(REACHABLE) ? newcomer : newcomer.querySelector?.(REACHABLE);
  next?.focus({ preventScroll: true });
}

document.addEventListener("htmx:afterSettle", ({ detail }) => {
  if (focusSummary(detail.elt)) return;
  if (document.activeElement === document.body && lost) focusNewcomer(detail.elt);
  lost = false;
});

let lost = false;
document.addEventListener("htmx:beforeSwap", ({ detail }) => {
  lost = detail.target.contains(document.activeElement);
});

document.addEventListener("DOMContentLoaded", () => focusSummary(document));
