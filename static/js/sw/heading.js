// The head of a page at once, as it was kept, and the rest when the server answers: meanwhile the browser changes pages and
// reads the style sheet and the scripts, which takes a cheap phone as long as the way to the server takes.
import { kept } from "./keeping.js";

const END = "</head>";
const AGAIN = '<body><meta http-equiv="refresh" content="0">';
const ROW = '<p class="row"><span class="skeleton drop"></span><span class="main stack"><span class="skeleton w8"></span><span class="skeleton w4"></span></span></p>';
const SHAPE = `<body><div class="coming" aria-hidden="true">${ROW.repeat(5)}</div>`; // the page's own <body> adds what it says to this one
const SLOW = 700; // ms after which somebody wonders whether their tap was felt
const HOLDS = 10_000; // ms that an answer waits to be asked for again
const POLICY = "Content-Security-Policy";

const misfits = new Map(); // by address: an answer under another head than its page was begun with

/** The answer for which a page that was begun in vain asks again. */
export function misfit(url) {
  const { answer, at } = misfits.get(url) ?? {};
  misfits.delete(url);
  return Date.now() - at < HOLDS ? answer : undefined;
}

/** The head of this page as it was last seen, and the headers that came with it; nothing where it was never seen. */
export async function heading(someone, path) {
  const page = await kept(someone, path);
  const pieces = page && texts(page);
  const [head] = page ? await split(pieces) : [];
  pieces?.cancel();
  return head && { head, headers: page.headers };
}

/** A page that begins with the heading now and goes on with what is coming; what does not fit is asked for once more. */
export function begun({ head, headers }, url, coming) {
  const said = new Headers(headers);
  for (const name of ["Content-Encoding", "Content-Length"]) said.delete(name);
  let slow;
  const body = new ReadableStream({
    start(page) {
      slow = setTimeout(() => page.enqueue(SHAPE), SLOW);
      const answer = coming.finally(() => clearTimeout(slow));
      return write(page, head, url, answer, headers.get(POLICY));
    },
    cancel: () => clearTimeout(slow), // they went on to another page
  });
  return new Response(body.pipeThrough(new TextEncoderStream()), { headers: said });
}

async function write(page, head, url, coming, policy) {
  page.enqueue(head);
  const answer = await coming;
  const whole = answer.clone();
  const pieces = texts(answer);
  const [theirs, rest] = await split(pieces);
  if (answer.status === 200 && answer.headers.get(POLICY) === policy && theirs === head) {
    page.enqueue(rest);
    for (let piece = await pieces.read(); !piece.done; piece = await pieces.read()) page.enqueue(piece.value);
  } else {
    misfits.set(url, { answer: whole, at: Date.now() });
    page.enqueue(AGAIN);
  }
  page.close();
}

function texts(answer) {
  return (answer.body ?? new Blob().stream()).pipeThrough(new TextDecoderStream()).getReader();
}

/** What is read until the head ends, and what of the rest came with its end. */
async function split(pieces) {
  let text = "";
  for (let piece = await pieces.read(); !piece.done; piece = await pieces.read()) {
    text += piece.value;
    const end = text.indexOf(END) + END.length;
    if (end >= END.length) return [text.slice(0, end), text.slice(end)];
  }
  return [];
}
