// The bar for the ticked rows of a list: it says how many there are, and hides while there are none. One tick takes all
// rows of the page; "all that fit" needs no other.

const bar = document.getElementById("many");
const told = bar?.querySelector("[data-ticks]");
const whole = bar?.querySelector("[data-tick-all]");
const every = bar?.elements.all;

const boxes = () => [...bar.elements].filter((one) => one.type === "checkbox" && ["task", "run"].includes(one.name));

function count() {
  const rows = boxes();
  const ticked = rows.filter((one) => one.checked).length;
  bar.toggleAttribute("data-some", true); // until this runs, the style sheet hides it
  whole.querySelector("input").checked = rows.length > 0 && ticked === rows.length;
  whole.hidden = rows.length === 0;
  told.textContent = every.checked ? "all that fit:" : `${ticked} selected:`;
  for (const button of bar.querySelectorAll("button")) button.disabled = ticked === 0 && !every.checked;
}

if (bar) {
  whole.addEventListener("change", (event) => {
    for (const one of boxes()) one.checked = event.target.checked;
  });
  document.addEventListener("change", count);
  document.addEventListener("shown", count);
  window.addEventListener("pageshow", count); // a browser that goes back ticks again what was ticked
  count();
}
