/** Timeline of a conversation: the messages that are known, and the gaps between them. */
import type { Id, Message } from "./types.js";

export type Entry =
  | { type: "message"; position: number; message: Message }
  /** Messages that exist and were not read: `fill` it, or show that there are more. */
  | { type: "gap"; from: number; to: number };

export type Gap = Extract<Entry, { type: "gap" }>;

/** Positions without a gap between them. */
interface Range {
  from: number;
  to: number;
}

/** Changed messages outside of the ranges that are kept, for the page that will contain them. */
const MAX_DETACHED = 500;

/** Ranges of known messages, without any network access. */
export class Timeline {
  readonly #messages = new Map<number, Message>();
  /** Positions of the messages that quote a message. */
  readonly #quotes = new Map<Id, Set<number>>();
  #ranges: Range[] = [];

  get ranges(): readonly Range[] {
    return this.#ranges;
  }

  at(position: number): Message | undefined {
    return this.#messages.get(position);
  }

  /** All positions up to the newest, oldest first, as messages and gaps. */
  entries(newest: number): Entry[] {
    const entries: Entry[] = [];
    let next = 1;
    const gap = (to: number) => {
      if (next <= to) entries.push({ type: "gap", from: next, to });
    };
    for (const { from, to } of this.#ranges) {
      gap(from - 1);
      for (let position = from; position <= to; position++) {
        const message = this.#messages.get(position);
        if (message) entries.push({ type: "message", position, message });
      }
      next = to + 1;
    }
    gap(newest);
    return entries;
  }

  /** Adds a new or changed message. */
  put(message: Message): void {
    this.#keep(message);
    // The first message of the conversation: there is nothing to read before it.
    if (message.position === 1 && this.#ranges.length === 0) this.#ranges.push({ from: 1, to: 1 });
    this.#mergeRanges();
    this.#dropDetached();
  }

  /** Adds the messages of a page. */
  add(page: readonly Message[]): void {
    for (const message of page) {
      this.#keep(message);
      this.#ranges.push({ from: message.position, to: message.position });
    }
    this.#mergeRanges();
  }

  /** Drops everything. */
  clear(): void {
    this.#messages.clear();
    this.#quotes.clear();
    this.#ranges = [];
  }

  /** Keeps the later of two versions of a message. */
  #keep(message: Message): void {
    const known = this.#messages.get(message.position);
    if (known && isOlder(message, known)) return;
    const quoted = message.replyTo && this.#messages.get(message.replyTo.position);
    // The quoted message may be newer than its copy in a page.
    this.#messages.set(message.position, quoted ? quoting(message, quoted) : message);
    if (message.replyTo) this.#quotesOf(message.replyTo.id).add(message.position);
    for (const position of this.#quotes.get(message.id) ?? []) {
      const other = this.#messages.get(position);
      if (other) this.#messages.set(position, quoting(other, message));
    }
  }

  #quotesOf(id: Id): Set<number> {
    const quotes = this.#quotes.get(id) ?? new Set();
    this.#quotes.set(id, quotes);
    return quotes;
  }

  /** Joins adjacent ranges, and extends them by detached messages that follow. */
  #mergeRanges(): void {
    const ranges: Range[] = [];
    for (const range of [...this.#ranges].sort((one, other) => one.from - other.from)) {
      const last = ranges.at(-1);
      if (last && range.from <= last.to + 1) {
        last.to = Math.max(last.to, range.to);
      } else {
        ranges.push({ ...range });
      }
      const open = ranges.at(-1)!;
      while (this.#messages.has(open.to + 1)) open.to += 1;
    }
    this.#ranges = ranges;
  }

  #dropDetached(): void {
    const read = this.#ranges.reduce((sum, { from, to }) => sum + to - from + 1, 0);
    if (this.#messages.size <= read + MAX_DETACHED) return;
    const detached = [...this.#messages.keys()].filter((at) => !this.#ranges.some(({ from, to }) => from <= at && at <= to));
    detached.sort((one, other) => one - other);
    for (const position of detached.slice(0, detached.length - MAX_DETACHED)) this.#messages.delete(position);
  }
}

/** Votes are counted before they are told: of two states under one `seq`, the poll's `revision` says which is newer. */
function isOlder(message: Message, known: Message): boolean {
  if (message.seq !== known.seq) return message.seq < known.seq;
  return (message.poll?.revision ?? 0) < (known.poll?.revision ?? 0);
}

function quoting(message: Message, quoted: Message): Message {
  const { replyTo } = message;
  if (!replyTo || replyTo.id !== quoted.id) return message;
  if (replyTo.body === quoted.body && replyTo.deletedAt === quoted.deletedAt) return message;
  return { ...message, replyTo: { ...replyTo, body: quoted.body, deletedAt: quoted.deletedAt } };
}
