// Pages that are made on the phone: of what the pack tells, and of what the outbox holds.
import { act, customerOf, field, isOfToday } from "../outbox/acts.js";
import { items, sent } from "../outbox/store.js";
import { kept } from "./keeping.js";
import { filled } from "./filling.js";

const ID = "([0-9a-f-]{36})";
const PAGES = [
  [`/visits/${ID}`, visit],
  [`/visits/${ID}/finish`, finish],
  [`/customers/${ID}`, customer],
  [`/customers/${ID}/notes/new`, about("note")],
  [`/customers/${ID}/reminders/new`, about("reminder")],
  ["/check-in", checkIn],
  ["/customers/new/here", () => ["lead", {}]],
  ["/customers", () => ["customers", {}]],
  ["/nearby", () => ["customers", {}]],
].map(([path, make]) => [new RegExp(`^${path}$`), make]);

/** The page of a visit or customer of which the server has not heard all yet; nothing where it is to be asked. */
export async function unsent(someone, pathname) {
  const id = pathname.match(`^/(?:visits|customers)/${ID}`)?.[1];
  const waiting = id ? await items(someone).catch(() => []) : [];
  const begins = (item) => ["check-in", "lead"].includes(act(item).kind) && field(item, "id") === id;
  if (!waiting.some((item) => begins(item) || item.url === `/visits/${id}/finish`)) return undefined;
  return (await made(someone, pathname, ""))?.answer;
}

/** @returns {Promise<{answer: Response, at: number}|undefined>} the page, and of when what it tells is */
export async function made(someone, pathname, search) {
  const found = PAGES.find(([path]) => path.test(pathname));
  if (!found) return undefined;
  const told = await everything(someone);
  const [name, values] = found[1](told, pathname.match(found[0])[1], new URLSearchParams(search)) ?? [];
  const frame = name && (await kept(someone, `/frames/${name}`));
  return frame && { answer: await filled(frame, values, name === "customer" ? told.at : undefined), at: told.at };
}

/** What is known here: the pack's customers, and what was done on this phone, sent or not. */
async function everything(someone) {
  const answer = await kept(someone, "/pack");
  const [pack, waiting, gone] = await Promise.all([
    answer?.json() ?? { customers: [], stops: [] },
    items(someone).catch(() => []),
    sent(someone).catch(() => []),
  ]);
  return { ...pack, at: new Date(pack.made_at ?? 0).getTime(), waiting, done: [...gone, ...waiting] };
}

function visit(told, id) {
  const began = told.done.find((item) => act(item).kind === "check-in" && field(item, "id") === id);
  if (!began) return undefined;
  const values = { ...whom(told, customerOf(began), began.title), id, begun: clock(began.at) };
  const result = told.done.findLast((item) => item.url === `/visits/${id}/finish`);
  return result || field(began, "outcome")
    ? ["visit-done", { ...values, outcome: words(told, field(result ?? began, "outcome")), note: result ? field(result, "note") : "" }]
    : ["visit", values];
}

function words({ outcomes = {} }, outcome) {
  return outcomes[outcome] ?? outcome;
}

function finish(told, id) {
  const page = visit(told, id);
  return page && ["finish", page[1]];
}

function customer(told, id) {
  const lead = told.done.find((item) => act(item).kind === "lead" && field(item, "id") === id);
  const known = told.customers.find((each) => each.id === id);
  return (known || lead) && ["customer", { id, ...(lead && typed(lead)), ...known }];
}

function typed(lead) {
  const line = ["tags", "phones"].map((name) => field(lead, name)).filter(Boolean).join(" · ");
  return { name: field(lead, "name"), line };
}

function about(frame) {
  return (told, id) => {
    const found = customer(told, id);
    return found && [frame, found[1]];
  };
}

/** Whom the question names, else the next stop of the day at which nobody was yet; where one is already, that visit, unless its check-in is edited. */
function checkIn(told, _none, question) {
  const begun = told.done.filter((item) => act(item).kind === "check-in");
  const id = question.get("customer") ?? told.stops.find((stop) => !begun.map(customerOf).includes(stop));
  const here = !question.has("again") && begun.findLast((item) => customerOf(item) === id && told.waiting.includes(item) && isOfToday(item));
  const [name, open] = (here && visit(told, field(here, "id"))) || [];
  if (name === "visit") return [name, open];
  const found = id && customer(told, id);
  return found ? ["check-in", found[1]] : ["customers", {}];
}

function whom(told, id, title) {
  return { customer: id, name: told.customers.find((each) => each.id === id)?.name ?? title };
}

function clock(iso) {
  return new Date(iso).toLocaleTimeString([], { hour: "2-digit", minute: "2-digit", hour12: false });
}
