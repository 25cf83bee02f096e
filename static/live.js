// Live parts: an element with data-live asks for its own content again, every data-every seconds, and shows it when it
// has changed. It rests while the tab is hidden, and for good when the server says 0.
// data-live holds an address; when that is empty, the page's own is asked.

const watched = new WeakSet();

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
    try {
      const answer = await fetch(part.dataset.live || location.href, { headers, cache: "no-store", redirect: "error" });
      if (answer.status === 401) return location.reload(); // the sign-in has ended: the page leads there
      if (answer.ok || answer.status === 304) every = Number(answer.headers.get("Live-Every"));
      if (answer.ok) {
        tag = answer.headers.get("ETag") ?? "";
        show(part, await answer.text());
      }
    } catch {
      // The service is away: asked again next time.
    }
    plan();
  }

  function plan() {
    clearTimeout(timer);
    if (every > 0 && !document.hidden) timer = setTimeout(ask, every * 1000);
  }

  document.addEventListener("visibilitychange", () => {
    clearTimeout(timer);
    if (every > 0 && !document.hidden) ask();
  });
  plan();
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
