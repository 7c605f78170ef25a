// A graph of files, and its cycles: the groups in which every file reaches every other one.
"use strict";

/** A directed graph: file -> (file that it uses -> one place where it does, for the report). */
class FileGraph {
  constructor() {
    this.edges = new Map();
  }

  addFile(file) {
    if (!this.edges.has(file)) this.edges.set(file, new Map());
  }

  addUse(from, to, place) {
    this.addFile(from);
    this.addFile(to);
    if (from !== to && !this.edges.get(from).has(to)) this.edges.get(from).set(to, place);
  }

  /** The strongly connected components of more than one file (Tarjan, 1972), each sorted by name. */
  cycles() {
    const index = new Map();
    const low = new Map();
    const stack = [];
    const onStack = new Set();
    const found = [];
    const visit = (file) => {
      index.set(file, index.size);
      low.set(file, index.get(file));
      stack.push(file);
      onStack.add(file);
      for (const used of this.edges.get(file).keys()) {
        if (!index.has(used)) {
          visit(used);
          low.set(file, Math.min(low.get(file), low.get(used)));
        } else if (onStack.has(used)) {
          low.set(file, Math.min(low.get(file), index.get(used)));
        }
      }
      if (low.get(file) !== index.get(file)) return;
      const component = [];
      let member;
      do {
        member = stack.pop();
        onStack.delete(member);
        component.push(member);
      } while (member !== file);
      if (component.length > 1) found.push(component.sort());
    };
    for (const file of this.edges.keys()) if (!index.has(file)) visit(file);
    return found.sort((a, b) => (a[0] < b[0] ? -1 : 1));
  }

  /** The uses inside one cycle, one line each: `from -> to (place)`. */
  usesWithin(cycle) {
    const members = new Set(cycle);
    return cycle.flatMap((from) =>
      [...this.edges.get(from)].filter(([to]) => members.has(to)).map(([to, place]) => `${from} -> ${to}  (${place})`),
    );
  }
}

module.exports = { FileGraph };
