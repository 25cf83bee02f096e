// Times that move by themselves: [data-ago] is told from now, [data-since] counts up, [data-at] stands in the browser's
// zone, [data-here] too, but beside another. The server's clock counts: the browser's may be off.

const DAY = 86400;
const UNITS = [[DAY, "d", 3600, "h"], [3600, "h", 60, "m"], [60, "m", 1, "s"]];
// The page's clock is the server's; where that does not know the browser's zone yet, it is told for the next page.
const root = document.documentElement;
const mine = Intl.DateTimeFormat().resolvedOptions().timeZone;
if (mine && !document.cookie.includes(`zone=${mine}`)) {
  document.cookie = `zone=${mine}; path=/admin; max-age=31536000; samesite=lax`;
  if (root.dataset.clock !== "utc") root.dataset.zone = mine;
}
const timeZone = root.dataset.zone;
const at = new Intl.DateTimeFormat("en-GB", { timeZone, day: "numeric", month: "short", year: "numeric", hour: "2-digit", minute: "2-digit", second: "2-digit", hourCycle: "h23", timeZoneName: "short" });
const day = new Intl.DateTimeFormat("en-GB", { timeZone, weekday: "short", day: "numeric", month: "short", hour: "2-digit", minute: "2-digit", hourCycle: "h23" });
const ahead = Date.parse(document.documentElement.dataset.now) - Date.now();

function length(seconds) {
  for (const [size, unit, smaller, small] of UNITS) {
    if (seconds >= size) {
      const rest = Math.floor((seconds % size) / smaller);
      return `${Math.floor(seconds / size)} ${unit}` + (rest ? ` ${rest} ${small}` : "");
    }
  }
  return `${seconds} s`;
}

function ago(moment, now) {
  const apart = (moment - now) / 1000;
  if (Math.abs(apart) >= DAY) return day.format(moment).replaceAll(",", "");
  if (Math.abs(apart) < 1) return "now";
  const text = length(Math.floor(Math.abs(apart)));
  return apart > 0 ? `in ${text}` : `${text} ago`;
}

// The browser's own clock, where it is not the one that is told already.
function here(moment) {
  const text = at.format(moment);
  return /\b(UTC|GMT)$/.test(text) ? "" : `here ${text}`;
}

function put(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

function tick() {
  if (document.hidden || "away" in document.documentElement.dataset) return; // of an absent service nothing is known
  const now = Date.now() + ahead;
  for (const time of document.querySelectorAll("[data-ago]")) put(time, ago(Date.parse(time.dateTime), now));
  for (const count of document.querySelectorAll("[data-since]")) {
    put(count, length(Math.max(0, Math.floor((now - Date.parse(count.dataset.since)) / 1000))));
  }
  for (const time of document.querySelectorAll("[data-here]")) put(time, here(Date.parse(time.dateTime)));
  for (const time of document.querySelectorAll("[data-at]")) put(time, at.format(Date.parse(time.dateTime)));
}

document.addEventListener("shown", tick);
document.addEventListener("back", tick);
document.addEventListener("visibilitychange", tick);
setInterval(tick, 1000);
tick();
