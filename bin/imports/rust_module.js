// What one Rust file says about names: the modules it declares, its `use` declarations, the items
// that it defines and the paths that it mentions. Items under `#[cfg(test)]` are left out.
"use strict";

const { tokenize } = require("./rust_tokens");

const CLOSING = { "{": "}", "(": ")", "[": "]" };
const DEFINING = new Set(["fn", "struct", "enum", "trait", "type", "const", "static", "union"]);

/** One module of a file: the file itself, or a `mod name { … }` inside of it. */
class Module {
  constructor(path) {
    this.path = path;
    /** `{ name, file }` of each `mod name;`, `file` as `#[path]` names it. */
    this.declared = [];
    /** `{ path, name, isPublic, isGlob, line }`, `name` as it is called here. */
    this.uses = [];
    this.defined = new Set();
    /** `{ path, line }` of every path of two or more segments outside of `use`. */
    this.mentioned = [];
    /** Names that stand alone, to see whether a re-exported name is used here, too. */
    this.bare = new Map();
  }
}

/** Reads a file whose module is `path`; returns its modules, the outermost first. */
function readModules(text, path) {
  const tokens = tokenize(text);
  const outermost = new Module(path);
  const modules = [outermost];
  readBody(tokens, 0, tokens.length, outermost, modules);
  return modules;
}

function readBody(tokens, start, end, module, modules) {
  let at = start;
  // The value of the `#[path]` that stands before the next item.
  let file;
  while (at < end) {
    const { text, isName } = tokens[at];
    if (text === "#" && tokens[at + 1]?.text === "[") {
      const close = matching(tokens, at + 1);
      const attribute = tokens.slice(at + 2, close).map((token) => token.text);
      if (attribute[0] === "path" && attribute[1] === "=") file = attribute[2].slice(1, -1);
      at = isTestOnly(attribute) ? endOfItem(tokens, close + 1) : close + 1;
    } else if (isName && text === "use" && tokens[at - 1]?.text !== "::") {
      at = readUse(tokens, at, module);
    } else if (isName && text === "mod" && tokens[at + 1]?.isName) {
      const name = tokens[at + 1].text;
      module.defined.add(name);
      if (tokens[at + 2]?.text === "{") {
        const close = matching(tokens, at + 2);
        const inner = new Module([...module.path, name]);
        modules.push(inner);
        readBody(tokens, at + 3, close, inner, modules);
        at = close + 1;
      } else {
        module.declared.push({ name, file });
        at += 3;
      }
      file = undefined;
    } else if (isName && (DEFINING.has(text) || isMacroDefinition(tokens, at))) {
      const name = tokens[text === "macro_rules" ? at + 2 : at + 1];
      if (name?.isName) module.defined.add(name.text);
      at += 1;
    } else if (isName) {
      at = readPath(tokens, at, module);
    } else {
      at += 1;
    }
  }
}

const isMacroDefinition = (tokens, at) => tokens[at].text === "macro_rules" && tokens[at + 1]?.text === "!";

/** `cfg(test)` and `cfg(all(test, …))`, but not `cfg(not(test))` or `cfg(any(test, …))`. */
function isTestOnly(texts) {
  return texts[0] === "cfg" && texts.includes("test") && !texts.includes("not") && !texts.includes("any");
}

/** The index of the bracket that closes the one at `open`. */
function matching(tokens, open) {
  const opening = tokens[open].text;
  let depth = 0;
  for (let at = open; at < tokens.length; at += 1) {
    if (tokens[at].text === opening) depth += 1;
    else if (tokens[at].text === CLOSING[opening]) depth -= 1;
    if (depth === 0) return at;
  }
  return tokens.length;
}

/** Behind the item that begins at `start`: behind its `;`, or behind its body. */
function endOfItem(tokens, start) {
  for (let at = start; at < tokens.length; at += 1) {
    if (tokens[at].text === ";" || tokens[at].text === ",") return at + 1;
    if (tokens[at].text === "{") return matching(tokens, at) + 1;
    if (CLOSING[tokens[at].text]) at = matching(tokens, at);
  }
  return tokens.length;
}

function readUse(tokens, start, module) {
  const { line } = tokens[start];
  const before = tokens[start - 1]?.text;
  const isPublic = before === "pub" || (before === ")" && /^(?:crate|super|self|in)$/.test(tokens[start - 2]?.text));
  const isExternal = tokens[start + 1]?.text === "::";
  let at = isExternal ? start + 2 : start + 1;
  const tree = (prefix) => {
    const path = [...prefix];
    for (;;) {
      if (tokens[at]?.text === "{") {
        at += 1;
        while (tokens[at] && tokens[at].text !== "}") {
          tree(path);
          if (tokens[at]?.text === ",") at += 1;
        }
        at += 1;
        return;
      }
      if (tokens[at]?.text === "*") {
        at += 1;
        if (!isExternal) module.uses.push({ path, isPublic, isGlob: true, line });
        return;
      }
      if (!tokens[at]?.isName) return void (at += 1);
      path.push(tokens[at].text);
      at += 1;
      if (tokens[at]?.text === "::") {
        at += 1;
        continue;
      }
      // `use a::{self}` imports `a`.
      const isSelf = path.length > 1 && path.at(-1) === "self";
      const target = isSelf ? path.slice(0, -1) : path;
      let name = target.at(-1);
      if (tokens[at]?.text === "as") {
        name = tokens[at + 1].text;
        at += 2;
      }
      if (!isExternal) module.uses.push({ path: target, name, isPublic, isGlob: false, line });
      return;
    }
  };
  while (tokens[at] && tokens[at].text !== ";") tree([]);
  return at + 1;
}

/** A path in code, past turbofishes: `a::b::<C>::d` mentions `a::b`. A method or field is no path. */
function readPath(tokens, start, module) {
  const { line } = tokens[start];
  const path = [tokens[start].text];
  let at = start + 1;
  while (tokens[at]?.text === "::" && tokens[at + 1]?.isName) {
    path.push(tokens[at + 1].text);
    at += 2;
  }
  const before = tokens[start - 1]?.text;
  if (before === "::" || before === ".") return at;
  if (path.length > 1) module.mentioned.push({ path, line });
  else if (!module.bare.has(path[0])) module.bare.set(path[0], line);
  return at;
}

module.exports = { readModules };
