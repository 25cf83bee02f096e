// A form with data-preview shows, while one types, what it means: the server says it, as it will when it is sent.
// What the server says of other places of the form is taken there: data-into holds the id.

const PAUSE_MS = 250;
const AGAIN_MS = 3000; // after a try that got no answer

for (const form of document.querySelectorAll("[data-preview]")) {
  const target = document.getElementById("meaning");
  const said = document.getElementById("said");
  let timer = 0;
  let asked = 0;

  async function ask() {
    const mine = ++asked;
    try {
      const answer = await fetch(form.dataset.preview, { method: "POST", body: new URLSearchParams(new FormData(form)) });
      if (mine !== asked) return; // somebody has typed on meanwhile
      if (!answer.ok) return unchecked(answer.status < 500);
      document.dispatchEvent(new Event("answered"));
      const html = await answer.text();
      if (mine !== asked) return;
      target.innerHTML = html;
      delete target.dataset.unchecked;
      take(target);
      told();
      document.getElementById("body-error")?.remove(); // what the last sending found: the marks are newer
      document.dispatchEvent(new Event("shown"));
    } catch {
      if (mine === asked) unchecked(false);
    }
  }

  // What stands there is of an earlier state of the form: it says so, and asks again unless somebody refused to answer.
  function unchecked(refused) {
    const words = refused ? "Not checked: the service refused to answer. Load the page again." : "Not checked: no answer from the service.";
    if (!("unchecked" in target.dataset)) {
      const note = document.createElement("p");
      note.className = "problem";
      target.prepend(note);
      target.dataset.unchecked = "";
    }
    target.firstElementChild.textContent = words;
    said.textContent = words;
    if (refused) return;
    document.dispatchEvent(new Event("missed"));
    clearTimeout(timer);
    timer = setTimeout(ask, AGAIN_MS);
  }

  // The lines that are wrong go to the editor, and one line to those who listen.
  function told() {
    const lines = [...target.querySelectorAll("[data-line]")].map((one) => ({
      line: Number(one.dataset.line),
      text: one.parentElement.querySelector("[data-text]").textContent,
      isNote: "note" in one.dataset,
    }));
    form.elements.body.editor?.mark(lines);
    const words = target.querySelector("[data-said]").dataset.said;
    if (said.textContent !== words) said.textContent = words;
    return lines;
  }

  function later() {
    clearTimeout(timer);
    timer = setTimeout(ask, PAUSE_MS);
  }
  form.addEventListener("input", later);
  form.addEventListener("changed", later);
  // What was typed before this ran, or is back with the page, is asked for, too.
  if ([...form.elements].some((one) => (one.checked ?? false) !== (one.defaultChecked ?? false) || (one.defaultValue ?? one.value) !== one.value)) later();

  target.addEventListener("click", (event) => {
    const link = event.target.closest("a[data-field]");
    const field = link && form.elements[link.dataset.field];
    if (!field) return;
    event.preventDefault();
    if (link.dataset.line && field.editor) field.editor.go(Number(link.dataset.line), Number(link.dataset.column));
    else field.focus();
  });

  // A walker's argument, as inputs or as JSON: asked for when a walker is named, and by the switch between both.
  const place = document.getElementById("ctx");
  async function show(what) {
    const body = new URLSearchParams(new FormData(form));
    body.set("do", what);
    try {
      const answer = await fetch(form.dataset.argument, { method: "POST", body });
      if (!answer.ok) return;
      place.innerHTML = await answer.text();
      const call = place.querySelector("[data-call]");
      if (call) {
        document.getElementById("call").replaceChildren(...call.childNodes);
        call.remove();
      }
      take(place);
      later();
    } catch {
      // The service is away: the button can be pressed again.
    }
  }
  // A draft may be of another walker, or of JSON, than what the page came with.
  async function refill() {
    const shown = form.elements["body.as"]?.value;
    const words = new Map(form.draft.fields);
    if (!place || (form.draft.as === shown && (shown !== "fields" || words.get("body.name") === form.elements["fields.of"].value))) return;
    await show(form.draft.as);
    form.dispatchEvent(new Event("refilled"));
  }
  form.addEventListener("restored", refill);
  if (form.draft) refill();

  place?.addEventListener("click", (event) => {
    const button = event.target.closest("[data-switch]");
    if (!button) return;
    event.preventDefault();
    show(button.value).then(() => place.querySelector("[data-switch]").focus());
  });
  document.getElementById("call")?.addEventListener("change", (event) => {
    if (event.target.name === "body.name" && form.elements["body.as"].value === "fields") show("fields");
  });

  const first = told().find((one) => !one.isNote);
  if (first && document.activeElement === form.elements.body) form.elements.body.editor?.go(first.line, 1);
}

function take(from) {
  for (const part of from.querySelectorAll("[data-into]")) {
    const to = document.getElementById(part.dataset.into);
    if (to.editor) {
      to.value = part.textContent;
      to.dispatchEvent(new Event("input", { bubbles: true }));
    } else {
      to.textContent = part.textContent;
      to.hidden = false;
    }
    part.remove();
  }
}
