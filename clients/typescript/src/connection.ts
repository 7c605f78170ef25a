/** Socket.IO connection with fresh tokens that reconnects by itself. */
import { type ManagerOptions, type Socket, type SocketOptions, io } from "socket.io-client";
import { type Wait, delay } from "./backoff.js";
import { ParlanceError, asError, parseError } from "./errors.js";
import type { Requests, ServerEvent } from "./events.js";
import type { TokenSource } from "./rest.js";

/**
 * `offline`: reconnects by itself. `connecting`: the first attempt. `online`: `ready` was received.
 * `signedOut`: no token was accepted; `connect()` tries again. `closed`: ended by `close()`.
 */
export type Status = "offline" | "connecting" | "online" | "signedOut" | "closed";

export interface ConnectionDeps {
  url: string;
  token: TokenSource;
  /** Milliseconds to wait for an acknowledgement. */
  ackTimeout: number;
  wait: Wait;
  onEvent(event: ServerEvent): void;
  /** Called on every change of the status but to `online`, which follows the resync. */
  onStatus(status: Status, error?: ParlanceError): void;
  /** Options of the Socket.IO client; they take precedence over the defaults. */
  socket?: Partial<ManagerOptions & SocketOptions> | undefined;
}

const DEFAULT_OPTIONS: Partial<ManagerOptions & SocketOptions> = {
  autoConnect: false,
  // One connection for each client, even if other code uses the library with the same URL.
  forceNew: true,
  // WebSocket first: it works with any of several nodes, while long polling needs sticky sessions.
  transports: ["websocket", "polling"],
  tryAllTransports: true,
  reconnectionDelay: 500,
  reconnectionDelayMax: 5_000,
  // Delays are random from nothing to twice the value, so that clients do not reconnect together
  // after a restart.
  randomizationFactor: 1,
};

export class Connection {
  readonly #deps: ConnectionDeps;
  readonly #socket: Socket;
  #status: Status = "offline";
  /** The token that was used last, and the one that the server refused. */
  #token: string | undefined;
  #refused: string | undefined;
  /** Rejected connections in a row. */
  #rejections = 0;
  /** Number of the current reconnect attempt and of the current token request: an older one is stale. */
  #attempt = 0;
  #tokenRequest = 0;

  constructor(deps: ConnectionDeps) {
    this.#deps = deps;
    const auth = (sendAuth: (auth: object) => void) => void this.#authenticate(sendAuth);
    this.#socket = io(deps.url, { ...DEFAULT_OPTIONS, ...deps.socket, auth });
    this.#socket.onAny((_name: string, event: ServerEvent) => this.#onEvent(event));
    this.#socket.on("disconnect", (reason) => {
      if (this.#isOver) return;
      this.#setStatus("offline");
      // socket.io-client does not reconnect after a disconnect by the server. The session may have
      // ended; the next attempt shows whether it has.
      if (reason === "io server disconnect") void this.#scheduleConnect();
    });
    this.#socket.on("connect_error", (error) => this.#onConnectError(error));
    globalThis.addEventListener?.("online", this.#onNetworkOnline);
  }

  get status(): Status {
    return this.#status;
  }

  get #isOver(): boolean {
    return this.#status === "closed" || this.#status === "signedOut";
  }

  connect(): void {
    if (this.#socket.active || this.#status === "closed") return;
    this.#refused = undefined;
    this.#rejections = 0;
    this.#setStatus("connecting");
    this.#socket.connect();
  }

  close(): void {
    this.#setStatus("closed");
    this.#attempt += 1;
    globalThis.removeEventListener?.("online", this.#onNetworkOnline);
    this.#socket.disconnect();
  }

  /**
   * Emits a request and waits for its acknowledgement. Rejects with `lost` without a connection or
   * without an answer in time.
   */
  async request<Name extends keyof Requests>(
    name: Name,
    payload: Requests[Name]["ask"],
  ): Promise<Requests[Name]["answer"]> {
    // socket.io-client would buffer it, and send it over the next connection.
    if (this.#status !== "online" || !this.#socket.connected) {
      throw new ParlanceError("lost", "There is no connection.");
    }
    let answer;
    try {
      answer = await this.#socket.timeout(this.#deps.ackTimeout).emitWithAck(name, payload);
    } catch (error) {
      throw asError(error);
    }
    if (answer?.ok !== true) throw parseError(answer?.error);
    return answer;
  }

  /** Emits without acknowledgement; dropped without a connection. */
  emitVolatile<Name extends keyof Requests>(name: Name, payload: Requests[Name]["ask"]): void {
    if (this.#socket.connected) this.#socket.volatile.emit(name, payload);
  }

  #onEvent(event: ServerEvent): void {
    if (this.#isOver) return;
    if (event.type === "ready") {
      this.#rejections = 0;
      this.#refused = undefined;
      this.#status = "online";
    }
    this.#deps.onEvent(event);
  }

  async #authenticate(sendAuth: (auth: object) => void): Promise<void> {
    // By the time the token arrives, another connection attempt may have begun.
    const tokenRequest = (this.#tokenRequest += 1);
    try {
      this.#token = await this.#deps.token(this.#refused);
      // The server would refuse the same token again.
      if (this.#token === this.#refused) throw new ParlanceError("unauthenticated", "There is no fresh token.");
      if (tokenRequest === this.#tokenRequest) sendAuth({ token: this.#token });
    } catch (thrown) {
      const error = asError(thrown);
      if (tokenRequest !== this.#tokenRequest || this.#isOver) return;
      if (error.mayPass) {
        this.#socket.disconnect();
        void this.#scheduleConnect(error.retryAfter);
      } else {
        this.#signOut(error);
      }
    }
  }

  #onConnectError(error: Error): void {
    if (this.#isOver) return;
    // The network failed, or the server is starting or stopping: the library retries by itself.
    if (this.#socket.active) return this.#setStatus("offline", asError(error));
    const [code = "", ...detail] = error.message.split(": ");
    const reason = parseError({ code, detail: detail.join(": ") || error.message });
    if (reason.code === "forbidden") return this.#signOut(reason);
    if (reason.code !== "unauthenticated") {
      this.#setStatus("offline", reason);
      return void this.#scheduleConnect();
    }
    // A second refused token means that the session has ended.
    if (this.#refused !== undefined) return this.#signOut(reason);
    this.#refused = this.#token ?? "";
    this.#socket.connect();
  }

  async #scheduleConnect(retryAfter?: number): Promise<void> {
    this.#rejections += 1;
    const attempt = (this.#attempt += 1);
    await this.#deps.wait(delay(this.#rejections, retryAfter));
    if (attempt === this.#attempt && !this.#isOver) this.#socket.connect();
  }

  readonly #onNetworkOnline = (): void => {
    if (this.#isOver || this.#socket.connected || !this.#socket.active) return;
    // Connect at once, instead of after the library's delay.
    this.#socket.disconnect().connect();
  };

  #signOut(error: ParlanceError): void {
    this.#setStatus("signedOut", error);
    this.#attempt += 1;
    this.#socket.disconnect();
  }

  #setStatus(status: Status, error?: ParlanceError): void {
    this.#status = status;
    this.#deps.onStatus(status, error);
  }
}
