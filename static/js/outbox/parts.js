// Forms that swap a part of the page (hx-post) go straight to the server; what gets lost on the way goes into the outbox.
import { itemOf } from "./catch.js";
import { me } from "./here.js";
import { tell } from "./news.js";
import { keep } from "./store.js";

async function lost({ detail }) {
  const form = detail.elt;
  const words = document.querySelector("[data-saved]")?.dataset.kept;
  if (!form.matches?.("form[data-offline][hx-post]") || !me() || !words) return;
  const item = itemOf(form, new FormData(form));
  await keep(me(), item);
  tell({ person: me(), what: "kept", key: item.key });
  form.closest("li, article")?.setAttribute("data-kept-here", "");
  document.dispatchEvent(new CustomEvent("notice", { detail: { text: words } }));
}

document.addEventListener("htmx:sendError", lost);
document.addEventListener("htmx:timeout", lost);
document.addEventListener("htmx:responseError", (event) => event.detail.xhr.status === 503 && lost(event));
