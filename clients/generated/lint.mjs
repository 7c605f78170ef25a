// Lints OpenAPI documents with redocly: node lint.mjs <file>... prints the problems as JSON.
import { lint, loadConfig } from "@redocly/openapi-core";

const config = await loadConfig({ configPath: new URL("redocly.yaml", import.meta.url).pathname });
const problems = [];
for (const ref of process.argv.slice(2)) {
  for (const { severity, ruleId, message, location } of await lint({ ref, config })) {
    problems.push({ ref, severity, ruleId, message, at: location[0]?.pointer });
  }
}
console.log(JSON.stringify(problems));
