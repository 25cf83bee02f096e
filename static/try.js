// Buttons with data-try send the form to their own address, and show what comes back below it: the form stays as it is.

const panel = document.getElementById("try");

document.addEventListener("click", async (event) => {
  const button = event.target.closest("[data-try]");
  if (!button || !panel || button.dataset.plain) return;
  event.preventDefault();
  const body = new URLSearchParams(new FormData(button.form));
  body.set(button.name, button.value);
  button.disabled = true;
  try {
    const answer = await fetch(button.formAction, { method: "POST", body, headers: { Live: "try" }, redirect: "error" });
    if (answer.status === 401) return sendPlainly(button); // the sign-in has ended: that way what was typed is kept
    panel.innerHTML = answer.ok || answer.status === 400 ? await answer.text() : "<p class=problem>It can't be tried now.</p>";
    panel.hidden = false;
    document.dispatchEvent(new Event("shown"));
    panel.querySelector("h2")?.focus();
  } catch {
    // The service is away: the button can be pressed again.
  } finally {
    button.disabled = false;
  }
});

// What is shown there leads elsewhere: the form must not be lost.
document.addEventListener("shown", () => {
  for (const one of panel?.querySelectorAll("a[href], form") ?? []) one.target = "_blank";
});

function sendPlainly(button) {
  button.dataset.plain = "yes";
  button.disabled = false;
  button.click();
}
