/* The editor's safety net: what is typed is kept on this device until the server has said that it is saved.

   Without this script fields still save themselves through htmx, and without any script through the Save button. */

const editor = document.querySelector(".editor");
const words = editor?.dataset ?? {};
const keyOf = (field) => `kept:${words.keepScope}:${field.name ?? field.dataset.name}`;
// A field of its own, or the rows of a table together; a tick or a choice is not kept, it is easily made again.
const keeperOf = (target) => {
  const field = target.closest?.("[data-keep]");
  return field && !field.matches("[type=radio], [type=checkbox]") ? field : null;
};
const rowsOf = (grid) =>
  [...grid.querySelectorAll("[data-row]")]
    .map((row) => [...row.querySelectorAll("input, select")].map((cell) => cell.value))
    .filter((row) => row.some((cell) => cell.trim()));
const valueOf = (field) => (field.dataset.grid ? JSON.stringify(rowsOf(field)) : field.value);
const putBack = (field, value) => {
  if (field.dataset.grid) field.dispatchEvent(new CustomEvent("rows:put", { bubbles: true, detail: JSON.parse(value) }));
  else field.value = value;
};
const store = {
  get: (key) => {
    try {
      return JSON.parse(localStorage.getItem(key));
    } catch {
      return null;
    }
  },
  set: (key, value) => {
    try {
      localStorage.setItem(key, JSON.stringify(value));
    } catch {
      /* full or forbidden: the page itself still holds the text */
    }
  },
  drop: (key) => {
    try {
      localStorage.removeItem(key);
    } catch {
      /* as above */
    }
  },
};

const holderOf = (field) => field.closest(".editor-field");
const note = (field, text, ...buttons) => {
  const holder = holderOf(field);
  holder?.querySelector(".kept-note")?.remove();
  if (!holder || !text) return;
  const box = document.createElement("div");
  box.className = "kept-note";
  box.setAttribute("role", "status");
  const line = document.createElement("p");
  line.textContent = text;
  box.append(line, ...buttons);
  holder.append(box);
};
const button = (label, act) => {
  const element = document.createElement("button");
  element.type = "button";
  element.className = "btn btn-sm";
  element.textContent = label;
  element.addEventListener("click", act);
  return element;
};
const signIn = () => {
  const link = document.createElement("a");
  link.className = "btn btn-sm";
  link.href = words.signIn;
  link.target = "_blank";
  link.rel = "noopener";
  link.textContent = words.wordsSignIn;
  return link;
};

/* --- keep while typing, let go when saved ----------------------------------------------------------------------- */
const waiting = new Set(); // fields with words that the server has not confirmed
const sent = new WeakMap(); // what was sent last and answered: leaving a field does not send it twice
const offer = (field) => {
  const kept = store.get(keyOf(field));
  if (!kept) return;
  if (kept.value === valueOf(field)) {
    store.drop(keyOf(field));
    return;
  }
  note(
    field,
    words.wordsFound,
    button(words.wordsPutBack, () => {
      putBack(field, kept.value);
      note(field, "");
      field.dispatchEvent(new Event("input", { bubbles: true }));
      (field.dataset.grid ? field.querySelector("input, select") : field).focus();
    }),
    button(words.wordsDrop, () => {
      store.drop(keyOf(field));
      note(field, "");
    }),
  );
};

if (editor) {
  document.addEventListener("input", (event) => {
    const field = keeperOf(event.target);
    if (!field) return;
    store.set(keyOf(field), { value: valueOf(field), at: Date.now() });
    waiting.add(field);
  });
  document.body.addEventListener("htmx:beforeRequest", (event) => {
    const field = event.detail.elt;
    if (!field.matches?.("[data-keep]") || !keeperOf(field)) return;
    const again = event.detail.requestConfig.triggeringEvent?.type === "change" && sent.get(field) === valueOf(field);
    if (again) event.preventDefault();
    else sent.set(field, valueOf(field));
  });
  document.body.addEventListener("htmx:afterRequest", (event) => {
    const field = event.detail.elt;
    if (field.matches?.("[name^=take-]")) store.drop(keyOf({ name: field.name.replace("take-", "value-") }));
    if (!field.matches?.("[data-keep]")) return;
    const status = event.detail.xhr?.status ?? 0;
    if (status === 200) {
      const arrived = field.dataset.grid ? sent.get(field) : event.detail.requestConfig?.formData?.get?.(field.name);
      if ((arrived ?? valueOf(field)) === valueOf(field)) {
        store.drop(keyOf(field));
        waiting.delete(field);
      }
      note(field, "");
    } else if (status !== 409 && status !== 422) {
      sent.delete(field);
      if (status === 401) note(field, words.wordsSignedOut, signIn());
      else if (status === 0) note(field, words.wordsOffline);
    }
    leave();
  });
  // To another part while words are on their way: first they arrive, then the page changes.
  let leaving = "";
  const leave = () => {
    if (leaving && waiting.size === 0) window.location.assign(leaving);
  };
  document.addEventListener("click", (event) => {
    const link = event.target.closest("a[href]");
    if (!link || link.target || event.defaultPrevented || event.ctrlKey || event.metaKey || event.shiftKey) return;
    for (const field of waiting) if (!field.isConnected) waiting.delete(field);
    if (waiting.size === 0 || link.getAttribute("href").startsWith("#")) return;
    event.preventDefault();
    leaving = link.href;
    retry();
    setTimeout(() => {
      if (leaving) window.location.assign(leaving);
    }, 3000);
  });
  const retry = () => {
    for (const field of waiting) if (field.isConnected) field.dispatchEvent(new Event("change", { bubbles: true }));
  };
  window.addEventListener("online", retry);
  document.addEventListener("visibilitychange", () => document.visibilityState === "visible" && retry());
  window.addEventListener("beforeunload", (event) => {
    if ([...waiting].some((field) => field.isConnected)) event.preventDefault();
  });
  editor.addEventListener("submit", () => waiting.clear());
  for (const field of document.querySelectorAll("[data-keep]")) if (keeperOf(field)) offer(field);
}

/* --- the current part in sight on a narrow screen ----------------------------------------------------------------- */
document.querySelector(".outline [aria-current=page]")?.scrollIntoView({ block: "nearest", inline: "center" });
