// The saved state in the head of every screen: how many items wait on this phone, as this tab, others and the worker tell.
import { me } from "./here.js";
import { hear } from "./news.js";
import { items } from "./store.js";

let sending = false;

async function show() {
  const place = document.querySelector("[data-saved]");
  if (!place || !me()) return;
  const waiting = await items(me()).catch(() => null);
  if (!waiting) return delete place.dataset.state; // what cannot be counted is not called saved
  const refused = waiting.filter(({ state }) => state === "refused").length;
  const state = refused ? "refused" : !waiting.length ? "saved" : sending ? "sending" : "waiting";
  const count = place.querySelector("#outbox-count");
  const many = refused || waiting.length; // the words beside it are of these
  count.textContent = many;
  count.classList.toggle("vh", state === "saved");
  place.querySelector(".what").textContent = place.dataset[{ saved: "all" }[state] ?? state];
  place.ariaLabel = state === "saved" ? place.dataset.all : `${many} ${place.dataset[state]}`;
  place.dataset.state = state;
  for (const badge of document.querySelectorAll("[data-unsent-badge]")) {
    badge.hidden = !waiting.length;
    badge.querySelector("b").textContent = waiting.length;
  }
}

hear(({ what }) => {
  sending = what === "sending";
  show();
});
document.addEventListener("DOMContentLoaded", show);
addEventListener("pageshow", show);
