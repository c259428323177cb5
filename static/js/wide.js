// <template data-wide>: what only a laptop has the room for, as the map beside a list. It comes alive once the
// window is that wide, so that a phone never loads what it names.
const room = matchMedia("(width >= 60rem)"); // as in the style sheets

function unfold() {
  if (!room.matches) return;
  for (const folded of document.querySelectorAll("template[data-wide]")) {
    folded.replaceWith(document.importNode(folded.content, true));
  }
}

room.addEventListener("change", unfold);
document.addEventListener("DOMContentLoaded", unfold);
document.addEventListener("htmx:afterSwap", unfold);
