// What lies under the pins: the office's tiles, or plain ground with rings that say how far.
import { circle, circleMarker, control, divIcon, marker, tileLayer } from "leaflet/dist/leaflet-src.esm.js";

const RINGS = [500, 1000, 2000, 5000, 10_000]; // m
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

/** @param {{tiles?: string, credit?: string}} words address with {z}/{x}/{y}, and whom to name for it */
export function layGround(map, centre, { tiles, credit = "" }) {
  control.scale({ imperial: false, position: "bottomright" }).addTo(map);
  map.attributionControl.setPrefix(false);
  if (tiles) tileLayer(tiles, { maxZoom: 19, attribution: credit }).addTo(map);
  else if (centre) RINGS.forEach((metres) => ring(map, centre, metres));
}

/** Where the person stands, and within how many metres. */
export function markHere(map, centre, accuracy) {
  if (accuracy) circle(centre, { ...STILL, radius: accuracy, className: "near" }).addTo(map);
  circleMarker(centre, { ...STILL, radius: 9, className: "here" }).addTo(map);
}
