/* The form builder beyond plain HTML: keys, folding, dragging, and a warning before changes are lost.

   Without this script every button posts the whole page and gets it back; with it only the part that changed. */

const builder = () => document.getElementById("builder");
const $$ = (selector, root = document) => [...root.querySelectorAll(selector)];
const body = document.body;
let dirty = builder()?.hasAttribute("data-unsaved") ?? false;
let leaving = false;

/* --- nothing is lost: a warning, and a copy on this device ------------------------------------------------------------ */
const place = () => `form:${window.location.pathname}${window.location.search}`;
const store = (act, value) => {
  try {
    if (act === "get") return JSON.parse(localStorage.getItem(place()));
    if (act === "drop") localStorage.removeItem(place());
    else localStorage.setItem(place(), JSON.stringify(value));
  } catch {
    /* full or forbidden: the page itself still holds everything */
  }
  return null;
};
const fieldsOf = (form) => [...new FormData(form)].filter(([name]) => name !== "csrfmiddlewaretoken");
let soon;
const keep = () => {
  clearTimeout(soon);
  soon = setTimeout(() => {
    const form = builder();
    if (form && dirty) store("set", { base: form.dataset.base, fields: fieldsOf(form) });
  }, 400);
};
const touched = () => {
  dirty = true;
  keep();
};
window.addEventListener("beforeunload", (event) => {
  if (dirty && !leaving && builder()) event.preventDefault();
});
document.addEventListener("input", (event) => event.target.closest("#builder") && touched());
document.addEventListener("submit", (event) => {
  if (event.target.id !== "builder" || event.submitter?.formTarget === "_blank") {
    if (event.submitter?.formTarget === "_blank") setTimeout(() => delete event.target.dataset.sent);
    return;
  }
  leaving = true; // refused: the page comes back with everything
  if (event.submitter?.name !== "act") store("drop");
});
document.addEventListener("click", (event) => {
  if (!event.target.closest("[data-leave]")) return;
  if (event.target.closest("a")?.target === "_blank") return;
  leaving = true;
  store("drop");
});
const offer = () => {
  const kept = store("get");
  const note = document.getElementById("builder-kept");
  const form = builder();
  if (!kept || !note || !form || dirty) return;
  if (kept.base !== form.dataset.base || JSON.stringify(kept.fields) === JSON.stringify(fieldsOf(form))) return;
  note.hidden = false;
  note.addEventListener("click", (event) => {
    const choice = event.target.closest("[data-kept]")?.dataset.kept;
    if (!choice) return;
    note.hidden = true;
    if (choice === "drop") return void store("drop");
    const data = new FormData();
    for (const [name, value] of kept.fields) data.append(name, value);
    data.set("act", "show:s1");
    const values = {};
    for (const name of new Set(data.keys())) values[name] = data.getAll(name);
    window.htmx.ajax("POST", form.getAttribute("action"), { target: "#builder", swap: "outerHTML", values });
    dirty = true;
  });
};

/* --- a part on its way: it takes no letters that its answer would not know ---------------------------------------------- */
body.addEventListener("htmx:beforeRequest", (event) => {
  const target = event.detail.target;
  if (!target?.closest?.("#builder")) return;
  target.inert = true;
  builder().classList.add("is-busy");
});
body.addEventListener("htmx:beforeSwap", (event) => {
  const target = event.detail.target;
  if (!target?.closest?.("#builder")) return;
  const at = new URL(event.detail.xhr.responseURL, window.location.href).pathname;
  if (at === new URL(builder().action).pathname) return;
  event.detail.shouldSwap = false; // the sign-in page: the session has ended
  target.inert = false;
  const note = document.getElementById("builder-out");
  note.hidden = false;
  note.scrollIntoView({ block: "center" });
});
body.addEventListener("htmx:afterRequest", (event) => {
  if (event.detail.target?.closest?.("#builder")) event.detail.target.inert = false;
  builder()?.classList.remove("is-busy");
});
body.addEventListener("htmx:afterSwap", (event) => {
  if (!event.detail.target?.closest?.("#builder, [data-question]") && event.target.id !== "builder") return;
  document.getElementById("builder-out").hidden = true;
  touched();
});
body.addEventListener("htmx:afterSettle", () => {
  const wanted = builder()?.querySelector("[autofocus]");
  if (!wanted) return;
  wanted.focus({ preventScroll: true });
  wanted.removeAttribute("autofocus");
  wanted.scrollIntoView({ block: "nearest" });
  const part = wanted.closest("[data-question], [data-section]");
  if (wanted.matches("input")) part?.scrollIntoView({ block: "nearest" });
});

