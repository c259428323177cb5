// Up to two capitals for a drop, as `initials` in crmweb/names.py makes them, which tests hold beside this.
import { fold } from "./fold.js";

const HONORIFICS = new Set(["anh", "chi", "co", "chu", "bac", "ong", "ba", "em", "di", "mr", "mrs", "ms", "dr"]);

/** The last two words, as Vietnamese names are told apart by their end; a form of address in front does not count. */
export function initials(name) {
  const words = name.normalize("NFC").split(/[^\p{L}\p{N}_]+/u).filter(Boolean);
  let named = words.filter((word) => /^\p{L}/u.test(word));
  if (!named.length) named = words;
  if (named.length > 1 && HONORIFICS.has(fold(named[0]))) named = named.slice(1);
  return named.slice(-2).map((word) => [...[...word][0].toUpperCase()][0]).join("");
}
