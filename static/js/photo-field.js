// <photo-field>: takes a picture in the page, makes it small on the phone and sends it at once, one by one. What the
// phone cannot read (HEIC, mostly) goes as it is; the server makes everything small once more.
import { uuid7 } from "./uuid7.js";

const LONGEST_SIDE = 1600; // pixels
const LARGEST = 150 * 1024; // bytes
const QUALITIES = [0.82, 0.7, 0.58, 0.46, 0.34];

/** The photo as a JPEG of at most 150 KB, upright; the file itself where this browser cannot draw it. */
async function small(file) {
  const image = await createImageBitmap(file).catch(() => null);
  if (!image) return file;
  let blob = null;
  for (let side = LONGEST_SIDE; side > 200 && (!blob || blob.size > LARGEST); side *= 0.75) {
    const canvas = drawn(image, Math.min(1, side / Math.max(image.width, image.height)));
    blob = await written(canvas);
  }
  image.close();
  return blob ?? file;
}

function drawn(image, scale) {
  const [width, height] = [image.width, image.height].map((length) => Math.max(1, Math.round(length * scale)));
  const canvas = Object.assign(document.createElement("canvas"), { width, height });
  canvas.getContext("2d").drawImage(image, 0, 0, width, height);
  return canvas;
}

/** At the best quality that is small enough, or the lowest. */
async function written(canvas) {
  let blob = null;
  for (const quality of QUALITIES) {
    blob = await new Promise((done) => canvas.toBlob(done, "image/jpeg", quality));
    if (!blob || blob.size <= LARGEST) break;
  }
  return blob;
}

class PhotoField extends HTMLElement {
  connectedCallback() {
    this.form = this.querySelector("form");
    this.input = this.querySelector("input[type=file]");
    this.input.addEventListener("change", () => this.sendAll([...this.input.files]));
    // The dock's link to the photos opens the camera at once.
    this.link = document.querySelector(`a[href="#${this.closest("section").id}"]`);
    this.link?.addEventListener("click", this.open);
  }

  disconnectedCallback() {
    this.link?.removeEventListener("click", this.open);
  }

  open = () => this.input.click();

  async sendAll(files) {
    this.setAttribute("aria-busy", "true");
    this.say(this.dataset.sending);
    let page = null;
    for (const file of files) page = (await this.send(await small(file))) ?? page;
    this.removeAttribute("aria-busy");
    this.input.value = "";
    if (page) this.show(page);
  }

  /** The page that shows it, or null where it did not arrive; then it is said why. */
  async send(photo) {
    const body = new FormData();
    body.append("id", uuid7());
    body.append("photo", photo, photo.name ?? "photo.jpg");
    try {
      const headers = { "Idempotency-Key": uuid7() };
      const answer = await fetch(this.form.action, { method: "POST", body, headers });
      if (answer.ok) return await answer.text();
      this.failed = (await answer.json().catch(() => ({}))).reason;
    } catch {
      this.failed = "";
    }
    this.say(this.failed || this.dataset.failed);
    return null;
  }

  show(html) {
    const here = this.closest("section");
    const there = new DOMParser().parseFromString(html, "text/html").getElementById(here.id);
    if (!there) return;
    if (this.failed !== undefined) there.querySelector("#photo-error").textContent = this.failed || this.dataset.failed;
    here.replaceWith(there);
    there.querySelector("input[type=file]")?.focus({ preventScroll: true });
  }

  say(words) {
    this.closest("section").querySelector("#photo-error").textContent = words;
  }
}

customElements.define("photo-field", PhotoField);
