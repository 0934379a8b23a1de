// Where the keyboard is, and what is wrong with that: lost, without a ring, out of sight or covered. Elements that were
// reached are kept in `window.reached`.
const element = document.activeElement;
if (!element || element === document.body || element === document.documentElement) return { name: "", problem: "the focus is lost", again: false };
const text = (element.getAttribute("aria-label") || element.textContent || element.value || "").trim().replace(/\s+/g, " ").slice(0, 40);
const more = Object.entries(element.dataset).map(([key, value]) => `[${key}=${value}]`).join("");
const name = `${element.tagName.toLowerCase()}${element.id && "#" + element.id}${more}${element.name ? `[name=${element.name}]` : ""} "${text}"`;
window.reached ??= new Set();
const again = window.reached.has(element);
window.reached.add(element);

const ringed = part => {
  const style = getComputedStyle(part);
  return style.outlineStyle !== "none" && Number.parseFloat(style.outlineWidth) >= 2;
};
const label = element.closest("label");
const active = document.getElementById(element.getAttribute("aria-activedescendant") || "-");
const parts = [element, label, active, element.matches(".sr") ? element.nextElementSibling : null].filter(Boolean);
let problem = "";
// The view as a whole is where the focus falls when what had it goes away; it needs no ring.
if (!element.matches("main") && !parts.some(ringed)) problem = "no ring is around it";

const shown = element.matches(".sr") ? element.nextElementSibling ?? label ?? element : element;
const box = shown.getBoundingClientRect();
const left = Math.max(box.left, 0), right = Math.min(box.right, innerWidth);
const top = Math.max(box.top, 0), bottom = Math.min(box.bottom, innerHeight);
if (right - left < 2 || bottom - top < 2) problem ||= "it is out of sight";
else {
  // Seen at its middle, or at either end where it is long.
  const points = [[0.5, 0.5], [0.1, 0.5], [0.9, 0.5], [0.5, 0.15], [0.5, 0.85]];
  const seen = points.some(([x, y]) => {
    const there = document.elementFromPoint(left + (right - left) * x, top + (bottom - top) * y);
    return there && (shown.contains(there) || there.contains(shown) || label?.contains(there));
  });
  if (!seen && !element.matches("main")) problem ||= "something covers it";
}
return { name, problem, again };
