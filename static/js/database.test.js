import assert from "node:assert/strict";
import { test } from "node:test";
import "fake-indexeddb/auto";
import { database } from "./database.js";
import { recall, remember } from "./phone.js";

const open = indexedDB.open.bind(indexedDB);

test("one that could not be opened is tried again the next time", async () => {
  indexedDB.open = () => {
    const asked = {};
    setTimeout(() => asked.onerror(), 0);
    return asked;
  };
  await remember("person", "lan");
  assert.equal(await recall("person"), undefined);
  indexedDB.open = open;
  await remember("person", "lan");
  assert.equal(await recall("person"), "lan");
});

test("one that the browser closed is opened anew", async () => {
  const make = (db) => db.createObjectStore("shelf");
  const before = await database("house", make);
  assert.equal(await database("house", make), before);
  before.onclose();
  assert.notEqual(await database("house", make), before);
});
