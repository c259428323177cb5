// How far the day is, on a page of Today that knows nothing yet of what was done on this phone.

/** Counts the stops that are left, takes as many steps as were visited here, and makes the first that is left the next. */
export function countPlan() {
  const plan = document.querySelector("#plan");
  const stops = [...(plan?.querySelectorAll(".route > li") ?? [])];
  const open = stops.filter((stop) => !stop.dataset.visitedHere);
  const left = open.length;
  if (left === stops.length) return;
  const [next] = open;
  const last = plan.querySelector(".route > .next");
  if (next && last && last !== next) {
    makeRow(last);
    makeNext(next);
  }
  const words = plan.dataset[left ? (left === 1 ? "oneLeft" : "manyLeft") : "noneLeft"];
  plan.querySelector("h2").textContent = words.replace("{num}", left);
  const steps = plan.querySelector(".steps");
  const ahead = steps.querySelectorAll("i:not(.done)");
  for (let over = ahead.length - left; over > 0; over -= 1) ahead[over - 1].className = "done";
  steps.ariaLabel = plan.dataset.steps.replace("{done}", steps.querySelectorAll(".done").length);
}

// A row is a list item with its drop, a link and what can be done; the next stop's link is a row itself, with the drop in it.
function makeRow(stop) {
  const link = stop.querySelector(":scope > .row");
  stop.prepend(link.querySelector(".drop"));
  stop.querySelector(":scope > .brief-way")?.remove();
  link.replaceChildren(...link.querySelector(".main").childNodes);
  link.className = "main";
  stop.className = "row";
}

function makeNext(stop) {
  const link = stop.querySelector(":scope > .main");
  const words = Object.assign(document.createElement("span"), { className: "main" });
  words.append(...link.childNodes);
  link.replaceChildren(stop.querySelector(":scope > .drop"), words);
  link.className = "row";
  stop.className = "next";
}
