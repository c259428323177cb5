// <passkey-form data-challenge data-makes>: before its form is sent, the browser asks for a passkey, or makes one
// (data-makes), over a challenge that is fetched from data-challenge. Its parts (data-when) are the states; the page
// brings their words. data-with names tick boxes of the page that are sent along.
import { creationOptions, requestOptions, written } from "./json.js";

class PasskeyForm extends HTMLElement {
  connectedCallback() {
    this.form = this.querySelector("form");
    this.form.elements.credential.value = ""; // Firefox brings back what a page held before it was loaded anew
    this.say(this.able());
    this.form.addEventListener("submit", (event) => this.submit(event));
  }

  able() {
    if (!window.isSecureContext) return "insecure";
    return "PublicKeyCredential" in window ? "ready" : "none";
  }

  submit(event) {
    if (this.form.elements.credential.value) return;
    event.preventDefault();
    if (this.getAttribute("aria-busy") !== "true") this.run();
  }

  async run() {
    this.setAttribute("aria-busy", "true");
    this.say("ready asking");
    try {
      await this.send(await this.ask());
    } catch (error) {
      this.say(`ready ${REASONS[error.name] ?? "failed"}`);
    }
    this.setAttribute("aria-busy", "false");
  }

  async ask() {
    const answer = await fetch(this.dataset.challenge, { method: "POST", headers: { "Idempotency-Key": crypto.randomUUID() } });
    if (answer.status === 401) return this.prove();
    if (!answer.ok) throw new Error("no challenge");
    const json = await answer.json();
    if ("makes" in this.dataset) return navigator.credentials.create({ publicKey: creationOptions(json) });
    return navigator.credentials.get({ publicKey: requestOptions(json) });
  }

  /** Too long ago that it was shown who is there: the page itself leads to where that is done. */
  prove() {
    location.assign(`/session/proof?next=${encodeURIComponent(location.pathname)}`);
    return undefined;
  }

  send(credential) {
    if (!credential) return;
    for (const box of document.querySelectorAll(this.dataset.with ?? ":not(*)")) {
      if (box.checked) this.form.append(Object.assign(document.createElement("input"), { type: "hidden", name: box.name, value: "y" }));
    }
    this.form.elements.credential.value = written(credential);
    this.form.requestSubmit();
    this.form.elements.credential.value = ""; // a page that comes back from the browser's memory asks anew
  }

  say(states) {
    const said = states.split(" ");
    for (const part of this.querySelectorAll("[data-when]")) part.hidden = !part.dataset.when.split(" ").some((when) => said.includes(when));
  }
}

const REASONS = { NotAllowedError: "refused", InvalidStateError: "known", SecurityError: "insecure", TypeError: "offline" };

customElements.define("passkey-form", PasskeyForm);
