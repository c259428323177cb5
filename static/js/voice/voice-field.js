// <voice-field data-person="…" data-most="60">, inside a form with data-once: records what belongs to a note and puts it into
// the form's file field, from where it goes like any file. What was recorded and not sent lies on the phone beside the
// draft, also while it is being recorded, and comes back with the page; the outbox takes it over (drop, keep).
import { draftKey, dropRecording, keepRecording, readRecording } from "../drafts.js";
import { canRecord, record } from "./microphone.js";

const EVERY = 5; // pieces of a second after which what there is so far is written down

class VoiceField extends HTMLElement {
  connectedCallback() {
    this.form = this.closest("form");
    this.key = draftKey(this.dataset.person, this.form.getAttribute("action"));
    this.most = Number(this.dataset.most);
    this.input = this.querySelector("input[type=file]");
    this.length = this.querySelector("input[name=seconds]");
    this.player = this.querySelector("audio");
    this.acts = { record: () => this.record(), stop: () => this.recording?.stop(), discard: () => this.discard() };
    this.addEventListener("click", ({ target }) => this.acts[target.closest("[data-do]")?.dataset.do]?.());
    this.input.addEventListener("change", () => this.chosen());
    addEventListener("submit", this.finishFirst, true);
    document.addEventListener("visibilitychange", this.leave);
    this.file = this.querySelector("[data-file]");
    this.file.hidden = canRecord();
    if (canRecord()) this.show("ready");
    else this.without("cannot");
    this.restore();
  }

  disconnectedCallback() {
    removeEventListener("submit", this.finishFirst, true);
    document.removeEventListener("visibilitychange", this.leave);
    this.recording?.stop();
  }

  /** One who looks at something else is not recorded on. */
  leave = () => document.hidden && this.recording?.stop();

  /** Saved in the middle of a sentence: what was said until then goes along. Before anything else hears of it. */
  finishFirst = (event) => {
    if (event.target !== this.form || !this.recording) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    const { submitter } = event;
    this.recording.ended.then(() => this.form.requestSubmit(submitter));
    this.recording.stop();
  };

  async record() {
    if (this.recording || this.asking) return;
    this.asking = true;
    this.say("");
    this.player.pause();
    let pieces = 0;
    const so = (file, seconds) => ++pieces % EVERY === 0 && keepRecording(this.key, { file, seconds });
    try {
      this.recording = await record({ most: this.most, tick: (seconds) => this.count(seconds), so });
    } catch (wrong) {
      return this.without(wrong.name === "NotAllowedError" ? "forbidden" : "nothing");
    } finally {
      this.asking = false;
    }
    this.count(0);
    this.show("recording");
    this.querySelector("[data-do=stop]").focus();
    this.recording.ended = this.recording.over.then((made) => this.take(made));
  }

  async take({ file, seconds }) {
    this.recording = null;
    if (!file.size) return this.without("nothing");
    this.put(file, seconds);
    this.say(seconds >= this.most ? this.dataset.full : "");
    this.player.focus();
    this.form.dispatchEvent(new Event("input")); // another act than the one that came back
    await this.keep();
  }

  /** One that was chosen among the phone's files, where recording is not to be had. */
  chosen() {
    const [file] = this.input.files;
    if (!file) return this.discard();
    this.put(file);
    this.keep();
  }

  put(file, seconds) {
    const all = new DataTransfer();
    all.items.add(file);
    this.input.files = all.files;
    this.length.value = seconds ?? "";
    this.length.disabled = !seconds;
    URL.revokeObjectURL(this.player.src);
    this.player.src = URL.createObjectURL(file);
    this.querySelector("[data-length]").textContent = seconds ? minutes(seconds) : "";
    this.show("made");
  }

  async restore() {
    const kept = await readRecording(this.key);
    if (!kept || this.input.files.length || this.recording) return;
    this.put(kept.file, kept.seconds);
    this.say(this.dataset.restored);
  }

  /** Beside the draft, until it is sent or discarded. */
  keep() {
    const [file] = this.input.files;
    return file && keepRecording(this.key, { file, seconds: Number(this.length.value) || undefined });
  }

  /** It lies somewhere else now: in the outbox. */
  drop() {
    return dropRecording(this.key);
  }

  async discard() {
    this.player.pause();
    this.input.value = "";
    this.length.disabled = true;
    this.say("");
    this.show("ready");
    this.querySelector("[data-do=record]").focus();
    await this.drop();
  }

  /** No microphone, or no leave: said in words; a file can be chosen instead, and what was recorded before stays. */
  without(why) {
    this.file.hidden = false;
    const button = this.querySelector("[data-do=record]");
    button.querySelector("span").textContent = this.dataset[why];
    button.disabled = why === "cannot";
    this.say(this.dataset[`${why}Help`]);
    this.show(this.input.files.length ? "made" : "ready");
  }

  count(seconds) {
    this.querySelector("[data-count]").textContent = minutes(seconds);
    this.querySelector("progress").value = seconds;
  }

  show(state) {
    for (const part of this.querySelectorAll("[data-when]")) part.hidden = part.dataset.when !== state;
  }

  say(words) {
    this.querySelector("[role=status]").textContent = words ?? "";
  }
}

function minutes(seconds) {
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`;
}

customElements.define("voice-field", VoiceField);
