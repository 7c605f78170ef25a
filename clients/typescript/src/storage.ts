/** Where the outbox is kept, so that what was written outlives the program or the page. */
import type { Outgoing } from "./outbox.js";

/** May answer at once or later. What it throws is told by the event `error`, and stops no message. */
export interface OutboxStorage {
  load(): Outgoing[] | Promise<Outgoing[]>;
  save(outgoing: Outgoing): void | Promise<void>;
  remove(clientId: string): void | Promise<void>;
}

/** As much of `localStorage` as is used. */
export interface KeyValues {
  readonly length: number;
  key(index: number): string | null;
  getItem(key: string): string | null;
  setItem(key: string, value: string): void;
  removeItem(key: string): void;
}

/** Lives as long as the program. */
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
 * In the browser, `new WebStorage(localStorage, "parlance:" + userId)`: a name for each account, or
 * one would send what another wrote. Each message has a key of its own, so that two tabs do not
 * overwrite each other; both may send it, and it is written once.
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
