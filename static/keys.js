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
  else if (event.key === "/") document.querySelector("[data-search]")?.focus();
  else {
    const link = document.querySelector(`[data-key="${CSS.escape(event.key)}"]`);
    if (!link) return;
    link.click();
  }
  event.preventDefault();
});

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
