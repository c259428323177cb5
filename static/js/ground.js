// What lies under the pins: the office's tiles, or plain ground with rings that say how far.
import { circle, circleMarker, control, divIcon, marker, tileLayer } from "leaflet/dist/leaflet-src.esm.js";

const RINGS = [1, 10, 100, 1000].flatMap((scale) => [250, 500, 1000].map((metres) => metres * scale)); // m
const NEAR = 2000; // m, as far as one sees where there are no pins
const STILL = { interactive: false, keyboard: false };

/** 500 becomes "500 m", 2000 "2 km", in the page's language. */
function far(metres) {
  const [value, unit] = metres < 1000 ? [metres, "meter"] : [metres / 1000, "kilometer"];
  return new Intl.NumberFormat(document.documentElement.lang, { style: "unit", unit }).format(value);
}

/** One ring, its distance written at the top. */
function ring(map, centre, metres) {
  const line = circle(centre, { ...STILL, radius: metres, className: "ring" }).addTo(map);
  const top = [line.getBounds().getNorth(), centre.lng];
  const icon = divIcon({ html: far(metres), className: "ring-label", iconSize: [80, 20] });
  marker(top, { ...STILL, icon }).addTo(map);
}

/** The rings that help to tell how far the pins are, the farthest of which stands `metres` away. */
function rings(metres) {
  return RINGS.filter((each) => each > metres / 6 && each < metres * 1.3);
}

/** Whom to name for the tiles, as HTML; OpenStreetMap asks for a link to its terms. */
function named(credit) {
  const words = document.createElement(credit.includes("OpenStreetMap") ? "a" : "span");
  words.textContent = credit;
  if (words.matches("a")) words.href = "https://www.openstreetmap.org/copyright";
  return words.outerHTML;
}

/**
 * @param {{at: LatLng}[]} points the pins that will stand here
 * @param {{tiles?: string, credit?: string}} words address with {z}/{x}/{y}, and whom to name for it
 */
export function layGround(map, centre, points, { tiles, credit = "" }) {
  control.scale({ imperial: false, position: "bottomright" }).addTo(map);
  map.attributionControl.setPrefix(false);
  if (tiles) tileLayer(tiles, { maxZoom: 19, attribution: named(credit) }).addTo(map);
  if (tiles || !centre) return;
  const farthest = Math.max(...points.map(({ at }) => map.distance(centre, at)), 0) || NEAR;
  for (const metres of rings(farthest)) ring(map, centre, metres);
}

/** Where the person stands, within `accuracy` metres; without it a place that was chosen, drawn open. */
export function markHere(map, centre, accuracy) {
  if (accuracy) circle(centre, { ...STILL, radius: accuracy, className: "near" }).addTo(map);
  circleMarker(centre, { ...STILL, radius: 9, className: accuracy === undefined ? "there" : "here" }).addTo(map);
}
