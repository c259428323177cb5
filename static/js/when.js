const LANG = document.documentElement.lang;

/** `07:42` of today, else with its day. */
export function when(moment) {
  const today = moment.toDateString() === new Date().toDateString();
  const day = today ? {} : { weekday: "short", day: "numeric", month: "short" };
  return new Intl.DateTimeFormat(LANG, { hour: "2-digit", minute: "2-digit", hourCycle: "h23", ...day }).format(moment);
}
