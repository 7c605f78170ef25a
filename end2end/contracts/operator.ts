import { spawn } from "node:child_process";
import { type Socket, createServer } from "node:net";
import { PROGRAM } from "../server";

/** The startup parameters and the password of a Postgres client. */
export interface Startup {
  user?: string;
  database?: string;
  password?: string;
}

/**
 * Runs `parlance migrate` with these settings against a minimal Postgres server. Returns the startup
 * parameters that it received.
 */
export async function migrate(settings: Record<string, string>): Promise<Startup> {
  const found: Startup = {};
  const server = createServer((socket) => receive(socket, found));
  await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
  const address = server.address();
  if (!address || typeof address !== "object") throw new Error("no address");
  const environment = { ...process.env, ...settings, DB_HOST: "127.0.0.1", DB_PORT: String(address.port) };
  delete (environment as NodeJS.ProcessEnv).DATABASE_URL;
  const run = spawn(PROGRAM, ["migrate"], { env: environment, stdio: "ignore" });
  const ended = new Promise<void>((resolve) => run.once("exit", () => resolve()));
  const deadline = setTimeout(() => run.kill("SIGKILL"), 20_000);
  await ended;
  clearTimeout(deadline);
  server.close();
  return found;
}

/** The part of Postgres' protocol up to the client's password. */
function receive(socket: Socket, found: Startup): void {
  socket.on("error", () => {});
  socket.on("data", (bytes) => {
    const code = bytes.readInt32BE(4);
    if (code === 80_877_103) {
      socket.write("N"); // No TLS.
    } else if (code === 196_608) {
      const fields = bytes.subarray(8).toString().split("\0");
      found.user = fields[fields.indexOf("user") + 1];
      found.database = fields[fields.indexOf("database") + 1];
      socket.write(Buffer.from([0x52, 0, 0, 0, 8, 0, 0, 0, 3])); // Ask for the password.
    } else if (bytes[0] === 0x70) {
      found.password = bytes.subarray(5, -1).toString();
      socket.end();
    }
  });
}
