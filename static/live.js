// Live parts: an element with data-live asks for its own content again, every data-every seconds, and shows it when it
// has changed. It rests while the tab is hidden, and for good when the server says 0.
// data-live holds an address; when that is empty, the page's own is asked.
// A service that does not answer twice in a row is away: the page says so and stands still until it answers again. Other
// scripts hear "away" and "back", and tell "missed" and "answered" of what they ask themselves.

const AGAIN_S = 3; // between two tries while the service does not answer
const ROUND_MS = 1000; // parts that ask at the same time miss the same answer
const PATIENCE_MS = 10_000;
const watched = new WeakSet();
const root = document.documentElement;
const line = document.getElementById("away");
const clock = new Intl.DateTimeFormat("en-GB", { hour: "2-digit", minute: "2-digit", second: "2-digit", hourCycle: "h23" });
let since = null; // when the service first did not answer

function missed() {
  since ??= new Date();
  if (Date.now() - since < ROUND_MS || "away" in root.dataset) return;
  root.dataset.away = "";
  line.textContent = `No answer from the service since ${clock.format(since)}, trying again. What you see may be old.`;
  line.hidden = false;
  document.dispatchEvent(new Event("away"));
}

function answered() {
  since = null;
  if (!("away" in root.dataset)) return;
  delete root.dataset.away;
  line.hidden = true;
  line.textContent = "";
  document.dispatchEvent(new Event("back"));
}

document.addEventListener("missed", missed);
document.addEventListener("answered", answered);

function watchAll() {
  for (const part of document.querySelectorAll("[data-live]")) {
    if (!watched.has(part)) watch(part);
  }
}

function watch(part) {
  watched.add(part);
  let tag = part.dataset.tag ?? "";
  let every = Number(part.dataset.every);
  let timer = 0;

  async function ask() {
    if (!part.isConnected) return; // something else is shown in its place
    const headers = { Live: part.id };
    if (tag) headers["If-None-Match"] = tag;
    let wait = every;
    try {
      const answer = await fetch(part.dataset.live || location.href, {
        headers, cache: "no-store", redirect: "error", signal: AbortSignal.timeout(PATIENCE_MS),
      });
      if (answer.status === 401) return location.reload(); // the sign-in has ended: the page leads there
      if (answer.status >= 500) throw new Error("no answer");
      if (answer.ok || answer.status === 304) every = wait = Number(answer.headers.get("Live-Every"));
      if (answer.ok) {
        const html = await answer.text();
        tag = answer.headers.get("ETag") ?? "";
        show(part, html);
      }
      answered();
    } catch {
      wait = AGAIN_S;
      missed();
    }
    plan(wait);
  }

  function plan(wait) {
    clearTimeout(timer);
    if (wait > 0 && !document.hidden) timer = setTimeout(ask, wait * 1000);
  }

  document.addEventListener("visibilitychange", () => {
    clearTimeout(timer);
    if (every > 0 && !document.hidden) ask();
  });
  // One of them found the service again: the others need not wait for their turn.
  document.addEventListener("back", () => plan(Math.min(every, 1)));
  plan(every);
}

function show(part, html) {
  const open = new Map([...part.querySelectorAll("details[id]")].map((one) => [one.id, one.open]));
  const typed = new Map(fields(part).filter(touched).map((one) => [key(one), one]));
  const focused = part.contains(document.activeElement) ? document.activeElement.id : "";
  part.innerHTML = html;
  for (const [id, isOpen] of open) {
    const one = document.getElementById(id);
    if (one) one.open = isOpen;
  }
  for (const one of fields(part)) {
    const before = typed.get(key(one));
    if (!before) continue;
    if (ticks(one)) one.checked = before.checked;
    else one.value = before.value;
  }
  if (focused) document.getElementById(focused)?.focus({ preventScroll: true });
  document.dispatchEvent(new Event("shown"));
}

// What somebody has ticked or typed inside a part stays, found again by its id, or by its name and value.
const fields = (part) => [...part.querySelectorAll("input:not([type=hidden])")];
const ticks = (one) => one.type === "checkbox" || one.type === "radio";
const touched = (one) => (ticks(one) ? one.checked !== one.defaultChecked : one.value !== one.defaultValue);
const key = (one) => one.id || `${one.name}=${ticks(one) ? one.value : ""}`;

watchAll();
document.addEventListener("shown", watchAll);
