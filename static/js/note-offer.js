// Back from a call or from Zalo: a quiet offer to note it, made from <template id="note-offer-phone"> or "-zalo" of the
// page. Nothing is offered for a tap that led nowhere: the page must have been left.
let way = "";
let left = false;

document.addEventListener("click", ({ target }) => {
  const link = target.closest?.('a[href^="tel:"], a[href^="https://zalo.me/"]');
  if (link) [way, left] = [link.protocol === "tel:" ? "phone" : "zalo", false];
});

function back() {
  const shape = way && left && document.getElementById(`note-offer-${way}`);
  way = "";
  if (!shape) return;
  const offer = shape.content.firstElementChild.cloneNode(true);
  offer.querySelector("button").addEventListener("click", () => offer.remove());
  document.getElementById("toasts").replaceChildren(offer);
}

function look() {
  if (document.hidden) left = true;
  else back();
}

document.addEventListener("visibilitychange", look);
addEventListener("pagehide", () => (left = true)); // Zalo's page may open in this tab; "back" brings this one again
addEventListener("pageshow", ({ persisted }) => persisted && back());
