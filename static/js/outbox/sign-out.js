// Signing out with unsent work is asked about first. The work stays, whatever is answered; the pages go. Only the server
// can end a session: where it does not answer, nothing happens.
import { show } from "../weather.js";
import { me } from "./here.js";
import { drain } from "./send.js";
import { items } from "./store.js";

const PATIENCE = 10_000; // ms

document.addEventListener("submit", async (event) => {
  const form = event.target;
  if (!form.matches("[data-sign-out]") || !me() || form.dataset.asked) return;
  event.preventDefault();
  form.dataset.asked = "yes";
  if ((await mayGo()) && (await isReached())) HTMLFormElement.prototype.submit.call(form);
  else delete form.dataset.asked;
});

async function mayGo() {
  const many = await unsent();
  if (!many) return true;
  const answer = await ask(many);
  if (answer !== "send") return answer === "leave";
  await drain(me()).catch(() => {});
  return mayGo();
}

async function isReached() {
  const reached = await fetch("/healthz", { cache: "no-store", signal: AbortSignal.timeout(PATIENCE) }).then(({ ok }) => ok, () => false);
  if (!reached) show("unsent");
  return reached;
}

async function unsent() {
  return (await items(me()).catch(() => [])).length;
}

function ask(many) {
  const dialog = document.querySelector("#signing-out");
  dialog.querySelector("[data-many]").textContent = many;
  dialog.returnValue = "";
  dialog.showModal();
  return new Promise((done) => dialog.addEventListener("close", () => done(dialog.returnValue), { once: true }));
}
