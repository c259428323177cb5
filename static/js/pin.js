// A customer's pin: the drop on its tip, with a mark inside ("!", a number, a tier) and its state as a class.
import { divIcon } from "leaflet/dist/leaflet-src.esm.js";

const SVG = "http://www.w3.org/2000/svg";
const SIZE = [48, 52]; // px, a thumb's width
const TIP = [24, 48];

function shape(name, attributes, text = "") {
  const element = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
  element.textContent = text;
  return element;
}

/** Room for how many stand behind it, at its shoulder. */
function more() {
  const badge = shape("g", { class: "more" });
  badge.append(shape("circle", { cx: "15", cy: "-37", r: "10" }), shape("text", { x: "15", y: "-33" }));
  return badge;
}

/** @param {{kind?: string, mark?: string}} point kind: late, due, ok, open or chosen */
export function pin({ kind = "", mark = "" }) {
  const drop = shape("svg", { class: `pin ${kind}`, viewBox: "-24 -48 48 52", "aria-hidden": "true" });
  drop.append(shape("path", { d: "M0 0-12-12a17 17 0 1 1 24 0Z" }), shape("text", { y: "-19" }, mark), more());
  return divIcon({ html: drop, className: "pin-place", iconSize: SIZE, iconAnchor: TIP });
}
