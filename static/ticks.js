// The bar for the ticked rows of a list: it says how many there are, and hides while there are none.

const bar = document.getElementById("many");
const told = bar?.querySelector("[data-ticks]");

function count() {
  const ticked = [...bar.elements].filter((one) => one.type === "checkbox" && one.checked).length;
  bar.hidden = ticked === 0;
  bar.toggleAttribute("data-some", ticked > 0); // until this runs, the style sheet hides it
  told.textContent = `${ticked} selected:`;
}

if (bar) {
  document.addEventListener("change", count);
  document.addEventListener("shown", count);
  window.addEventListener("pageshow", count); // a browser that goes back ticks again what was ticked
  count();
}
