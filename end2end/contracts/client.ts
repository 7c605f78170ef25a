import { expect } from "@playwright/test";
import type { Socket } from "socket.io-client";
import { checkAcknowledgement, checkEvent } from "./documents";

/** A payload of one of five contracts, untyped: the tests read it as JavaScript clients do. */
export type Payload = any;

/** Fields that the payload has, or a test of all arguments of the event. */
type Wanted = Record<string, unknown> | ((...payload: Payload[]) => boolean);

interface Received {
  event: string;
  payload: Payload[];
}

/** In every marker. Other clients of the same user receive markers, too, and ignore them. */
const MARKER = "marker-of-silence-";

/** Milliseconds until an event or an acknowledgement counts as missing. */
const TIMEOUT = 10_000;

/** The official client, with a buffer of all events that it has received. */
export class Client {
  /** Received events that no test has taken yet, in order. */
  readonly received: Received[] = [];
  private wake: () => void = () => {};
  private readonly checks: Promise<void>[] = [];

  /**
   * Events and acknowledgements are compared with the document of the door at `url`, if there is one.
   * `emitMarker` makes the server emit an event to this client that contains the given text, behind
   * everything that it has emitted before.
   */
  constructor(
    readonly socket: Socket,
    private readonly emitMarker?: (text: string) => Promise<void>,
    private readonly url?: string,
  ) {
    socket.onAny((event: string, ...payload: Payload[]) => {
      if (url) this.check(checkEvent(url, event, payload));
      this.received.push({ event, payload });
      this.wake();
    });
  }

  emit(event: string, ...payload: Payload[]): void {
    this.socket.emit(event, ...payload);
  }

  /** Emits, and waits for the acknowledgement. */
  async ask(event: string, ...payload: Payload[]): Promise<Payload> {
    const ack = await this.socket.timeout(TIMEOUT).emitWithAck(event, ...payload);
    if (this.url) this.check(checkAcknowledgement(this.url, event, ack));
    return ack;
  }

  /** Fails if anything that was received is not as the door's document says. */
  async checked(): Promise<void> {
    await Promise.all(this.checks);
  }

  private check(result: Promise<void>): void {
    // `checked` reports it.
    result.catch(() => {});
    this.checks.push(result);
  }

  /** Waits for the oldest such event that no test has taken yet, and takes it. Its first argument. */
  async receives(event: string, wanted: Wanted = {}): Promise<Payload> {
    const matches = (it: Received) => it.event === event && fits(it.payload, wanted) && !contains(it, MARKER);
    const index = await this.find(matches, `${event} ${JSON.stringify(wanted)}`);
    return this.received.splice(index, 1)[0].payload[0];
  }

  /**
   * No event has been received that no test has taken, or none of these. A marker proves it: all that
   * the server had emitted to this client before it has arrived when the marker has.
   */
  async receivesNothing(...events: string[]): Promise<void> {
    if (!this.emitMarker) throw new Error("this client has no marker");
    const marker = MARKER + crypto.randomUUID();
    await this.emitMarker(marker);
    await this.find((it) => contains(it, `${marker}!`), "the marker");
    const first = this.received.findIndex((it) => contains(it, marker));
    const before = this.received.slice(0, first).filter((it) => !contains(it, MARKER));
    expect(before.filter((it) => events.length === 0 || events.includes(it.event))).toEqual([]);
    this.received.splice(0, this.received.length, ...this.received.filter((it) => !contains(it, MARKER)));
  }

  /** Drops the events that were received so far. */
  discard(): void {
    this.received.length = 0;
  }

  close(): void {
    this.socket.disconnect();
  }

  /** The index of the first received event that fits; waits for it. */
  private async find(matches: (it: Received) => boolean, what: string): Promise<number> {
    for (const until = Date.now() + TIMEOUT; ; ) {
      const index = this.received.findIndex(matches);
      if (index >= 0) return index;
      const left = until - Date.now();
      expect(left, `waits for ${what}; received ${JSON.stringify(this.received)}`).toBeGreaterThan(0);
      await this.more(left);
    }
  }

  private more(left: number): Promise<void> {
    return new Promise((resolve) => {
      const late = setTimeout(resolve, left);
      this.wake = () => {
        clearTimeout(late);
        resolve();
      };
    });
  }
}

function contains({ payload }: Received, text: string): boolean {
  return JSON.stringify(payload).includes(text);
}

/** The server handles a closed connection at a time that no client can observe: some milliseconds later. */
export function settle(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 250));
}

function fits(payload: Payload[], wanted: Wanted): boolean {
  if (typeof wanted === "function") return wanted(...payload);
  return Object.entries(wanted).every(([name, value]) => payload[0]?.[name] === value);
}
