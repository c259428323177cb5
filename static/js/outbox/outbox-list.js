// <outbox-list>: the outbox on the screen, filled from the phone's store by the shapes and words that the page brings.
import { act, belongings, field, needs } from "./acts.js";
import { me } from "./here.js";
import { hear, tell } from "./news.js";
import { hasFiles, waitsForWifi } from "./order.js";
import { drain, IN_VAIN } from "./send.js";
import { change, drop, items, people, sent } from "./store.js";
import { moment } from "../when.js";

// What was filled into a form, and can be mended there; a tick or a tap is done anew, or given up.
const WRITTEN = ["check-in", "finish", "note", "reminder", "pin", "lead"];

class OutboxList extends HTMLElement {
  connectedCallback() {
    this.deaf = hear((news) => {
      if (news.what === "sending") this.sending = news.key;
      if (news.what === "stopped") this.stopped = news.why;
      if (news.what !== "sending") this.sending = null;
      this.show();
    });
    this.addEventListener("click", ({ target }) => {
      const button = target.closest("button[data-do]");
      if (button) this.do(button.dataset.do, button.closest("[data-seq]"));
    });
    this.show();
  }

  disconnectedCallback() {
    this.deaf();
  }

  async show() {
    if (!me()) return;
    const [waiting, gone, others] = await Promise.all([items(me()), sent(me()), this.others()]);
    this.waiting = waiting;
    const refused = waiting.filter(({ state }) => state === "refused");
    this.fill("refused", refused, refused.length);
    this.fill("waiting", waiting.filter(({ state }) => state === "waiting"), this.sum(waiting));
    this.fill("sent", gone.toReversed(), gone.length);
    this.part("empty").hidden = waiting.length > 0;
    this.part("others").hidden = !others;
    this.part("signed-out").hidden = this.stopped !== "signed_out" || !waiting.length;
  }

  async others() {
    for (const person of await people()) {
      if (person !== me() && (await items(person)).length) return true;
    }
    return false;
  }

  part(name) {
    return this.querySelector(`[data-part="${name}"]`);
  }

  fill(name, list, count) {
    const part = this.part(name);
    part.hidden = !list.length;
    part.querySelector("[data-count]").textContent = count;
    const open = new Set([...part.querySelectorAll("details[open]")].map((each) => each.closest("[data-seq]").dataset.seq));
    part.querySelector("[data-rows]").replaceChildren(...list.map((item) => this.row(name, item, open)));
  }

  row(shape, item, open) {
    const row = this.querySelector(`template[data-shape="${shape}"]`).content.firstElementChild.cloneNode(true);
    row.dataset.seq = item.seq;
    row.dataset.key = item.key;
    const said = { ...this.said(item), why: shape === "sent" ? this.word("why", item.kept) : this.why(item) };
    this.say(row, said);
    row.querySelector("[data-drop]").append(this.kind(item).content.cloneNode(true));
    const edit = row.querySelector("[data-do=edit]");
    if (edit) {
      const page = new URL(item.page, location.origin);
      if (act(item).kind === "check-in") page.searchParams.set("again", "1"); // the sheet, and not the visit that it began
      edit.href = `${page.pathname}${page.search}#outbox-${item.seq}`;
      edit.hidden = hasFiles(item) || !WRITTEN.includes(act(item).kind);
    }
    if (open.has(String(item.seq))) row.querySelector("details").open = true;
    return row;
  }

  say(element, said) {
    for (const place of element.querySelectorAll("[data-fill]")) place.textContent = said[place.dataset.fill];
  }

  kind(item) {
    return this.querySelector(`template[data-kind="${act(item).kind}"]`) ?? this.querySelector("template[data-kind=other]");
  }

  /** What it is, about whom, when, and its first words. */
  said(item) {
    const name = [this.kind(item).dataset.words, item.title].filter(Boolean).join(" · ");
    const typed = field(item, "text") || field(item, "note");
    const words = [this.word("outcome", field(item, "outcome")), typed && `“${typed.slice(0, 80)}”`, size(item)];
    return { name, words: words.filter(Boolean).join(", "), time: when(item.at) };
  }

  why(item) {
    if (item.state === "refused") return item.reason || this.word("why", item.status) || this.word("why", "refused");
    if (item.key === this.sending) return this.word("why", "sending");
    if (waitsForWifi(item)) return this.word("why", "wifi");
    if (this.waiting.some((other) => needs(item, other))) return this.word("why", "needs");
    if (item.tries >= IN_VAIN && item.status === 500) return this.word("why", "500");
    return this.word("why", item.tries ? "busy" : "waiting");
  }

  word(of, name) {
    return (name && this.querySelector(`template[data-${of}="${name}"]`)?.content.textContent) || "";
  }

  sum(waiting) {
    const bytes = waiting.reduce((all, item) => all + filesOf(item), 0);
    const many = waiting.filter(({ state }) => state === "waiting").length;
    return bytes ? `${many} · ${room(bytes)}` : many;
  }

  async do(what, row) {
    const seq = Number(row.dataset.seq);
    const item = this.waiting.find((each) => each.seq === seq);
    if (!item) return;
    if (what === "give-up") return this.giveUp(item);
    await change(me(), seq, { state: "waiting", after: 0, wifi: false });
    tell({ person: me(), what: "kept", key: item.key });
    await drain(me());
  }

  /** It goes, and with it what belongs to it: a result without its visit would wait at the server for nothing. */
  async giveUp(item) {
    if (!(await this.sure(item, belongings(item, this.waiting)))) return;
    // What belongs to it first: should the page be killed in between, nothing is left over.
    for (const { seq } of [...belongings(item, await items(me())), item]) await drop(me(), seq);
    tell({ person: me(), what: "dropped", key: item.key });
  }

  line(item) {
    const { name, words } = this.said(item);
    return Object.assign(document.createElement("li"), { textContent: [name, words].filter(Boolean).join(", ") });
  }

  /** Whether its person says, in words, that it may go. */
  sure(item, others) {
    const dialog = this.querySelector("#give-up");
    this.say(dialog, this.said(item));
    this.part("belongs").hidden = !others.length;
    this.part("belongs").querySelector("ul").replaceChildren(...others.map((other) => this.line(other)));
    dialog.returnValue = "";
    dialog.showModal();
    return new Promise((done) => dialog.addEventListener("close", () => done(dialog.returnValue === "give-up"), { once: true }));
  }
}

function filesOf({ fields }) {
  return fields.reduce((bytes, [, value]) => bytes + (value.size ?? 0), 0);
}

function size(item) {
  const bytes = filesOf(item);
  return bytes ? room(bytes) : "";
}

function room(bytes) {
  const [amount, unit, digits] = bytes < 1e5 ? [bytes / 1e3, "kilobyte", 0] : [bytes / 1e6, "megabyte", 1];
  return new Intl.NumberFormat(document.documentElement.lang, { style: "unit", unit, maximumFractionDigits: digits }).format(amount);
}

/** The time today, else the day. */
function when(iso) {
  const at = new Date(iso);
  const today = at.toDateString() === new Date().toDateString();
  const shape = today ? { hour: "2-digit", minute: "2-digit", hourCycle: "h23" } : { day: "numeric", month: "short" };
  return moment(at, shape);
}

customElements.define("outbox-list", OutboxList);
