// bin/databases runs this: the scenarios whose names contain one of the arguments, or all.
"use strict";

const { LeftOut, scenarios } = require("./scenarios");

async function main(words) {
  const names = Object.keys(scenarios).filter((name) => words.length === 0 || words.some((word) => name.includes(word)));
  if (words.includes("--list")) {
    console.log(Object.keys(scenarios).join("\n"));
    return;
  }
  const counts = { passed: 0, failed: 0, "left out": 0 };
  for (const name of names) {
    try {
      console.log(`${name}: passed; ${await scenarios[name]()}`);
      counts.passed += 1;
    } catch (error) {
      const kind = error instanceof LeftOut ? "left out" : "failed";
      console.log(`${name}: ${kind}; ${kind === "failed" ? error.stack : error.message}`);
      counts[kind] += 1;
    }
  }
  console.log(Object.entries(counts).map(([kind, count]) => `${count} ${kind}`).join(", "));
  process.exitCode = counts.failed > 0 || names.length === 0 ? 1 : 0;
}

main(process.argv.slice(2));
