import { spawn } from "node:child_process";
import { join } from "node:path";
import { DOORS, direct, door, expect, group, test } from "./doors";
import { PYTHON } from "./python";

/** A client library that no contract was written for joins, types, sends, receives and is refused. */
for (const name of DOORS) {
  test(`python-socketio speaks ${name} [X4 X6]`, async ({ ada, grace }) => {
    const isDirect = name === "direct" || name === "broadcast";
    const conversation = isDirect ? await direct(ada, grace) : await group(ada, grace);
    const python = spawn(PYTHON, [join(__dirname, "python_client.py")]);
    let output = "";
    python.stdout.on("data", (data) => (output += data));
    python.stderr.on("data", (data) => (output += data));
    const ended = new Promise((resolve, reject) => {
      python.once("close", resolve);
      python.once("error", reject);
    });
    python.stdin.end(JSON.stringify({ door: name, url: door(name), ada, grace, conversation }));
    expect(await ended, output).toBe(0);
  });
}
