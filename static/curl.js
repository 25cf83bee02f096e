// A curl line that is pasted into the editor of a sequence becomes a step there, and so does one from its own field.

const area = document.querySelector("[data-editor]");
const button = document.querySelector("[data-curl]");
const problem = document.getElementById("curl-error");

if (area?.editor && button) {
  area.addEventListener("paste", (event) => {
    const text = event.clipboardData.getData("text");
    if (!/^\s*\$? ?curl\s/.test(text)) return;
    if (!area.form.matches("[data-task=sequence], :has(#is-sequence:checked)")) return;
    event.preventDefault();
    add(text, isEmpty());
  });

  button.addEventListener("click", (event) => {
    event.preventDefault();
    add(area.form.elements.curl.value, true);
  });
}

function isEmpty() {
  return ["", "{}"].includes(area.value.replace(/\s/g, ""));
}

// `whole`: the server puts the step behind the last one; otherwise it goes to the caret. What is no step stays as text.
async function add(line, whole) {
  const body = new URLSearchParams(new FormData(area.form));
  body.set("curl", line);
  body.set("do", whole ? "curl" : "");
  let answer;
  try {
    answer = await fetch(button.dataset.curl, { method: "POST", body });
  } catch {
    answer = new Response("The service does not answer just now. Try again.", { status: 503 });
  }
  const text = answer.status === 200 || answer.status === 400 ? await answer.text() : "This could not be turned into a step just now. Try again.";
  problem.textContent = answer.ok ? "" : text;
  problem.closest("details").open ||= !answer.ok;
  if (!answer.ok) return whole && line === area.form.elements.curl.value ? undefined : area.editor.put(line);
  if (whole) {
    area.form.elements.curl.value = "";
    area.editor.put(text, 0, area.value.length);
  } else insert(text);
}

function insert(step) {
  const [start, end] = [area.selectionStart, area.selectionEnd];
  const line = area.value.slice(area.value.lastIndexOf("\n", start - 1) + 1, start);
  const before = area.editor.tokens(start).at(-1)?.[0] ?? "";
  const after = area.value.slice(end).trimStart()[0] ?? "";
  const indent = line.match(/^\s*/)[0] + (line.trim() ? "  " : "");
  const lead = before === "}" ? (line.trim() ? `,\n${indent}` : ", ") : line.trim() ? `\n${indent}` : "";
  area.editor.put(lead + step.replaceAll("\n", `\n${indent}`) + (after === "{" ? "," : ""), start, end);
}
