import assert from "node:assert/strict";
import { test } from "node:test";
import { fill } from "./filling.js";

test("a gap takes text, and text is never markup", () => {
  assert.equal(fill('<h1 title="[[name]]">[[name]]</h1>', { name: '<b>"A&B"</b>' }), '<h1 title="&lt;b&gt;&quot;A&amp;B&quot;&lt;/b&gt;">&lt;b&gt;&quot;A&amp;B&quot;&lt;/b&gt;</h1>');
});

test("what the server rendered goes in as it is", () => {
  assert.equal(fill("<div>[[html:body]]</div>", { body: "<p>·</p>" }), "<div><p>·</p></div>");
});

test("a name that looks like a gap fills nothing", () => {
  assert.equal(fill("[[name]] [[id]]", { name: "[[id]]", id: "7" }), "[[id]] 7");
});

test("what nobody knows is empty", () => {
  assert.equal(fill("<p>[[line]]</p>", {}), "<p></p>");
});
