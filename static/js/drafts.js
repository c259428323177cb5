// Drafts as they lie on the phone: "draft:<person>:<address>" → { words, names }. A full or forbidden storage keeps
// nothing, and nobody is stopped by it.
import { forget, recall, remember } from "./phone.js";

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

/** What was recorded for the form, { file, seconds }, under the same key, but where there is room for it. */
export function readRecording(key) {
  return recall(key);
}

export function keepRecording(key, recording) {
  return remember(key, recording);
}

export function dropRecording(key) {
  return forget(key);
}

/** The server took the write of this Idempotency-Key: whatever was kept for it may go. */
export function forgetTaken(taken) {
  for (const key of kept()) {
    if (readDraft(key)?.names?.["Idempotency-Key"] === taken) dropWhole(key);
  }
}

function dropWhole(key) {
  dropDraft(key);
  dropRecording(key);
}

function kept() {
  try {
    return Object.keys(localStorage).filter((key) => key.startsWith(PREFIX));
  } catch {
    return [];
  }
}
