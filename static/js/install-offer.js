// <install-offer>: a quiet card that offers the home screen, from somebody's second time here on, and never again once they
// have put it away. Shown where the browser can install by itself, or where a page can say how.
import { ASKED, install, installed, offered, where } from "./install.js";

const TIMES = "times-here"; // how often crmweb was opened on this phone
const CLOSED = "install-closed";

if (!sessionStorage.getItem(TIMES)) {
  sessionStorage.setItem(TIMES, "yes");
  localStorage.setItem(TIMES, Number(localStorage.getItem(TIMES) ?? 0) + 1);
}

class InstallOffer extends HTMLElement {
  connectedCallback() {
    this.button = this.querySelector("[data-install]");
    this.button.addEventListener("click", () => this.install());
    this.querySelector("[data-close]").addEventListener("click", () => this.close());
    document.addEventListener(ASKED, this.look);
    this.look();
  }

  disconnectedCallback() {
    document.removeEventListener(ASKED, this.look);
  }

  look = () => {
    const known = Number(localStorage.getItem(TIMES)) > 1 && !localStorage.getItem(CLOSED);
    this.button.hidden = !offered();
    this.hidden = !known || installed() || !(offered() || ["ios", "in-app"].includes(where()));
  };

  async install() {
    if (await install()) this.close();
    else this.look();
  }

  close() {
    localStorage.setItem(CLOSED, "yes");
    this.hidden = true;
  }
}

customElements.define("install-offer", InstallOffer);
