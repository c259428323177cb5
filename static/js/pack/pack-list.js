// <pack-list>: the book that lies on this phone as a list, searched and sorted here, because there is no signal. A row is
// made from the template when it is first shown. Its words come from the page.
import { far, metres } from "./distance.js";
import { finds, fold } from "./fold.js";
import { initials } from "./names.js";
import { readPack } from "./reading.js";
import { when } from "../when.js";

const LANG = document.documentElement.lang;
const PAGE = 60; // rows at once

class PackList extends HTMLElement {
  async connectedCallback() {
    if (location.pathname.startsWith("/nearby")) this.standInForNearby();
    const asked = new URLSearchParams(location.search);
    this.search = this.querySelector("input[type=search]");
    this.search.value = asked.get("q") ?? "";
    const pack = await readPack();
    this.removeAttribute("aria-busy");
    if (!pack?.customers.length) return this.show(pack ? "nobody" : "nothing");
    this.customers = pack.customers.map((customer) => ({ ...customer, found: foundBy(customer) }));
    this.say(".as-of", ` · ${this.dataset.asOf.replace("{when}", when(new Date(pack.made_at)))}`);
    this.querySelector(".found").hidden = false;
    this.listen();
    const from = { lat: Number(asked.get("lat") ?? NaN), lng: Number(asked.get("lng") ?? NaN) };
    if (Number.isFinite(from.lat + from.lng)) this.near(from);
    else this.draw();
  }

  /** The same list under the other name, where Nearby was asked for. */
  standInForNearby() {
    const heading = document.querySelector("h1");
    document.title = document.title.replace(heading.textContent, this.dataset.nearby);
    heading.textContent = this.dataset.nearby;
    for (const place of document.querySelectorAll(".places > a")) {
      place.ariaCurrent = place.getAttribute("href") === "/nearby" ? "page" : null;
    }
  }

  listen() {
    this.addEventListener("input", () => this.draw());
    this.addEventListener("submit", (event) => event.preventDefault());
    this.addEventListener("geo-fix", ({ detail }) => this.near(detail));
    this.querySelector("[data-more]").addEventListener("click", () => this.draw(this.most + PAGE));
  }

  /** Those who are asked for, `most` of them. */
  draw(most = PAGE) {
    this.most = most;
    const state = this.querySelector("[name=due]:checked").value;
    const typed = this.search.value.trim();
    const fits = ({ found, due }) => (!typed || finds(typed, found)) && (!state || due.includes(`state ${state}'`));
    const asked = this.customers.filter(fits);
    this.querySelector(".rows").replaceChildren(...asked.slice(0, most).map((customer) => this.rowOf(customer)));
    this.querySelector(".rows").hidden = !asked.length;
    this.querySelector("[data-more]").hidden = asked.length <= most;
    this.show(asked.length ? "" : "no-match");
    const words = asked.length === 1 ? this.dataset.one : this.dataset.many;
    this.say(".count", words.replace("{num}", new Intl.NumberFormat(LANG).format(asked.length)));
  }

  /** Nearest first; those without a pin stay last, in the order in which they fall due. */
  near(from) {
    for (const customer of this.customers) {
      customer.away = customer.lat === undefined ? Infinity : metres(from, customer);
    }
    this.customers.sort((a, b) => a.away - b.away || 0);
    this.draw();
  }

  rowOf(customer) {
    customer.row ??= this.row(customer);
    if (Number.isFinite(customer.away)) {
      customer.row.dataset.distanceM = Math.round(customer.away);
      customer.row.querySelector(".away").textContent = far(customer.away, LANG);
    }
    return customer.row;
  }

  row({ id, name, line, due, phone }) {
    const row = this.querySelector("template").content.firstElementChild.cloneNode(true);
    const [drop, link, call] = [".drop", ".main", ".icon"].map((part) => row.querySelector(part));
    row.id = `customer-${id}`;
    drop.textContent = initials(name);
    link.href = `/customers/${id}`;
    link.querySelector(".name").textContent = name;
    link.querySelector(".state-here").innerHTML = due; // rendered by the server, of words that are its own
    link.querySelector(".sub").textContent = line.split(",").slice(0, 2).join(",");
    if (phone) {
      call.href = `tel:${phone}`;
      call.ariaLabel = this.dataset.call.replace("{name}", name);
    } else call.remove();
    return row;
  }

  /** One of the empty states, or none. */
  show(state) {
    for (const empty of this.querySelectorAll("[data-when]")) empty.hidden = empty.dataset.when !== state;
  }

  say(where, words) {
    this.querySelector(where).textContent = words;
  }
}

/** All by which somebody is found: what is shown of them, and what the pack says beside it. */
function foundBy({ name, line, contacts, find }) {
  return `${fold([name, line, ...contacts.map(([, person]) => person)].join(" "))} ${find}`;
}

customElements.define("pack-list", PackList);
