// Text as it is searched for: the same as `fold` in crmweb/names.py, which tests hold beside this.
const WITHOUT_PARTS = { đ: "d", ð: "d", ł: "l", ø: "o", ı: "i", ħ: "h", ŧ: "t", æ: "ae", œ: "oe", þ: "th", ß: "ss", ς: "σ" };
const LETTERS = new RegExp(`[${Object.keys(WITHOUT_PARTS).join("")}]`, "g");
const STROKES = /[\u0300-\u036f]+/g; // of Latin, Greek and Cyrillic; the vowel signs of other scripts stay
const BETWEEN = /[^\p{L}\p{N}\p{M}]+/gu;

/** No accents, no case, no punctuation; words parted by one space. */
export function fold(text) {
  const plain = text.toLowerCase().replace(LETTERS, (letter) => WITHOUT_PARTS[letter]);
  return plain.normalize("NFD").replace(STROKES, "").normalize("NFC").replace(BETWEEN, " ").trim();
}

/** Whether every word that was typed begins one of the text, or is a part of a number in it; or all is one number. */
export function finds(typed, folded) {
  const words = fold(typed).split(" ").filter(Boolean);
  const there = folded.split(" ");
  const number = /^[+\d\s().-]{6,}$/.test(typed.trim()) ? national(typed) : "";
  const within = (part) => there.some((word) => /^\d+$/.test(word) && word.includes(part));
  if (number && within(number)) return true;
  return words.length > 0 && words.every((word) => there.some((each) => each.startsWith(word)) || (/^\d{3,}$/.test(word) && within(word)));
}

/** As it is dialled at home: with 0 in place of the country's 84. */
function national(typed) {
  const digits = typed.replace(/\D/g, "");
  return /^(00)?84\d{9}$/.test(digits) || typed.trim().startsWith("+84") ? `0${digits.replace(/^(00)?84/, "")}` : digits;
}
