// What has the focus, by the name it is read out with, and whether one can see that it has.
() => {
  const element = document.activeElement;
  const { width, height } = element.getBoundingClientRect();
  const words = element.getAttribute("aria-label") || element.labels?.[0]?.innerText || element.innerText || "";
  // A chip draws the outline for the radio button inside it.
  const outlined = [...document.querySelectorAll(":has(:focus-visible), :focus-visible")];
  return {
    name: words.trim().split("\n")[0],
    seen: width > 1 && height > 1 && outlined.some((each) => getComputedStyle(each).outlineStyle !== "none"),
  };
}
