// <map-view>: customers as pins, and the list beside it as their sheet. The list is the content, the map
// a second way into it: pins come from the elements that data-points selects, each with data-lat,
// data-lng, data-kind, data-mark and data-name (or from a JSON block with the same names).
//   data-here="16.06,108.21,18"   where the person stands, and the accuracy in metres; a chosen place has none
//   data-tiles, data-credit       tiles; without them the pins stand on plain ground
//   data-ground="#search-here"    a link, shown when the ground is tapped; gets lat and lng
//   data-still                    points to be looked at: none is chosen, and the ground takes no taps
//   data-next="#next"             a button that chooses the next point; data-words="Next: {name}"
//   data-above, data-below        what floats over the map, so that pins stay clear of it
import { Map as Leaflet, control, latLng, latLngBounds, marker } from "leaflet/dist/leaflet-src.esm.js";
import { thin } from "./crowd.js";
import { layGround, markHere } from "./ground.js";
import { pin } from "./pin.js";
import { offer, readPoints, spoken } from "./points.js";

const ABOVE = { late: 200, due: 100 }; // loud pins lie over quiet ones, the chosen one over all
const CLOSE = 16; // zoom at which a street can be told from the next

class MapView extends HTMLElement {
  connectedCallback() {
    const [lat, lng, accuracy] = (this.dataset.here ?? "").split(",").map(Number);
    this.still = "still" in this.dataset;
    this.here = this.dataset.here ? latLng(lat, lng) : null;
    this.points = readPoints(this.dataset.points);
    // Tiles are sharp at whole steps only; plain ground may fit the pins exactly.
    this.map = new Leaflet(this, { zoomControl: false, maxZoom: 19, zoomSnap: this.dataset.tiles ? 1 : 0.25 });
    this.map.setView(this.here ?? [0, 0], 2);
    this.zoomButtons();
    layGround(this.map, this.here, this.points, this.dataset);
    if (this.here) markHere(this.map, this.here, accuracy);
    for (const point of this.points) this.place(point);
    for (const point of this.points) this.follow(point);
    this.map.on("zoomend", () => this.thin());
    this.map.on("click", ({ latlng }) => this.propose(latlng));
    this.addEventListener("keydown", (event) => this.pressed(event));
    this.next = find(this.dataset.next);
    this.next?.addEventListener("click", () => this.choose(this.following));
    const first = this.points.find(({ row }) => row?.hasAttribute("aria-current")) ?? this.points[0];
    if (first && !this.still) this.choose(first, { move: false });
    this.look();
  }

  disconnectedCallback() {
    this.map.remove();
  }

  /** Everything in sight, clear of what floats over the map. At once: who taps a pin that still flies misses it. */
  look() {
    const all = [...this.points.map(({ at }) => at), this.here].filter(Boolean);
    if (all.length) this.map.fitBounds(latLngBounds(all), { ...this.clear(), maxZoom: CLOSE, animate: false });
  }

  zoomButtons() {
    const { zoomIn, zoomOut } = this.dataset;
    control.zoom({ position: "topright", zoomInTitle: zoomIn, zoomOutTitle: zoomOut }).addTo(this.map);
  }

  place(point) {
    point.pinned = marker(point.at, { icon: pin(point), riseOnHover: true }).addTo(this.map);
    point.pinned.on("click", () => this.choose(point));
    const button = point.pinned.getElement();
    button.addEventListener("keydown", (event) => {
      if (event.key !== "Enter" && event.key !== " ") return;
      event.preventDefault();
      this.choose(point);
    });
  }

  /** The pin grows while its row is pointed at. */
  follow({ row, pinned }) {
    const point = (at) => () => pinned.getElement().classList.toggle("pointed", at);
    row?.addEventListener("pointerenter", point(true));
    row?.addEventListener("pointerleave", point(false));
  }

  choose(point, { move = true } = {}) {
    for (const each of this.points) {
      const chosen = each === point;
      each.pinned.getElement().classList.toggle("chosen", chosen);
      each.pinned.getElement().setAttribute("aria-pressed", chosen);
      each.rank = chosen ? 1000 : ABOVE[each.kind] ?? 0;
      each.row?.toggleAttribute("data-chosen", chosen);
    }
    this.following = this.points[(this.points.indexOf(point) + 1) % this.points.length];
    this.thin();
    this.nameNext();
    this.style.setProperty("--below", `${overlap(this.dataset.below)}px`);
    if (!move) return;
    this.map.panInside(point.at, this.clear());
    point.row?.scrollIntoView({ block: "nearest" });
    this.dispatchEvent(new CustomEvent("map-chosen", { bubbles: true, detail: { id: point.id } }));
  }

  /** The chosen pin before the loud ones, those before the quiet, each kind as the page has it: nearest first. */
  thin() {
    thin(this.map, this.points.toSorted((one, other) => other.rank - one.rank));
    for (const point of this.points) point.pinned.getElement().setAttribute("aria-label", spoken(point));
  }

  nameNext() {
    if (!this.next || this.points.length < 2) return;
    this.next.textContent = this.next.dataset.words.replace("{name}", this.following.name);
    this.next.hidden = false;
  }

  /** Enter on the map itself does at its centre what a tap does where it falls. */
  pressed({ key, target }) {
    if (key === "Enter" && target === this) this.propose(this.map.getCenter());
  }

  propose(at) {
    if (this.still) return;
    this.proposed ??= marker(at, { icon: pin({ kind: "open", mark: "+" }), interactive: false, keyboard: false });
    this.proposed.setLatLng(at).addTo(this.map);
    const { lat, lng } = at.wrap();
    this.dispatchEvent(new CustomEvent("map-ground", { bubbles: true, detail: { lat, lng } }));
    const link = find(this.dataset.ground);
    if (link) offer(link, { lat, lng });
  }

  /** Padding for Leaflet, px: half a pin at the sides, and what floats above and below. */
  clear() {
    const [above, below] = [this.dataset.above, this.dataset.below].map(overlap);
    return { paddingTopLeft: [32, above + 56], paddingBottomRight: [32, below + 16] };
  }
}

function find(selector) {
  return selector ? document.querySelector(selector) : null;
}

/** How many pixels of the map an element covers: its height, if it floats over the map at all. */
function overlap(selector) {
  const element = find(selector);
  return element && getComputedStyle(element).position === "absolute" ? element.offsetHeight : 0;
}

customElements.define("map-view", MapView);
