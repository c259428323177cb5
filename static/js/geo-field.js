// <geo-field>: a button that asks the phone where it is, on a tap and never before. It fills the fields
// lat, lng, accuracy_m and fixed_at of its form, as far as they are there, and then sends the form
// (data-submit) or says "geo-fix". Its words (data-waiting, -found, -denied, -unavailable, -timeout)
// come from the page, so that they speak the person's language.
const PATIENCE = { enableHighAccuracy: true, timeout: 15_000, maximumAge: 10_000 }; // ms
const REASONS = { 1: "denied", 2: "unavailable", 3: "timeout" }; // GeolocationPositionError.code

class GeoField extends HTMLElement {
  connectedCallback() {
    this.button = this.querySelector("button");
    this.status = this.querySelector("[role=status]");
    this.button.addEventListener("click", () => this.ask());
  }

  ask() {
    if (this.busy) return;
    if (!navigator.geolocation) return this.failed({ code: 2 });
    this.busy = true;
    this.say(this.dataset.waiting);
    navigator.geolocation.getCurrentPosition(
      (position) => this.found(position),
      (error) => this.failed(error),
      PATIENCE,
    );
  }

  found({ coords, timestamp }) {
    this.busy = false;
    const accuracy = Math.round(coords.accuracy);
    const digits = Number(this.dataset.digits ?? 6);
    this.say(this.dataset.found?.replace("{m}", accuracy));
    this.fill("lat", coords.latitude.toFixed(digits));
    this.fill("lng", coords.longitude.toFixed(digits));
    this.fill("accuracy_m", accuracy);
    this.fill("fixed_at", new Date(timestamp).toISOString());
    const fix = { lat: coords.latitude, lng: coords.longitude, accuracy };
    this.dispatchEvent(new CustomEvent("geo-fix", { bubbles: true, detail: fix }));
    if (this.hasAttribute("data-submit")) this.form.requestSubmit();
  }

  failed({ code }) {
    this.busy = false;
    this.say(this.dataset[REASONS[code]]);
  }

  fill(name, value) {
    const field = this.form?.elements.namedItem(name);
    if (field) field.value = value;
  }

  say(words = "") {
    this.status.textContent = words;
  }

  get busy() {
    return this.getAttribute("aria-busy") === "true";
  }

  set busy(is) {
    this.setAttribute("aria-busy", is);
    this.button.setAttribute("aria-disabled", is);
  }

  get form() {
    return this.closest("form");
  }
}

customElements.define("geo-field", GeoField);
