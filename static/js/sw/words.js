// What a push says, as showNotification takes it.

/** @param {PushMessageData|null} data  @param {string} origin ours: a page of somebody else is never opened */
export function shown(data, origin) {
  const told = read(data);
  const { title, body, lang, dir, navigate, tag } = told.notification ?? {};
  const words = ours(lang);
  const actions = Array.isArray(told.actions) ? told.actions : [];
  return {
    title: title || "crmweb",
    body: body ?? (title ? "" : words.something),
    lang: lang ?? words.lang,
    dir: dir ?? "auto",
    tag: tag || "crmweb",
    renotify: true,
    icon: "/static/icons/app-192.png",
    badge: "/static/icons/badge-96.png",
    actions: actions.map(({ action, title: label }) => ({ action, title: label })),
    data: { path: path(navigate, origin), actions },
  };
}

/** The words that we say by ourselves, in that language or the browser's. */
export function ours(lang) {
  const wanted = [lang, self.navigator.language, "en"].map((each) => each?.slice(0, 2));
  return self.WORDS[wanted.find((each) => each in self.WORDS)];
}

function read(data) {
  try {
    return data?.json() ?? {};
  } catch {
    return {};
  }
}

/** Its page on the address at which this browser knows us, which is not always the one that the server thinks of. */
function path(navigate, origin) {
  if (typeof navigate !== "string" || !URL.canParse(navigate, origin)) return "/notifications";
  const url = new URL(navigate, origin);
  return url.pathname + url.search + url.hash;
}
