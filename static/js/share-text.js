// <share-text>: hands the words in its textarea to another app, in one tap. Where the browser cannot share, they go
// to the clipboard, and data-copied says so; where that is refused too, they stand there, chosen, to be copied.
class ShareText extends HTMLElement {
  connectedCallback() {
    this.button = this.querySelector("button");
    this.words = this.querySelector("textarea");
    this.button.hidden = false;
    this.hideWords(true);
    this.button.addEventListener("click", () => this.share());
  }

  async share() {
    const text = this.words.value;
    try {
      if (navigator.share) await navigator.share({ title: this.dataset.title, text });
      else await this.copy(text);
    } catch (refused) {
      if (refused.name !== "AbortError") this.offer(); // closed by the person: nothing to say
    }
  }

  async copy(text) {
    await navigator.clipboard.writeText(text);
    this.querySelector("[role=status]").textContent = this.dataset.copied;
  }

  offer() {
    this.hideWords(false);
    this.words.focus();
    this.words.select();
  }

  hideWords(hidden) {
    this.words.closest("label").hidden = hidden;
  }
}

customElements.define("share-text", ShareText);
