// How far the day is, on a page of Today that knows nothing yet of what was done on this phone.

/** Counts the stops that are left, and takes as many steps as were visited here. */
export function countPlan() {
  const plan = document.querySelector("#plan");
  const stops = [...(plan?.querySelectorAll(".route > li") ?? [])];
  const left = stops.filter((stop) => !stop.dataset.visitedHere).length;
  if (left === stops.length) return;
  const words = plan.dataset[left ? (left === 1 ? "oneLeft" : "manyLeft") : "noneLeft"];
  plan.querySelector("h2").textContent = words.replace("{num}", left);
  const steps = plan.querySelector(".steps");
  const ahead = steps.querySelectorAll("i:not(.done)");
  for (let over = ahead.length - left; over > 0; over -= 1) ahead[over - 1].className = "done";
  steps.ariaLabel = plan.dataset.steps.replace("{done}", steps.querySelectorAll(".done").length);
}
