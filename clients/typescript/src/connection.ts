/** The connection: the official Socket.IO client, with fresh tokens, and back by itself. */
import { type ManagerOptions, type Socket, type SocketOptions, io } from "socket.io-client";
import { type Wait, delay } from "./backoff.js";
import { ParlanceError, asError, refusal } from "./errors.js";
import type { Requests, ServerEvent } from "./events.js";
import type { TokenSource } from "./rest.js";

/**
 * `offline`: it comes back by itself. `signedOut`: no token is good; `connect()` tries again.
 * `online`: since `ready`.
 */
export type Status = "offline" | "connecting" | "online" | "signedOut" | "closed";

export interface ConnectionNeeds {
  url: string;
  token: TokenSource;
  /** How long an acknowledgement may take. */
  ackTimeout: number;
  wait: Wait;
  heard(event: ServerEvent): void;
  /** The connection is lost, comes back, or does not. */
  changed(status: Status, error?: ParlanceError): void;
  /** Over those of this class. */
  socket?: Partial<ManagerOptions & SocketOptions> | undefined;
}

const OPTIONS: Partial<ManagerOptions & SocketOptions> = {
  autoConnect: false,
  // One connection for each client, whoever else uses the library.
  forceNew: true,
  // WebSocket first: of several nodes, any will do. Long polling needs one that stays the same.
  transports: ["websocket", "polling"],
  tryAllTransports: true,
  reconnectionDelay: 500,
  reconnectionDelayMax: 10_000,
  // From nothing to twice the delay: when a server restarts, all come back, but not at once.
  randomizationFactor: 1,
};

export class Connection {
  readonly #needs: ConnectionNeeds;
  readonly #socket: Socket;
  #status: Status = "offline";
  /** The token that was used last, and the one that was not taken. */
  #token: string | undefined;
  #refused: string | undefined;
  /** How often the server did not want this connection, one time after the other. */
  #denials = 0;
  /** Of the attempts to connect by hand the last one counts, and of the questions for a token. */
  #attempt = 0;
  #turn = 0;

  constructor(needs: ConnectionNeeds) {
    this.#needs = needs;
    const auth = (tell: (auth: object) => void) => void this.#authenticate(tell);
    this.#socket = io(needs.url, { ...OPTIONS, ...needs.socket, auth });
    this.#socket.onAny((_name: string, event: ServerEvent) => this.#hear(event));
    this.#socket.on("disconnect", (reason) => {
      if (this.#isOver) return;
      this.#change("offline");
      // The client leaves it to us to come back when the server has hung up: the session may have
      // ended, and the next answer says whether it has.
      if (reason === "io server disconnect") void this.#connectLater();
    });
    this.#socket.on("connect_error", (error) => this.#denied(error));
    globalThis.addEventListener?.("online", this.#woken);
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
    this.#denials = 0;
    this.#change("connecting");
    this.#socket.connect();
  }

  close(): void {
    this.#change("closed");
    this.#attempt += 1;
    globalThis.removeEventListener?.("online", this.#woken);
    this.#socket.disconnect();
  }

  /** Asks once. Without an answer in time it is `lost`. */
  async ask<Name extends keyof Requests>(
    name: Name,
    payload: Requests[Name]["ask"],
  ): Promise<Requests[Name]["answer"]> {
    // The library would keep it for the next connection, and send it unasked.
    if (this.#status !== "online" || !this.#socket.connected) {
      throw new ParlanceError("lost", "There is no connection.");
    }
    let answer;
    try {
      answer = await this.#socket.timeout(this.#needs.ackTimeout).emitWithAck(name, payload);
    } catch (error) {
      throw asError(error);
    }
    if (answer?.ok !== true) throw refusal(answer?.error);
    return answer;
  }

  /** Says something that is of no use later. */
  tell<Name extends keyof Requests>(name: Name, payload: Requests[Name]["ask"]): void {
    if (this.#socket.connected) this.#socket.volatile.emit(name, payload);
  }

  #hear(event: ServerEvent): void {
    if (this.#isOver) return;
    if (event.type === "ready") {
      this.#denials = 0;
      this.#refused = undefined;
      this.#status = "online";
    }
    this.#needs.heard(event);
  }

  async #authenticate(tell: (auth: object) => void): Promise<void> {
    // The connection that asked may be gone when there is a token.
    const turn = (this.#turn += 1);
    try {
      this.#token = await this.#needs.token(this.#refused);
      // The same again would be refused again.
      if (this.#token === this.#refused) throw new ParlanceError("unauthenticated", "There is no fresh token.");
      if (turn === this.#turn) tell({ token: this.#token });
    } catch (thrown) {
      const error = asError(thrown);
      if (turn !== this.#turn || this.#isOver) return;
      if (error.mayPass) {
        this.#socket.disconnect();
        void this.#connectLater(error.retryAfter);
      } else {
        this.#signOut(error);
      }
    }
  }

  #denied(error: Error): void {
    if (this.#isOver) return;
    // The network, or a server that is starting or stopping: the library tries again by itself.
    if (this.#socket.active) return this.#change("offline", asError(error));
    const [code = "", ...detail] = error.message.split(": ");
    const reason = refusal({ code, detail: detail.join(": ") || error.message });
    if (reason.code === "forbidden") return this.#signOut(reason);
    if (reason.code !== "unauthenticated") {
      this.#change("offline", reason);
      return void this.#connectLater();
    }
    // One fresh token, then it is not the token.
    if (this.#refused !== undefined) return this.#signOut(reason);
    this.#refused = this.#token ?? "";
    this.#socket.connect();
  }

  async #connectLater(retryAfter?: number): Promise<void> {
    this.#denials += 1;
    const attempt = (this.#attempt += 1);
    await this.#needs.wait(delay(this.#denials, retryAfter));
    if (attempt === this.#attempt && !this.#isOver) this.#socket.connect();
  }

  readonly #woken = (): void => {
    if (this.#isOver || this.#socket.connected || !this.#socket.active) return;
    // Instead of whatever pause the library was making.
    this.#socket.disconnect().connect();
  };

  #signOut(error: ParlanceError): void {
    this.#change("signedOut", error);
    this.#attempt += 1;
    this.#socket.disconnect();
  }

  #change(status: Status, error?: ParlanceError): void {
    this.#status = status;
    this.#needs.changed(status, error);
  }
}
