/* Keys for triage: j and k go on and back, x ticks, Enter opens, e says eligible. Everything has a button as well. */

const typing = (target) => target.closest?.("input:not([type=checkbox]), textarea, select, [contenteditable]");
let at = -1;

const rows = () => [...document.querySelectorAll(".triage-row")];
const go = (step) => {
  const all = rows();
  if (!all.length) return;
  at = Math.min(Math.max(at + step, 0), all.length - 1);
  for (const [n, row] of all.entries()) row.classList.toggle("is-at", n === at);
  all[at].querySelector("a")?.focus();
  all[at].scrollIntoView({ block: "nearest" });
};

document.addEventListener("keydown", (event) => {
  if (typing(event.target) || event.ctrlKey || event.metaKey || event.altKey || document.querySelector("dialog[open]")) return;
  const control = document.querySelector(`[data-key="${CSS.escape(event.key)}"]`);
  if (control) {
    event.preventDefault();
    control.click();
  } else if (event.key === "j" || event.key === "k") {
    event.preventDefault();
    go(event.key === "j" ? 1 : -1);
  } else if (event.key === "x" && at >= 0) {
    event.preventDefault();
    rows()[at]?.querySelector("[data-pick]")?.click();
  }
});
