import assert from "node:assert/strict";
import { test } from "node:test";
import { far, metres } from "./distance.js";

test("two places lie as far apart as on the sphere", () => {
  const market = { lat: 10.7725, lng: 106.698 };
  assert.equal(metres(market, market), 0);
  assert.equal(Math.round(metres(market, { lat: 11.7725, lng: 106.698 })), 111195);
  assert.equal(Math.round(metres({ lat: 0, lng: 179.9 }, { lat: 0, lng: -179.9 })), 22239);
});

test("distances are said as the server says them", () => {
  assert.equal(far(12.4, "en"), "12 m");
  assert.equal(far(404, "en"), "400 m");
  assert.equal(far(994, "en"), "990 m");
  assert.equal(far(1234, "en"), "1.2 km");
  assert.equal(far(1234, "vi"), "1,2 km");
  assert.equal(far(123_456, "en"), "123 km");
});
