import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";
import "fake-indexeddb/auto";
import { database } from "../database.js";
import { remember } from "../phone.js";
import { forget, met, person, shelf } from "./keeping.js";

const LONG = 73 * 3600 * 1000;
const shelves = new Map();
const open = indexedDB.open.bind(indexedDB);

globalThis.caches = {
  keys: async () => [...shelves.keys()],
  open: async (name) => ({ match: async () => shelves.get(name) }),
  delete: async (name) => shelves.delete(name),
};

beforeEach(async () => {
  indexedDB.open = open;
  shelves.clear();
  await forget();
});

const pack = (age) => new Response("{}", { headers: { Date: new Date(Date.now() - age).toUTCString() } });

async function closed() {
  (await database("phone")).onclose();
}

function lock() {
  indexedDB.open = () => {
    const asked = {};
    setTimeout(() => asked.onerror(), 0);
    return asked;
  };
}

test("whoever comes next finds nothing of who was here before", async () => {
  await met("lan");
  ["assets", shelf("lan")].forEach((name) => shelves.set(name));
  await met("mai");
  assert.deepEqual([...shelves.keys()], ["assets"]);
  assert.equal(await person(), "mai");
});

test("one's own pages stay where the phone could not tell for once who was here", async () => {
  [shelf("lan"), shelf("mai")].forEach((name) => shelves.set(name));
  await met("lan");
  assert.deepEqual([...shelves.keys()], [shelf("lan")]);
});

test("one's own shelf says whose it is where the phone's memory cannot be opened", async () => {
  shelves.set(shelf("lan"), pack(0));
  assert.equal(await person(), undefined);
  await closed();
  lock();
  assert.equal(await person(), "lan");
  shelves.set(shelf("mai"), pack(0));
  assert.equal(await person(), undefined, "nobody knows whose phone it is");
});

test("an old shelf is not shown then either", async () => {
  shelves.set(shelf("lan"), pack(LONG));
  await closed();
  lock();
  assert.equal(await person(), undefined);
});

test("three days after the last word with the server nothing is shown or kept", async () => {
  await remember("met", { person: "lan", contact: Date.now() - LONG });
  shelves.set(shelf("lan"), pack(0));
  assert.equal(await person(), undefined);
  assert.deepEqual([...shelves.keys()], []);
});
