/** History of a conversation: a timeline that is read in pages. */
import { type Entry, type Gap, Timeline } from "./timeline.js";
import type { Id, Message } from "./types.js";

export interface PageQuery {
  before?: number;
  after?: number;
  around?: number;
  limit?: number;
}

export interface HistoryDeps {
  /** A page of messages, oldest first. */
  read(conversationId: Id, query: PageQuery): Promise<Message[]>;
  /** Newest known position; 0 without messages. */
  newest(conversationId: Id): number;
  onChange(conversationId: Id): void;
}

/** History of one conversation, read in pages and kept current by the client. */
export class History {
  readonly #timeline = new Timeline();
  /** Number of `clear` calls; a page that was requested before the last one is stale. */
  #clears = 0;
  readonly #deps: HistoryDeps;

  constructor(
    readonly conversationId: Id,
    deps: HistoryDeps,
  ) {
    this.#deps = deps;
  }

  /** Messages and gaps, oldest first. A gap was not read yet, or was missed in a long absence. */
  get entries(): Entry[] {
    const read = this.#timeline.ranges.at(-1)?.to ?? 0;
    return this.#timeline.entries(Math.max(read, this.#deps.newest(this.conversationId)));
  }

  get messages(): Message[] {
    return this.entries.flatMap((entry) => (entry.type === "message" ? [entry.message] : []));
  }

  get gaps(): Gap[] {
    return this.entries.filter((entry) => entry.type === "gap");
  }

  /** Reads the newest page. */
  latest(limit?: number): Promise<Message[]> {
    return this.#read({ limit });
  }

  /** Reads the page before a position; by default before the newest range without gaps. */
  before(position = this.#timeline.ranges.at(-1)?.from, limit?: number): Promise<Message[]> {
    return this.#read({ before: position, limit });
  }

  /** Reads the page after a position. */
  after(position: number, limit?: number): Promise<Message[]> {
    return this.#read({ after: position, limit });
  }

  /** Reads the page around a position. */
  around(position: number, limit?: number): Promise<Message[]> {
    return this.#read({ around: position, limit });
  }

  /** Reads a gap from its newer end, one page at a time: a large gap needs several calls. */
  fill(gap: Gap, limit = 100): Promise<Message[]> {
    return this.#read({ before: gap.to + 1, limit: Math.min(limit, gap.to - gap.from + 1) });
  }

  /** Called by the client: a new or changed message. */
  put(message: Message): void {
    this.#timeline.put(message);
  }

  /** Called by the client: drops everything, because changes were missed. */
  clear(): void {
    this.#timeline.clear();
    this.#clears += 1;
    this.#deps.onChange(this.conversationId);
  }

  async #read(query: { [Name in keyof PageQuery]: number | undefined }): Promise<Message[]> {
    const asked = Object.entries(query).filter(([, value]) => value !== undefined);
    const clears = this.#clears;
    const page = await this.#deps.read(this.conversationId, Object.fromEntries(asked));
    // The page is from before `clear`, and changes to it since then may have been missed.
    if (clears !== this.#clears) return this.#read(query);
    this.#timeline.add(page);
    this.#deps.onChange(this.conversationId);
    return page;
  }
}
