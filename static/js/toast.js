// Toasts leave after six seconds or as many as they say (data-stays), later while a finger or the focus is on them. A page brings its own;
// a swapped fragment sends the event "notice" with { text, undo } in its HX-Trigger header.
const STAYS = 6000; // ms

function leaveLater(toast) {
  setTimeout(() => {
    if (toast.matches(":hover, :focus-within")) leaveLater(toast);
    else toast.remove();
  }, toast.dataset.stays * 1000 || STAYS);
}

function raise({ text, undo }) {
  const toast = document.querySelector("#toast-shape").content.firstElementChild.cloneNode(true);
  toast.querySelector("span").textContent = text;
  const form = toast.querySelector("form");
  if (undo) form.action = undo;
  else form.remove();
  document.querySelector("#toasts").append(toast);
  leaveLater(toast);
}

document.addEventListener("notice", ({ detail }) => raise(detail));
document.addEventListener("DOMContentLoaded", () => {
  document.querySelectorAll("#toasts > .toast").forEach(leaveLater);
});
