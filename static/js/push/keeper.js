// Each time the app is opened: the service worker is there, and the server knows this browser's subscription, for the
// person who is signed in now. One that was lost, or made with another key of the server's, is made anew.
import { able, current, settle, subscribe, wanted } from "./browser.js";

const SAID = "push-said"; // for this opening of the app

async function keep() {
  const found = await current();
  if (found.subscription) await settle(found);
  else if (wanted() && Notification.permission === "granted") await subscribe(found, await serverKey());
}

async function serverKey() {
  return (await (await fetch("/settings/notifications/key")).json()).key;
}

function opened() {
  // Signed out: whoever signs in next says it anew.
  if (!document.body.matches(".framed")) return sessionStorage.removeItem(SAID);
  // The settings page does all of it itself, and shows it.
  if (sessionStorage.getItem(SAID) || document.querySelector("push-toggle")) return undefined;
  return keep().then(
    () => sessionStorage.setItem(SAID, "1"),
    () => {}, // no signal, or a browser that does not answer: the next page tries again
  );
}

if (able()) addEventListener("load", () => setTimeout(opened, 1000)); // after whatever the page itself needs
