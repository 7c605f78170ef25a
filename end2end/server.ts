import { type ChildProcess, execFile, spawn } from "node:child_process";
import { generateKeyPairSync, randomBytes } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { promisify } from "node:util";

/** The program under test: `PARLANCE_PROGRAM`, or that of `bin/test build`. */
export const PROGRAM = resolve(
  __dirname,
  "..",
  process.env.PARLANCE_PROGRAM ?? join(process.env.CARGO_TARGET_DIR ?? "target", "debug/parlance"),
);

/** The contracts to serve: `PARLANCE_DOORS`, for a program that lacks some, or all. */
const DOORS = (process.env.PARLANCE_DOORS ?? "groups,rooms,direct,conversations,broadcast").split(",");

/**
 * Starts the server that all tests share, with default settings: a private Postgres, and
 * each contract on a port of its own.
 *
 * With `PARLANCE_URL`, tests use a running server instead. The contracts' tests then need the variables that are
 * set here for them: `PARLANCE_<DOOR>_URL`, `PARLANCE_ADMIN_ID` and `_PASSWORD`, and the server's
 * `JWT_SECRET`, `PRIVATE_KEY_PATH` and `PUBLIC_KEY_PATH`.
 */
export default async function start(): Promise<(() => Promise<void>) | void> {
  if (process.env.PARLANCE_URL) return;
  const ports = await freePorts(1 + DOORS.length);
  const port = ports.pop();
  const dataDir = mkdtempSync(join(tmpdir(), "parlance-end2end-"));
  Object.assign(process.env, keys(dataDir));
  process.env.PARLANCE_DATA_DIR = dataDir;
  const environment: NodeJS.ProcessEnv = {
    ...process.env,
    HOST: "127.0.0.1",
    PORT: String(port),
    DATA_DIR: dataDir,
    CONTRACTS: DOORS.map((name, index) => `${name}=${ports[index]}`).join(),
    FRONTEND_URL: "http://frontend.example, http://localhost:*",
    CLIENT_URL: "http://client.example",
    RATE_LIMIT: "off",
    JWT_SUBJECTS: "ours",
    ...(process.env.PARLANCE_USERS === "app" && apps(dataDir)),
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
    process.env.PARLANCE_ADMIN_ID = await administrator(url, environment);
  } catch (error) {
    await stop();
    throw error;
  }
  process.env.PARLANCE_URL = url;
  DOORS.forEach((name, index) => (process.env[`PARLANCE_${name.toUpperCase()}_URL`] = `http://127.0.0.1:${ports[index]}`));
  return stop;
}

/** Keys of both algorithms. The tests know them, and sign valid and invalid tokens. */
function keys(folder: string): Record<string, string> {
  const pair = generateKeyPairSync("rsa", {
    modulusLength: 2048,
    privateKeyEncoding: { type: "pkcs8", format: "pem" },
    publicKeyEncoding: { type: "spki", format: "pem" },
  });
  const paths = { PRIVATE_KEY_PATH: join(folder, "private.pem"), PUBLIC_KEY_PATH: join(folder, "public.pem") };
  writeFileSync(paths.PRIVATE_KEY_PATH, pair.privateKey, { mode: 0o600 });
  writeFileSync(paths.PUBLIC_KEY_PATH, pair.publicKey);
  return { ...paths, JWT_SECRET: randomBytes(32).toString("hex") };
}

/** Settings for the users of apps: one by the environment, with the server's keys, and a second one by a file. */
function apps(folder: string): Record<string, string> {
  const file = join(folder, "apps.toml");
  const secret = (process.env.PARLANCE_SECOND_SECRET = randomBytes(32).toString("hex"));
  writeFileSync(file, `[apps.second]\nsecret = "${secret}"\n`, { mode: 0o600 });
  return { JWT_SUBJECTS: "foreign", JWT_ADMIN_CLAIM: "role=admin", APPS_FILE: file };
}

/** Makes the administrator as an operator does, with a command beside the server. The account's id. */
async function administrator(url: string, environment: NodeJS.ProcessEnv): Promise<string> {
  const password = (process.env.PARLANCE_ADMIN_PASSWORD = randomBytes(16).toString("hex"));
  const options = ["--admin", "--name", "Administrator", "--json"];
  const made = await promisify(execFile)(PROGRAM, ["users", "create", "admin", ...options], { env: environment });
  const { token } = JSON.parse(made.stdout).passwordReset;
  const answer = await fetch(`${url}/api/v1/auth/reset-password`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ token, password }),
  });
  const { user } = await answer.json();
  if (user?.role !== "admin") throw new Error(`there is no administrator (status ${answer.status})`);
  return user.id;
}

/** Free ports, all different: each is bound until the last is found. */
export async function freePorts(count: number): Promise<number[]> {
  const probes = await Promise.all(Array.from({ length: count }, probe));
  const ports = probes.map((probe) => (probe.address() as { port: number }).port);
  await Promise.all(probes.map((probe) => new Promise((closed) => probe.close(closed))));
  return ports;
}

function probe(): Promise<ReturnType<typeof createServer>> {
  return new Promise((found, failed) => {
    const probe = createServer();
    probe.once("error", failed);
    probe.listen(0, "127.0.0.1", () => found(probe));
  });
}

export async function ready(url: string, server: ChildProcess): Promise<void> {
  let failure: Error | undefined;
  server.once("error", (error) => (failure = error));
  for (const until = Date.now() + 60_000; Date.now() < until; await sleep(100)) {
    if (failure) throw new Error(`cannot start ${PROGRAM}: ${failure.message} (bin/test build builds it)`);
    if (server.exitCode !== null) throw new Error(`${PROGRAM} ended with status ${server.exitCode}`);
    const answer = await fetch(`${url}/health/ready`).catch(() => undefined);
    if (answer?.ok) return;
  }
  throw new Error(`${PROGRAM} was not ready within a minute`);
}

/** Interrupts the server as Ctrl-C does. One that does not end within 20 s is killed, and this fails. */
export async function end(server: ChildProcess): Promise<void> {
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
