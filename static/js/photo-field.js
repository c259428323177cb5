// <photo-field>: takes a picture in the page, makes it small on the phone and puts it into the outbox at once, one by one.
// What the phone cannot read (HEIC, mostly) goes as it is; the server makes everything small once more.
import { queue } from "./outbox/catch.js";
import { me, prefersWifi } from "./outbox/here.js";
import { hear } from "./outbox/news.js";
import { items } from "./outbox/store.js";
import { small } from "./small-photo.js";
import { uuid7 } from "./uuid7.js";

class PhotoField extends HTMLElement {
  connectedCallback() {
    this.form = this.querySelector("form");
    this.input = this.querySelector("input[type=file]");
    this.input.addEventListener("change", () => this.sendAll([...this.input.files]));
    // The dock's link to the photos opens the camera at once.
    this.link = document.querySelector(`a[href="#${this.closest("section").id}"]`);
    this.link?.addEventListener("click", this.open);
    this.deaf = hear(({ what, key }) => ["taken", "dropped"].includes(what) && this.went(key));
    this.showWaiting();
  }

  disconnectedCallback() {
    this.link?.removeEventListener("click", this.open);
    this.deaf();
  }

  open = () => this.input.click();

  async sendAll(files) {
    this.setAttribute("aria-busy", "true");
    this.say(this.dataset.sending);
    const ends = [];
    for (const file of files) ends.push(await this.send(await small(file)));
    this.removeAttribute("aria-busy");
    this.input.value = "";
    this.say(ends.find(({ what }) => what === "refused")?.reason ?? (ends.every(({ what }) => what === "taken") ? "" : this.dataset.kept));
    if (ends.some(({ what }) => what === "taken")) await this.renew();
  }

  /** @returns {Promise<object>} how it went; what did not go yet stands here, dashed */
  async send(photo) {
    const fields = [["id", uuid7()], ["photo", photo, photo.name ?? "photo.jpg"]];
    const key = uuid7();
    const end = await queue({ url: this.url, fields, key, wifi: prefersWifi() }).catch(() => ({ what: "refused", reason: this.dataset.failed }));
    if (!["taken", "refused"].includes(end.what)) this.showHere(photo, key);
    return end;
  }

  get url() {
    return new URL(this.form.action).pathname;
  }

  /** What was taken before this page came, and waits still: nobody is to take it twice. */
  async showWaiting() {
    const waiting = me() ? await items(me()).catch(() => []) : [];
    for (const { key, fields } of waiting.filter(({ url }) => url === this.url)) {
      this.showHere(fields.find(([name]) => name === "photo")[1], key);
    }
  }

  figure(key) {
    return this.parentElement?.querySelector(`figure[data-key="${key}"]`);
  }

  async went(key) {
    if (!this.figure(key)) return;
    this.figure(key).remove();
    await this.renew();
  }

  showHere(photo, key) {
    if (this.figure(key)) return;
    const figure = document.createElement("figure");
    figure.className = "unsent";
    figure.dataset.key = key;
    figure.append(Object.assign(new Image(), { src: URL.createObjectURL(photo), alt: this.dataset.unsent }));
    this.after(figure);
  }

  /** The section as the server has it now; what waits on this phone shows itself in it. */
  async renew() {
    const answer = await fetch(location.pathname).catch(() => null);
    const here = this.closest("section");
    const page = answer?.ok && new DOMParser().parseFromString(await answer.text(), "text/html");
    const there = page && page.getElementById(here.id);
    if (!there) return;
    const said = here.querySelector("#photo-error").textContent;
    here.replaceWith(there);
    there.querySelector("#photo-error").textContent = said;
    there.querySelector("input[type=file]")?.focus({ preventScroll: true });
  }

  say(words) {
    this.closest("section").querySelector("#photo-error").textContent = words;
  }
}

customElements.define("photo-field", PhotoField);
