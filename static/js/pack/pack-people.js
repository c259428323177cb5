// <pack-people data-customer="…">: the people of one customer to tick, as far as this phone knows them.
import { readPack } from "./reading.js";

class PackPeople extends HTMLElement {
  async connectedCallback() {
    const pack = await readPack();
    const here = pack?.customers.find(({ id }) => id === this.dataset.customer);
    if (!here?.contacts.length) return;
    this.querySelector(".chips").append(...here.contacts.map((person) => this.chip(person)));
    this.querySelector("fieldset").hidden = false;
  }

  chip([id, name]) {
    const chip = this.querySelector("template").content.firstElementChild.cloneNode(true);
    chip.querySelector("input").value = id;
    chip.append(name);
    return chip;
  }
}

customElements.define("pack-people", PackPeople);
