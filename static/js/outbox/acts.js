// What a queued write is, by the address it goes to: its kind, and the page on which it shows.
const ID = "([0-9a-f-]{36})";
const ACTS = [
  ["check-in", `/customers/${ID}/visits`, ({ id }) => `/visits/${id}`],
  ["check-in", "/check-in", ({ id }) => `/visits/${id}`],
  ["place", `/visits/${ID}/place`, (_item, visit) => `/visits/${visit}`],
  ["finish", `/visits/${ID}/finish`, (_item, visit) => `/visits/${visit}`],
  ["photo", `/visits/${ID}/photos`, (_item, visit) => `/visits/${visit}`],
  ["why", `/visits/${ID}/why`, (_item, visit) => `/visits/${visit}`],
  ["note", `/customers/${ID}/notes`, ({ back }, customer) => back || `/customers/${customer}`],
  ["voice", `/notes/${ID}/voice`, ({ back, customer }) => back || (customer && `/customers/${customer}`)],
  ["reminder", `/customers/${ID}/reminders`, ({ back }, customer) => back || `/customers/${customer}`],
  ["pin", `/customers/${ID}/pin-proposals`, (_item, customer) => `/customers/${customer}`],
  ["lead", "/customers", ({ id }) => `/customers/${id}`],
  ["stop", "/stops", () => ""],
  ["reminder-done", `/reminders/${ID}/done`, () => ""],
  ["reminder-later", `/reminders/${ID}/snooze`, () => ""],
].map(([kind, path, page]) => ({ kind, path: new RegExp(`^${path}$`), page }));

/** The text of a field; of several with one name the first. */
export function field({ fields }, name) {
  const found = fields.find(([each, value]) => each === name && typeof value === "string");
  return found ? found[1] : "";
}

/** @returns {{kind: string, about: string|undefined, page: string}} `about`: the id in its address; `page`: where it shows, or "" */
export function act(item) {
  for (const { kind, path, page } of ACTS) {
    const found = item.url.match(path);
    if (!found) continue;
    const told = { id: field(item, "id"), back: inside(field(item, "back")), customer: field(item, "customer") };
    return { kind: kind === "note" && isSaid(item) ? "voice" : kind, about: found[1], page: page(told, found[1]) };
  }
  return { kind: "other", about: undefined, page: "" };
}

/** A note without a word: the recording is all of it. */
function isSaid(item) {
  return !field(item, "text").trim() && item.fields.some(([name]) => name === "voice");
}

/** The customer that an item is about, as far as its address or its fields say. */
export function customerOf(item) {
  const { kind, about } = act(item);
  if (kind === "lead") return field(item, "id");
  return item.url.startsWith("/customers/") ? about : field(item, "customer");
}

/** Whether it cannot be before the other: it goes to what the other makes. */
export function needs(item, other) {
  const made = field(other, "id");
  return Boolean(made) && item !== other && (item.url.includes(made) || field(item, "customer") === made);
}

/** All that would be left over if the item were not there: what needs it, and what needs that. */
export function belongings(item, waiting) {
  const found = [item];
  for (const each of found) found.push(...waiting.filter((other) => !found.includes(other) && needs(other, each)));
  return waiting.filter((other) => other !== item && found.includes(other));
}

/** Whether it was done today, by this phone's clock. */
export function isOfToday({ at }) {
  return new Date(at).toDateString() === new Date().toDateString();
}

function inside(path) {
  return /^\/(?!\/)/.test(path) ? path : "";
}
