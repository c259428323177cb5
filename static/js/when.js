// A moment in few words, in the server's manner: the day stands before its month in both languages.
const { lang } = document.documentElement;

export function moment(at, shape) {
  return new Intl.DateTimeFormat(lang === "en" ? "en-GB" : lang, shape).format(at);
}

/** `07:42` of today, else with its day. */
export function when(at) {
  const today = at.toDateString() === new Date().toDateString();
  const day = today ? {} : { weekday: "short", day: "numeric", month: "short" };
  return moment(at, { hour: "2-digit", minute: "2-digit", hourCycle: "h23", ...day });
}
