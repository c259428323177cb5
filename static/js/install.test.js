import assert from "node:assert/strict";
import { test } from "node:test";

globalThis.addEventListener = () => {};
const { where } = await import("./install.js");

const CHROME = "Mozilla/5.0 (Linux; Android 14; SM-A057F) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/131.0.0.0 Mobile Safari/537.36";
const SAFARI = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.1 Mobile/15E148 Safari/604.1";
const MAC = "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.1 Safari/605.1.15";

test("a phone is told from the browsers inside other apps", () => {
  assert.equal(where({ userAgent: CHROME }), "android");
  assert.equal(where({ userAgent: SAFARI }), "ios");
  assert.equal(where({ userAgent: `${SAFARI} Zalo iOS/521` }), "in-app");
  assert.equal(where({ userAgent: CHROME.replace("SM-A057F)", "SM-A057F; wv)") }), "in-app");
  assert.equal(where({ userAgent: `${CHROME} [FB_IAB/FB4A;FBAV/490.0]` }), "in-app");
});

test("an iPad says that it is a Mac, and has a screen to touch", () => {
  assert.equal(where({ userAgent: MAC, maxTouchPoints: 5 }), "ios");
  assert.equal(where({ userAgent: MAC, maxTouchPoints: 0 }), "desktop");
});
