// Whether crmweb can be put on the home screen here, and the browser's own offer to do it, which comes once a page.
export const ASKED = "install-offered"; // on document, when the browser has one
let offer = null;

addEventListener("beforeinstallprompt", (event) => {
  event.preventDefault(); // the browser's own strip would lie over the work
  offer = event;
  document.dispatchEvent(new Event(ASKED));
});

export const offered = () => offer !== null;
export const installed = () => matchMedia("(display-mode: standalone)").matches || navigator.standalone === true;

/** Ask the person; true when they said yes. */
export async function install() {
  const asked = offer;
  offer = null;
  await asked.prompt();
  return (await asked.userChoice).outcome === "accepted";
}

/** `in-app`, where another app shows this page in a browser of its own, which can install nothing; else the kind of device. */
export function where({ userAgent, maxTouchPoints } = navigator) {
  if (/\bZalo|FBA[NV]|Instagram|\bLine\/|; wv\)/i.test(userAgent)) return "in-app";
  if (/iPhone|iPad|iPod/.test(userAgent) || (/Macintosh/.test(userAgent) && maxTouchPoints > 1)) return "ios";
  return /Android/.test(userAgent) ? "android" : "desktop";
}
