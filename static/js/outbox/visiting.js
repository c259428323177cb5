// A visit that began without a signal stands at the head of Today all the same, with the way to its end; one that ended
// without a signal no longer does.
import { act, field, isOfToday } from "./acts.js";
import { fromPhone, me } from "./here.js";
import { hear } from "./news.js";
import { items, sent } from "./store.js";

async function show() {
  const shape = document.querySelector("#visiting-here-shape");
  if (!shape || !me()) return;
  const waiting = await items(me()).catch(() => []);
  // What went out since is told by the server's own page, but not by a kept one, nor by one that is open already.
  const old = fromPhone() || document.querySelector("#visiting-here");
  const done = [...(old ? await sent(me()).catch(() => []) : []), ...waiting];
  const [ends, begins] = ["finish", "check-in"].map((kind) => done.filter((item) => act(item).kind === kind && isOfToday(item)));
  const ended = new Set(ends.map((item) => act(item).about));
  for (const id of ended) document.querySelector(`#visit-${id}`)?.remove();
  // Who checks in elsewhere has left where they were.
  const last = begins.at(-1);
  const id = last && field(last, "id");
  document.querySelector("#visiting-here")?.remove();
  if (!id || document.querySelector(`#visit-${id}`)) return;
  document.querySelector(".live")?.remove();
  if (!ended.has(id) && !field(last, "outcome")) shape.after(filled(shape, last, id));
}

function filled(shape, item, id) {
  const panel = shape.content.firstElementChild.cloneNode(true);
  const pulse = panel.querySelector(".pulse");
  pulse.textContent = pulse.dataset[field(item, "kind")] ?? pulse.textContent;
  const name = panel.querySelector(".name");
  name.textContent = item.title;
  name.href = `/visits/${id}`;
  panel.querySelector(".btn").href = `/visits/${id}/finish`;
  return panel;
}

hear(({ what }) => ["kept", "taken", "dropped"].includes(what) && show());
document.addEventListener("DOMContentLoaded", show);
