import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

const PROGRAM = resolve(__dirname, "..", process.env.CARGO_TARGET_DIR ?? "target", "release/parlance");

/**
 * Starts the server that all tests talk to, as a newcomer would: with a Postgres of its own.
 * `PARLANCE_URL` names one that runs already instead.
 */
export default async function start(): Promise<(() => Promise<void>) | void> {
  if (process.env.PARLANCE_URL) return;
  const port = await freePort();
  const dataDir = mkdtempSync(join(tmpdir(), "parlance-end2end-"));
  const environment: NodeJS.ProcessEnv = {
    ...process.env,
    HOST: "127.0.0.1",
    PORT: String(port),
    DATA_DIR: dataDir,
    CONTRACTS: "off",
    RATE_LIMIT: "off",
    RUST_LOG: process.env.RUST_LOG ?? "error",
  };
  delete environment.DATABASE_URL;
  delete environment.REDIS_URL;
  const server = spawn(PROGRAM, [], { env: environment, stdio: ["ignore", "inherit", "inherit"] });
  const stop = async () => {
    await end(server);
    rmSync(dataDir, { recursive: true, force: true });
  };
  const url = `http://127.0.0.1:${port}`;
  try {
    await ready(url, server);
  } catch (error) {
    await stop();
    throw error;
  }
  process.env.PARLANCE_URL = url;
  return stop;
}

function freePort(): Promise<number> {
  return new Promise((found, failed) => {
    const probe = createServer();
    probe.once("error", failed);
    probe.listen(0, "127.0.0.1", () => {
      const address = probe.address();
      probe.close(() => (address && typeof address === "object" ? found(address.port) : failed(address)));
    });
  });
}

async function ready(url: string, server: ChildProcess): Promise<void> {
  let failure: Error | undefined;
  server.once("error", (error) => (failure = error));
  for (const until = Date.now() + 60_000; Date.now() < until; await sleep(100)) {
    if (failure) throw new Error(`cannot start ${PROGRAM}: ${failure.message} (bin/serve builds it)`);
    if (server.exitCode !== null) throw new Error(`${PROGRAM} ended with status ${server.exitCode}`);
    const answer = await fetch(`${url}/health/ready`).catch(() => undefined);
    if (answer?.ok) return;
  }
  throw new Error(`${PROGRAM} was not ready within a minute`);
}

/** As Ctrl-C does; what does not end by itself within 20 seconds has failed, and is killed. */
async function end(server: ChildProcess): Promise<void> {
  if (server.pid === undefined || server.exitCode !== null || server.signalCode !== null) return;
  const ended = new Promise<void>((resolved) => server.once("exit", () => resolved()));
  server.kill("SIGINT");
  const late = await Promise.race([ended, sleep(20_000, "late", { ref: false })]);
  if (late) {
    server.kill("SIGKILL");
    await ended;
    throw new Error("the server did not stop within 20 seconds");
  }
  if (server.exitCode !== 0) throw new Error(`the server stopped with status ${server.exitCode ?? server.signalCode}`);
}
