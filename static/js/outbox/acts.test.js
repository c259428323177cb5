import assert from "node:assert/strict";
import { test } from "node:test";
import { act, belongings, customerOf, needs } from "./acts.js";

const ID = "01a2017a-cc4d-775a-a077-27f10bf05602";
const SHOP = "01a2017a-cc4d-775a-a077-27f10bf05603";
const sent = (url, fields = {}) => ({ url, fields: Object.entries(fields) });

test("an address says what was done, and where it shows", () => {
  assert.deepEqual(act(sent(`/customers/${SHOP}/visits`, { id: ID })), { kind: "check-in", about: SHOP, page: `/visits/${ID}` });
  assert.equal(act(sent("/check-in", { id: ID, customer: SHOP })).page, `/visits/${ID}`);
  assert.equal(act(sent(`/visits/${ID}/finish`)).page, `/visits/${ID}`);
  assert.equal(act(sent(`/customers/${SHOP}/notes`)).page, `/customers/${SHOP}`);
  assert.equal(act(sent("/customers", { id: SHOP })).kind, "lead");
  assert.equal(act(sent("/somewhere/else")).kind, "other");
});

test("a note leads back to where its writer came from, and never to another house", () => {
  assert.equal(act(sent(`/customers/${SHOP}/notes`, { back: `/visits/${ID}` })).page, `/visits/${ID}`);
  assert.equal(act(sent(`/customers/${SHOP}/notes`, { back: "//evil.example" })).page, `/customers/${SHOP}`);
  assert.equal(act(sent(`/customers/${SHOP}/notes`, { back: "https://evil.example" })).page, `/customers/${SHOP}`);
});

test("everything about a customer is found by the customer", () => {
  assert.equal(customerOf(sent(`/customers/${SHOP}/visits`, { id: ID })), SHOP);
  assert.equal(customerOf(sent("/check-in", { customer: SHOP })), SHOP);
  assert.equal(customerOf(sent("/customers", { id: SHOP })), SHOP);
});

test("a result needs its check-in, a note does not", () => {
  const checkIn = sent(`/customers/${SHOP}/visits`, { id: ID });
  assert.equal(needs(sent(`/visits/${ID}/finish`), checkIn), true);
  assert.equal(needs(sent(`/customers/${SHOP}/notes`), checkIn), false);
});

test("to a new customer belongs what was done there, and what belongs to that, in its order", () => {
  const lead = sent("/customers", { id: SHOP });
  const checkIn = sent(`/customers/${SHOP}/visits`, { id: ID });
  const result = sent(`/visits/${ID}/finish`);
  const elsewhere = sent("/customers/01a2017a-cc4d-775a-a077-27f10bf05604/notes");
  assert.deepEqual(belongings(lead, [result, lead, elsewhere, checkIn]), [result, checkIn]);
  assert.deepEqual(belongings(result, [lead, checkIn, result]), []);
});

test("what is said alone is a voice note, and one that follows its words shows where they do", () => {
  const voice = new Blob(["…"]);
  assert.equal(act(sent(`/customers/${SHOP}/notes`, { id: ID, text: " ", voice })).kind, "voice");
  assert.equal(act(sent(`/customers/${SHOP}/notes`, { id: ID, text: "…", voice })).kind, "note");
  const follows = sent(`/notes/${ID}/voice`, { voice, customer: SHOP });
  assert.deepEqual(act(follows), { kind: "voice", about: ID, page: `/customers/${SHOP}` });
  assert.equal(act(sent(`/notes/${ID}/voice`, { customer: SHOP, back: `/visits/${ID}` })).page, `/visits/${ID}`);
  assert.equal(customerOf(follows), SHOP);
  assert.equal(needs(follows, sent(`/customers/${SHOP}/notes`, { id: ID, text: "…" })), true);
});
