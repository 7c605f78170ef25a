// The files of a folder of TypeScript that import each other. The package `typescript` offers no
// parser to programs since version 7, so the import and export statements are read here.
"use strict";

const { existsSync, readFileSync, readdirSync } = require("node:fs");
const { dirname, join, relative } = require("node:path");
const { FileGraph } = require("./graph");

const TOKENS = /\/\/[^\n]*|\/\*[\s\S]*?\*\/|"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*'|`(?:\\.|[^`\\])*`/g;
const STATEMENTS = /\b(?:from|import)\s*\(?\s*(["'])(\.{1,2}\/[^"'\n]*)\1/g;

/** The text without comments and template literals; line breaks stay, so that lines can be counted. */
function withoutComments(text) {
  return text.replace(TOKENS, (token) => (/^["']/.test(token) ? token : token.replace(/[^\n]/g, " ")));
}

/** Every import of another file counts, types included: a reader follows both. */
function typescriptGraph(root, folder) {
  const graph = new FileGraph();
  const files = readdirSync(join(root, folder), { recursive: true })
    .filter((name) => /\.[mc]?ts$/.test(name) && !name.split("/").includes("node_modules"))
    .map((name) => join(root, folder, name))
    .sort();
  for (const file of files) {
    const name = relative(root, file);
    graph.addFile(name);
    const text = withoutComments(readFileSync(file, "utf8"));
    for (const statement of text.matchAll(STATEMENTS)) {
      const target = resolveImport(join(dirname(file), statement[2]));
      const line = text.slice(0, statement.index).split("\n").length;
      if (target) graph.addUse(name, relative(root, target), `line ${line}: "${statement[2]}"`);
    }
  }
  return graph;
}

/** `./x`, `./x.js` and `./x/` are written for the file `x.ts` or `x/index.ts`. */
function resolveImport(path) {
  const stem = path.replace(/\.[mc]?js$/, "");
  return [`${stem}.ts`, join(stem, "index.ts"), path].find((candidate) => candidate.endsWith("ts") && existsSync(candidate));
}

module.exports = { typescriptGraph };
