/** TCP proxy between a client and the server that can drop frames, delay them, and cut connections. */
import { type AddressInfo, type Server, type Socket, connect, createServer } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";

export class Proxy {
  /** False refuses every connection. */
  isOpen = true;
  /** True drops everything that the server sends, without closing the connection. */
  dropsServerData = false;
  /** Milliseconds by which all data is delayed. */
  delay = 0;
  /** Whether to pass a WebSocket frame of the server on: `43…` is an acknowledgement. */
  passFrame: (frame: string) => boolean = () => true;
  readonly #target: URL;
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();

  private constructor(target: URL) {
    this.#target = target;
    this.#server = createServer((client) => this.#join(client));
  }

  static async start(url: string): Promise<Proxy> {
    const proxy = new Proxy(new URL(url));
    await new Promise<void>((listening) => proxy.#server.listen(0, "127.0.0.1", listening));
    return proxy;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** Resets every connection. */
  cut(): void {
    for (const socket of this.#sockets) socket.resetAndDestroy();
    this.#sockets.clear();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.isOpen = false;
    this.cut();
    await new Promise((closed) => this.#server.close(closed));
  }

  #join(client: Socket): void {
    if (!this.isOpen) return void client.resetAndDestroy();
    const server = connect(Number(this.#target.port), this.#target.hostname);
    const frames = new Frames((frame) => this.passFrame(frame));
    this.#pipe(client, server, (data) => data);
    this.#pipe(server, client, (data) => (this.dropsServerData ? undefined : frames.filter(data)));
  }

  /** Forwards data and the end of the connection in order. */
  #pipe(from: Socket, to: Socket, pass: (data: Buffer) => Buffer | undefined): void {
    let before = Promise.resolve();
    const then = (work: () => void) => {
      const due = sleep(this.delay);
      before = before.then(() => due).then(work);
    };
    this.#sockets.add(from);
    from.on("error", () => {});
    from.on("data", (data: Buffer) =>
      then(() => {
        const passed = pass(data);
        if (passed?.length) to.write(passed);
      }),
    );
    from.on("close", () => {
      this.#sockets.delete(from);
      then(() => void to.end());
    });
  }
}

/** Filter of the server's WebSocket frames, which are neither masked nor compressed. */
class Frames {
  readonly #passFrame: (frame: string) => boolean;
  #rest = Buffer.alloc(0);
  #state: "head" | "frames" | "bytes" = "head";

  constructor(passFrame: (frame: string) => boolean) {
    this.#passFrame = passFrame;
  }

  filter(data: Buffer): Buffer {
    if (this.#state === "head") {
      this.#state = data.toString("latin1", 0, 12) === "HTTP/1.1 101" ? "frames" : "bytes";
      const end = data.indexOf("\r\n\r\n") + 4;
      if (this.#state === "frames") return Buffer.concat([data.subarray(0, end), this.filter(data.subarray(end))]);
    }
    if (this.#state === "bytes") return data;
    this.#rest = Buffer.concat([this.#rest, data]);
    const passed: Buffer[] = [];
    for (let frame; (frame = this.#next()); ) if (this.#passFrame(frame.text)) passed.push(frame.bytes);
    return Buffer.concat(passed);
  }

  #next(): { bytes: Buffer; text: string } | undefined {
    const rest = this.#rest;
    if (rest.length < 2) return undefined;
    const short = rest[1]! & 127;
    const head = short === 126 ? 4 : short === 127 ? 10 : 2;
    if (rest.length < head) return undefined;
    const length = short === 126 ? rest.readUInt16BE(2) : short === 127 ? Number(rest.readBigUInt64BE(2)) : short;
    if (rest.length < head + length) return undefined;
    this.#rest = rest.subarray(head + length);
    return { bytes: rest.subarray(0, head + length), text: rest.toString("utf8", head, head + length) };
  }
}
