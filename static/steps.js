// Opened steps: what was sent and what came back is fetched when a step is opened, in place of the link to it, and stays
// there while the page around is shown anew. And buttons that copy the text beside them.

const kept = new Map(); // the address and the mark of a step -> its element

function fill(step) {
  const link = step.querySelector(":scope > p > a");
  if (!link) return;
  const key = `${link.href} ${step.dataset.step}`;
  if (kept.has(key)) return place(step, kept.get(key));
  link.setAttribute("aria-busy", "true");
  load(link.href).then((content) => {
    if (content) kept.set(key, content);
    // The page may have been shown anew meanwhile.
    const now = document.getElementById(step.id);
    now?.querySelector(":scope > p > a")?.removeAttribute("aria-busy");
    if (content && now?.open) place(now, content);
  });
}

async function load(href) {
  try {
    const answer = await fetch(href, { headers: { Live: "step" }, cache: "no-store", redirect: "error" });
    if (answer.status === 401) location.reload(); // the sign-in has ended: the page leads there
    if (!answer.ok) return null; // the link stays
    const content = document.createElement("div");
    content.innerHTML = await answer.text();
    for (const button of content.querySelectorAll("[data-copy]")) button.hidden = false;
    return content;
  } catch {
    return null; // the service is away: the link stays
  }
}

function place(step, content) {
  step.querySelector(":scope > .fetched")?.remove();
  content.className = "fetched";
  step.append(content);
}

async function copy(button) {
  const text = button.parentElement.querySelector("pre");
  try {
    await navigator.clipboard.writeText(text.textContent);
  } catch {
    // No clipboard without TLS: the line is selected, to be copied by the keys.
    getSelection().selectAllChildren(text);
    button.textContent = "Selected";
    return;
  }
  button.textContent = "Copied";
}

function showOpen() {
  for (const button of document.querySelectorAll("[data-copy]")) button.hidden = false;
  for (const step of document.querySelectorAll("details[data-step][open]")) fill(step);
}

// `toggle` does not bubble; it is heard on its way down.
document.addEventListener("toggle", (event) => { if (event.target.open && event.target.matches("[data-step]")) fill(event.target); }, true);
document.addEventListener("click", (event) => { if (event.target.matches("[data-copy]")) copy(event.target); });
document.addEventListener("shown", showOpen);
showOpen();
