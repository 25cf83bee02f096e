// The editor of JSON: a textarea with line numbers, colours, marks at lines that are wrong, indentation, and brackets in pairs.
// What other scripts need of it hangs on the textarea as `editor`. All changes go the way of typed ones, so undo works.

const INDENT = "  ";
const PAIRS = { "{": "}", "[": "]", '"': '"' };
const TOKEN = /"(?:[^"\\\n]|\\.)*"?|\/\/[^\n]*|\/\*[^]*?(?:\*\/|$)|[{}[\],:]|[^\s{}[\],:"/]+|\//g;

for (const area of document.querySelectorAll("[data-editor]")) area.editor = edit(area);

function edit(area) {
  const box = area.parentElement;
  const gutter = add(box, "gutter");
  const paper = add(box, "paper"); // the text once more, in colours: that of the textarea is see-through
  const over = add(box, "over");
  const state = document.getElementById(`${area.id}-state`);
  let marks = [];
  let lines = 0;
  let leaving = false;
  box.classList.add("ready");
  document.querySelector("[data-editor-keys]").hidden = false;

  const editor = {
    box,

    // Puts a text in place of what lies between two offsets, and the caret behind it (or `back` letters before its end).
    put(text, start = area.selectionStart, end = area.selectionEnd, back = 0) {
      area.focus({ preventScroll: true });
      area.setSelectionRange(start, end);
      if (text === "" && start === end) return;
      if (!document.execCommand(text ? "insertText" : "delete", false, text)) {
        area.setRangeText(text, start, end, "end");
        area.dispatchEvent(new Event("input", { bubbles: true }));
      }
      if (back) area.setSelectionRange(start + text.length - back, start + text.length - back);
    },

    // The text's tokens before an offset: [text, start, end]; comments are none.
    tokens(until = area.value.length) {
      const found = [];
      for (const match of area.value.slice(0, until).matchAll(TOKEN)) {
        if (!/^\/[/*]/.test(match[0])) found.push([match[0], match.index, match.index + match[0].length]);
      }
      return found;
    },

    // Whether an offset lies within a text or a comment.
    isInside(at) {
      for (const match of area.value.matchAll(TOKEN)) {
        if (match.index >= at) return false;
        const [text, end] = [match[0], match.index + match[0].length];
        if (text[0] === '"' && (at < end || !/^"(?:[^"\\]|\\.)*"$/.test(text))) return true;
        if (/^\/[/*]/.test(text) && (at < end || (text[1] === "/" && at === end))) return true;
      }
      return false;
    },

    // Where an offset stands in the box, in px.
    place(at) {
      const before = area.value.slice(0, at).split("\n");
      const style = getComputedStyle(area);
      const column = before.at(-1).replaceAll("\t", INDENT).length;
      return {
        left: area.offsetLeft + parseFloat(style.paddingLeft) + column * letter() - area.scrollLeft,
        top: area.offsetTop + parseFloat(style.paddingTop) + (before.length - 1) * parseFloat(style.lineHeight) - area.scrollTop,
      };
    },

    // Marks lines: [{line, text, isNote}].
    mark(given) {
      marks = given;
      area.toggleAttribute("data-wrong", marks.some((one) => !one.isNote));
      if (marks.some((one) => !one.isNote)) area.setAttribute("aria-invalid", "true");
      else area.removeAttribute("aria-invalid");
      number(true);
      tell();
    },

    go(line, column) {
      const start = area.value.split("\n").slice(0, line - 1).reduce((sum, one) => sum + one.length + 1, 0);
      area.focus();
      area.setSelectionRange(start + column - 1, start + column - 1);
      area.scrollTop = Math.max(0, (line - 4) * parseFloat(getComputedStyle(area).lineHeight));
      area.scrollIntoView({ block: "nearest" });
    },
  };

  function letter() {
    over.textContent = "0".repeat(100);
    const width = over.getBoundingClientRect().width / 100;
    over.textContent = "";
    return width;
  }

  function number(again) {
    const count = area.value.split("\n").length;
    if (count !== lines || again) {
      lines = count;
      gutter.replaceChildren(...Array.from({ length: count }, (_, index) => {
        const here = marks.filter((one) => one.line === index + 1);
        const row = document.createElement("div");
        row.textContent = index + 1;
        row.title = here.map((one) => one.text).join("\n");
        row.className = here.some((one) => !one.isNote) ? "wrong" : here.length ? "note" : "";
        return row;
      }));
    }
    gutter.style.transform = `translateY(${-area.scrollTop}px)`;
  }

  // Only the lines that can be seen, but the tokens from the beginning: a comment may have begun far above.
  function paint() {
    const height = parseFloat(getComputedStyle(area).lineHeight);
    const first = Math.max(0, Math.floor(area.scrollTop / height) - 1);
    const last = first + Math.ceil(area.clientHeight / height) + 2;
    const lines = area.value.split("\n");
    const start = lines.slice(0, first).reduce((sum, one) => sum + one.length + 1, 0);
    const end = start + lines.slice(first, last).reduce((sum, one) => sum + one.length + 1, 0);
    const parts = [];
    let done = start;
    for (const match of area.value.matchAll(TOKEN)) {
      if (match.index >= end) break;
      const stop = match.index + match[0].length;
      const kind = stop > start && kindOf(match[0], stop);
      if (!kind) continue;
      const span = document.createElement("span");
      span.className = `json-${kind}`;
      span.textContent = area.value.slice(Math.max(match.index, start), Math.min(stop, end));
      parts.push(area.value.slice(done, Math.max(match.index, start)), span);
      done = stop;
    }
    paper.replaceChildren(...parts, area.value.slice(done, end));
    paper.style.left = `${area.offsetLeft}px`;
    paper.style.transform = `translate(${-area.scrollLeft}px, ${first * height - area.scrollTop}px)`;
  }

  function kindOf(text, stop) {
    if (text[0] === '"') return /^\s*:/.test(area.value.slice(stop, stop + 80)) ? "key" : "text";
    if (/^\/[/*]/.test(text)) return "comment";
    return /^-?\d/.test(text) ? "number" : /^(true|false|null)$/.test(text) ? "flag" : "";
  }

  // What is wrong at the caret's line, or where to look.
  function tell() {
    const wrong = marks.filter((one) => !one.isNote);
    const line = area.value.slice(0, area.selectionStart).split("\n").length;
    const here = marks.find((one) => one.line === line) ?? (wrong.length === 1 ? wrong[0] : undefined);
    const other = wrong.length > 1 ? `${wrong.length} to put right, the first in line ${wrong[0].line}.` : "";
    state.hidden = false;
    state.textContent = here ? `Line ${here.line}: ${here.text}` : other;
    state.classList.toggle("error", Boolean(here ? !here.isNote : other));
  }

  // The brackets at the caret and its partner.
  function pair() {
    over.replaceChildren();
    if (document.activeElement !== area || area.selectionStart !== area.selectionEnd) return;
    const all = editor.tokens().filter(([text]) => /^[{}[\]]$/.test(text));
    const index = all.findLastIndex(([, start, end]) => end === area.selectionStart || start === area.selectionStart);
    if (index < 0) return;
    const step = "{[".includes(all[index][0]) ? 1 : -1;
    let depth = 0;
    for (let at = index; at >= 0 && at < all.length; at += step) {
      depth += "{[".includes(all[at][0]) ? step : -step;
      if (depth === 0) return [all[index], all[at]].forEach(([, start]) => frame(start));
    }
  }

  function frame(at) {
    const place = editor.place(at);
    if (place.top < 0 || place.top > area.clientHeight - 20) return;
    const one = add(over, "match");
    one.style.left = `${place.left}px`;
    one.style.top = `${place.top}px`;
  }

  function enter() {
    const [start, end] = [area.selectionStart, area.selectionEnd];
    const before = area.value.slice(area.value.lastIndexOf("\n", start - 1) + 1, start);
    const indent = before.match(/^[ \t]*/)[0];
    const opens = /[{[][ \t]*$/.test(before);
    if (opens && /^[ \t]*[}\]]/.test(area.value.slice(end))) {
      editor.put(`\n${indent}${INDENT}\n${indent}`, start, end, indent.length + 1);
    } else editor.put(`\n${indent}${opens ? INDENT : ""}`, start, end);
  }

  function shift(back) {
    const [from, to] = [area.selectionStart, area.selectionEnd];
    const start = area.value.lastIndexOf("\n", from - 1) + 1;
    if (!back && from === to) return editor.put(INDENT);
    const block = area.value.slice(start, to);
    const moved = back ? block.replace(/^(?: {1,2}|\t)/gm, "") : block.replace(/^(?=.)/gm, INDENT);
    if (moved === block) return;
    const first = moved.split("\n")[0].length - block.split("\n")[0].length;
    editor.put(moved, start, to);
    area.setSelectionRange(Math.max(start, from + first), from === to ? Math.max(start, from + first) : start + moved.length);
  }

  function bracket(event) {
    const [start, end] = [area.selectionStart, area.selectionEnd];
    const next = area.value[end] ?? "";
    if (start === end && next === event.key && "}]\"".includes(event.key) && closes(start, event.key)) {
      area.setSelectionRange(end + 1, end + 1);
      return true;
    }
    if (!(event.key in PAIRS) || start !== end || editor.isInside(start) || !/^[\s,}\]]?$/.test(next)) return false;
    editor.put(event.key + PAIRS[event.key], start, end, 1);
    return true;
  }

  // Whether a sign that is typed just before the same sign is meant to be that one.
  function closes(at, key) {
    return key === '"' ? editor.isInside(at) && area.value[at - 1] !== "\\" : !editor.isInside(at);
  }

  area.addEventListener("keydown", (event) => {
    if (event.isComposing || event.ctrlKey || event.metaKey || event.altKey) return;
    const [start, end] = [area.selectionStart, area.selectionEnd];
    const wasLeaving = leaving;
    leaving = event.key === "Escape" || (leaving && event.key === "Shift");
    if (event.key === "Tab" && !wasLeaving) shift(event.shiftKey);
    else if (event.key === "Enter") enter();
    else if (event.key === "Backspace" && start === end && start && PAIRS[area.value[start - 1]] === area.value[start]) {
      editor.put("", start - 1, start + 1);
    } else if (!(event.key.length === 1 && bracket(event))) return;
    event.preventDefault();
  });
  area.addEventListener("blur", () => { leaving = false; over.replaceChildren(); });
  area.addEventListener("scroll", () => { number(false); paint(); pair(); });
  area.addEventListener("input", () => { number(false); paint(); });
  new ResizeObserver(paint).observe(area);
  document.addEventListener("selectionchange", () => {
    if (document.activeElement !== area) return;
    tell();
    pair();
  });
  number(true);
  paint();
  return editor;
}

function add(parent, name) {
  const made = document.createElement("div");
  made.className = name;
  made.setAttribute("aria-hidden", "true");
  return parent.appendChild(made);
}
