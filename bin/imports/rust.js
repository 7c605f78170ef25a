// The files of a Rust crate that use each other. A use counts for the file that defines the name:
// re-exports (`pub use`) are followed. A re-export alone is no use; one whose name also occurs in
// the code of its file is.
"use strict";

const { existsSync, readFileSync, readdirSync } = require("node:fs");
const { basename, dirname, join, relative } = require("node:path");
const { FileGraph } = require("./graph");
const { readModules } = require("./rust_module");

/** The members of the workspace, from its Cargo.toml. */
function workspaceMembers(root) {
  const manifest = readFileSync(join(root, "Cargo.toml"), "utf8");
  const list = /^members\s*=\s*\[([^\]]*)\]/m.exec(manifest);
  if (!list) throw new Error("Cargo.toml names no members");
  return [...list[1].matchAll(/"([^"]+)"/g)].map(([, member]) => member);
}

/** The root files of a crate: its library, its programs, and its tests. */
function targets(crate) {
  const own = [join(crate, "src/lib.rs"), join(crate, "src/main.rs")];
  return [...own, ...targetsBelow(join(crate, "src/bin")), ...targetsBelow(join(crate, "tests"))].filter(existsSync);
}

/** `<name>.rs` and `<name>/main.rs` of a folder whose entries are targets of their own. */
function targetsBelow(folder) {
  const names = existsSync(folder) ? readdirSync(folder).sort() : [];
  return names.map((name) => (name.endsWith(".rs") ? join(folder, name) : join(folder, name, "main.rs")));
}

/**
 * All modules that a target declares: path, joined by `::` -> `{ module, file, twins }`. A module has
 * twins where `#[cfg]` chooses between files.
 */
function readTarget(target) {
  const found = new Map();
  const add = (module, file) => {
    const key = module.path.join("::");
    const first = found.get(key);
    if (first) first.twins.push({ module, file });
    else found.set(key, { module, file, twins: [] });
  };
  // `folder` is where the files of child modules are.
  const read = (file, path, folder) => {
    for (const module of readModules(readFileSync(file, "utf8"), path)) {
      add(module, file);
      const children = join(folder, ...module.path.slice(path.length));
      for (const { name, file: named } of module.declared) {
        const candidates = named
          ? [join(dirname(file), named)]
          : [join(children, `${name}.rs`), join(children, name, "mod.rs")];
        const child = candidates.find((candidate) => existsSync(candidate));
        if (!child) continue;
        const ownsFolder = basename(child) === "mod.rs" || named;
        read(child, [...module.path, name], ownsFolder ? dirname(child) : join(children, name));
      }
    }
  };
  read(target, [], dirname(target));
  return found;
}

/** Finds the module that defines what a path names, as the compiler would, but for its privacy. */
class Resolver {
  constructor(modules) {
    this.modules = modules;
  }

  /** The absolute path of what `path` names inside of `module`; undefined outside of this crate. */
  absolute(module, path) {
    const [first, ...rest] = path;
    if (first === "crate") return rest;
    if (first === "self") return [...module.path, ...rest];
    if (first === "super") {
      const ups = path.findIndex((segment) => segment !== "super");
      const depth = ups < 0 ? path.length : ups;
      return [...module.path.slice(0, module.path.length - depth), ...path.slice(depth)];
    }
    const isKnown = module.defined.has(first) || module.uses.some((use) => use.name === first);
    return isKnown ? [...module.path, ...path] : undefined;
  }

  /** The module in which the walk along an absolute path ends; undefined outside of this crate. */
  definingModule(path, seen = new Set()) {
    let here = this.modules.get("");
    for (let at = 0; at < path.length; at += 1) {
      const [segment, isLast] = [path[at], at === path.length - 1];
      const child = this.modules.get([...here.module.path, segment].join("::"));
      if (child && !isLast) {
        here = child;
        continue;
      }
      const use = this.importOf(here.module, segment, seen);
      const isOwnItem = here.module.defined.has(segment) && !child;
      if (use && !isOwnItem) {
        const key = `${here.module.path.join("::")} ${segment}`;
        if (seen.has(key)) return here;
        seen.add(key);
        const target = this.absoluteImport(here.module, use, segment);
        return target ? this.definingModule([...target, ...path.slice(at + 1)], seen) : undefined;
      }
      return child ?? here;
    }
    return here;
  }

  /** The `use` by which a module knows a name: by name, or by the glob of a module that has it. */
  importOf(module, name, seen) {
    const named = module.uses.find((use) => use.name === name);
    if (named) return named;
    return module.uses.find((use) => {
      if (!use.isGlob) return false;
      const target = this.absolute(module, use.path);
      const source = target && this.modules.get(target.join("::"));
      const key = `${target?.join("::")} *${name}`;
      if (!source || source.module === module || seen.has(key)) return false;
      seen.add(key);
      return source.module.defined.has(name) || Boolean(this.importOf(source.module, name, seen));
    });
  }

  absoluteImport(module, use, name) {
    const target = this.importedPath(module, use);
    return target && use.isGlob ? [...target, name] : target;
  }

  /** The first segment of a `use` may be a child module, or a crate; never the name it imports itself. */
  importedPath(module, use) {
    const [first] = use.path;
    if (["crate", "self", "super"].includes(first) || module.defined.has(first)) return this.absolute(module, use.path);
    const other = module.uses.find((it) => it !== use && it.name === first);
    return other ? this.absolute(module, use.path) : undefined;
  }
}

/** Adds the uses between the files of one target. */
function addTarget(graph, root, target) {
  const modules = readTarget(target);
  const resolver = new Resolver(modules);
  for (const { module, file } of [...modules.values()].flatMap((entry) => [entry, ...entry.twins])) {
    const from = relative(root, file);
    graph.addFile(from);
    const add = (path, shown, line) => {
      const to = path && resolver.definingModule(path);
      for (const entry of to ? [to, ...to.twins] : []) {
        graph.addUse(from, relative(root, entry.file), `line ${line}: ${shown.join("::")}`);
      }
    };
    for (const use of module.uses) {
      const path = resolver.importedPath(module, use);
      if (!path) continue;
      if (use.isGlob) {
        if (!use.isPublic) add(path, [...use.path, "*"], use.line);
        continue;
      }
      // An imported module is used by the paths that begin with it.
      const isModule = modules.has(path.join("::"));
      const line = use.isPublic ? module.bare.get(use.name) : use.line;
      if (line !== undefined && !(isModule && !module.bare.has(use.name))) add(path, use.path, line);
    }
    for (const { path, line } of module.mentioned) add(resolver.absolute(module, path), path, line);
  }
}

/** The graph of one crate, all its targets together. */
function rustGraph(root, crate) {
  const graph = new FileGraph();
  for (const target of targets(join(root, crate))) addTarget(graph, root, target);
  return graph;
}

module.exports = { rustGraph, workspaceMembers };
