import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { createInterface } from "node:readline";
import { setTimeout as sleep } from "node:timers/promises";
import { PROGRAM, freePorts, ready } from "../server";
import { DOORS, type Door } from "./doors";

/** Milliseconds within which a server that was asked to stop has ended. */
const STOP_TIMEOUT = 20_000;

/** A server that a test stops, kills and starts again on the same ports. */
export class RestartableServer {
  private process?: ChildProcess;

  constructor(
    private readonly environment: NodeJS.ProcessEnv,
    private readonly ports: Record<string, number>,
  ) {}

  /** The address of a contract's port, or the main address. */
  url(name: Door | "main"): string {
    return `http://127.0.0.1:${this.ports[name]}`;
  }

  async start(): Promise<void> {
    this.process = spawn(PROGRAM, [], { env: this.environment, stdio: ["ignore", "inherit", "inherit"] });
    await ready(this.url("main"), this.process);
  }

  /** Ends the process: in order with SIGTERM, at once with SIGKILL. */
  async end(signal: "SIGTERM" | "SIGKILL"): Promise<void> {
    const { process } = this;
    if (!process || process.exitCode !== null || process.signalCode !== null) return;
    const ended = once(process, "exit");
    process.kill(signal);
    if ((await Promise.race([ended, sleep(STOP_TIMEOUT, "late", { ref: false })])) !== "late") return;
    process.kill("SIGKILL");
    await ended;
    throw new Error(`the server did not stop within ${STOP_TIMEOUT} ms`);
  }
}

/**
 * Runs two servers on one Postgres while `use` runs. The first serves all contracts; the other serves none, and stands
 * for those who write while the first is away.
 */
export async function deployRestartable(
  settings: Record<string, string>,
  use: (server: RestartableServer, other: RestartableServer) => Promise<void>,
): Promise<void> {
  const names = ["main", ...DOORS];
  const numbers = await freePorts(names.length + 1);
  const ports = Object.fromEntries(names.map((name, index) => [name, numbers[index]]));
  const [otherPort] = numbers.slice(-1);
  const dataDir = mkdtempSync(join(tmpdir(), "parlance-restartable-"));
  // Prints the address of its Postgres, and stops it when standard input ends. Postgres outlives a killed server.
  const postgres = spawn(resolve(__dirname, "../../bin/with-postgres"), ["sh", "-c", 'echo "$DATABASE_URL"; read -r _'], {
    stdio: ["pipe", "pipe", "inherit"],
  });
  const [databaseUrl] = await once(createInterface(postgres.stdout), "line");
  const { PATH, HOME, LEPTOS_SITE_ROOT } = process.env;
  const common = {
    ...{ PATH, HOME, LEPTOS_SITE_ROOT, DATA_DIR: dataDir, RUST_LOG: "error", RATE_LIMIT: "off", ...settings },
    // The database `postgres` is empty; the program applies its migrations.
    DATABASE_URL: databaseUrl.replace("/parlance?", "/postgres?"),
  };
  const contracts = DOORS.map((name) => `${name}=${ports[name]}`).join();
  const server = new RestartableServer({ ...common, PORT: String(ports.main), CONTRACTS: contracts }, ports);
  const other = new RestartableServer({ ...common, PORT: String(otherPort), CONTRACTS: "off" }, { main: otherPort });
  try {
    await server.start();
    await other.start();
    await use(server, other);
  } finally {
    await Promise.allSettled([server.end("SIGKILL"), other.end("SIGKILL")]);
    postgres.stdin.end();
    await (postgres.exitCode ?? once(postgres, "exit"));
    rmSync(dataDir, { recursive: true, force: true });
  }
}
