// Every <form data-offline> goes through the outbox: written down on the phone first, then sent. In reach nothing looks
// different; out of reach the person goes on to the page that shows what they did, made on the phone.
import { act, field } from "./acts.js";
import { dropFormer } from "./edit.js";
import { hasFiles } from "./order.js";
import { hear, tell } from "./news.js";
import { drain } from "./send.js";
import { change, drop, items, keep } from "./store.js";
import { me, pagesWork, prefersWifi, version } from "./here.js";
import { uuid7 } from "../uuid7.js";

// ms that a person waits for the server, before they go on with what is saved here; less where the phone has a page that
// shows it as well
const PATIENCE = 2_500;
const LESS = 400;
const LOOKING = 60_000; // ms that a page at most waits for what became of a write, whatever happens to the page
const underWay = new WeakSet();

document.addEventListener("submit", (event) => {
  const { target: form, submitter } = event;
  const ours = !event.defaultPrevented && form.matches("form[data-offline]:not([hx-post])");
  if (!ours || !me() || !navigator.locks) return;
  event.preventDefault();
  if (underWay.has(form)) return;
  underWay.add(form);
  deliver(form, submitter).finally(() => underWay.delete(form));
});

async function deliver(form, submitter) {
  submitter?.setAttribute("aria-busy", "true");
  const all = itemsOf(form, new FormData(form, submitter));
  const kept = [];
  try {
    for (const item of all) kept.push(await keep(me(), item));
    await dropFormer(form, all[0]);
  } catch {
    for (const { seq } of kept) await drop(me(), seq).catch(() => {});
    return asForm(form, submitter); // nothing can be written down here: then as ever, by the browser
  }
  await form.querySelector("voice-field")?.drop?.();
  for (const { key } of all) tell({ person: me(), what: "kept", key });
  const ends = await Promise.all(all.map(outcome));
  for (const [place, end] of ends.entries()) if (stillWaits(end)) await lookAway(kept[place].seq);
  submitter?.removeAttribute("aria-busy");
  goOn(form, submitter, all, ends);
}

/** Puts a write of its own beside the forms' ones: the place that comes later, a photo. @returns {Promise<object>} its end */
export async function queue({ url, fields, key, title, wifi = false }) {
  const item = { ...bare(url, fields, key), title: title ?? titleOf(), wifi };
  const { seq } = await keep(me(), item);
  tell({ person: me(), what: "kept", key });
  const end = await outcome(item);
  if (stillWaits(end)) await lookAway(seq);
  return end;
}

function stillWaits({ what }) {
  return what === "late" || what === "stopped";
}

/** Nobody stands before the page any more who could be asked about this item. */
function lookAway(seq) {
  return change(me(), seq, { asked: 0 }).catch(() => {});
}

/**
 * What a form sends, as items: its words by themselves, at once, and after them the file whose field says where it may
 * follow (data-after), if its form says anything else (data-words); the file may have to wait for Wi-Fi.
 */
function itemsOf(form, data) {
  const field = form.querySelector("input[type=file][data-after]");
  const file = field && data.get(field.name);
  if (!file?.size || !data.get(field.dataset.words)?.trim()) return [itemOf(form, data)];
  data.delete(field.name);
  const words = itemOf(form, data);
  const beside = words.fields.filter(([name]) => !["id", field.dataset.words].includes(name));
  const url = field.dataset.after.replace("{id}", data.get("id"));
  return [words, { ...words, url, fields: [[field.name, file, file.name], ...beside], key: uuid7(), wifi: prefersWifi() }];
}

/** What a form would send, as an item. */
export function itemOf(form, data) {
  const key = form.dataset.key ?? data.get("Idempotency-Key") ?? uuid7();
  data.delete("Idempotency-Key"); // it travels as a header
  const fields = [...data].map(([name, value]) => (typeof value === "string" ? [name, value] : [name, value, value.name]));
  const url = new URL(form.action, location.href).pathname;
  const item = { ...bare(url, fields.filter(([, value]) => typeof value === "string" || value.size), key), title: titleOf(form) };
  return { ...item, wifi: hasFiles(item) && prefersWifi() };
}

function bare(url, fields, key) {
  const page = location.pathname + location.search;
  // When it was done, which is earlier than now where it is edited in the outbox, or came back as a draft.
  const at = field({ fields }, "client_at") || new Date().toISOString();
  return { url, fields, key, at, page, version: version(), state: "waiting", tries: 0, asked: Date.now() + LOOKING };
}

/** Whom it is about: the row that was picked, the name of somebody new, or the title of the page. */
function titleOf(form) {
  const picked = form?.querySelector("input[type=radio]:checked ~ .main b")?.textContent;
  const named = form?.querySelector("input[name=name]")?.value.trim();
  return picked ?? named ?? form?.dataset.about ?? document.title.split(" · ").at(-2) ?? "";
}

/** How it went: { what: "taken" | "refused" | "stopped" | "late", … }. */
function outcome(item) {
  return new Promise((done) => {
    const patience = act(item).kind === "check-in" && pagesWork() ? LESS : PATIENCE;
    const over = setTimeout(() => end({ what: "late" }), navigator.onLine ? patience : 0);
    const deaf = hear((news) => {
      const about = news.key === item.key && ["taken", "refused"].includes(news.what);
      if (about || (news.person === me() && news.what === "stopped")) end(news);
    });
    function end(news) {
      clearTimeout(over);
      deaf();
      done(news);
    }
    drain(me()).then((why) => end({ what: "stopped", why }), () => end({ what: "late" }));
  });
}

async function goOn(form, submitter, all, [end, ...followers]) {
  const [item] = all;
  if (end.what === "refused") return showRefused(form, submitter, all, end);
  if (followers.some(({ what }) => what === "refused")) return location.assign("/outbox");
  if (end.what === "stopped" && end.why === "signed_out") return location.assign(`/session/new?next=${encodeURIComponent(act(item).page || "/")}`);
  form.querySelector("local-draft")?.clear();
  const there = (end.what === "taken" && end.location) || act(item).page || location.pathname + location.search;
  if (end.what === "taken" || pagesWork()) return location.assign(there);
  // No page would come: said here, with the form as it was before.
  form.reset();
  document.dispatchEvent(new CustomEvent("notice", { detail: { text: document.querySelector("[data-saved]")?.dataset.kept } }));
}

/** What the server said of the form is best said by the form itself; anything else waits in the outbox, with its reason. */
async function showRefused(form, submitter, all, { status }) {
  if (status !== 422) return location.assign("/outbox");
  await form.querySelector("voice-field")?.keep?.();
  const keys = all.map(({ key }) => key);
  for (const { seq, key } of await items(me())) if (keys.includes(key)) await drop(me(), seq);
  for (const key of keys) tell({ person: me(), what: "dropped", key });
  return asForm(form, submitter);
}

function asForm(form, submitter) {
  if (submitter?.name) form.append(Object.assign(document.createElement("input"), { type: "hidden", name: submitter.name, value: submitter.value }));
  HTMLFormElement.prototype.submit.call(form);
}
