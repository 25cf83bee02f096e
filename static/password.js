// A button beside each password shows it: a long one is typed wrong more often than it is looked over a shoulder.

for (const input of document.querySelectorAll("input[type=password]")) {
  const line = document.createElement("span");
  const button = document.createElement("button");
  line.className = "with-show";
  button.type = "button";
  button.className = "small";
  input.replaceWith(line);
  line.append(input, button);

  function show(shown) {
    input.type = shown ? "text" : "password";
    button.textContent = shown ? "Hide" : "Show";
    button.setAttribute("aria-label", `${button.textContent} ${input.labels[0]?.firstChild.textContent.trim().toLowerCase() ?? "the password"}`);
  }
  button.addEventListener("click", () => show(input.type === "password"));
  // Browsers offer again what was sent as a text.
  input.form.addEventListener("submit", () => show(false));
  show(false);
}
