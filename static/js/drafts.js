// Drafts as they lie on the phone: "draft:<person>:<address>" → { words, names }. A full or forbidden storage keeps
// nothing, and nobody is stopped by it.
const PREFIX = "draft:";

export function draftKey(person, address) {
  return `${PREFIX}${person}:${address}`;
}

export function readDraft(key) {
  try {
    return JSON.parse(localStorage.getItem(key));
  } catch {
    return null;
  }
}

export function keepDraft(key, draft) {
  try {
    localStorage.setItem(key, JSON.stringify(draft));
  } catch {
    // private mode, or full
  }
}

export function dropDraft(key) {
  try {
    localStorage.removeItem(key);
  } catch {
    // as above
  }
}

/** The server took the write of this Idempotency-Key: whatever was kept for it may go. */
export function forgetTaken(taken) {
  for (const key of kept()) {
    if (readDraft(key)?.names?.["Idempotency-Key"] === taken) dropDraft(key);
  }
}

function kept() {
  try {
    return Object.keys(localStorage).filter((key) => key.startsWith(PREFIX));
  } catch {
    return [];
  }
}
