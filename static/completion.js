// Completes keys while one types a sequence: those that may stand there, with what they are for, by the schema; and after
// `use` the blocks of the text and the saved sequences.
// The list is a listbox that the textarea owns: arrows choose, Enter and Tab take, Esc closes.

const SHOWN = 7;

const area = document.querySelector("[data-editor]");
const form = area?.form;
if (area?.editor && form.dataset.schema) complete(area.editor);

function complete(editor) {
  const list = document.createElement("ul");
  list.className = "keys-list";
  list.id = "keys-list";
  list.setAttribute("role", "listbox");
  list.setAttribute("aria-label", "What is allowed here");
  list.hidden = true;
  area.closest(".written").append(list);
  area.setAttribute("aria-autocomplete", "list");
  area.setAttribute("aria-controls", list.id);
  let schema;
  let saved; // the saved sequences: name -> what it is for
  let spot; // where a key is being written: {start, end, keys}
  let offered = []; // [key, what it is for]
  let chosen = 0;

  async function look(evenWithoutQuote) {
    if (!form.matches("[data-task=sequence], :has(#is-sequence:checked)")) return close();
    schema ??= ask(form.dataset.schema);
    saved ??= form.dataset.saved ? ask(form.dataset.saved) : Promise.resolve({});
    const [known, names] = await Promise.all([schema, saved]);
    if (!known) schema = undefined;
    if (!names) saved = undefined;
    spot = placeOfBlock() ?? placeOfKey(evenWithoutQuote);
    const found = spot && (spot.isBlock ? blocks(names ?? {}, spot) : known && offers(known, spot));
    if (!found?.length) return close();
    show(found);
  }

  function ask(address) {
    return fetch(address).then((answer) => (answer.ok ? answer.json() : undefined)).catch(() => undefined);
  }

  // The text behind `"use":` in which the caret is.
  function placeOfBlock() {
    const at = area.selectionStart;
    if (at !== area.selectionEnd) return;
    const tokens = editor.tokens(at);
    const open = tokens.pop();
    if (!open || open[0][0] !== '"' || open[2] !== at || closed(open[0])) return;
    if (tokens.at(-1)?.[0] !== ":" || plain(tokens.at(-2)?.[0] ?? "") !== "use") return;
    const rest = area.value.slice(at).match(/^[^"\n{}[\],:]*"?/)[0].length;
    return { start: open[1], end: at + rest, typed: open[0].slice(1), isBlock: true };
  }

  // What `use` may name: the blocks that stand in the text, then the saved sequences, but for the one that is edited.
  function blocks(names, { typed }) {
    const tokens = editor.tokens();
    const found = new Map();
    tokens.forEach(([text], index) => {
      if (text !== "{" || plain(tokens[index - 2]?.[0] ?? "") !== "blocks") return;
      let depth = 0;
      for (let at = index; at < tokens.length; at += 1) {
        if ("{[".includes(tokens[at][0])) depth += 1;
        else if ("}]".includes(tokens[at][0])) depth -= 1;
        else if (tokens[at][0] === ":" && depth === 1) found.set(plain(tokens[at - 1][0]), "a block of this sequence");
        if (depth === 0) break;
      }
    });
    const own = form.elements.saved?.value;
    for (const [name, doc] of Object.entries(names)) {
      if (name !== own && !found.has(name)) found.set(name, doc || "a saved sequence");
    }
    const wanted = [...found].filter(([name]) => name.includes(typed) && name !== typed);
    return wanted.sort(([a], [b]) => b.startsWith(typed) - a.startsWith(typed));
  }

  // The object in which the caret's key is, and the path of keys that leads there.
  function placeOfKey(evenWithoutQuote) {
    const at = area.selectionStart;
    if (at !== area.selectionEnd) return;
    const tokens = editor.tokens(at);
    const last = tokens.at(-1);
    const isOpen = last && last[0][0] === '"' && last[2] === at && !closed(last[0]);
    if (!isOpen && !evenWithoutQuote) return;
    if (isOpen) tokens.pop();
    const before = tokens.at(-1)?.[0];
    if (before !== "{" && before !== ",") return;
    const path = pathOf(tokens);
    if (!path) return;
    const rest = isOpen ? area.value.slice(at).match(/^[^"\n{}[\],:]*"?/)[0].length : 0;
    return { start: isOpen ? last[1] : at, end: at + rest, typed: isOpen ? last[0].slice(1) : "", ...path };
  }

  // Goes over the tokens: which keys and lists are open at their end, and which keys the innermost object has.
  function pathOf(tokens) {
    const around = [];
    tokens.forEach(([text], index) => {
      const inner = around.at(-1);
      if (text === "{" || text === "[") around.push({ isObject: text === "{", used: [], key: "" });
      else if (text === "}" || text === "]") around.pop();
      else if (text === ":" && inner) inner.used.push((inner.key = plain(tokens[index - 1][0])));
    });
    if (!around.at(-1)?.isObject) return;
    return { path: around.slice(0, -1).map((one) => (one.isObject ? one.key : 0)), used: around.at(-1).used };
  }

  function offers(known, { path, used, typed }) {
    let here = [known];
    for (const part of path) {
      here = here.flatMap((one) => objects(known, one)).map((one) => (part === 0 ? one.items : one.properties?.[part] ?? one.additionalProperties));
    }
    const found = new Map();
    for (const one of here.flatMap((each) => objects(known, each))) {
      for (const [key, value] of Object.entries(one.properties ?? {})) found.set(key, value.description ?? "");
    }
    const wanted = [...found].filter(([key]) => key.includes(typed) && !used.includes(key));
    return wanted.sort(([a], [b]) => b.startsWith(typed) - a.startsWith(typed));
  }

  function show(keys) {
    offered = keys;
    const place = editor.place(spot.start);
    const box = editor.box;
    list.hidden = false;
    list.style.left = `${Math.max(0, Math.min(place.left, box.clientWidth - list.offsetWidth))}px`;
    choose(0);
    const top = box.offsetTop + Math.min(place.top, box.clientHeight);
    list.style.top = `${top + 22}px`;
    if (list.getBoundingClientRect().bottom > innerHeight) list.style.top = `${top - list.offsetHeight - 4}px`;
  }

  // Some of the keys are shown, around the chosen one: what scrolled would have to take the focus.
  function choose(index) {
    chosen = (index + offered.length) % offered.length;
    const first = Math.max(0, Math.min(chosen - SHOWN + 2, offered.length - SHOWN));
    list.replaceChildren(...offered.slice(first, first + SHOWN).map(([key, doc], at) => {
      const row = document.createElement("li");
      row.id = `keys-list-${first + at}`;
      row.dataset.key = key;
      row.append(Object.assign(document.createElement("code"), { textContent: key }));
      row.append(Object.assign(document.createElement("span"), { textContent: doc }));
      const aria = { selected: first + at === chosen, setsize: offered.length, posinset: first + at + 1 };
      for (const [name, value] of Object.entries(aria)) row.setAttribute(`aria-${name}`, String(value));
      row.setAttribute("role", "option");
      return row;
    }));
    area.setAttribute("aria-activedescendant", `keys-list-${chosen}`);
  }

  function take(key) {
    const colon = spot.isBlock || /^\s*:/.test(area.value.slice(spot.end)) ? "" : ": ";
    const { start, end } = spot;
    close();
    editor.put(`"${key}"${colon}`, start, end);
    close();
  }

  function close() {
    list.hidden = true;
    area.removeAttribute("aria-activedescendant");
  }

  // Before the editor's own keys: those of the list are not its.
  area.addEventListener("keydown", (event) => {
    if (event.key === " " && event.ctrlKey) look(true);
    else if (list.hidden || event.isComposing) return;
    else if (event.key === "ArrowDown") choose(chosen + 1);
    else if (event.key === "ArrowUp") choose(chosen - 1);
    else if ((event.key === "Enter" || event.key === "Tab") && !event.shiftKey) take(offered[chosen][0]);
    else if (event.key === "Escape") close();
    else return;
    event.preventDefault();
    event.stopImmediatePropagation();
  }, { capture: true });
  area.addEventListener("input", (event) => (event.inputType?.startsWith("history") ? close() : look(false)));
  area.addEventListener("blur", close);
  area.addEventListener("scroll", close);
  area.addEventListener("click", close);
  list.addEventListener("mousedown", (event) => {
    event.preventDefault(); // the textarea keeps the focus
    const row = event.target.closest("li");
    if (row) take(row.dataset.key);
  });
}

// The forms of objects and lists that a part of the schema may be.
function objects(schema, part) {
  if (!part) return [];
  if (part.$ref) return objects(schema, part.$ref.split("/").slice(1).reduce((one, key) => one[key], schema));
  return part.anyOf ? part.anyOf.flatMap((one) => objects(schema, one)) : [part];
}

function closed(text) {
  return /^"(?:[^"\\]|\\.)*"$/.test(text);
}

function plain(text) {
  return text.replace(/^"|"$/g, "");
}
