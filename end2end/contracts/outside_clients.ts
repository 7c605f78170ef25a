import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { join, resolve } from "node:path";
import { createInterface } from "node:readline";
import type { Socket } from "socket.io-client";
import type { Payload } from "./client";

export const TRANSPORTS = ["polling", "websocket"] as const;

/** The releases of the official client: the packages in package.json under these names. */
const OFFICIAL = ["3.1", "4.0", "4.1", "4.2", "4.3", "4.4", "4.5", "4.6", "4.7", "4.8"];
export const LIBRARIES = [...OFFICIAL.map((version) => `official ${version}`), "python-socketio", "rust_socketio"];

interface Emitted {
  event: string;
  payload: Payload;
}

/** How a client connects, and the event that it sends after each connect, as apps do that enter a room. */
export interface Opening {
  url: string;
  namespace: string;
  auth: Record<string, unknown>;
  transport: (typeof TRANSPORTS)[number];
  enter: Emitted;
}

/** A client of a library that was not written for this server. It comes back by itself or not at all. */
export class OutsideClient {
  /** How often it has connected, and the server has answered what it then sends. */
  entered = 0;
  readonly received: Emitted[] = [];
  /** What its library said of failures. */
  readonly errors: string[] = [];

  constructor(private readonly emit: (what: Emitted) => Promise<Payload>) {}

  /** Sends an event. The acknowledgement. */
  send(event: string, payload: Payload): Promise<Payload> {
    return this.emit({ event, payload });
  }
}

/** Opens clients of a library. They close when `close` is called. */
export interface Library {
  open: (opening: Opening) => OutsideClient;
  close: () => void;
}

/** The official client in one of its versions, in this process. */
function official(version: string): Library {
  const { io } = require(version === "4.8" ? "socket.io-client" : `socket.io-client-${version}`);
  const sockets: Socket[] = [];
  return {
    open: ({ url, namespace, auth, transport, enter }) => {
      const socket: Socket = io(url + namespace, {
        ...{ auth, transports: [transport], forceNew: true, timeout: 5_000 },
        ...{ reconnectionDelay: 100, reconnectionDelayMax: 400 },
      });
      sockets.push(socket);
      const client = new OutsideClient(({ event, payload }) => new Promise((acked) => socket.emit(event, payload, acked)));
      socket.on("connect", () => socket.emit(enter.event, enter.payload, () => client.entered++));
      socket.on("connect_error", (error) => client.errors.push(error.message));
      socket.on("disconnect", (reason) => client.errors.push(reason));
      socket.onAny((event, payload) => client.received.push({ event, payload }));
      return client;
    },
    close: () => sockets.forEach((socket) => socket.disconnect()),
  };
}

/**
 * A library of another language. A process holds all its clients. It takes tasks as lines of JSON,
 * `{cell, do: "open", …}` and `{cell, do: "send", id, event, payload}`, and writes what happens as such lines:
 * `{cell, entered}`, `{cell, ack, payload}`, `{cell, event, payload}`, `{cell, error}`.
 */
function foreign(command: string, ...parameters: string[]): Library {
  const child = spawn(command, parameters, { stdio: ["pipe", "pipe", "inherit"] });
  const clients: OutsideClient[] = [];
  const waiting = new Map<number, (payload: Payload) => void>();
  const tell = (task: object) => child.stdin.write(`${JSON.stringify(task)}\n`);
  let sent = 0;
  child.once("error", (error) => clients.forEach((client) => client.errors.push(error.message)));
  createInterface(child.stdout).on("line", (line) => {
    const { cell, entered, ack, event, payload, error } = JSON.parse(line);
    const client = clients[cell];
    if (entered) client.entered++;
    else if (ack !== undefined) waiting.get(ack)?.(payload);
    else if (event) client.received.push({ event, payload });
    else client.errors.push(error);
  });
  return {
    open: (opening) => {
      const cell = clients.length;
      const client = new OutsideClient(
        (what) =>
          new Promise((acked) => {
            waiting.set(++sent, acked);
            tell({ cell, do: "send", id: sent, ...what });
          }),
      );
      clients.push(client);
      tell({ cell, do: "open", ...opening });
      return client;
    },
    // Nothing of it needs to be saved.
    close: () => end(child),
  };
}

function end(child: ChildProcess): void {
  child.kill("SIGKILL");
}

/** The interpreter that `bin/test` has installed, or the one that `PYTHON` names. */
const PYTHON = process.env.PYTHON ?? join(__dirname, "../../.tools/python/bin/python");

const RUST_CLIENT = join(__dirname, "rust_client");
const RUST_TARGET = resolve(__dirname, "../..", process.env.CARGO_TARGET_DIR ?? "target", "rust_client");

/** Compiles the client in Rust, which takes half a minute the first time. */
export async function buildRustClient(): Promise<void> {
  const manifest = join(RUST_CLIENT, "Cargo.toml");
  const cargo = spawn("cargo", ["build", "--quiet", "--locked", "--manifest-path", manifest, "--target-dir", RUST_TARGET], {
    stdio: ["ignore", "inherit", "inherit"],
  });
  const [status] = await once(cargo, "exit");
  if (status !== 0) throw new Error(`the client in Rust does not compile: status ${status}`);
}

export function library(name: string): Library {
  if (name === "python-socketio") return foreign(PYTHON, join(__dirname, "python_clients.py"));
  if (name === "rust_socketio") return foreign(join(RUST_TARGET, "debug/rust_client"));
  return official(name.replace("official ", ""));
}
