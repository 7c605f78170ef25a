import WebSocket from "ws";
import { type Door, NAMESPACES, door } from "./doors";

/** The address of an Engine.IO server. */
export function engine(name: Door, query: Record<string, string>): string {
  return `${door(name)}/socket.io/?${new URLSearchParams(query)}`;
}

export const POLLING = { EIO: "4", transport: "polling" };
export const WEBSOCKET = { EIO: "4", transport: "websocket" };

/** A packet of Socket.IO for the namespace of the door: `packet("groups", "0", auth)`. */
export function packet(name: Door, type: string, data?: unknown, namespace = NAMESPACES[name]): string {
  const where = namespace === "/" ? "" : `${namespace},`;
  const [kind, id = ""] = type.split("#");
  return `4${kind}${where}${id}${data === undefined ? "" : JSON.stringify(data)}`;
}

/** A WebSocket without a client on it: what comes in is read frame by frame. */
export class RawSocket {
  /** Its code, once it has ended. */
  readonly closed: Promise<number>;
  private readonly frames: (string | Buffer)[] = [];
  private wake: () => void = () => {};

  private constructor(private readonly socket: WebSocket) {
    socket.on("message", (data: Buffer, isBinary: boolean) => {
      this.frames.push(isBinary ? data : data.toString());
      this.wake();
    });
    this.closed = new Promise((resolve) => socket.on("close", resolve));
  }

  static async open(url: string): Promise<RawSocket> {
    const socket = new WebSocket(url.replace("http", "ws"));
    const wire = new RawSocket(socket);
    await new Promise<void>((resolve, reject) => {
      socket.on("open", resolve);
      socket.on("error", reject);
    });
    return wire;
  }

  send(...frames: (string | Buffer)[]): void {
    for (const frame of frames) this.socket.send(frame);
  }

  /** The next frame that begins like this; those before it are passed over. */
  async next(start = "", patience = 10_000): Promise<string> {
    const late = Date.now() + patience;
    for (;;) {
      while (this.frames.length > 0) {
        const frame = String(this.frames.shift());
        if (frame.startsWith(start)) return frame;
      }
      const left = late - Date.now();
      if (left <= 0) throw new Error(`waits for a frame that begins with ${start}`);
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, left);
        this.wake = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    }
  }

  close(): void {
    this.socket.close();
  }
}

/** A session over long polling. */
export class PollingSession {
  private constructor(private readonly url: string) {}

  static async open(name: Door): Promise<PollingSession> {
    const answer = await fetch(engine(name, POLLING));
    const { sid } = JSON.parse((await answer.text()).slice(1));
    return new PollingSession(engine(name, { ...POLLING, sid }));
  }

  /** Where the same session goes on over a WebSocket. */
  get upgrade(): string {
    return this.url.replace("transport=polling", "transport=websocket");
  }

  post(body: string): Promise<Response> {
    return fetch(this.url, { method: "POST", body, headers: { "content-type": "text/plain;charset=UTF-8" } });
  }

  get(): Promise<Response> {
    return fetch(this.url);
  }

  /** Polls until a packet comes that begins like this. */
  async next(start: string): Promise<string> {
    for (;;) {
      const answer = await this.get();
      if (answer.status !== 200) throw new Error(`${answer.status} while waiting for ${start}`);
      const found = (await answer.text()).split("\x1e").find((packet) => packet.startsWith(start));
      if (found) return found;
    }
  }
}
