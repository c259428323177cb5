import assert from "node:assert/strict";
import { mock, test } from "node:test";
import { begun, misfit } from "./heading.js";

const URL = "https://crm.example.com/";
const HEAD = "<!doctype html><html><head><title>Hôm nay</title></head>";
const BODY = '<body class="framed"><main>Quán Bình</main></body></html>';
const POLICY = { "Content-Security-Policy": "default-src 'self'" };

const heading = () => ({ head: HEAD, headers: new Headers({ ...POLICY, "Content-Length": "9", "Content-Encoding": "br" }) });
const saying = (text, { headers = POLICY, ...more } = {}) => new Response(text, { headers, ...more });

async function asked(coming) {
  const page = begun(heading(), URL, coming);
  return { page, text: await page.text(), again: await misfit(URL)?.text() };
}

test("a page that fits goes on under the head that was there", async () => {
  const { page, text, again } = await asked(Promise.resolve(saying(HEAD + BODY)));
  assert.equal(text, HEAD + BODY);
  assert.equal(again, undefined);
  assert.deepEqual([page.headers.get("Content-Length"), page.headers.get("Content-Encoding")], [null, null]);
});

test("the head is there before the answer is", async () => {
  let answer;
  const pieces = begun(heading(), URL, new Promise((done) => (answer = done))).body.pipeThrough(new TextDecoderStream()).getReader();
  assert.equal((await pieces.read()).value, HEAD);
  answer(saying(HEAD + BODY));
  assert.equal((await pieces.read()).value, BODY);
});

test("an answer in pieces that break a letter arrives whole", async () => {
  const bytes = new TextEncoder().encode(HEAD + BODY);
  const body = new ReadableStream({
    start(stream) {
      for (const byte of bytes) stream.enqueue(Uint8Array.of(byte));
      stream.close();
    },
  });
  assert.equal((await asked(Promise.resolve(saying(body)))).text, HEAD + BODY);
});

const misfits = {
  "another title": saying("<!doctype html><html><head><title>Đăng nhập</title></head><body>"),
  "another status": saying(HEAD + BODY, { status: 404 }),
  "another policy": saying(HEAD + BODY, { headers: { "Content-Security-Policy": "default-src 'none'" } }),
  "no page": saying("{}"),
  nothing: saying(null, { status: 204 }),
};
for (const [what, answer] of Object.entries(misfits)) {
  test(`${what} is given when the page asks again, once`, async () => {
    const told = await answer.clone().text();
    const { text, again } = await asked(Promise.resolve(answer));
    assert.equal(text, `${HEAD}<body><meta http-equiv="refresh" content="0">`);
    assert.equal(again, told);
    assert.equal(misfit(URL), undefined);
  });
}

test("what nobody asked for again is not given to whoever comes later", async () => {
  mock.timers.enable({ apis: ["Date"] });
  await begun(heading(), URL, Promise.resolve(saying("{}"))).text();
  mock.timers.tick(11_000);
  assert.equal(misfit(URL), undefined);
  mock.timers.reset();
});

test("whoever waits sees the shape of what is to come", async () => {
  mock.timers.enable({ apis: ["setTimeout"] });
  let answer;
  const pieces = begun(heading(), URL, new Promise((done) => (answer = done))).body.pipeThrough(new TextDecoderStream()).getReader();
  await pieces.read();
  mock.timers.tick(700);
  assert.match((await pieces.read()).value, /^<body><div class="coming"/);
  answer(saying(HEAD + BODY));
  assert.equal((await pieces.read()).value, BODY);
  mock.timers.reset();
});

test("whoever goes on to another page is shown nothing more", async () => {
  mock.timers.enable({ apis: ["setTimeout"] });
  const pieces = begun(heading(), URL, new Promise(() => {})).body.getReader();
  await pieces.read();
  await pieces.cancel();
  await new Promise(setImmediate);
  assert.doesNotThrow(() => mock.timers.tick(700));
  mock.timers.reset();
});
