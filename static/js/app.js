/* What pages do beyond plain HTML. Everything here has a way without it. */

const $$ = (selector, root = document) => [...root.querySelectorAll(selector)];

/* --- the side menu on small screens (without scripts: the :target of its link) ---------------------------------- */
const side = document.getElementById("side");
const setSide = (open) => {
  if (!side) return;
  side.classList.toggle("is-open", open);
  const button = document.querySelector(".side-open");
  button?.setAttribute("aria-expanded", String(open));
  if (open) side.querySelector("a, button")?.focus();
  else if (side.contains(document.activeElement)) button?.focus();
};
document.addEventListener("click", (event) => {
  const control = event.target.closest("[data-side]");
  if (!control) return;
  event.preventDefault();
  setSide(control.dataset.side === "open");
});

/* --- menus made of <details>: one at a time, closed by Escape and by a click elsewhere --------------------------- */
document.addEventListener("click", (event) => {
  for (const menu of $$("details.menu[open]")) if (!menu.contains(event.target)) menu.open = false;
});
document.addEventListener("keydown", (event) => {
  if (event.key === "Escape") {
    for (const menu of $$("details.menu[open]")) {
      menu.open = false;
      menu.querySelector("summary").focus();
    }
    if (side?.classList.contains("is-open")) setSide(false);
  }
  const typing = event.target.closest?.("input, textarea, select, [contenteditable]");
  if (event.key === "/" && !typing && !event.ctrlKey && !event.metaKey && !event.altKey) {
    const search = document.querySelector(".filter-bar input[name=q]") || document.querySelector(".bar-search input");
    if (search) {
      event.preventDefault();
      search.focus();
      search.select();
    }
  }
});

/* --- toasts ------------------------------------------------------------------------------------------------------ */
const LINGER = 8000;
const tendToasts = () => {
  for (const toast of $$(".toast-item:not([data-tended])")) {
    toast.dataset.tended = "";
    // Errors stay until they are closed; the rest waits while it is pointed at or holds the focus.
    if (toast.classList.contains("tone-danger")) continue;
    const leave = () => (toast.matches(":hover, :focus-within") ? setTimeout(leave, 2000) : toast.remove());
    setTimeout(leave, LINGER);
  }
};
document.addEventListener("click", (event) => event.target.closest(".toast-close")?.closest(".toast-item").remove());
const complain = (words) => {
  const template = document.getElementById("toast-template");
  const region = document.getElementById("toasts");
  if (!template || !region) return;
  const toast = template.content.cloneNode(true);
  toast.querySelector("p").textContent = words;
  region.append(toast);
  tendToasts();
};
const body = document.body;
// Signing in again in another tab gives a new token: the cookie has it, the page does not.
body.addEventListener("htmx:configRequest", (event) => {
  const token = document.cookie.match(/(?:^|;\s*)csrftoken=([^;]+)/)?.[1];
  if (token) event.detail.headers["X-CSRFToken"] = decodeURIComponent(token);
});
body.addEventListener("htmx:sendError", () => complain(body.dataset.wordsOffline));
body.addEventListener("htmx:timeout", () => complain(body.dataset.wordsOffline));
body.addEventListener("htmx:responseError", (event) => {
  if (event.detail.xhr.status >= 500 || event.detail.xhr.status === 404) complain(body.dataset.wordsFailed);
});

/* --- a form that saves itself: what is pressed waits for a save on its way, and is then made from the newest version --- */
document.addEventListener("submit", (event) => {
  const saver = document.getElementById(event.target.dataset.saver ?? "");
  if (!saver?.classList.contains("htmx-request")) return;
  event.preventDefault();
  const { target, submitter } = event;
  saver.addEventListener("htmx:afterRequest", () => setTimeout(() => target.requestSubmit(submitter)), { once: true });
});

