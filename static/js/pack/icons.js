// The pages of a pack name their icons (data-icon before the words, data-end after them): four hundred pages lie on the
// phone, and each icon spelled out would cost more than a note. Here they are drawn, from the sprite of this page.
const SVG = "http://www.w3.org/2000/svg";

function drawn(name) {
  const sprite = document.querySelector("use").getAttribute("href").split("#")[0];
  const icon = document.createElementNS(SVG, "svg");
  icon.setAttribute("class", "i");
  icon.setAttribute("aria-hidden", "true");
  const use = icon.appendChild(document.createElementNS(SVG, "use"));
  use.setAttribute("href", `${sprite}#${name}`);
  return icon;
}

for (const place of document.querySelectorAll("[data-icon]")) place.prepend(drawn(place.dataset.icon));
for (const place of document.querySelectorAll("[data-end]")) place.append(drawn(place.dataset.end));
