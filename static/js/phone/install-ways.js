// <install-ways>: the way onto the home screen that holds in this browser stands first.
import { ASKED, install, installed, offered, where } from "../install.js";

class InstallWays extends HTMLElement {
  connectedCallback() {
    const here = where();
    this.querySelector(`[data-when=installed]`).hidden = !installed();
    this.querySelector(`[data-when=in-app]`).hidden = here !== "in-app";
    this.offer = this.querySelector("[data-when=offered]");
    this.offer.querySelector("button").addEventListener("click", () => install().then(this.look));
    document.addEventListener(ASKED, this.look);
    this.look();
    const way = this.querySelector(`[data-way=${here}]`);
    if (way) this.querySelector("[data-way]").before(way);
  }

  disconnectedCallback() {
    document.removeEventListener(ASKED, this.look);
  }

  look = () => {
    this.offer.hidden = !offered();
  };
}

customElements.define("install-ways", InstallWays);