/* --- asking again: lift the disclosure's panel into a dialog ----------------------------------------------------- */
document.addEventListener("click", (event) => {
  const summary = event.target.closest(".confirm > summary");
  if (summary) {
    event.preventDefault();
    const holder = summary.parentElement;
    const panel = holder.querySelector(".confirm-panel");
    const dialog = document.createElement("dialog");
    dialog.className = "dialog";
    dialog.setAttribute("aria-labelledby", panel.getAttribute("aria-labelledby"));
    dialog.append(panel);
    document.body.append(dialog);
    dialog.addEventListener("close", () => {
      holder.append(panel);
      dialog.remove();
      summary.focus();
    });
    dialog.addEventListener("click", (click) => click.target === dialog && dialog.close());
    dialog.showModal();
    return;
  }
  const close = event.target.closest("[data-close]");
  if (!close) return;
  event.preventDefault();
  const dialog = close.closest("dialog");
  if (dialog) dialog.close();
  else close.closest("details")?.removeAttribute("open");
});

/* --- tables: names of columns beside the values where rows become cards ------------------------------------------ */
const labelTables = (root) => {
  for (const table of $$("table.table-stack", root)) {
    // A column of buttons has a heading for screen readers alone: in a card the buttons stand without it.
    const heads = $$("thead th", table).map((head) => (head.querySelector(".visually-hidden") ? "" : head.textContent.trim()));
    for (const row of $$("tbody tr, tfoot tr", table)) {
      let column = 0;
      for (const cell of row.cells) {
        if (heads[column] && cell.tagName === "TD" && !cell.hasAttribute("data-label") && cell.colSpan === 1) {
          cell.dataset.label = heads[column];
        }
        column += cell.colSpan;
      }
    }
  }
};

/* --- ticking many rows ------------------------------------------------------------------------------------------- */
document.addEventListener("change", (event) => {
  const box = event.target;
  if (box.matches("[data-pick-all]")) {
    for (const other of $$("[data-pick]", box.closest("form, table"))) other.checked = box.checked;
  }
  if (!box.matches("[data-pick], [data-pick-all]")) return;
  const scope = box.closest("form") || box.closest("table");
  const boxes = $$("[data-pick]", scope);
  const picked = boxes.filter((each) => each.checked).length;
  for (const each of boxes) each.closest("tr")?.classList.toggle("is-picked", each.checked);
  for (const all of $$("[data-pick-all]", scope)) {
    all.checked = picked === boxes.length;
    all.indeterminate = picked > 0 && picked < boxes.length;
  }
  for (const count of $$("[data-pick-count]", scope)) count.textContent = String(picked);
});

/* --- words left in a text ---------------------------------------------------------------------------------------- */
const countWords = (area) => {
  const note = document.getElementById(`${area.id}_words`);
  if (!note) return;
  const count = area.value.split(/\s+/u).filter(Boolean).length;
  const limit = Number(area.dataset.words);
  note.textContent = `${count.toLocaleString()} / ${limit.toLocaleString()}`;
  note.classList.toggle("is-over", count > limit);
};
document.addEventListener("input", (event) => event.target.matches("[data-words]") && countWords(event.target));

/* --- forms: one submission, and a filter that applies itself ----------------------------------------------------- */
document.addEventListener("submit", (event) => {
  const form = event.target;
  if (event.defaultPrevented || form.method === "get" || form.hasAttribute("hx-post")) return;
  if (form.dataset.sent && Date.now() - Number(form.dataset.sent) < 4000) event.preventDefault();
  else form.dataset.sent = String(Date.now());
});
document.addEventListener("change", (event) => {
  const form = event.target.closest("form[data-auto]");
  if (form && event.target.matches("select, input[type=checkbox], input[type=radio], input[type=date]")) form.requestSubmit();
});

const tend = (root) => {
  labelTables(root);
  for (const area of $$("[data-words]", root)) countWords(area);
  for (const field of $$("[data-copy]", root)) field.hidden = !navigator.clipboard;
  tendToasts();
};
document.addEventListener("click", async (event) => {
  const button = event.target.closest("[data-copy]");
  if (!button) return;
  await navigator.clipboard.writeText(button.dataset.copy);
  button.classList.add("is-copied");
  setTimeout(() => button.classList.remove("is-copied"), 1500);
});
body.addEventListener("htmx:afterSettle", (event) => tend(event.target.parentElement || document));
tend(document);
document.querySelector(".error-summary")?.focus();
