// "Edit" in the outbox leads to the form itself, with #outbox-<place in the order>: what was typed stands in it again, and
// what is sent now takes the place of what waited.
import { field, needs } from "./acts.js";
import { me } from "./here.js";
import { tell } from "./news.js";
import { drop, items, putLast } from "./store.js";
import { writeWords } from "../form-words.js";
import { nameField } from "../once.js";

async function bringBack() {
  const seq = Number(location.hash.match(/^#outbox-(\d+)$/)?.[1]);
  if (!seq || !me()) return;
  const item = (await items(me())).find((each) => each.seq === seq);
  const form = item && [...document.forms].find((each) => new URL(each.action).pathname === item.url);
  if (!form) return;
  writeWords(form, wordsOf(item));
  // It was done when it was done, and not when its words were mended.
  const done = field(item, "client_at");
  if (done) nameField(form, "client_at").value = done;
  for (const fold of form.querySelectorAll("details")) fold.open = true;
  form.dataset.instead = seq;
  // What was refused under this key may come mended under it, and the server's copy of it is done with. One that may
  // have arrived without our hearing of it may not.
  if (item.state === "refused") form.dataset.key = item.key;
  form.querySelector("textarea, input:not([type=hidden])")?.focus();
}

function wordsOf({ fields }) {
  const words = {};
  for (const [name, value] of fields) (words[name] ??= []).push(value);
  return words;
}

/** What waited before this form was sent anew is not sent, too; what belongs to it goes to the new one, after it. */
export async function dropFormer(form, item) {
  const seq = Number(form.dataset.instead);
  if (!seq) return;
  const waiting = await items(me());
  const former = waiting.find((each) => each.seq === seq);
  const [gone, made] = [former && field(former, "id"), field(item, "id")];
  if (gone && made && gone !== made) {
    for (const each of waiting.filter((other) => needs(other, former))) await lead(each, gone, made);
  }
  await drop(me(), seq);
  tell({ person: me(), what: "dropped" });
}

/** Leads an item that goes to what was given up to what takes its place, and puts it last. */
function lead(item, gone, made) {
  const fields = item.fields.map(([name, value, ...file]) => [name, value === gone ? made : value, ...file]);
  return putLast(me(), { ...item, url: item.url.replace(gone, made), fields });
}

document.addEventListener("DOMContentLoaded", () => bringBack().catch(() => {}));
