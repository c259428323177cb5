// <local-draft data-person="…">, inside a form with data-once: what is typed is kept on the phone, under its person and
// the form's address, and comes back when the page does (the form hears "draft-restored"). It goes when the server has
// taken it: the next page finds the form's Idempotency-Key in the cookie "taken"; htmx tells by itself; another sender
// calls clear(). What came back and is sent unchanged is the same act: its names (once.js) come back too. At sign-out
// drafts stay: they are work, and nobody but their person is shown them.
import { draftKey, dropDraft, forgetTaken, keepDraft, readDraft } from "./drafts.js";
import { readWords, sameWords, writeWords } from "./form-words.js";
import { NAMES, nameField } from "./once.js";

const PATIENCE = 300; // ms without a key pressed

class LocalDraft extends HTMLElement {
  connectedCallback() {
    this.form = this.closest("form");
    this.line = this.querySelector(".draft");
    this.key = draftKey(this.dataset.person, this.form.getAttribute("action"));
    // A form that was refused shows what was sent, and nothing else of it is anywhere: that is no blank one.
    this.blank = this.form.querySelector("[aria-invalid=true]") ? null : readWords(this.form);
    if (this.blank) this.restore(readDraft(this.key));
    this.querySelector("button").addEventListener("click", () => this.discard());
    this.form.addEventListener("input", () => this.typed());
    this.form.addEventListener("submit", () => this.save(this.names()));
    addEventListener("pagehide", this.flush);
    document.addEventListener("visibilitychange", this.flush);
  }

  disconnectedCallback() {
    removeEventListener("pagehide", this.flush);
    document.removeEventListener("visibilitychange", this.flush);
    this.flush();
  }

  restore(kept) {
    if (!kept || sameWords(kept.words, this.blank)) return;
    writeWords(this.form, kept.words);
    this.minted = Object.entries(kept.names ?? {});
    for (const [name, value] of this.minted) nameField(this.form, name).value = value;
    this.line.hidden = false;
    for (const fold of this.form.querySelectorAll("details")) fold.open = true; // what came back is seen
    this.form.dispatchEvent(new CustomEvent("draft-restored"));
  }

  typed() {
    // Changed words are a new act; the names that came back belong to the old one.
    for (const [name] of this.minted ?? []) nameField(this.form, name).value = "";
    this.minted = null;
    this.waiting ??= setTimeout(this.flush, PATIENCE);
  }

  flush = () => {
    if (this.waiting) this.save();
  };

  save(names) {
    clearTimeout(this.waiting);
    this.waiting = null;
    const words = readWords(this.form);
    if (!names && this.blank && sameWords(words, this.blank)) this.clear();
    else keepDraft(this.key, { words, names });
  }

  /** What once.js wrote into the form for this act. */
  names() {
    const pairs = NAMES.map((name) => [name, this.form.elements.namedItem(name)?.value]);
    return Object.fromEntries(pairs.filter(([, value]) => value));
  }

  discard() {
    writeWords(this.form, this.blank);
    this.typed();
    this.clear();
    this.form.querySelector("textarea, input:not([type=hidden])")?.focus();
  }

  clear() {
    clearTimeout(this.waiting);
    this.waiting = null;
    this.line.hidden = true;
    dropDraft(this.key);
  }
}

document.addEventListener("htmx:afterRequest", ({ detail }) => {
  if (detail.successful) detail.elt.querySelector?.("local-draft")?.clear();
});

function hear() {
  const said = document.cookie.match(/(?:^|; )taken=([^;]+)/);
  if (!said) return;
  forgetTaken(decodeURIComponent(said[1]));
  document.cookie = "taken=; max-age=0; path=/";
}

hear(); // before a form on this page brings back what has just been sent
addEventListener("pageshow", ({ persisted }) => persisted && hear());

customElements.define("local-draft", LocalDraft);
