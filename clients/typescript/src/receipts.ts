/** Reports read and delivered positions to the server, at most once in 250 ms. */
import type { Wait } from "./backoff.js";
import { asError } from "./errors.js";
import type { Requests } from "./events.js";
import type { Id } from "./types.js";

type Name = "conversation:read" | "conversation:delivered";

export interface ReceiptsDeps {
  request(name: Name, payload: Requests[Name]["ask"]): Promise<unknown>;
  wait: Wait;
}

const FLUSH_DELAY = 250;

export class Receipts {
  readonly #deps: ReceiptsDeps;
  readonly #pending: Record<Name, Map<Id, number>> = {
    "conversation:read": new Map(),
    "conversation:delivered": new Map(),
  };
  #isScheduled = false;

  constructor(deps: ReceiptsDeps) {
    this.#deps = deps;
  }

  /** Remembers the greatest position, and schedules a flush. */
  schedule(name: Name, id: Id, position: number): void {
    const pending = this.#pending[name];
    pending.set(id, Math.max(pending.get(id) ?? 0, position));
    void this.flush();
  }

  /** Sends the pending positions after 250 ms; also called after each connection. */
  async flush(): Promise<void> {
    if (this.#isScheduled) return;
    this.#isScheduled = true;
    await this.#deps.wait(FLUSH_DELAY);
    this.#isScheduled = false;
    const { "conversation:read": read, "conversation:delivered": delivered } = this.#pending;
    for (const [id, position] of delivered) {
      // Read implies delivered.
      if ((read.get(id) ?? 0) >= position) delivered.delete(id);
    }
    for (const name of ["conversation:read", "conversation:delivered"] as const) {
      for (const [conversationId, position] of [...this.#pending[name]]) {
        if (!(await this.#send(name, conversationId, position))) return;
      }
    }
  }

  async #send(name: Name, conversationId: Id, position: number): Promise<boolean> {
    try {
      await this.#deps.request(name, { conversationId, position });
    } catch (error) {
      // The position stays pending until the next `ready` or the next call.
      if (asError(error).mayPass) return false;
    }
    const pending = this.#pending[name];
    if ((pending.get(conversationId) ?? 0) <= position) pending.delete(conversationId);
    return true;
  }
}
