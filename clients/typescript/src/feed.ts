/** Change feed over all conversations: one sequence for each, and the set of unknown conversations. */
import type { Change, Seqs } from "./events.js";
import { Sequence } from "./sequence.js";
import type { Head, Id } from "./types.js";

export class Feed {
  readonly #sequences = new Map<Id, Sequence>();
  /** Conversations of which an event came before they are known; a `sync` returns them. */
  readonly #unknown = new Set<Id>();

  constructor(known: Seqs = {}) {
    for (const [id, seq] of Object.entries(known)) this.begin(id, seq);
  }

  /** Payload of a `sync`. */
  get seqs(): Seqs {
    return Object.fromEntries([...this.#sequences].map(([id, sequence]) => [id, sequence.seq]));
  }

  /** Whether a `sync` is due. */
  get isBehind(): boolean {
    return this.#unknown.size > 0 || [...this.#sequences.values()].some((sequence) => sequence.isBehind);
  }

  /** Adds a conversation whose changes are known up to `seq`. */
  begin(id: Id, seq: number): void {
    this.#unknown.delete(id);
    if (!this.#sequences.has(id)) this.#sequences.set(id, new Sequence(seq));
  }

  /** There are changes up to `seq`. */
  expect(id: Id, seq: number): void {
    this.#sequences.get(id)?.expect(seq);
  }

  /**
   * Compares the conversations of a `ready` with what is known. Returns those in which more than
   * `most` changes were missed, and those whose sequence number has decreased, as after a restored
   * backup: they continue at the server's sequence number.
   */
  catchUp(conversations: readonly Head[], most: number): Id[] {
    this.#unknown.clear();
    const skipped: Id[] = [];
    for (const { id, seq } of conversations) {
      const sequence = this.#sequences.get(id);
      if (!sequence) {
        this.#unknown.add(id);
      } else if (seq - sequence.seq > most || seq < sequence.seq) {
        this.#sequences.set(id, new Sequence(seq));
        skipped.push(id);
      } else {
        sequence.expect(seq);
      }
    }
    return skipped;
  }

  /** Takes a live event. Returns the changes that are in order now. */
  take(change: Change): Change[] {
    return this.#take(change, (sequence) => sequence.take(change));
  }

  /** Takes the answer of a `sync`. Returns the changes that are in order now. */
  takeAll(changes: readonly Change[], hasMore: boolean): Change[] {
    const due = changes.flatMap((change) => this.#take(change, (sequence) => sequence.takeSynced(change)));
    if (!hasMore) this.#unknown.clear();
    return due;
  }

  #take(change: Change, take: (sequence: Sequence) => Change[]): Change[] {
    const { conversationId: id, seq } = change;
    const sequence = this.#sequences.get(id);
    if (change.type === "conversation:removed") {
      this.#unknown.delete(id);
      // No later event could fill a gap of this conversation.
      if (!sequence || seq < sequence.seq) return [];
      this.#sequences.delete(id);
      return [change];
    }
    if (!sequence) {
      if (change.type !== "conversation:created") {
        this.#unknown.add(id);
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
