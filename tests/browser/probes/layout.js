// What is wrong with how a page lies in its window, as sentences.
() => {
  const wrong = [];
  const root = document.documentElement;
  const boxOf = (node) => {
    const range = document.createRange();
    range.selectNodeContents(node);
    return range.getBoundingClientRect();
  };

  if (root.scrollWidth > innerWidth) wrong.push(`${root.scrollWidth} px wide in a window of ${innerWidth}`);

  // Texts that stand out of the window, or of a box that clips them. What scrolls sideways may.
  const ELSEWHERE = ".vh, .skip, svg, .ring-label, .leaflet-control";
  const frameOf = (element) => {
    for (let each = element; each; each = each.parentElement) {
      const { overflowX } = getComputedStyle(each);
      if (overflowX === "auto" || overflowX === "scroll") return null;
      if (overflowX === "hidden" || overflowX === "clip") return each.getBoundingClientRect();
    }
    return { left: 0, right: root.clientWidth };
  };
  const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (texts.nextNode()) {
    const { data, parentElement } = texts.currentNode;
    if (!data.trim() || !parentElement.checkVisibility({ visibilityProperty: true })) continue;
    if (parentElement.closest(ELSEWHERE)) continue;
    const { left, right } = boxOf(texts.currentNode);
    const frame = frameOf(parentElement);
    if (frame && (left < frame.left - 1 || right > frame.right + 1)) wrong.push(`cut: ${data.trim().slice(0, 40)}`);
  }

  // Labels of the dock, which must keep 4 px between them.
  const labels = [...document.querySelectorAll(".dock > a:not(.brand) > span:not(.drop)")]
    .filter((label) => label.checkVisibility())
    .map((label) => ({ words: label.innerText, box: boxOf(label) }))
    .sort((one, other) => one.box.left - other.box.left);
  labels.slice(1).forEach(({ words, box }, at) => {
    const before = labels[at].box;
    const beside = Math.abs(box.top - before.top) < 10;
    if (beside && box.left - before.right < 4) wrong.push(`the dock's ${words} touches its neighbour`);
  });
  return wrong;
}
