/** The changes of all conversations: one sequence for each, and what is heard of unknown ones. */
import type { Change, Seqs } from "./events.js";
import { Sequence } from "./sequence.js";
import type { Head, Id } from "./types.js";

export class Feed {
  readonly #sequences = new Map<Id, Sequence>();
  /** Heard of and not known: a `sync` tells what they are. */
  readonly #strangers = new Set<Id>();

  constructor(known: Seqs = {}) {
    for (const [id, seq] of Object.entries(known)) this.begin(id, seq);
  }

  /** What a `sync` asks with. */
  get seqs(): Seqs {
    return Object.fromEntries([...this.#sequences].map(([id, sequence]) => [id, sequence.seq]));
  }

  /** Whether a `sync` is due. */
  get isBehind(): boolean {
    return this.#strangers.size > 0 || [...this.#sequences.values()].some((sequence) => sequence.isBehind);
  }

  /** A conversation is known, up to here. */
  begin(id: Id, seq: number): void {
    this.#strangers.delete(id);
    if (!this.#sequences.has(id)) this.#sequences.set(id, new Sequence(seq));
  }

  /** There are changes up to this one. */
  expect(id: Id, seq: number): void {
    this.#sequences.get(id)?.expect(seq);
  }

  /**
   * After a connection: all there is, with how far it goes. Answers with the conversations in
   * which more than `most` changes were missed, and those that have gone back, as after the
   * restoring of a backup: they go on from where they are now.
   */
  catchUp(heads: readonly Head[], most: number): Id[] {
    this.#strangers.clear();
    const skipped: Id[] = [];
    for (const { id, seq } of heads) {
      const sequence = this.#sequences.get(id);
      if (!sequence) {
        this.#strangers.add(id);
      } else if (seq - sequence.seq > most || seq < sequence.seq) {
        this.#sequences.set(id, new Sequence(seq));
        skipped.push(id);
      } else {
        sequence.expect(seq);
      }
    }
    return skipped;
  }

  /** A live event: answers what is due now. */
  take(change: Change): Change[] {
    return this.#take(change, (sequence) => sequence.take(change));
  }

  /** The answer to a `sync`. */
  takeAll(changes: readonly Change[], hasMore: boolean): Change[] {
    const due = changes.flatMap((change) => this.#take(change, (sequence) => sequence.takeSynced(change)));
    if (!hasMore) this.#strangers.clear();
    return due;
  }

  #take(change: Change, take: (sequence: Sequence) => Change[]): Change[] {
    const { conversationId: id, seq } = change;
    const sequence = this.#sequences.get(id);
    if (change.type === "conversation:removed") {
      this.#strangers.delete(id);
      // Nothing of it comes any more that could make its sequence whole.
      if (!sequence || seq < sequence.seq) return [];
      this.#sequences.delete(id);
      return [change];
    }
    if (!sequence) {
      if (change.type !== "conversation:created") {
        this.#strangers.add(id);
        return [];
      }
      this.begin(id, seq);
      return [change];
    }
    if (change.type === "conversation:created") {
      sequence.expect(seq);
      return [];
    }
    return take(sequence);
  }
}
