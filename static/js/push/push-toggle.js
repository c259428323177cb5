// <push-toggle data-key>: says in words how it stands with push on this device, and turns it on or off. Asks the
// browser on a tap alone. Its parts (data-when) are the states; the page brings their words.
import { able, current, giveUp, settle, subscribe, within } from "./browser.js";

const THINKING = 60_000; // ms that a person has for the browser's own question

class PushToggle extends HTMLElement {
  connectedCallback() {
    this.addEventListener("click", ({ target }) => {
      const act = target.closest("[data-act]")?.dataset.act;
      if (act) this.run(() => this[act]());
    });
    navigator.serviceWorker?.addEventListener("message", ({ data }) => {
      if (data?.pushed === "test") this.say("arrived");
    });
    this.run(() => this.look());
  }

  async look() {
    if (!window.isSecureContext) return "insecure";
    if (!able()) return this.needsHomeScreen() ? "install" : "unsupported";
    if (Notification.permission === "denied") return "blocked";
    this.found = await current();
    if (!this.found.subscription || Notification.permission !== "granted") return "off";
    return STATES[await settle(this.found)];
  }

  async turnOn() {
    this.say("asking");
    const permission = await within(THINKING, Notification.requestPermission());
    if (permission !== "granted") return permission === "denied" ? "blocked" : "off";
    this.say("connecting");
    const state = STATES[await subscribe(await current(), this.dataset.key)];
    if (state === "on") location.reload(); // the list of devices has one more
    return state;
  }

  async turnOff() {
    const { subscription } = await current();
    if (subscription) await giveUp(subscription);
    location.reload();
    return "off";
  }

  /** Safari on a phone has push for an app on the home screen alone. */
  needsHomeScreen() {
    const apple = /iPhone|iPad/.test(navigator.userAgent) || (navigator.platform === "MacIntel" && navigator.maxTouchPoints > 1);
    return apple && !matchMedia("(display-mode: standalone)").matches;
  }

  async run(act) {
    this.setAttribute("aria-busy", "true");
    try {
      this.say(await act());
    } catch (error) {
      this.say(REASONS[error.name] ?? "failed");
    } finally {
      this.setAttribute("aria-busy", "false");
    }
  }

  say(state) {
    for (const part of this.querySelectorAll("[data-when]")) part.hidden = !part.dataset.when.split(" ").includes(state);
  }
}

const STATES = { kept: "on", off: "off", refused: "refused" };
const REASONS = { TimeoutError: "late", NotAllowedError: "blocked", TypeError: "offline" };

customElements.define("push-toggle", PushToggle);
