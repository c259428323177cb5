// <word-chips data-for="text">: buttons that begin a new line of a text with their word, for thumbs that type slowly.
class WordChips extends HTMLElement {
  connectedCallback() {
    this.addEventListener("click", ({ target }) => {
      const chip = target.closest("button");
      if (chip) this.begin(chip.textContent.trim());
    });
  }

  begin(word) {
    const field = document.getElementById(this.dataset.for);
    const before = field.value.trimEnd();
    field.value = `${before}${before ? "\n" : ""}${word}: `;
    field.focus();
    field.setSelectionRange(field.value.length, field.value.length);
    field.dispatchEvent(new Event("input", { bubbles: true })); // a draft wants to know
  }
}

customElements.define("word-chips", WordChips);
