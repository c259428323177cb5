// <pack-list>: the book that lies on this phone as a list, searched and sorted here, because there is no signal. Its rows
// are made once from the template in it; a search only hides some. Its words come from the page.
import { far, metres } from "./distance.js";
import { finds, fold } from "./fold.js";
import { initials } from "./names.js";
import { readPack } from "./reading.js";

const LANG = document.documentElement.lang;

class PackList extends HTMLElement {
  async connectedCallback() {
    this.search = this.querySelector("input[type=search]");
    this.rows = this.querySelector(".rows");
    const asked = new URLSearchParams(location.search);
    this.search.value = asked.get("q") ?? "";
    const pack = await readPack();
    this.removeAttribute("aria-busy");
    if (!pack?.customers.length) return this.show(pack ? "nobody" : "nothing");
    this.customers = pack.customers.map((customer) => ({ ...customer, found: foundBy(customer), row: this.row(customer) }));
    this.rows.append(...this.customers.map(({ row }) => row));
    this.say(".as-of", ` · ${this.dataset.asOf.replace("{when}", when(new Date(pack.made_at)))}`);
    this.querySelector(".found").hidden = false;
    this.addEventListener("input", () => this.filter());
    this.addEventListener("change", () => this.filter());
    this.addEventListener("submit", (event) => event.preventDefault());
    this.addEventListener("geo-fix", ({ detail }) => this.near(detail));
    this.filter();
    const from = { lat: Number(asked.get("lat") ?? NaN), lng: Number(asked.get("lng") ?? NaN) };
    if (asked.has("lat") && Number.isFinite(from.lat + from.lng)) this.near(from);
  }

  row({ id, name, line, due, phone }) {
    const row = this.querySelector("template").content.firstElementChild.cloneNode(true);
    const [drop, link, call] = [".drop", ".main", ".icon"].map((part) => row.querySelector(part));
    row.id = `customer-${id}`;
    drop.textContent = initials(name);
    link.href = `/customers/${id}`;
    link.querySelector(".name").textContent = name;
    link.querySelector(".state-here").innerHTML = due; // rendered by the server, of words that are its own
    link.querySelector(".sub").textContent = line.split(",").slice(0, 2).join(", ").replace(/\s+/g, " ");
    if (phone) {
      call.href = `tel:${phone}`;
      call.ariaLabel = this.dataset.call.replace("{name}", name);
    } else call.remove();
    return row;
  }

  filter() {
    const state = this.querySelector("[name=due]:checked")?.value;
    let count = 0;
    for (const { row, found, due } of this.customers) {
      const fits = (!this.search.value.trim() || finds(this.search.value, found)) && (!state || due.includes(`state ${state}'`));
      row.hidden = !fits;
      count += fits;
    }
    this.rows.hidden = !count;
    this.show(count ? "" : "no-match");
    const words = count === 1 ? this.dataset.one : this.dataset.many;
    this.say(".count", words.replace("{num}", new Intl.NumberFormat(LANG).format(count)));
  }

  /** Nearest first; those without a pin stay last, in the order in which they fall due. */
  near(from) {
    for (const customer of this.customers) {
      const away = customer.lat === undefined ? Infinity : metres(from, customer);
      customer.away = away;
      if (away === Infinity) continue;
      customer.row.dataset.distanceM = Math.round(away);
      customer.row.querySelector(".away").textContent = far(away, LANG);
    }
    const sorted = this.customers.toSorted((a, b) => a.away - b.away || 0);
    this.rows.append(...sorted.map(({ row }) => row));
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

/** `07:42` of today, else with its day. */
function when(moment) {
  const today = moment.toDateString() === new Date().toDateString();
  const day = today ? {} : { weekday: "short", day: "numeric", month: "numeric" };
  return new Intl.DateTimeFormat(LANG, { hour: "2-digit", minute: "2-digit", hourCycle: "h23", ...day }).format(moment);
}

customElements.define("pack-list", PackList);
