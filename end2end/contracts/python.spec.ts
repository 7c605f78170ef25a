import { spawn } from "node:child_process";
import { join } from "node:path";
import { DOORS, direct, door, expect, group, test } from "./doors";

/** What `bin/test` has put in place, unless another one is named. */
const PYTHON = process.env.PYTHON ?? join(__dirname, "../../.tools/python/bin/python");

/** A client that was written for none of the contracts joins, types, sends, hears and is refused. */
for (const name of DOORS) {
  test(`python-socketio speaks ${name} [X4 X6]`, async ({ ada, grace }) => {
    const isDirect = name === "direct" || name === "broadcast";
    const conversation = isDirect ? await direct(ada, grace) : await group(ada, grace);
    const python = spawn(PYTHON, [join(__dirname, "python_client.py")]);
    let said = "";
    python.stdout.on("data", (data) => (said += data));
    python.stderr.on("data", (data) => (said += data));
    const ended = new Promise((resolve, reject) => {
      python.once("close", resolve);
      python.once("error", reject);
    });
    python.stdin.end(JSON.stringify({ door: name, url: door(name), ada, grace, conversation }));
    expect(await ended, said).toBe(0);
  });
}
