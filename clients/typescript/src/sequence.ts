/** Sequence of one conversation: puts its changes in order, each once, and buffers those after a gap. */
import type { Change } from "./events.js";

/** Most buffered changes. A change beyond that is dropped, and returned by a later `sync`. */
const MAX_BUFFERED = 500;

export class Sequence {
  #seq: number;
  /** Highest sequence number that is known to exist. */
  #newest: number;
  readonly #buffered = new Map<number, Change>();

  constructor(seq: number) {
    this.#seq = this.#newest = seq;
  }

  /** Every change up to this sequence number was returned. */
  get seq(): number {
    return this.#seq;
  }

  /** Whether a change is missing. */
  get isBehind(): boolean {
    return this.#seq < this.#newest;
  }

  /** There are changes up to `seq`. */
  expect(seq: number): void {
    this.#newest = Math.max(this.#newest, seq);
  }

  /**
   * Takes a live event. Returns the changes that are in order now: it and the buffered ones after
   * it, or nothing.
   */
  take(change: Change): Change[] {
    if (change.seq <= this.#seq) return [];
    this.expect(change.seq);
    if (change.seq !== this.#seq + 1) {
      if (this.#buffered.size < MAX_BUFFERED) this.#buffered.set(change.seq, change);
      return [];
    }
    return [this.#advance(change), ...this.#takeBuffered()];
  }

  /**
   * Takes an entry of a `sync`, which returns each thing once under its last sequence number: the
   * numbers need not be adjacent.
   */
  takeSynced(change: Change): Change[] {
    if (change.seq <= this.#seq) return [];
    return [this.#advance(change), ...this.#takeBuffered()];
  }

  #advance(change: Change): Change {
    this.#seq = change.seq;
    this.expect(change.seq);
    this.#dropOld();
    return change;
  }

  #takeBuffered(): Change[] {
    const due: Change[] = [];
    for (let next; (next = this.#buffered.get(this.#seq + 1)); ) due.push(this.#advance(next));
    return due;
  }

  #dropOld(): void {
    for (const seq of this.#buffered.keys()) if (seq <= this.#seq) this.#buffered.delete(seq);
  }
}
