// A moment in few words, in the server's manner: `30 Nov`, `30/11`.
const { lang } = document.documentElement;
const MANNER = lang === "en" ? "en-GB" : lang;

export function moment(at, { month, ...shape }) {
  const how = month && { month: lang === "vi" ? "numeric" : month };
  return new Intl.DateTimeFormat(MANNER, { ...shape, ...how }).format(at);
}

/** `07:42` of today, else with its day: `Mon, 30 Nov`, `T2, 30/11`. */
export function when(at) {
  const today = at.toDateString() === new Date().toDateString();
  const day = today ? {} : { weekday: lang === "vi" ? "narrow" : "short", day: "numeric", month: "short" };
  return moment(at, { hour: "2-digit", minute: "2-digit", hourCycle: "h23", ...day });
}
