/** The changes of one conversation, put in order: applied once, in their turn, or held. */
import type { Change } from "./events.js";

/** So many changes are held that came too early. What falls out comes back by `sync`. */
const HELD = 500;

export class Sequence {
  #seq: number;
  /** It is known that there are changes up to this one. */
  #known: number;
  readonly #held = new Map<number, Change>();

  constructor(seq: number) {
    this.#seq = this.#known = seq;
  }

  /** Every change up to this one has been given out. */
  get seq(): number {
    return this.#seq;
  }

  /** Whether something is missing. */
  get isBehind(): boolean {
    return this.#seq < this.#known;
  }

  /** There are changes up to this one, says somebody. */
  expect(seq: number): void {
    this.#known = Math.max(this.#known, seq);
  }

  /** A live event. Answers what is due now: it, with what had waited for it, or nothing. */
  take(change: Change): Change[] {
    if (change.seq <= this.#seq) return [];
    this.expect(change.seq);
    if (change.seq !== this.#seq + 1) {
      if (this.#held.size < HELD) this.#held.set(change.seq, change);
      return [];
    }
    return [this.#reach(change), ...this.#due()];
  }

  /** An entry of `sync`: it tells each thing once, so that the numbers need not be adjacent. */
  takeSynced(change: Change): Change[] {
    if (change.seq <= this.#seq) return [];
    return [this.#reach(change), ...this.#due()];
  }

  #reach(change: Change): Change {
    this.#seq = change.seq;
    this.expect(change.seq);
    this.#forget();
    return change;
  }

  #due(): Change[] {
    const due: Change[] = [];
    for (let next; (next = this.#held.get(this.#seq + 1)); ) due.push(this.#reach(next));
    return due;
  }

  #forget(): void {
    for (const seq of this.#held.keys()) if (seq <= this.#seq) this.#held.delete(seq);
  }
}
