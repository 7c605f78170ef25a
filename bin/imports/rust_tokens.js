// Rust source as a list of tokens: names, strings and punctuation. Comments and character literals
// are left out. A string is one token that begins with a quote, so nothing in it looks like a name.
"use strict";

const RULES = [
  ["skip", /\s+/y],
  ["skip", /\/\/[^\n]*/y],
  ["string", /(?:b|c|br|cr|r)?"|(?:br|cr|r)#+"/y],
  ["skip", /b?'(?:\\[^\n]{1,12}?|[^\\'\n])'/uy],
  ["lifetime", /'[A-Za-z_]\w*/y],
  ["name", /r#[A-Za-z_]\w*|[\p{L}_][\p{L}\p{N}_]*/uy],
  ["skip", /\d[\w]*(?:\.\d\w*)?/y],
  ["sign", /::|=>|->|[^\s]/uy],
];

/** Where the string that opens at `start` with `opening` ends. */
function endOfString(text, start, opening) {
  const raw = /^(?:b|c)?r(#*)"$/.exec(opening);
  if (raw) {
    const closing = `"${raw[1]}`;
    const end = text.indexOf(closing, start + opening.length);
    return end < 0 ? text.length : end + closing.length;
  }
  let at = start + opening.length;
  while (at < text.length && text[at] !== '"') at += text[at] === "\\" ? 2 : 1;
  return at + 1;
}

/** Block comments nest in Rust. */
function endOfBlockComment(text, start) {
  let depth = 0;
  const marks = /\/\*|\*\//g;
  marks.lastIndex = start;
  for (let mark; (mark = marks.exec(text)); ) {
    depth += mark[0] === "/*" ? 1 : -1;
    if (depth === 0) return marks.lastIndex;
  }
  return text.length;
}

/** The tokens of one file, each `{ text, isName, line }`. */
function tokenize(text) {
  const tokens = [];
  let at = 0;
  let line = 1;
  const advance = (end) => {
    for (let i = at; i < end; i += 1) if (text[i] === "\n") line += 1;
    at = end;
  };
  while (at < text.length) {
    if (text.startsWith("/*", at)) {
      advance(endOfBlockComment(text, at));
      continue;
    }
    for (const [kind, rule] of RULES) {
      rule.lastIndex = at;
      const match = rule.exec(text);
      if (!match) continue;
      if (kind === "name") tokens.push({ text: match[0].replace(/^r#/, ""), isName: true, line });
      if (kind === "sign") tokens.push({ text: match[0], isName: false, line });
      const end = kind === "string" ? endOfString(text, at, match[0]) : rule.lastIndex;
      if (kind === "string") tokens.push({ text: text.slice(at, end).replace(/^[bcr#]*/, ""), isName: false, line });
      advance(end);
      break;
    }
  }
  return tokens;
}

module.exports = { tokenize };
