// Keys: "/" goes to the search, "?" shows the keys. They can be switched off (some people speak to their browser).
// And the page's first error, or the outcome that it came back with, takes the focus.

const STORE = "walkabout-keys";
const dialog = document.getElementById("keys");
const on = document.getElementById("keys-on");
on.checked = localStorage.getItem(STORE) !== "off";
on.addEventListener("change", () => localStorage.setItem(STORE, on.checked ? "on" : "off"));

document.addEventListener("keydown", (event) => {
  if (event.key === "Escape") return close();
  if (!on.checked && event.key !== "?") return;
  if (event.ctrlKey || event.metaKey || event.altKey || event.target.closest("input, textarea, select, dialog")) return;
  if (event.key === "?") dialog.showModal();
  else if (event.key === "j" || event.key === "k") move(event.key === "j" ? 1 : -1);
  else if (event.key === "x") row()?.querySelector("input[type=checkbox]")?.click();
  else if (event.key === ".") row()?.querySelector(".row-menu summary")?.click();
  else if (event.key === "/") document.querySelector("[data-search]")?.focus();
  else {
    const link = document.querySelector(`[data-key="${CSS.escape(event.key)}"]`);
    if (!link) return;
    link.click();
  }
  event.preventDefault();
});

// Rows: "j" and "k" go from name to name.
const row = () => document.activeElement?.closest("tr");
function move(step) {
  const links = [...document.querySelectorAll("table.rows tbody td.name > a")];
  const here = links.indexOf(row()?.querySelector("td.name > a"));
  links[here < 0 ? (step > 0 ? 0 : links.length - 1) : Math.min(Math.max(here + step, 0), links.length - 1)]?.focus();
}

// A menu or a question closes when one goes elsewhere.
document.addEventListener("click", (event) => {
  for (const one of document.querySelectorAll("details.menu[open], details.ask[open]")) {
    if (!one.contains(event.target)) one.open = false;
  }
});

function close() {
  for (const one of document.querySelectorAll("details.menu[open], details.ask[open]")) {
    one.open = false;
    one.querySelector("summary").focus();
  }
}

document.querySelector("[data-jump]")?.focus();
// Who waits for the keys (a test, a program that drives the page) sees here that they work.
document.documentElement.dataset.keys = "ready";
