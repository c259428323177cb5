import assert from "node:assert/strict";
import { test } from "node:test";
import "fake-indexeddb/auto";
import { change, drop, items, keep, putLast, sent, settle } from "./store.js";

const item = (key, text) => ({ key, url: "/customers/7/notes", fields: [["text", text]], state: "waiting", tries: 0 });
const texts = async (person) => (await items(person)).map(({ fields }) => fields[0][1]);

test("what is kept stands in the order in which it was done, each person's by itself", async () => {
  await keep("lan", item("a", "First"));
  await keep("lan", item("b", "Second"));
  await keep("mai", item("a", "Hers"));
  assert.deepEqual(await texts("lan"), ["First", "Second"]);
  assert.deepEqual(await texts("mai"), ["Hers"]);
});

test("what is kept while the outbox cannot be opened yet waits for it", async () => {
  const open = indexedDB.open.bind(indexedDB);
  let shut = 2;
  indexedDB.open = (...how) => {
    if (!shut--) indexedDB.open = open;
    const asked = shut < 0 ? open(...how) : {};
    if (shut >= 0) setTimeout(() => asked.onerror(), 0);
    return asked;
  };
  await keep("ha", item("a", "Just woken"));
  assert.deepEqual(await texts("ha"), ["Just woken"]);
});

test("the same act, kept once more, is one, as it was filled in last", async () => {
  const first = await keep("hung", item("a", "20 boxes"));
  const again = await keep("hung", item("a", "30 boxes"));
  assert.equal(again.seq, first.seq);
  assert.deepEqual(await texts("hung"), ["30 boxes"]);
});

test("what is put last keeps its key, and is there once", async () => {
  const first = await keep("tuan", item("a", "First"));
  await keep("tuan", item("b", "Second"));
  await putLast("tuan", { ...first, fields: [["text", "First, led elsewhere"]] });
  assert.deepEqual(await texts("tuan"), ["Second", "First, led elsewhere"]);
  assert.equal((await items("tuan"))[1].key, "a");
});

test("what was given up does not come back by a change that is late, nor by being put last", async () => {
  const kept = await keep("duc", item("a", "Never mind"));
  await drop("duc", kept.seq);
  await change("duc", kept.seq, { tries: 1 });
  await putLast("duc", kept);
  assert.deepEqual(await items("duc"), []);
});

test("what was sent leaves its files behind, and the latest are listed", async () => {
  for (let number = 0; number < 62; number += 1) {
    const kept = await keep("vy", { ...item(`${number}`, `Note ${number}`), fields: [["text", `Note ${number}`], ["photo", new Blob(["…"]), "photo.jpg"]] });
    await settle("vy", kept, { kept: "" });
  }
  const gone = await sent("vy");
  assert.deepEqual([gone.length, gone[0].fields, gone[0].files], [60, [["text", "Note 2"]], 1]);
  assert.deepEqual(await items("vy"), []);
});
