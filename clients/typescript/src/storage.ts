/** Storage of the outbox, so that unsent messages survive a restart or a reload. */
import type { Outgoing } from "./outgoing.js";

/** Synchronous or asynchronous. An exception is emitted as `error`, and stops no message. */
export interface OutboxStorage {
  load(): Outgoing[] | Promise<Outgoing[]>;
  save(outgoing: Outgoing): void | Promise<void>;
  remove(clientId: string): void | Promise<void>;
}

/** The part of `localStorage` that is used. */
export interface KeyValues {
  readonly length: number;
  key(index: number): string | null;
  getItem(key: string): string | null;
  setItem(key: string, value: string): void;
  removeItem(key: string): void;
}

/** Keeps the outbox as long as the program runs. */
export class MemoryStorage implements OutboxStorage {
  readonly #all = new Map<string, Outgoing>();

  load(): Outgoing[] {
    return [...this.#all.values()];
  }

  save(outgoing: Outgoing): void {
    this.#all.set(outgoing.clientId, { ...outgoing });
  }

  remove(clientId: string): void {
    this.#all.delete(clientId);
  }
}

/**
 * Keeps the outbox in `localStorage`: `new WebStorage(localStorage, "parlance:" + userId)`. Use a
 * name for each account, or one account sends what another has written. Each message has its own
 * key, so that two tabs do not overwrite each other; both may send it, and the server stores it
 * once.
 */
export class WebStorage implements OutboxStorage {
  readonly #storage: KeyValues;
  readonly #prefix: string;

  constructor(storage: KeyValues, name: string) {
    this.#storage = storage;
    this.#prefix = `${name}:outbox:`;
  }

  load(): Outgoing[] {
    const keys = Array.from({ length: this.#storage.length }, (_, index) => this.#storage.key(index) ?? "");
    return keys
      .filter((key) => key.startsWith(this.#prefix))
      .flatMap((key) => read(this.#storage.getItem(key)))
      .sort((one, other) => one.order - other.order);
  }

  save(outgoing: Outgoing): void {
    this.#storage.setItem(this.#prefix + outgoing.clientId, JSON.stringify(outgoing));
  }

  remove(clientId: string): void {
    this.#storage.removeItem(this.#prefix + clientId);
  }
}

function read(json: string | null): Outgoing[] {
  try {
    const outgoing = JSON.parse(json ?? "") as Outgoing;
    return typeof outgoing.clientId === "string" && typeof outgoing.body === "string" ? [outgoing] : [];
  } catch {
    return [];
  }
}
