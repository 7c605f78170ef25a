import { execFileSync, spawnSync } from "node:child_process";
import { join } from "node:path";
import { expect, test } from "@playwright/test";
import { CHANGES, scene, types, url } from "./scene";

const FOLDER = join(__dirname, "../python");

/** The folder of the programs that `bin/test` has installed, or the one that `GENERATORS` names. */
const PROGRAMS = process.env.GENERATORS ?? join(__dirname, "../../../.tools/generators/bin");

/** The class that the generator makes of an event's schema. */
function className(type: string): string {
  const words = type.split(":").map((word) => word[0]!.toUpperCase() + word.slice(1));
  return `${words.join("")}Event`;
}

test("a client in Python is generated, compiles, and reads every list and every change", async () => {
  const document = `${url()}/api/v1/openapi.json`;
  const options = ["--url", document, "--meta", "none", "--output-path", "parlance_api", "--overwrite", "--config", "config.yaml"];
  const generator = join(PROGRAMS, "openapi-python-client");
  const generated = execFileSync(generator, ["generate", ...options], { cwd: FOLDER, encoding: "utf8" });
  expect(generated, "a part of the document was left out").not.toMatch(/warning/i);
  const python = join(PROGRAMS, "python");
  execFileSync(python, ["-m", "compileall", "-q", "parlance_api"], { cwd: FOLDER, stdio: "inherit" });

  const { ada, conversation, seqs } = await scene();
  const task = { url: url(), login: ada.username, password: ada.password, conversation, seqs };
  const run = spawnSync(python, ["program.py"], { cwd: FOLDER, input: JSON.stringify(task), encoding: "utf8" });
  expect(run.status, run.stderr).toBe(0);
  const reading = JSON.parse(run.stdout);
  expect(reading).toMatchObject({ conversations: 3, members: 3 });
  expect(reading.messages).toEqual(expect.arrayContaining(["one", "two"]));
  expect(reading.users).toBeGreaterThanOrEqual(4);
  expect(types(reading.synced)).toEqual(CHANGES);
  expect(types(reading.changes)).toEqual(CHANGES.filter((it) => it !== "conversation:created" && it !== "conversation:removed"));
  for (const { type, class: name } of [...reading.synced, ...reading.changes]) expect(name).toBe(className(type));
});
