/** Says how far this client has received and read: not with every message, but soon. */
import type { Wait } from "./backoff.js";
import { asError } from "./errors.js";
import type { Requests } from "./events.js";
import type { Id } from "./types.js";

type Name = "conversation:read" | "conversation:delivered";

export interface ReceiptsNeeds {
  ask(name: Name, payload: Requests[Name]["ask"]): Promise<unknown>;
  wait: Wait;
}

const SOON = 250;

export class Receipts {
  readonly #needs: ReceiptsNeeds;
  readonly #waiting: Record<Name, Map<Id, number>> = {
    "conversation:read": new Map(),
    "conversation:delivered": new Map(),
  };
  #isDue = false;

  constructor(needs: ReceiptsNeeds) {
    this.#needs = needs;
  }

  /** Positions only move forward, so that saying it twice does no harm. */
  note(name: Name, id: Id, position: number): void {
    const waiting = this.#waiting[name];
    waiting.set(id, Math.max(waiting.get(id) ?? 0, position));
    void this.flush();
  }

  /** After a connection: what could not be said before. */
  async flush(): Promise<void> {
    if (this.#isDue) return;
    this.#isDue = true;
    await this.#needs.wait(SOON);
    this.#isDue = false;
    const { "conversation:read": read, "conversation:delivered": delivered } = this.#waiting;
    for (const [id, position] of delivered) {
      // Read implies delivered.
      if ((read.get(id) ?? 0) >= position) delivered.delete(id);
    }
    for (const name of ["conversation:read", "conversation:delivered"] as const) {
      for (const [conversationId, position] of [...this.#waiting[name]]) {
        if (!(await this.#say(name, conversationId, position))) return;
      }
    }
  }

  async #say(name: Name, conversationId: Id, position: number): Promise<boolean> {
    try {
      await this.#needs.ask(name, { conversationId, position });
    } catch (error) {
      // The next `ready`, or the next message, takes it up again.
      if (asError(error).mayPass) return false;
    }
    const waiting = this.#waiting[name];
    if ((waiting.get(conversationId) ?? 0) <= position) waiting.delete(conversationId);
    return true;
  }
}
