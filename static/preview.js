// A form with data-preview shows, while one types, what it means: the server says it, as it will when it is sent.

const PAUSE_MS = 250;

for (const form of document.querySelectorAll("[data-preview]")) {
  const target = document.getElementById("meaning");
  let timer = 0;
  let asked = 0;

  async function ask() {
    const mine = ++asked;
    try {
      const answer = await fetch(form.dataset.preview, { method: "POST", body: new URLSearchParams(new FormData(form)) });
      if (!answer.ok) return;
      const html = await answer.text();
      if (mine !== asked) return; // somebody has typed on meanwhile
      target.innerHTML = html;
      document.dispatchEvent(new Event("shown"));
    } catch {
      // The service is away: the next key asks again.
    }
  }

  form.addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(ask, PAUSE_MS);
  });
  form.querySelector("[data-preview-button]").hidden = true;

  // A whole crontab line, pasted into its first box, goes into all five.
  form.addEventListener("paste", (event) => {
    const parts = event.clipboardData.getData("text").trim().split(/\s+/);
    const boxes = ["minute", "hour", "day_of_month", "month_of_year", "day_of_week"];
    if (parts.length !== boxes.length || event.target.name !== "schedule.conf.crontab.minute") return;
    event.preventDefault();
    boxes.forEach((name, index) => { form.elements[`schedule.conf.crontab.${name}`].value = parts[index]; });
    ask();
  });
}
