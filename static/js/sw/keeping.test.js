import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";
import "fake-indexeddb/auto";
import { remember } from "../phone.js";
import { forget, met, person, shelf } from "./keeping.js";

const LONG = 73 * 3600 * 1000;
const shelves = new Set();

globalThis.caches = {
  keys: async () => [...shelves],
  delete: async (name) => shelves.delete(name),
};

beforeEach(async () => {
  shelves.clear();
  await forget();
});

test("whoever comes next finds nothing of who was here before", async () => {
  await met("lan");
  ["assets", shelf("lan")].forEach((name) => shelves.add(name));
  await met("mai");
  assert.deepEqual([...shelves], ["assets"]);
  assert.equal(await person(), "mai");
});

test("one's own pages stay where the phone could not tell for once who was here", async () => {
  [shelf("lan"), shelf("mai")].forEach((name) => shelves.add(name));
  await met("lan");
  assert.deepEqual([...shelves], [shelf("lan")]);
});

test("three days after the last word with the server nothing is shown or kept", async () => {
  await remember("met", { person: "lan", contact: Date.now() - LONG });
  shelves.add(shelf("lan"));
  assert.equal(await person(), undefined);
  assert.deepEqual([...shelves], []);
});
