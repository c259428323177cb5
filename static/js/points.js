// The points of a map as the page gives them: rows with data attributes, or one JSON block.
import { latLng } from "leaflet/dist/leaflet-src.esm.js";

/** @returns {{id, name, kind, mark, at, row?: HTMLElement}[]} in the order of the page, nearest first */
export function readPoints(selector) {
  const source = selector ? [...document.querySelectorAll(selector)] : [];
  if (source[0]?.type === "application/json") return JSON.parse(source[0].textContent).map(toPoint);
  return source.map((row) => toPoint({ ...row.dataset, id: row.id, row }));
}

function toPoint(record) {
  return { ...record, at: latLng(Number(record.lat), Number(record.lng)) };
}

/** A pin's name for ears: what is written in it, where that can be spoken, then whom it stands for. */
export function spoken({ mark = "", name, behind = 0 }) {
  const letter = /[\p{L}\p{N}]/u.test(mark) ? mark : "";
  const written = [letter, behind ? `+${behind}` : ""].filter(Boolean).join(" ");
  return written ? `${written}, ${name}` : name;
}

/** Gives a link the place, rounded to 4 decimals (11 m) as in every address, and shows it. It is not the phone's. */
export function offer(link, { lat, lng }) {
  const url = new URL(link.href);
  url.searchParams.set("lat", lat.toFixed(4));
  url.searchParams.set("lng", lng.toFixed(4));
  url.searchParams.delete("accuracy_m");
  link.href = url;
  link.hidden = false;
}
