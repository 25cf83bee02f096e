// What was typed into a form with data-keep stays in this tab when the form is left: Back brings it back, another visit
// offers it. Never kept are files, passwords, and texts under names of secrets; all of it goes at the sign-out.

const root = document.documentElement;
const PREFIX = "walkabout-form ";
const mine = `${PREFIX}${root.dataset.who} `;
const PAUSE_MS = 200;
// In JSON the text under such a name is left out; a template that fetches it from elsewhere stays.
const SECRET = /("[^"\n]*(?:passw|passphrase|secret|token|authorization|cookie|credential|api[-_]?key|private[-_]?key)[^"\n]*"\s*:\s*)"(?!\$|\{\{)(?:[^"\\\n]|\\.)+"/gi;
const clock = new Intl.DateTimeFormat("en-GB", { hour: "2-digit", minute: "2-digit", hourCycle: "h23", timeZone: root.dataset.zone });

let leaving = false; // signing out: nothing is kept any more

// Others may have used this tab before.
for (const key of Object.keys(sessionStorage)) {
  if (key.startsWith(PREFIX) && !key.startsWith(mine)) sessionStorage.removeItem(key);
}
document.addEventListener("submit", (event) => {
  if (!new URL(event.target.action).pathname.endsWith("/sign-out")) return;
  for (const key of Object.keys(sessionStorage)) if (key.startsWith(PREFIX)) sessionStorage.removeItem(key);
  leaving = true;
});

function keep(form) {
  const key = `${mine}${location.pathname}${location.search} ${form.dataset.keep}`;
  let timer = 0; // of what is not kept yet
  let touched = false;

  function save(sent = false) {
    clearTimeout(timer);
    timer = 0;
    if (!touched || leaving) return;
    const fields = [];
    let hasSecret = false;
    for (const one of form.elements) {
      if (!one.name || !isKept(one)) continue;
      const text = one.value.replace(SECRET, '$1""');
      hasSecret ||= text !== one.value;
      fields.push([one.name, text, one.checked ?? false]);
    }
    const draft = { at: Date.now(), sent, hasSecret, fields, revision: form.elements.revision?.value, as: form.elements["body.as"]?.value };
    try {
      sessionStorage.setItem(key, JSON.stringify(draft));
    } catch {
      sessionStorage.removeItem(key); // too much for this browser: an older draft would be wrong
    }
  }

  function change() {
    touched = true;
    clearTimeout(timer);
    timer = setTimeout(save, PAUSE_MS);
  }
  for (const event of ["input", "change", "changed"]) form.addEventListener(event, change);
  form.addEventListener("submit", () => save(true));
  window.addEventListener("pagehide", () => { if (timer) save(); });

  function fill(draft) {
    for (const [name, text, checked] of draft.fields) {
      for (const one of named(form, name)) {
        if (one.type === "radio" || one.type === "checkbox") {
          if (one.value !== text || one.checked === checked) continue;
          one.checked = checked;
        } else if (one.value !== text) one.value = text;
        else continue;
        one.dispatchEvent(new Event("input", { bubbles: true }));
      }
    }
    if (draft.revision && form.elements.revision) form.elements.revision.value = draft.revision; // others may have edited since
  }

  function restore(draft) {
    touched = true;
    fill(draft);
    form.draft = draft; // another script may have to fetch fields that are not here yet, and asks for them to be filled
    form.dispatchEvent(new CustomEvent("restored"));
    form.addEventListener("refilled", () => fill(draft));
    const secrets = draft.hasSecret ? " Passwords and tokens in it were not kept: type them again." : "";
    say(form, `What you typed here at ${clock.format(draft.at)} is back.${secrets}`, [["Start over", forget]]);
  }

  function forget() {
    sessionStorage.removeItem(key);
    touched = false;
    location.replace(location.href);
  }

  const draft = JSON.parse(sessionStorage.getItem(key) ?? "null");
  if (!draft || "sent" in form.dataset) return; // what came back with its mistakes holds what was typed
  const came = performance.getEntriesByType("navigation")[0]?.type;
  if (came === "back_forward" || came === "reload") restore(draft);
  else if (!draft.sent) {
    say(form, `You left this form at ${clock.format(draft.at)} with changes.`, [
      ["Bring them back", () => restore(draft)],
      ["Forget them", () => { sessionStorage.removeItem(key); form.previousElementSibling.remove(); }],
    ]);
  }
}

function named(form, name) {
  return [...form.elements].filter((one) => one.name === name && isKept(one));
}

function isKept(one) {
  return !["hidden", "password", "file", "submit", "button"].includes(one.type) && !("secret" in one.dataset);
}

function say(form, words, choices) {
  const line = document.createElement("div");
  line.className = "message kept";
  line.setAttribute("role", "status");
  line.append(words);
  for (const [word, act] of choices) {
    const button = document.createElement("button");
    button.type = "button";
    button.className = "small";
    button.textContent = word;
    button.addEventListener("click", act);
    line.append(" ", button);
  }
  if (form.previousElementSibling?.classList.contains("kept")) form.previousElementSibling.remove();
  form.before(line);
}

for (const form of document.querySelectorAll("form[data-keep]")) keep(form);
