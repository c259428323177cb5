// <reorder-list>: rows with data-id and a .handle are dragged, or moved with the arrow keys. The form around the list
// is sent with the new order as `customer`, several. Without script the handles stay disabled; its buttons do it.
const QUIET = 600; // ms after the last key before the order is sent

class ReorderList extends HTMLElement {
  connectedCallback() {
    this.list = this.querySelector("ol, ul");
    for (const handle of this.list.querySelectorAll(".handle")) handle.disabled = false;
    this.list.addEventListener("pointerdown", (event) => this.take(event));
    this.list.addEventListener("keydown", (event) => this.step(event));
  }

  take(event) {
    const handle = event.target.closest(".handle");
    if (!handle || event.button) return;
    event.preventDefault();
    const row = handle.closest("[data-id]");
    const before = String(this.order());
    const move = ({ clientY }) => this.drag(row, clientY);
    const drop = () => {
      this.list.removeEventListener("pointermove", move);
      row.classList.remove("dragged");
      if (before !== String(this.order())) this.send();
    };
    row.classList.add("dragged");
    // The list keeps the pointer: a row that moves in the page would lose it.
    this.list.setPointerCapture(event.pointerId);
    this.list.addEventListener("pointermove", move);
    this.list.addEventListener("lostpointercapture", drop, { once: true });
  }

  /** The row goes before the first one whose middle lies below the finger; near an edge the page scrolls along. */
  drag(row, y) {
    const others = this.rows().filter((each) => each !== row);
    const next = others.find((each) => y < each.getBoundingClientRect().top + each.offsetHeight / 2) ?? null;
    if (next !== row.nextElementSibling) this.list.insertBefore(row, next);
    if (y < 90) scrollBy(0, -14);
    else if (y > innerHeight - 90) scrollBy(0, 14);
  }

  step(event) {
    const handle = event.target.closest(".handle");
    const by = { ArrowUp: "previousElementSibling", ArrowDown: "nextElementSibling" }[event.key];
    if (!handle || !by) return;
    event.preventDefault();
    const row = handle.closest("[data-id]");
    const other = row[by];
    if (other) other[event.key === "ArrowUp" ? "before" : "after"](row);
    handle.focus();
    clearTimeout(this.later);
    this.later = setTimeout(() => this.send(), QUIET);
  }

  rows() {
    return [...this.list.querySelectorAll(":scope > [data-id]")];
  }

  order() {
    return this.rows().map((row) => row.dataset.id);
  }

  send() {
    const form = this.querySelector("form");
    for (const value of this.order()) {
      form.append(Object.assign(document.createElement("input"), { type: "hidden", name: "customer", value }));
    }
    form.requestSubmit();
  }
}

customElements.define("reorder-list", ReorderList);
