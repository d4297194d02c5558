/* Keys for triage. On the board j and k go from row to row, x ticks, Enter opens. On a proposal each key presses the
   control that names it (data-key): j and k go on and back, e, i and v decide, n writes a note, a takes it on, ? shows all
   of them. Everything has a button or link as well, and works without this. */

document.documentElement.classList.add("has-script");

const typing = (target) => target.closest?.("input:not([type=checkbox], [type=radio]), textarea, select, [contenteditable]");
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

/* A refusal wants its reason first: the key leads there, and decides once it is written. */
const press = (control) => {
  const wanted = control.dataset.wants && document.getElementById(control.dataset.wants);
  if (wanted && !wanted.value.trim()) wanted.focus();
  else if (control.matches("textarea")) control.focus();
  else control.click();
};

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || document.querySelector("dialog[open]")) return;
  if (typing(event.target)) {
    if (event.key === "Escape" && !event.isComposing) event.target.blur();
    return;
  }
  if (event.key === "/") {
    const menu = document.querySelector(".keys-menu");
    if (menu) {
      event.preventDefault();
      menu.open = true;
      menu.querySelector("input[type=search]").focus();
    }
    return;
  }
  const control = document.querySelector(`[data-key="${CSS.escape(event.key)}"]`);
  if (control) {
    event.preventDefault();
    press(control);
  } else if (event.key === "j" || event.key === "k") {
    event.preventDefault();
    go(event.key === "j" ? 1 : -1);
  } else if (event.key === "x" && at >= 0) {
    event.preventDefault();
    rows()[at]?.querySelector("[data-pick]")?.click();
  }
});

/* All that match, or those that are ticked: never both. */
document.addEventListener("change", (event) => {
  if (event.target.matches("[data-pick-match]")) {
    for (const box of document.querySelectorAll("[data-pick], [data-pick-all]")) box.disabled = event.target.checked;
  }
});
