import { expect } from "@playwright/test";
import type { Socket } from "socket.io-client";

/** A payload of one of five contracts: the tests look at it as JavaScript clients do. */
export type Payload = any;

type Wanted = Record<string, unknown> | ((...payload: Payload[]) => boolean);

const PATIENCE = 10_000;

/** The official client, and all that it has heard. */
export class Client {
  /** What no test has asked for yet. */
  readonly heard: { event: string; payload: Payload[] }[] = [];
  private wake: () => void = () => {};

  constructor(readonly socket: Socket) {
    socket.onAny((event: string, ...payload: Payload[]) => {
      this.heard.push({ event, payload });
      this.wake();
    });
  }

  emit(event: string, ...payload: Payload[]): void {
    this.socket.emit(event, ...payload);
  }

  /** Emits, and waits for the acknowledgement. */
  ask(event: string, ...payload: Payload[]): Promise<Payload> {
    return this.socket.timeout(PATIENCE).emitWithAck(event, ...payload);
  }

  /** The oldest such event that nobody has asked for yet; waits for it. */
  async hears(event: string, wanted: Wanted = {}): Promise<Payload> {
    for (const until = Date.now() + PATIENCE; ; ) {
      const index = this.heard.findIndex((it) => it.event === event && fits(it.payload, wanted));
      if (index >= 0) return this.heard.splice(index, 1)[0].payload[0];
      const left = until - Date.now();
      const seen = JSON.stringify(this.heard);
      expect(left, `waits for ${event} ${JSON.stringify(wanted)}; heard ${seen}`).toBeGreaterThan(0);
      await this.more(left);
    }
  }

  /** Nothing but what was asked for already, or none of these events; and not a moment later either. */
  async hearsNothing(...events: string[]): Promise<void> {
    await new Promise((passed) => setTimeout(passed, 250));
    expect(this.socket.connected, "who hears nothing is there").toBe(true);
    expect(this.heard.filter((it) => events.length === 0 || events.includes(it.event))).toEqual([]);
  }

  /** Forgets what was heard so far. */
  forget(): void {
    this.heard.length = 0;
  }

  close(): void {
    this.socket.disconnect();
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

function fits(payload: Payload[], wanted: Wanted): boolean {
  if (typeof wanted === "function") return wanted(...payload);
  return Object.entries(wanted).every(([name, value]) => payload[0]?.[name] === value);
}
