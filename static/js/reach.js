// The contact sheet, one a page. The row's button that opens it says whom it is about and where each way leads; as
// the page comes, before this script runs, the button leads to the customer's own page.
const sheet = () => document.querySelector("#reach");

function lead(tile, address) {
  if (address) tile.href = address;
  else tile.removeAttribute("href");
  tile.ariaDisabled = address ? null : "true"; // dashed: the words alone
}

function fill({ dataset, formAction, parentElement: row }) {
  const planned = sheet().querySelector("[name=customer]");
  if (planned) planned.value = formAction.split("/").pop();
  const brief = sheet().querySelector("a[data-brief]");
  if (brief) brief.href = `${formAction}/brief`;
  document.querySelector("#reach-name").textContent = row.querySelector(".name").textContent;
  const number = document.querySelector("#reach-number");
  number.textContent = dataset.number ?? "";
  number.hidden = !dataset.number;
  for (const tile of sheet().querySelectorAll("[data-way]")) lead(tile, dataset[tile.dataset.way]);
}

// The browser opens the sheet itself once this is done, so that the focus goes into it and comes back.
document.addEventListener("click", ({ target }) => {
  const button = target.closest?.("[form=reach-by-page]");
  if (!button) return;
  fill(button);
  button.type = "button";
  button.popoverTargetElement = sheet();
});
