// Plants cycles and what only looks like one in a temporary workspace, and compares what is found.
"use strict";

const assert = require("node:assert/strict");
const { mkdirSync, mkdtempSync, rmSync, writeFileSync } = require("node:fs");
const { tmpdir } = require("node:os");
const { dirname, join } = require("node:path");
const { rustGraph } = require("./rust");
const { typescriptGraph } = require("./typescript");

/** Title, files, and the cycles that are expected in them. */
const RUST = [
  ["two files use each other", { "lib.rs": "mod a; mod b;", "a.rs": "use crate::b::B; pub struct A;", "b.rs": "pub struct B(super::a::A);" }, [["a.rs", "b.rs"]]],
  [
    "a child uses what its parent defines, and the parent uses the child",
    { "lib.rs": "mod a;", "a.rs": "mod inner;\npub use inner::run;\npub struct Z;\nfn main() { run(); }", "a/inner.rs": "use super::Z;\npub fn run() {}" },
    [["a.rs", "a/inner.rs"]],
  ],
  [
    "a parent that only passes its child's name on uses nothing",
    { "lib.rs": "mod a;", "a.rs": "mod inner;\npub use inner::run;\npub struct Z;", "a/inner.rs": "use super::Z;\npub fn run() {}" },
    [],
  ],
  [
    "a use counts for the file that defines the name, past re-exports, globs and renaming",
    {
      "lib.rs": "mod a; mod b; mod c; pub use a::*; pub(crate) use c::C as Renamed;",
      "a.rs": "pub struct A;",
      "b.rs": "use crate::{A, Renamed}; pub struct B;",
      "c.rs": "pub struct C; fn f() { crate::b::B; }",
    },
    [["b.rs", "c.rs"]],
  ],
  [
    "a module that is imported is used by the paths that begin with it",
    { "lib.rs": "mod a; mod b;", "a.rs": "use crate::b;\nfn f() { b::g::<u8>(1) }", "b.rs": "pub fn g() {}\nfn h() { crate::a::f() }" },
    [["a.rs", "b.rs"]],
  ],
  [
    "comments, strings and characters use nothing",
    {
      "lib.rs": "mod a; mod b;",
      "a.rs": "use crate::b::B;\npub struct A;",
      "b.rs": "// crate::a::A\n/* /* nested */ use crate::a::A; */\nconst S: &str = r#\"crate::a::A \" \"#;\nconst Q: char = '\"';\n/// [`crate::a::A`]\npub struct B<'a>(&'a str);\nconst T: &str = \"\\\"crate::a::A\";",
    },
    [],
  ],
  [
    "tests may use everything",
    {
      "lib.rs": "mod a; mod b;",
      "a.rs": "use crate::b::B;\npub struct A;",
      "b.rs": "pub struct B;\n#[cfg(test)]\nmod tests { use crate::a::A; }\n#[cfg(test)]\nmod more;\n#[cfg(all(test, unix))]\nuse crate::a::A;",
      "b/more.rs": "use crate::a::A; use super::B;",
    },
    [],
  ],
  [
    "what stands behind a test is read again",
    { "lib.rs": "mod a; mod b;", "a.rs": "use crate::b::B; pub struct A;", "b.rs": "#[cfg(test)] use std::fmt;\n#[cfg(not(test))]\nuse crate::a::A; pub struct B;" },
    [["a.rs", "b.rs"]],
  ],
  [
    "modules inside of a file, and other crates of the same name",
    { "lib.rs": "mod a; mod b;", "a.rs": "mod inner { use super::super::b::B; }", "b.rs": "use ::a::A; use std::a; pub struct B;" },
    [],
  ],
  [
    "either of two files that stand for a module",
    {
      "lib.rs": "mod a;\n#[cfg(unix)]\nmod b;\n#[cfg(not(unix))]\n#[path = \"other.rs\"]\nmod b;",
      "a.rs": "pub struct A; fn f() { super::b::g() }",
      "b.rs": "pub fn g() {}",
      "other.rs": "use crate::a::A; pub fn g() {}",
    },
    [["a.rs", "other.rs"]],
  ],
  [
    "around three corners, from a program of its own",
    { "bin/x/main.rs": "mod a; mod b; mod c;", "bin/x/a.rs": "use crate::b::f;", "bin/x/b.rs": "pub fn f() { crate::c::g() }", "bin/x/c.rs": "use crate::a::*; pub fn g() {}" },
    [["bin/x/a.rs", "bin/x/b.rs", "bin/x/c.rs"]],
  ],
];

const TYPESCRIPT = [
  ["two files import each other, types included", { "a.ts": 'import type { B } from "./b.js";', "b.ts": 'export * from "./a.js";' }, [["a.ts", "b.ts"]]],
  ["comments import nothing", { "a.ts": 'import { b } from "./b";', "b.ts": '// import { a } from "./a";\n/* from "./a" */\nconst s = `from "./a"`;' }, []],
];

function cyclesOf(files, folder, graphOf) {
  const root = mkdtempSync(join(tmpdir(), "cycles-"));
  try {
    for (const [name, text] of Object.entries(files)) {
      mkdirSync(dirname(join(root, folder, name)), { recursive: true });
      writeFileSync(join(root, folder, name), text);
    }
    return graphOf(root).cycles().map((cycle) => cycle.map((file) => file.slice(folder.length + 1)));
  } finally {
    rmSync(root, { recursive: true });
  }
}

function run() {
  for (const [title, files, expected] of RUST) {
    assert.deepEqual(cyclesOf(files, "x/src", (root) => rustGraph(root, "x")), expected, title);
  }
  for (const [title, files, expected] of TYPESCRIPT) {
    assert.deepEqual(cyclesOf(files, "src", (root) => typescriptGraph(root, "src")), expected, title);
  }
  console.log(`${RUST.length + TYPESCRIPT.length} planted cases are judged right`);
}

module.exports = { run };
