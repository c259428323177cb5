// What the worker's own answers cost, by month: so that its person can see what of their data goes to us.
import { spend } from "../phone.js";

const HEADERS = 600; // bytes that come and go with each answer besides its body, about

/** The same answer, once its bytes are counted; a body of unknown length counts as its headers. */
export function metered(answer) {
  spend(HEADERS + (Number(answer.headers.get("Content-Length")) || 0));
  return answer;
}
