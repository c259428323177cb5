// Filters in one line that scrolls: a chosen one that lies past the edge comes into sight, or one would not know
// why the list is short.
function show(root) {
  for (const chips of root.querySelectorAll(".chips.scroll")) {
    const last = [...chips.querySelectorAll("[aria-current], .chosen")].at(-1);
    last?.scrollIntoView({ block: "nearest", inline: "nearest", behavior: "instant" });
  }
}

document.addEventListener("DOMContentLoaded", () => show(document));
document.addEventListener("htmx:afterSettle", ({ detail }) => show(detail.elt));
