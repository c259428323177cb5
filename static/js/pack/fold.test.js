import assert from "node:assert/strict";
import { test } from "node:test";
import { finds, fold } from "./fold.js";

const there = "nha thuoc hong phuc 118 hai phong kh0042 chi hanh 0905412777";

test("accents, case and signs do not count", () => {
  assert.equal(fold("  Nhà thuốc HỒNG-PHÚC, số 5 "), "nha thuoc hong phuc so 5");
  assert.equal(fold("Đại lý Đỗ"), "dai ly do");
  assert.equal(fold("Łódź Straße Ærø"), "lodz strasse aero");
  assert.equal(fold("✨"), "");
});

test("the beginnings of words find, in any order", () => {
  assert.ok(finds("phuc nha", there));
  assert.ok(finds("HỒNG", there));
  assert.ok(finds("kh004", there));
  assert.ok(!finds("ong", there));
  assert.ok(!finds("hong xyz", there));
});

test("any part of a number finds, however it is typed", () => {
  for (const typed of ["777", "0905", "412777", "0905 412 777", "+84 905 412 777", "84905412777"]) assert.ok(finds(typed, there), typed);
  assert.ok(!finds("778", there));
  assert.ok(!finds("77", there)); // two digits are a house's number
});

test("nothing typed finds nobody by itself", () => assert.ok(!finds("  ", there)));