/* --- folding: what is open stays open ------------------------------------------------------------------------------------- */
document.addEventListener(
  "toggle",
  (event) => {
    const part = event.target.closest?.("[data-question]");
    if (!part || !event.target.matches(".builder-body")) return;
    part.querySelector(`[name="${part.id}-open"]`).value = event.target.open ? "1" : "";
  },
  true,
);
document.addEventListener("click", (event) => {
  const fold = event.target.closest("[data-fold]");
  if (fold) for (const each of $$(".builder-body", builder())) each.open = fold.dataset.fold === "open";
  // A link of the summary of errors, or of the preview, leads into a part that is folded.
  const link = event.target.closest('a[href^="#id_"]');
  const field = link && document.getElementById(link.getAttribute("href").slice(1));
  const holder = field?.closest("details");
  if (holder) holder.open = true;
  if (field) {
    event.preventDefault();
    field.focus();
    field.scrollIntoView({ block: "center" });
  }
});

/* --- the outline follows what is typed -------------------------------------------------------------------------------------- */
document.addEventListener("input", (event) => {
  if (!event.target.matches("#builder [data-label]")) return;
  const part = event.target.closest("[data-question]");
  const words = event.target.value.trim();
  const line = part.querySelector(".builder-label");
  line.dataset.empty ??= line.textContent;
  line.textContent = words || line.dataset.empty;
  const handle = part.querySelector(`[name="${part.id}-handle"]`).value;
  for (const option of $$("select[data-asks] option", builder())) if (option.value === handle && words) option.textContent = words;
});
document.addEventListener("change", (event) => {
  if (!event.target.matches("#builder [data-move]") || !event.target.value) return;
  event.target.parentElement.querySelector("button").click();
});

/* --- keys: Alt with an arrow moves, Alt with Enter adds below ----------------------------------------------------------------- */
document.addEventListener("keydown", (event) => {
  if (!event.altKey || event.ctrlKey || event.metaKey) return;
  const part = event.target.closest?.("#builder [data-question], #builder [data-section]");
  if (!part) return;
  const tool = { ArrowUp: "up", ArrowDown: "down" }[event.key];
  const column = event.target.closest(".builder-column");
  if (tool && !event.shiftKey && !event.target.matches("select")) {
    event.preventDefault();
    const tools = $$(`[data-tool="${tool}"]`, column ?? part);
    const own = column ? tools[0] : tools.find((each) => each.value === `${tool}:${part.id}`);
    own?.click();
  } else if (event.key === "Enter") {
    event.preventDefault();
    if (part.matches("[data-question]")) act(`add:${part.id}`);
    else part.querySelector(":scope > [data-add]").click();
  }
});
const act = (words) => {
  const form = builder();
  const values = { act: words };
  window.htmx.ajax("POST", form.getAttribute("action"), { source: form, target: "#builder", swap: "outerHTML", values });
};

/* --- dragging a question by its line; the buttons do the same --------------------------------------------------------------- */
let dragged = null;
const unmark = () => $$(".is-drop-before, .is-drop-end").forEach((each) => each.classList.remove("is-drop-before", "is-drop-end"));
document.addEventListener("pointerdown", (event) => {
  for (const each of $$("[data-question][draggable]")) each.removeAttribute("draggable");
  const line = event.target.closest("#builder .builder-body:not([open]) > summary");
  if (line && event.pointerType === "mouse") line.closest("[data-question]").draggable = true;
});
document.addEventListener("dragstart", (event) => {
  dragged = event.target.closest?.("#builder [data-question]");
  if (!dragged) return;
  event.dataTransfer.effectAllowed = "move";
  event.dataTransfer.setData("text/plain", dragged.id);
  dragged.classList.add("is-dragged");
});
document.addEventListener("dragover", (event) => {
  const over = event.target.closest?.("#builder [data-question], #builder [data-section]");
  if (!dragged || !over) return;
  event.preventDefault();
  unmark();
  over.classList.add(over.matches("[data-question]") ? "is-drop-before" : "is-drop-end");
});
document.addEventListener("drop", (event) => {
  const over = event.target.closest?.("#builder [data-question], #builder [data-section]");
  if (!dragged || !over) return;
  event.preventDefault();
  if (over !== dragged) act(`move:${dragged.id}:${over.id}`);
});
document.addEventListener("dragend", () => {
  dragged?.classList.remove("is-dragged");
  dragged = null;
  unmark();
});

offer();
if (dirty) keep();
document.querySelector(".builder-conflict")?.focus();
