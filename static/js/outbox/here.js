// Who is at this phone, as the page says it, and what the page can count on.

/** The id of whoever is signed in; nothing at the door and while looking as somebody else. */
export function me() {
  return document.body.dataset.person;
}

/** Which build the page is of. */
export function version() {
  return document.documentElement.dataset.version ?? "";
}

/** Whether the worker can answer for pages, so that one may leave this one without a signal. */
export function pagesWork() {
  return Boolean(navigator.serviceWorker?.controller) && document.documentElement.dataset.worker === "on";
}

/** Whether this page was kept or made by the phone, rather than sent by the server. */
export function fromPhone() {
  return document.body.dataset.fromPhone;
}

/** Whether photos and voice notes of this phone's person wait until it is on Wi-Fi. */
export function prefersWifi() {
  return localStorage.getItem("photos-wait-for-wifi") === "yes";
}
