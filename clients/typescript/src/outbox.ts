/** The outbox: each message is sent until the server has it, once, in order, one at a time in each conversation. */
import { type Wait, delay } from "./backoff.js";
import { type ErrorCode, ParlanceError, asError } from "./errors.js";
import type { OutboxStorage } from "./storage.js";
import type { Id, Message, MessageKind, Time } from "./types.js";

export interface Outgoing {
  /** The sender's own name for it: however often it is sent, it is written once. */
  clientId: string;
  conversationId: Id;
  body: string;
  kind: MessageKind;
  replyToId?: Id;
  /** When it was written, by the clock of this machine. */
  createdAt: Time;
  /** Its place in the outbox. */
  order: number;
  /** `queued`: for the connection, or for those before it. */
  state: "queued" | "sending" | "failed";
  /** Why it failed. */
  error?: { code: ErrorCode; detail: string };
}

export interface NewOutgoing {
  conversationId: Id;
  body: string;
  kind?: MessageKind;
  replyToId?: Id;
  clientId?: string;
}

export interface OutboxNeeds {
  storage: OutboxStorage;
  /** Sends it, and answers when it is stored; otherwise throws a `ParlanceError`. */
  transmit(outgoing: Outgoing): Promise<Message>;
  /** Whenever something has changed. */
  changed(): void;
  /** The storage has failed. */
  complain(error: unknown): void;
  wait: Wait;
  random?: () => number;
}

/** So often the server may fail with one message before it counts as failed. */
const MOST_INTERNAL = 5;

/** So many failed messages are kept to be looked at. */
const MOST_FAILED = 100;

interface Entry {
  outgoing: Outgoing;
  saved: Promise<void>;
  internal: number;
  promise: Promise<Message>;
  resolve(message: Message): void;
  reject(error: ParlanceError): void;
}

export class Outbox {
  readonly #needs: OutboxNeeds;
  #entries: Entry[] = [];
  #order = 0;
  #isRestored = false;
  #isOnline = false;
  #failures = 0;
  /** How many wait before anything is sent again, and since which connection. */
  #waiting = 0;
  #round = 0;

  constructor(needs: OutboxNeeds) {
    this.#needs = needs;
  }

  /** What is not stored yet, in the order of writing. */
  get all(): readonly Outgoing[] {
    return this.#entries.map((entry) => ({ ...entry.outgoing }));
  }

  of(conversationId: Id): readonly Outgoing[] {
    return this.all.filter((outgoing) => outgoing.conversationId === conversationId);
  }

