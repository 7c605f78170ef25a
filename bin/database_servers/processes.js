// Programs that a scenario starts, on free ports and in a folder of its own, and ends.
"use strict";

const { spawn, execFileSync } = require("node:child_process");
const { chownSync, mkdtempSync, openSync, readFileSync, rmSync } = require("node:fs");
const { createServer } = require("node:net");
const { tmpdir } = require("node:os");
const { join } = require("node:path");

/** Postgres and PgBouncer refuse to run as root: the user who runs them, and its options for spawn. */
const runUser = (() => {
  if (process.getuid() !== 0) return {};
  for (const line of readFileSync("/etc/passwd", "utf8").split("\n")) {
    const [name, , uid, gid] = line.split(":");
    if (name === "postgres" || name === "nobody") return { uid: Number(uid), gid: Number(gid), cwd: "/" };
  }
  throw new Error("there is no user postgres or nobody");
})();

/** A folder that the run user owns. */
function makeFolder() {
  const folder = mkdtempSync(join(tmpdir(), "databases."));
  if (runUser.uid !== undefined) chownSync(folder, runUser.uid, runUser.gid);
  return folder;
}

const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

/** Repeats `attempt` until it returns something true, for `ms` at most. */
async function until(what, ms, attempt) {
  const end = Date.now() + ms;
  let failure;
  while (Date.now() < end) {
    try {
      const found = await attempt();
      if (found) return found;
    } catch (error) {
      failure = error;
    }
    await sleep(50);
  }
  throw new Error(`${what}: not within ${ms} ms${failure ? ` (${failure.message})` : ""}`);
}

function freePort() {
  return new Promise((resolve, reject) => {
    const server = createServer().on("error", reject);
    server.listen(0, "127.0.0.1", () => {
      const { port } = server.address();
      server.close(() => resolve(port));
    });
  });
}

/** Runs a program to its end, as the run user. */
function run(program, args, options = {}) {
  return execFileSync(program, args, { ...runUser, encoding: "utf8", stdio: ["ignore", "pipe", "pipe"], ...options });
}

/** A program that runs until it is ended. Its output is in a file. */
class Program {
  constructor(file, args, { folder, name, env = {}, asRoot = false }) {
    this.log = join(folder, `${name}.log`);
    const output = openSync(this.log, "a");
    this.child = spawn(file, args, {
      ...(asRoot ? {} : runUser),
      env: { PATH: process.env.PATH, LC_ALL: "C", ...env },
      stdio: ["ignore", output, output],
    });
    this.ended = new Promise((resolve) => {
      this.child.on("exit", (code, signal) => resolve({ code, signal }));
      this.child.on("error", (error) => resolve({ error }));
    });
  }

  output() {
    return readFileSync(this.log, "utf8");
  }

  /** Sends a signal and waits for the end. */
  async end(signal = "SIGTERM") {
    this.child.kill(signal);
    return this.ended;
  }
}

module.exports = { Program, freePort, makeFolder, removeFolder: (folder) => rmSync(folder, { recursive: true, force: true }), run, sleep, until };
