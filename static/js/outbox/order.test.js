import assert from "node:assert/strict";
import { test } from "node:test";
import { next } from "./order.js";

const VISIT = "01a2017a-cc4d-775a-a077-27f10bf05602";
const SHOP = "01a2017a-cc4d-775a-a077-27f10bf05603";
let seq = 0;

function item(url, fields = {}, more = {}) {
  return { seq: ++seq, url, fields: Object.entries(fields), state: "waiting", ...more };
}

const note = (more) => item(`/customers/${SHOP}/notes`, { text: "…" }, more);
const photo = (more) => item(`/visits/${VISIT}/photos`, { photo: new Blob(["…"]) }, more);

test("what was done first goes first", () => {
  const waiting = [note(), note()];
  assert.equal(next(waiting), waiting[0]);
});

test("words go before pictures", () => {
  const waiting = [photo(), note()];
  assert.equal(next(waiting), waiting[1]);
  assert.equal(next([waiting[0]]), waiting[0]);
});

test("what was refused lets the others past, but not what needs it", () => {
  const checkIn = item(`/customers/${SHOP}/visits`, { id: VISIT }, { state: "refused" });
  const finish = item(`/visits/${VISIT}/finish`, { outcome: "order" });
  const other = note();
  assert.equal(next([checkIn, finish, other]), other);
  assert.equal(next([checkIn, finish]), undefined);
});

test("a visit to a new customer waits for the customer, by either address", () => {
  const lead = item("/customers", { id: SHOP, name: "…" }, { state: "refused" });
  assert.equal(next([lead, note()]), undefined);
  assert.equal(next([lead, item("/check-in", { customer: SHOP, id: VISIT })]), undefined);
});

test("what belongs to something that was edited, and so went to the end, waits for it there", () => {
  const place = item(`/visits/${VISIT}/place`, { lat: "10.77" });
  const checkIn = item(`/customers/${SHOP}/visits`, { id: VISIT });
  assert.equal(next([place, checkIn]), checkIn);
  assert.equal(next([place]), place);
});

test("what a server that is away was asked first is asked first again", () => {
  const [earlier, told, later] = [note(), note({ after: 2_000, status: 503 }), note()];
  assert.equal(next([told, later], 1_000), undefined);
  assert.equal(next([earlier, told, later], 1_000), earlier);
  assert.equal(next([told, later], 3_000), told);
  assert.equal(next([photo({ after: 2_000, status: 503 }), later], 1_000), later);
});

test("what the server breaks on waits its time, and the others go on", () => {
  const failed = note({ after: 2_000, status: 500 });
  const other = note();
  assert.equal(next([failed, other], 1_000), other);
  assert.equal(next([failed, other], 3_000), failed);
});

test("a photo that waits for Wi-Fi is held where nothing is known of the network", () => {
  assert.equal(next([photo({ wifi: true })]), undefined);
});
