/** A history: the messages that are known of a conversation, and where some are missing. */
import type { Id, Message } from "./types.js";

export type Entry =
  | { type: "message"; position: number; message: Message }
  /** Messages that exist and were not read: `fill` it, or show that there is something. */
  | { type: "gap"; from: number; to: number };

export type Gap = Extract<Entry, { type: "gap" }>;

/** Positions without a hole between them. */
interface Run {
  from: number;
  to: number;
}

/** So many changed messages outside of what was read are kept for the page that brings them. */
const ASIDE = 500;

/** What is known. No network. */
export class Timeline {
  readonly #messages = new Map<number, Message>();
  /** The positions of those that quote a message. */
  readonly #quotes = new Map<Id, Set<number>>();
  #runs: Run[] = [];

  get runs(): readonly Run[] {
    return this.#runs;
  }

  at(position: number): Message | undefined {
    return this.#messages.get(position);
  }

  /** All up to the newest position, oldest first, with a gap wherever something is missing. */
  entries(newest: number): Entry[] {
    const entries: Entry[] = [];
    let next = 1;
    const gap = (to: number) => {
      if (next <= to) entries.push({ type: "gap", from: next, to });
    };
    for (const { from, to } of this.#runs) {
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

  /** A message that is new, or has changed. */
  put(message: Message): void {
    this.#keep(message);
    // The first that there is: nothing had to be read before it.
    if (message.position === 1 && this.#runs.length === 0) this.#runs.push({ from: 1, to: 1 });
    this.#settle();
    this.#trim();
  }

  /** Messages that were read together. */
  add(page: readonly Message[]): void {
    for (const message of page) {
      this.#keep(message);
      this.#runs.push({ from: message.position, to: message.position });
    }
    this.#settle();
  }

  /** Forgets all. */
  clear(): void {
    this.#messages.clear();
    this.#quotes.clear();
    this.#runs = [];
  }

  /** Of two versions of a message, the later one stays. */
  #keep(message: Message): void {
    const known = this.#messages.get(message.position);
    if (known && known.seq > message.seq) return;
    const quoted = message.replyTo && this.#messages.get(message.replyTo.position);
    // What is known of the quoted message may be newer than a page.
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

  /** Joins what touches, and takes in what has come next to it. */
  #settle(): void {
    const runs: Run[] = [];
    for (const run of [...this.#runs].sort((one, other) => one.from - other.from)) {
      const last = runs.at(-1);
      if (last && run.from <= last.to + 1) {
        last.to = Math.max(last.to, run.to);
      } else {
        runs.push({ ...run });
      }
      const open = runs.at(-1)!;
      while (this.#messages.has(open.to + 1)) open.to += 1;
    }
    this.#runs = runs;
  }

  #trim(): void {
    const read = this.#runs.reduce((sum, { from, to }) => sum + to - from + 1, 0);
    if (this.#messages.size <= read + ASIDE) return;
    const aside = [...this.#messages.keys()].filter((at) => !this.#runs.some(({ from, to }) => from <= at && at <= to));
    aside.sort((one, other) => one - other);
    for (const position of aside.slice(0, aside.length - ASIDE)) this.#messages.delete(position);
  }
}

function quoting(message: Message, quoted: Message): Message {
  const { replyTo } = message;
  if (!replyTo || replyTo.id !== quoted.id) return message;
  if (replyTo.body === quoted.body && replyTo.deletedAt === quoted.deletedAt) return message;
  return { ...message, replyTo: { ...replyTo, body: quoted.body, deletedAt: quoted.deletedAt } };
}

export interface PageQuery {
  before?: number;
  after?: number;
  around?: number;
  limit?: number;
}

export interface HistoryNeeds {
  /** A page of messages, oldest first. */
  read(conversationId: Id, query: PageQuery): Promise<Message[]>;
  /** The newest position that anybody knows of. */
  newest(conversationId: Id): number;
  changed(conversationId: Id): void;
}

/** One conversation's history, read in pages, and kept as it is now. */
export class History {
  readonly #timeline = new Timeline();
  /** How often all was forgotten. */
  #round = 0;
  readonly #needs: HistoryNeeds;

  constructor(
    readonly conversationId: Id,
    needs: HistoryNeeds,
  ) {
    this.#needs = needs;
  }

  /** Oldest first. What was not read yet, or missed in a long absence, is a gap. */
  get entries(): Entry[] {
    const read = this.#timeline.runs.at(-1)?.to ?? 0;
    return this.#timeline.entries(Math.max(read, this.#needs.newest(this.conversationId)));
  }

  get messages(): Message[] {
    return this.entries.flatMap((entry) => (entry.type === "message" ? [entry.message] : []));
  }

  get gaps(): Gap[] {
    return this.entries.filter((entry) => entry.type === "gap");
  }

  /** The newest page. */
  latest(limit?: number): Promise<Message[]> {
    return this.#read({ limit });
  }

  /** The page before this position: before all that is read without a gap up to the newest. */
  before(position = this.#timeline.runs.at(-1)?.from, limit?: number): Promise<Message[]> {
    return this.#read({ before: position, limit });
  }

  /** The page after this position. */
  after(position: number, limit?: number): Promise<Message[]> {
    return this.#read({ after: position, limit });
  }

  /** The page around this position. */
  around(position: number, limit?: number): Promise<Message[]> {
    return this.#read({ around: position, limit });
  }

  /** Reads a gap, from its newer end; one page, so that a large gap needs several calls. */
  fill(gap: Gap, limit = 100): Promise<Message[]> {
    return this.#read({ before: gap.to + 1, limit: Math.min(limit, gap.to - gap.from + 1) });
  }

  /** For the client: a message that is new, or has changed. */
  put(message: Message): void {
    this.#timeline.put(message);
  }

  /** For the client: nothing that is known can be relied on any more. */
  clear(): void {
    this.#timeline.clear();
    this.#round += 1;
    this.#needs.changed(this.conversationId);
  }

  async #read(query: { [Name in keyof PageQuery]: number | undefined }): Promise<Message[]> {
    const asked = Object.entries(query).filter(([, value]) => value !== undefined);
    const round = this.#round;
    const page = await this.#needs.read(this.conversationId, Object.fromEntries(asked));
    // Read before all was forgotten: what has changed in it since, nobody would tell.
    if (round !== this.#round) return this.#read(query);
    this.#timeline.add(page);
    this.#needs.changed(this.conversationId);
    return page;
  }
}
