import { spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PROGRAM, end, freePorts, ready } from "../server";

/** A server of one test's own. */
export interface Deployment {
  /** The main address. */
  url: string;
  /** What it has logged. */
  log: () => string;
}

/** Runs the program with the settings that a document gives its own server, for the time of `use`. */
export async function deploy(settings: Record<string, string>, use: (server: Deployment) => Promise<void>): Promise<void> {
  const [port] = await freePorts(1);
  const dataDir = mkdtempSync(join(tmpdir(), "parlance-deployment-"));
  const { PATH, HOME } = process.env;
  const environment = { PATH, HOME, PORT: String(port), DATA_DIR: dataDir, ...settings };
  const server = spawn(PROGRAM, [], { env: environment, stdio: ["ignore", "pipe", "pipe"] });
  let log = "";
  for (const stream of [server.stdout, server.stderr]) stream.on("data", (text) => (log += text));
  const url = `http://127.0.0.1:${environment.PORT}`;
  try {
    await ready(url, server);
    await use({ url, log: () => log });
  } finally {
    await end(server);
    rmSync(dataDir, { recursive: true, force: true });
  }
}