  /**
   * Answers once, with the message as it is stored; or fails, when the server will not have it.
   * Lost connections and servers in trouble only make it take longer.
   */
  send(message: NewOutgoing): Promise<Message> {
    const clientId = message.clientId ?? crypto.randomUUID();
    const known = this.#find(clientId);
    if (known) return known.promise;
    const { conversationId, body, kind = "text", replyToId } = message;
    const entry = this.#add({
      ...{ clientId, conversationId, body, kind },
      ...(replyToId === undefined ? {} : { replyToId }),
      createdAt: new Date().toISOString(),
      // By the clock, and within a millisecond by the count.
      order: (this.#order = Math.max(this.#order + 1, Date.now() * 1_000)),
      state: "queued",
    });
    this.#save(entry);
    this.#flush();
    return entry.promise;
  }

  /** What an earlier program, or page, has left; once. */
  async restore(): Promise<void> {
    if (this.#isRestored) return;
    this.#isRestored = true;
    try {
      const left = await this.#needs.storage.load();
      const since = this.#entries;
      this.#entries = [];
      for (const outgoing of left) {
        if (since.some((entry) => entry.outgoing.clientId === outgoing.clientId)) continue;
        const { state } = outgoing;
        this.#order = Math.max(this.#order, outgoing.order);
        const entry = this.#add({ ...outgoing, state: state === "failed" ? state : "queued" });
        // Whoever waited for it is gone.
        entry.promise.catch(() => {});
      }
      // What was written since comes after it, also when the clock was set back in between.
      for (const entry of since) {
        entry.outgoing.order = this.#order += 1;
        this.#save(entry);
      }
      this.#entries.push(...since);
    } catch (error) {
      this.#needs.complain(error);
    }
    this.#flush();
  }

  /** There is a connection: what failed before counts no more. */
  resume(): void {
    this.#isOnline = true;
    this.#failures = this.#waiting = 0;
    this.#round += 1;
    this.#flush();
  }

  /** There is none. */
  pause(): void {
    this.#isOnline = false;
  }

  /** A message has been heard of: the acknowledgement may come later, or never. */
  settle(message: Message): void {
    const entry = message.clientId === null ? undefined : this.#find(message.clientId);
    if (entry?.outgoing.conversationId !== message.conversationId) return;
    this.#remove(entry);
    entry.resolve(message);
    this.#flush();
  }

  /** Tries what has failed again, under the same name. */
  retry(clientId: string): Promise<Message> | undefined {
    const entry = this.#find(clientId);
    if (entry?.outgoing.state !== "failed") return entry?.promise;
    const { error: _, ...outgoing } = entry.outgoing;
    const at = this.#entries.indexOf(entry);
    const again = this.#add({ ...outgoing, state: "queued" });
    // In its old place: before what was written after it and waits still.
    this.#entries.splice(at, 1, this.#entries.pop()!);
    // Whether it fails again, the outbox shows.
    again.promise.catch(() => {});
    this.#save(again);
    this.#flush();
    return again.promise;
  }

  /** Gives a message up. One that is on its way may arrive all the same. */
  discard(clientId: string): void {
    const entry = this.#find(clientId);
    if (!entry) return;
    this.#remove(entry);
    entry.reject(new ParlanceError("discarded", "The message was given up."));
    this.#flush();
  }

  /** Nothing is sent any more; what is stored stays there. */
  close(): void {
    this.#isOnline = false;
    const error = new ParlanceError("closed", "The client was closed before the message was stored.");
    for (const entry of this.#entries) entry.reject(error);
    this.#entries = [];
    this.#needs.changed();
  }

  #find(clientId: string): Entry | undefined {
    return this.#entries.find((entry) => entry.outgoing.clientId === clientId);
  }

  #add(outgoing: Outgoing): Entry {
    let [resolve, reject]: [(message: Message) => void, (error: ParlanceError) => void] = [() => {}, () => {}];
    const promise = new Promise<Message>((stored, failed) => ([resolve, reject] = [stored, failed]));
    const entry = { outgoing, promise, resolve, reject, saved: Promise.resolve(), internal: 0 };
    this.#entries.push(entry);
    this.#needs.changed();
    return entry;
  }

  #remove(entry: Entry): void {
    if (!this.#entries.includes(entry)) return;
    this.#entries = this.#entries.filter((other) => other !== entry);
    const { storage, complain } = this.#needs;
    // Not before it was saved, or it would stay.
    void entry.saved.then(() => storage.remove(entry.outgoing.clientId)).catch(complain);
    this.#needs.changed();
  }

  #save(entry: Entry): void {
    const { storage, complain } = this.#needs;
    const outgoing: Outgoing = { ...entry.outgoing };
    if (outgoing.state === "sending") outgoing.state = "queued";
    entry.saved = entry.saved.then(() => storage.save(outgoing)).catch(complain);
  }

  /** Sends the first of each conversation that has none on its way. */
  #flush(): void {
    if (!this.#isOnline || this.#waiting > 0) return;
    const busy = new Set<Id>();
    for (const entry of this.#entries) {
      const { state, conversationId } = entry.outgoing;
      if (state === "failed" || busy.has(conversationId)) continue;
      busy.add(conversationId);
      if (state === "queued") void this.#deliver(entry);
    }
  }

  async #deliver(entry: Entry): Promise<void> {
    this.#change(entry, "sending");
    await entry.saved;
    if (!this.#entries.includes(entry)) return this.#flush();
    try {
      const message = await this.#needs.transmit(entry.outgoing);
      this.#failures = 0;
      this.#remove(entry);
      entry.resolve(message);
    } catch (thrown) {
      // It was heard of meanwhile, or given up.
      if (!this.#entries.includes(entry)) return;
      const error = asError(thrown);
      if (error.code === "internal") entry.internal += 1;
      // Signed out: what was written waits for the next signing in.
      const mayPass = error.mayPass || error.code === "unauthenticated";
      if (mayPass && entry.internal < MOST_INTERNAL) {
        await this.#postpone(entry, error.retryAfter);
      } else {
        this.#fail(entry, error);
      }
    }
    this.#flush();
  }

  /** All wait, since whatever it was concerns the others as well. */
  async #postpone(entry: Entry, retryAfter?: number): Promise<void> {
    // What fails together counts as one failure.
    if (this.#waiting === 0) this.#failures += 1;
    this.#waiting += 1;
    const round = this.#round;
    this.#change(entry, "queued");
    await this.#needs.wait(delay(this.#failures, retryAfter, this.#needs.random));
    if (round === this.#round) this.#waiting -= 1;
  }

  #fail(entry: Entry, error: ParlanceError): void {
    entry.outgoing.error = { code: error.code as ErrorCode, detail: error.message };
    this.#change(entry, "failed");
    this.#save(entry);
    entry.reject(error);
    const failed = this.#entries.filter((other) => other.outgoing.state === "failed");
    for (const old of failed.slice(0, -MOST_FAILED)) this.#remove(old);
  }

  #change(entry: Entry, state: Outgoing["state"]): void {
    entry.outgoing.state = state;
    this.#needs.changed();
  }
}
