// <place-later>: finds the phone's place after the check-in, because the visit is saved first. Only the tap on the
// form (data-place-later) allows it: the tap is remembered under the visit's name until the next page takes it up,
// so that a reload or a later look at the page reads nothing; then there is a button.
import { queue } from "./outbox/catch.js";
import { uuid7 } from "./uuid7.js";

const GOOD = 30; // metres: sent at once
const ENOUGH = 20_000; // ms, after which the best so far is sent
const OPTIONS = { enableHighAccuracy: true, maximumAge: 10_000, timeout: 60_000 };

const tapped = (visit) => `place ${visit}`;

document.addEventListener(
  "submit",
  ({ target, submitter }) => {
    const asked = target.matches("form[data-place-later]") && !["phone", "zalo"].includes(submitter?.value);
    if (asked) sessionStorage.setItem(tapped(target.elements.id.value), "yes");
  },
  true,
);

class PlaceLater extends HTMLElement {
  connectedCallback() {
    this.button = this.querySelector("button");
    this.status = this.querySelector("[role=status]");
    this.button.addEventListener("click", () => this.look());
    this.over = setTimeout(() => this.giveUp(), this.dataset.seconds * 1000);
    const allowed = sessionStorage.getItem(tapped(this.dataset.visit));
    sessionStorage.removeItem(tapped(this.dataset.visit));
    if (allowed) this.look();
  }

  disconnectedCallback() {
    clearTimeout(this.over);
    this.stop();
  }

  look() {
    if (!navigator.geolocation) return this.say("unavailable");
    this.button.hidden = true;
    this.setAttribute("aria-busy", "true");
    this.say("waiting");
    this.watch = navigator.geolocation.watchPosition((fix) => this.found(fix), (why) => this.failed(why), OPTIONS);
    this.enough = setTimeout(() => this.send((this.hurry = true)), ENOUGH);
    this.leave = () => this.goOnElsewhere();
    addEventListener("pagehide", this.leave);
  }

  found(fix) {
    if (!this.best || fix.coords.accuracy < this.best.coords.accuracy) this.best = fix;
    if (this.hurry || this.best.coords.accuracy <= GOOD) this.send();
  }

  failed({ code }) {
    this.say(code === 1 ? "denied" : "unavailable");
    if (code !== 1) return; // the phone goes on looking
    this.stop();
    this.button.hidden = false;
  }

  async send() {
    if (!this.best || this.sent) return;
    this.sent = true;
    this.stop();
    const { coords, timestamp } = this.best;
    const [lat, lng] = [coords.latitude.toFixed(6), coords.longitude.toFixed(6)];
    const fixed_at = new Date(timestamp).toISOString();
    const fields = Object.entries({ lat, lng, accuracy_m: coords.accuracy.toFixed(1), fixed_at });
    await this.post({ url: `/visits/${this.dataset.visit}/place`, fields, key: uuid7() });
  }

  /** The page goes away: what was found goes out; else the page of the same visit that comes next looks on. */
  goOnElsewhere() {
    if (this.best) this.send((this.leaving = true));
    else sessionStorage.setItem(tapped(this.dataset.visit), "yes");
  }

  /** Through the outbox: a place that was found is not lost with the signal. */
  async post(place) {
    // The page may be going away: whichever arrives first is the one that counts.
    if (this.leaving) fetch(place.url, { method: "POST", body: new URLSearchParams(place.fields), headers: { "Idempotency-Key": place.key }, keepalive: true }).catch(() => {});
    const end = await queue(place);
    const answer = end.what === "taken" && (await fetch(`/visits/${this.dataset.visit}`).catch(() => null));
    if (answer?.ok) this.show(await answer.text());
    else this.say(end.what === "refused" ? "unavailable" : "offline");
  }

  /** The verdict takes the place of the waiting, here and on the record itself. */
  show(html) {
    const page = new DOMParser().parseFromString(html, "text/html");
    for (const id of [`visit-${this.dataset.visit}`, `place-${this.dataset.visit}`]) {
      const [here, there] = [document.getElementById(id), page.getElementById(id)];
      if (there?.dataset.verdict) here.dataset.verdict = there.dataset.verdict;
      else if (there) here.replaceWith(there);
    }
    const [why, asked] = ["why", "review"].map((id) => page.getElementById(id));
    if (why) document.getElementById("why")?.replaceWith(why);
    else document.getElementById("why")?.remove();
    if (!asked) document.getElementById("review")?.remove();
  }

  giveUp() {
    if (this.sent) return;
    if (this.best) return this.send();
    this.stop();
    this.button.hidden = true;
    this.say("over");
  }

  stop() {
    this.removeAttribute("aria-busy");
    navigator.geolocation?.clearWatch(this.watch);
    clearTimeout(this.enough);
    removeEventListener("pagehide", this.leave);
  }

  say(what) {
    this.status.textContent = this.dataset[what];
  }
}

customElements.define("place-later", PlaceLater);
