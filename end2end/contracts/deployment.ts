import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { createInterface } from "node:readline";
import { PROGRAM, end, freePorts, ready } from "../server";

/** A server that one test has started. */
export interface Deployment {
  /** The main address. */
  url: string;
  /** The log so far. */
  log: () => string;
  /** Ends the server, as Ctrl-C does or with SIGKILL, and starts it again at the same address. */
  restart: (signal: "SIGINT" | "SIGKILL") => Promise<void>;
}

/** Runs the program with these settings while `use` runs. */
export async function deploy(settings: Record<string, string>, use: (server: Deployment) => Promise<void>): Promise<void> {
  const [port] = await freePorts(1);
  const dataDir = mkdtempSync(join(tmpdir(), "parlance-deployment-"));
  const { PATH, HOME } = process.env;
  const environment = { PATH, HOME, PORT: String(port), DATA_DIR: dataDir, ...settings };
  let log = "";
  const start = () => {
    const server = spawn(PROGRAM, [], { env: environment, stdio: ["ignore", "pipe", "pipe"] });
    for (const stream of [server.stdout, server.stderr]) stream.on("data", (text) => (log += text));
    return server;
  };
  let server = start();
  const url = `http://127.0.0.1:${environment.PORT}`;
  const restart = async (signal: "SIGINT" | "SIGKILL") => {
    const ended = once(server, "exit");
    if (signal === "SIGKILL") server.kill(signal);
    else await end(server);
    await ended;
    server = start();
    await ready(url, server);
  };
  try {
    await ready(url, server);
    await use({ url, log: () => log, restart });
  } finally {
    await end(server);
    rmSync(dataDir, { recursive: true, force: true });
  }
}

/** Runs two servers on one Postgres and one Redis while `use` runs. */
export async function deployTwo(settings: Record<string, string>, use: (one: Deployment, other: Deployment) => Promise<void>): Promise<void> {
  const [redisPort] = await freePorts(1);
  const redis = spawn("redis-server", ["--port", String(redisPort), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no"], { stdio: "ignore" });
  // Prints the address of its Postgres, and stops it when standard input ends.
  const postgres = spawn(resolve(__dirname, "../../bin/with-postgres"), ["sh", "-c", 'echo "$DATABASE_URL"; read -r _'], {
    stdio: ["pipe", "pipe", "inherit"],
  });
  try {
    const [databaseUrl] = await once(createInterface(postgres.stdout), "line");
    // The database `postgres` is empty; the program applies its migrations.
    const both = { DATABASE_URL: databaseUrl.replace("/parlance?", "/postgres?"), REDIS_HOST: "127.0.0.1", REDIS_PORT: String(redisPort), ...settings };
    await deploy(both, (one) => deploy(both, (other) => use(one, other)));
  } finally {
    postgres.stdin.end();
    redis.kill();
    await Promise.all([postgres, redis].map((child) => child.exitCode ?? once(child, "exit")));
  }
}
