// What people filled into a form, to be kept and put back: controls that they see, by name, in their order.
const SILENT = "[type=hidden], [type=file], [type=password], [type=submit], button, [data-no-draft]";

function controls(form) {
  return [...form.elements].filter((control) => control.name && !control.matches(SILENT));
}

function isTick(control) {
  return control.type === "checkbox" || control.type === "radio";
}

/** @returns {Object<string, string[]>} name → values; of boxes and circles, those that are chosen */
export function readWords(form) {
  const words = {};
  for (const control of controls(form)) {
    const kept = (words[control.name] ??= []);
    if (!isTick(control) || control.checked) kept.push(control.value);
  }
  return words;
}

/** Puts back what `readWords` found; a control of which nothing is known stays as it is. */
export function writeWords(form, words) {
  const at = {};
  for (const control of controls(form)) {
    const kept = words[control.name];
    if (!kept) continue;
    if (isTick(control)) control.checked = kept.includes(control.value);
    else control.value = kept[(at[control.name] = (at[control.name] ?? -1) + 1)] ?? control.value;
  }
}

export function sameWords(one, other) {
  return JSON.stringify(one) === JSON.stringify(other);
}
