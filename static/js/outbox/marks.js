// What was done on this phone and the server has not heard of shows on every page: a customer who was visited says so,
// and goes to the end of the day's way.
import { act, customerOf, field } from "./acts.js";
import { me } from "./here.js";
import { hear } from "./news.js";
import { countPlan } from "./plan.js";
import { items } from "./store.js";

async function mark() {
  const words = document.querySelector("[data-saved]")?.dataset.visited;
  if (!me() || !words) return;
  const waiting = await items(me()).catch(() => []);
  list(waiting);
  const visited = new Set(waiting.filter((item) => act(item).kind === "check-in").map(customerOf));
  for (const id of visited) {
    const links = document.querySelectorAll(`:is(li, article) a[href="/customers/${id}"]`);
    const rows = new Set([...links].map((link) => link.closest("li, article")));
    for (const row of rows) if (!row.dataset.visitedHere) markRow(row, words);
  }
  countPlan();
}

/** On a customer's own page stands that they are new and wait here themselves, or what was typed about them and does. */
function list(waiting) {
  const root = document.querySelector("section.who[id^=customer-]");
  const shape = document.querySelector("#waits-here-shape");
  const id = root?.id.slice("customer-".length);
  const theirs = waiting.filter((item) => id && customerOf(item) === id);
  const typed = theirs.map((item) => field(item, "text")).filter(Boolean);
  const isNew = theirs.some((item) => act(item).kind === "lead");
  document.querySelector("#waits-here")?.remove();
  if (!(typed.length || isNew) || !shape) return;
  const note = shape.content.firstElementChild.cloneNode(true);
  note.querySelector("div").append(...typed.map((text) => Object.assign(document.createElement("span"), { textContent: `“${text.slice(0, 200)}”` })));
  root.after(note);
}

function markRow(row, words) {
  row.dataset.visitedHere = "yes";
  const state = Object.assign(document.createElement("span"), { className: "state open", textContent: words });
  const said = row.querySelector(".state");
  if (said) said.replaceWith(state);
  else (row.querySelector(".name, .line"))?.after(state);
  row.querySelector(".drop.late, .drop.due")?.setAttribute("class", "drop open");
  if (row.parentElement.matches(".route")) row.parentElement.append(row);
}

hear(({ what }) => ["kept", "taken", "dropped"].includes(what) && mark());
document.addEventListener("DOMContentLoaded", mark);
document.addEventListener("htmx:load", mark);
