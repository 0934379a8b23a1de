// What is wrong with where things stand on the screen, as a list of sentences: a page that is wider than the screen, text
// that leaves the screen, text on text, and text that is cut off with no way to read the rest.
const wrong = [];
const root = document.documentElement;
const within = document.querySelector("dialog[open]") ?? document.body;
const isSeen = element => element.checkVisibility({ visibilityProperty: true, opacityProperty: true });

function named(element) {
  const place = element.closest("[data-panel], [data-chart], [data-choice], [data-notice], section, header, dialog, nav, main");
  const where = place && place !== element ? `${place.tagName.toLowerCase()}.${place.className || ""}${place.dataset.panel || place.dataset.chart || place.dataset.choice || ""} > ` : "";
  const text = (element.textContent || "").trim().replace(/\s+/g, " ").slice(0, 50);
  return `${where}${element.tagName.toLowerCase()}.${element.className?.baseVal ?? element.className} "${text}"`;
}

// What of a box is seen through the boxes around it that cut off or scroll.
function seenPart(box, element) {
  let { left, top, right, bottom } = box;
  for (let around = element; around && around !== document.body; around = around.parentElement) {
    const style = getComputedStyle(around);
    if (style.position === "fixed") break;
    if (style.overflowX === "visible" && style.overflowY === "visible") continue;
    const edge = around.getBoundingClientRect();
    left = Math.max(left, edge.left), right = Math.min(right, edge.right);
    top = Math.max(top, edge.top), bottom = Math.min(bottom, edge.bottom);
  }
  return right - left > 1 && bottom - top > 1 ? { left, top, right, bottom } : null;
}

const layerOf = element => {
  for (let around = element; around && around !== document.body; around = around.parentElement)
    if (["sticky", "fixed"].includes(getComputedStyle(around).position)) return around;
  return null;
};

if (root.scrollWidth > root.clientWidth) {
  const widest = [...within.querySelectorAll("*")].filter(isSeen)
    .map(element => [element.getBoundingClientRect().right, element]).sort((one, other) => other[0] - one[0])[0];
  wrong.push(`the page is ${root.scrollWidth - root.clientWidth} px wider than the screen: ${named(widest[1])}`);
}

const texts = [];
const walker = document.createTreeWalker(within, NodeFilter.SHOW_TEXT);
for (let node = walker.nextNode(); node; node = walker.nextNode()) {
  const element = node.parentElement;
  if (!node.data.trim() || !isSeen(element) || element.closest(".sr, .skip, option, script, noscript")) continue;
  const range = document.createRange();
  range.selectNodeContents(node);
  for (const box of range.getClientRects()) {
    const seen = seenPart(box, element);
    if (!seen) continue;
    if (seen.right > root.clientWidth + 1 || seen.left < -1) wrong.push(`text leaves the screen: ${named(element)}`);
    texts.push({ ...seen, node, element, layer: layerOf(element) });
  }
}

texts.sort((one, other) => one.top - other.top);
for (let at = 0; at < texts.length; at += 1) {
  const one = texts[at];
  for (let next = at + 1; next < texts.length && texts[next].top < one.bottom; next += 1) {
    const other = texts[next];
    if (one.node === other.node || one.layer !== other.layer) continue;
    const across = Math.min(one.right, other.right) - Math.max(one.left, other.left);
    const down = Math.min(one.bottom, other.bottom) - other.top;
    const height = Math.min(one.bottom - one.top, other.bottom - other.top);
    if (across > 3 && down > height * 0.35) wrong.push(`text on text: ${named(one.element)} and ${named(other.element)}`);
  }
}

for (const element of within.querySelectorAll("*")) {
  if (!isSeen(element) || element.closest(".sr, .skip, svg, option") || !element.textContent.trim()) continue;
  const style = getComputedStyle(element);
  // A row of the table of events opens in full; what is a field scrolls.
  const opens = element.closest("[title], [role='row'], input, select") || element.querySelector("[title]");
  const cuts = edge => ["hidden", "clip"].includes(edge);
  if (cuts(style.overflowX) && element.scrollWidth > element.clientWidth + 1 && !opens)
    wrong.push(`cut off by ${element.scrollWidth - element.clientWidth} px: ${named(element)}`);
  if (cuts(style.overflowY) && element.scrollHeight > element.clientHeight + 3)
    wrong.push(`cut off below by ${element.scrollHeight - element.clientHeight} px: ${named(element)}`);
}

return [...new Set(wrong)];
