// <form data-once>: the phone names the new record (`id`) and the attempt (`Idempotency-Key`) when it sends; with
// data-offline, since it may arrive much later, also the moment by its own clock (`client_at`).
// The same words sent again, by a double tap or after a lost answer, are the same act and keep both names;
// changed words are a new act. A name that the server wrote into the form stands.
import { uuid7 } from "./uuid7.js";

const MINT = { id: uuid7, "Idempotency-Key": uuid7, client_at: () => new Date().toISOString() };
export const NAMES = Object.keys(MINT);
const sent = new WeakMap();

/** Everything people filled in, and the button that they pressed, as one text to compare by. */
function words(form, button) {
  const pairs = [...new FormData(form, button)].filter(([name]) => !NAMES.includes(name));
  return JSON.stringify(pairs.map(([name, value]) => [name, value.name ?? value]));
}

/** The hidden field of that name. Made here and not in the page, or a reload would bring back an old name. */
export function nameField(form, name) {
  const field = form.elements.namedItem(name) ?? document.createElement("input");
  if (!field.form) form.append(Object.assign(field, { type: "hidden", name }));
  return field;
}

function nameAct(form, button) {
  const now = words(form, button);
  const changed = sent.has(form) && sent.get(form) !== now;
  for (const name of NAMES) {
    if (name === "client_at" && !form.matches("[data-offline]")) continue;
    const field = nameField(form, name);
    if (changed || !field.value) field.value = MINT[name]();
  }
  sent.set(form, now);
}

// Capturing: before htmx, which reads the form while the event bubbles.
document.addEventListener(
  "submit",
  ({ target, submitter }) => {
    if (target.matches("form[data-once]")) nameAct(target, submitter);
  },
  true,
);
