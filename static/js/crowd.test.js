import assert from "node:assert/strict";
import { test } from "node:test";
import { thin } from "./crowd.js";

const map = { latLngToLayerPoint: ({ x, y }) => ({ x, y, distanceTo: (to) => Math.hypot(x - to.x, y - to.y) }) };

function point(x, y, rank) {
  const classes = new Set();
  const number = {};
  const element = {
    classList: { toggle: (name, on) => (on ? classes.add(name) : classes.delete(name)) },
    querySelector: () => number,
  };
  return { at: { x, y }, rank, classes, number, pinned: { getElement: () => element, setZIndexOffset: (z) => (number.z = z) } };
}

test("of pins on one spot the loudest stays and counts the others", () => {
  const [late, quiet, alone] = [point(0, 0, 200), point(10, 5, 0), point(100, 0, 0)];
  thin(map, [late, quiet, alone]);
  assert.deepEqual([...late.classes], ["crowded"]);
  assert.equal(late.number.textContent, "+1");
  assert.deepEqual([...quiet.classes], ["behind"]);
  assert.ok(quiet.number.z < alone.number.z);
  assert.deepEqual([...alone.classes], []);
});

test("from nearer each stands for itself again", () => {
  const [late, quiet] = [point(0, 0, 200), point(10, 0, 0)];
  thin(map, [late, quiet]);
  quiet.at.x = 80;
  thin(map, [late, quiet]);
  assert.deepEqual([...late.classes, ...quiet.classes], []);
  assert.equal(late.number.textContent, "");
});
