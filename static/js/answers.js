/* Answers that are more than one line of text: rows of a table, formatted text, counted characters, and questions that
   appear as earlier answers ask for them. Each of these works without this script through the Save button. */

const body = document.body;
const all = (selector, root = document) => [...root.querySelectorAll(selector)];

/* --- questions come and go: the server says which, after each save ------------------------------------------------- */
const follow = () => {
  const asked = document.getElementById("asked");
  if (!asked) return;
  const hidden = new Set(asked.dataset.hidden.split(" "));
  const optional = new Set(asked.dataset.optional.split(" "));
  for (const field of all(".editor-field[data-field]")) field.hidden = hidden.has(field.dataset.field);
  const some = all(".editor-field[data-field]").some((field) => !field.hidden);
  for (const line of all("[data-none-asked]")) line.hidden = some;
  for (const mark of all("[data-optional]")) {
    if (mark.id !== "asked") mark.hidden = !optional.has(mark.dataset.optional);
  }
};
body.addEventListener("htmx:oobAfterSwap", (event) => {
  if (event.detail.target?.id === "asked") follow();
});

/* --- characters ------------------------------------------------------------------------------------------------------ */
const countCharacters = (area) => {
  const note = document.getElementById(`${area.id}_characters`);
  if (!note) return;
  const count = [...area.value].length;
  const most = Number(area.dataset.characters);
  note.textContent = `${count.toLocaleString()} / ${most.toLocaleString()}`;
  note.classList.toggle("is-over", count > most);
};
document.addEventListener("input", (event) => event.target.matches("[data-characters]") && countCharacters(event.target));

/* --- formatted text: buttons that write Markdown ---------------------------------------------------------------------- */
const lineMarks = { heading: "## ", list: "- ", numbers: "1. ", quote: "> " };
const wraps = { bold: "**", italic: "*" };
const format = (area, what) => {
  const { selectionStart: from, selectionEnd: to, value } = area;
  let chosen = value.slice(from, to);
  let start = from;
  let end = to;
  if (what in wraps) {
    chosen = `${wraps[what]}${chosen || "…"}${wraps[what]}`;
  } else if (what === "link") {
    chosen = `[${chosen || "…"}](https://)`;
  } else {
    start = value.lastIndexOf("\n", from - 1) + 1;
    end = value.indexOf("\n", to) < 0 ? value.length : value.indexOf("\n", to);
    const lines = value.slice(start, end).split("\n");
    chosen = lines.map((line, number) => `${what === "numbers" ? `${number + 1}. ` : lineMarks[what]}${line}`).join("\n");
  }
  area.focus();
  area.setSelectionRange(start, end);
  area.setRangeText(chosen, start, end, "select");
  area.dispatchEvent(new Event("input", { bubbles: true }));
};
document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-rich]");
  const tools = button?.closest("[data-rich-for]");
  if (tools) format(document.getElementById(tools.dataset.richFor), button.dataset.rich);
});
document.addEventListener("keydown", (event) => {
  if (!(event.ctrlKey || event.metaKey) || event.altKey || !event.target.matches?.("textarea")) return;
  const tools = document.querySelector(`[data-rich-for="${event.target.id}"]`);
  const what = { b: "bold", i: "italic" }[event.key.toLowerCase()];
  if (!tools || !what) return;
  event.preventDefault();
  format(event.target, what);
});

