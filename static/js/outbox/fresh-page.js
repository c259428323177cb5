// A page that the phone made or kept is asked for anew once nothing waits any more: then the server knows it all, and knows
// it better. Not while somebody is typing.
import { fromPhone, me } from "./here.js";
import { hear } from "./news.js";
import { items } from "./store.js";

async function renew() {
  const typing = document.activeElement?.matches("input, textarea, select") || document.querySelector("dialog[open], :popover-open");
  if (typing || (await items(me())).length) return;
  location.reload();
}

if (fromPhone() && me()) hear(({ what }) => what === "taken" && renew());
