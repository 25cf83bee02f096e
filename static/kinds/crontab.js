// A whole crontab line, pasted into the first of the five inputs, goes into all of them.

for (const line of document.querySelectorAll("[data-crontab]")) {
  const inputs = [...line.querySelectorAll("input")];
  inputs[0].addEventListener("paste", (event) => {
    const parts = event.clipboardData.getData("text").trim().split(/\s+/);
    if (parts.length !== inputs.length) return;
    event.preventDefault();
    inputs.forEach((input, index) => { input.value = parts[index]; });
    inputs[0].dispatchEvent(new Event("input", { bubbles: true })); // the preview listens for it
  });
}