/* --- rows ------------------------------------------------------------------------------------------------------------- */
const cells = (row) => all("input, select", row);
const rowsOf = (grid) => all("[data-row]", grid);
const isBlank = (row) => cells(row).every((cell) => cell.value.trim() === "");
const renumber = (grid) => {
  rowsOf(grid).forEach((row, number) => {
    for (const cell of cells(row)) cell.setAttribute("aria-label", cell.getAttribute("aria-label").replace(/\d+$/, number + 1));
    row.querySelector("[data-drop-row]").value = String(number);
  });
};
const addRow = (grid) => {
  const rows = rowsOf(grid);
  if (rows.length >= Number(grid.dataset.most)) return null;
  const row = rows[rows.length - 1].cloneNode(true);
  for (const cell of cells(row)) cell.value = "";
  rows[rows.length - 1].after(row);
  renumber(grid);
  return row;
};
const touched = (grid) => grid.dispatchEvent(new Event("change", { bubbles: true }));
document.addEventListener("click", (event) => {
  const add = event.target.closest("[data-add-row]");
  const drop = event.target.closest("[data-drop-row]");
  if (add) {
    const grid = document.querySelector(`[data-grid="${add.dataset.addRow}"]`);
    event.preventDefault();
    const row = addRow(grid);
    if (row) cells(row)[0].focus();
    else add.disabled = true;
  } else if (drop) {
    const grid = drop.closest("[data-grid]");
    event.preventDefault();
    const row = drop.closest("[data-row]");
    const near = row.nextElementSibling ?? row.previousElementSibling;
    if (rowsOf(grid).length > 1) row.remove();
    else for (const cell of cells(row)) cell.value = "";
    renumber(grid);
    cells(near ?? row)[0].focus();
    for (const button of all(`[data-add-row="${grid.dataset.grid}"]`)) button.disabled = false;
    touched(grid);
  }
});
// The last row is being written in: another empty one follows.
document.addEventListener("input", (event) => {
  const grid = event.target.closest?.("[data-grid]");
  if (!grid) return;
  const rows = rowsOf(grid);
  if (!isBlank(rows[rows.length - 1])) addRow(grid);
});
// From a spreadsheet: lines are rows, tabs part the cells.
document.addEventListener("paste", (event) => {
  const cell = event.target.closest?.("[data-row] input");
  const text = event.clipboardData?.getData("text/plain") ?? "";
  if (!cell || !/[\t\n]/.test(text.trimEnd())) return;
  event.preventDefault();
  const grid = cell.closest("[data-grid]");
  let row = cell.closest("[data-row]");
  const column = cells(row).indexOf(cell);
  for (const line of text.replace(/\r/g, "").replace(/\n+$/, "").split("\n")) {
    if (!row) row = addRow(grid);
    if (!row) break;
    line.split("\t").forEach((value, place) => {
      const target = cells(row)[column + place];
      if (target) fill(target, value.trim());
    });
    row = row.nextElementSibling;
  }
  if (!isBlank(rowsOf(grid).at(-1))) addRow(grid);
  touched(grid);
});
// Rows that were kept on this device are put back.
document.addEventListener("rows:put", (event) => {
  const grid = event.target;
  for (const row of rowsOf(grid).slice(1)) row.remove();
  event.detail.forEach((values, number) => {
    const row = number === 0 ? rowsOf(grid)[0] : addRow(grid);
    if (row) cells(row).forEach((cell, place) => fill(cell, values[place] ?? ""));
  });
  addRow(grid);
});
const fill = (target, value) => {
  if (!(target instanceof HTMLSelectElement)) target.value = value;
  else for (const option of target.options) if (option.text.toLowerCase() === value.toLowerCase()) target.value = option.value;
};
// Enter goes down a row, as in a spreadsheet, and never sends the form.
document.addEventListener("keydown", (event) => {
  const cell = event.target.closest?.("[data-row] input");
  if (!cell || event.key !== "Enter") return;
  event.preventDefault();
  const row = cell.closest("[data-row]");
  const below = row.nextElementSibling ?? addRow(cell.closest("[data-grid]"));
  if (below) cells(below)[cells(row).indexOf(cell)].focus();
});

/* --- what is there for those with a script ------------------------------------------------------------------------------ */
const tend = (root) => {
  for (const tools of all("[data-rich-for], [data-with-script]", root)) tools.hidden = false;
  for (const area of all("[data-characters]", root)) countCharacters(area);
};
body.addEventListener("htmx:afterSettle", (event) => tend(event.target.parentElement ?? document));
tend(document);
