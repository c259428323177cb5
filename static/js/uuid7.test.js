import assert from "node:assert/strict";
import { test } from "node:test";
import { uuid7 } from "./uuid7.js";

// The example of RFC 9562, appendix A.6: 2022-02-22 14:22:22.00 GMT-05:00.
const THEN = 1645557742000;

test("an id begins with the moment it was minted", () => {
  assert.match(uuid7(THEN), /^017f22e2-79b0-7/);
});

test("an id says that it is of version 7 and of the usual variant", () => {
  assert.match(uuid7(), /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
});

test("two records that are named in the same millisecond have two names", () => {
  const names = new Set(Array.from({ length: 1000 }, () => uuid7(THEN)));
  assert.equal(names.size, 1000);
});

test("a later record sorts after an earlier one", () => {
  assert.ok(uuid7(THEN) < uuid7(THEN + 1));
});

test("a phone whose clock runs days ahead names by the day of the page that it was sent", (t) => {
  const served = Date.UTC(2022, 1, 22);
  t.mock.timers.enable({ apis: ["Date"], now: Date.UTC(2022, 1, 25, 7, 30) });
  globalThis.document = { body: { dataset: { served: String(served) } } };
  assert.equal(uuid7().slice(0, 13), uuid7(Date.UTC(2022, 1, 22, 7, 30)).slice(0, 13));
  t.mock.timers.setTime(Date.UTC(2022, 1, 22, 7, 30));
  assert.equal(uuid7().slice(0, 13), uuid7(Date.UTC(2022, 1, 22, 7, 30)).slice(0, 13));
  delete globalThis.document;
});
