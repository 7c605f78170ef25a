/**
 * Outbox: sends each message until the server has it, once and in order, one at a time in each
 * conversation.
 */
import { type Wait, delay } from "./backoff.js";
import { ParlanceError, asError } from "./errors.js";
import type { OutboxStorage } from "./storage.js";
import type { NewOutgoing, Outgoing } from "./outgoing.js";
import type { ErrorCode, Id, Message } from "./types.js";

export interface OutboxDeps {
  storage: OutboxStorage;
  /** Sends the message and resolves when it is stored; rejects with a `ParlanceError`. */
  transmit(outgoing: Outgoing): Promise<Message>;
  /** Called after every change of the outbox. */
  onChange(): void;
  /** Called when the storage has failed. */
  onStorageError(error: unknown): void;
  wait: Wait;
  random?: () => number;
}

/** `internal` errors of one message after which it counts as failed. */
const MAX_INTERNAL_ERRORS = 5;

/** Failed messages that are kept for inspection; the oldest are dropped. */
const MAX_FAILED = 100;

interface Entry {
  outgoing: Outgoing;
  saved: Promise<void>;
  internalErrors: number;
  promise: Promise<Message>;
  resolve(message: Message): void;
  reject(error: ParlanceError): void;
}

export class Outbox {
  readonly #deps: OutboxDeps;
  #entries: Entry[] = [];
  #order = 0;
  #isRestored = false;
  #isOnline = false;
  #failures = 0;
  /** Number of pauses in progress, and number of the connection that they belong to. */
  #pauses = 0;
  #connection = 0;

  constructor(deps: OutboxDeps) {
    this.#deps = deps;
  }

  /** Messages that are not stored yet, in the order of sending. */
  get all(): readonly Outgoing[] {
    return this.#entries.map((entry) => ({ ...entry.outgoing }));
  }

  of(conversationId: Id): readonly Outgoing[] {
    return this.all.filter((outgoing) => outgoing.conversationId === conversationId);
  }

  /**
   * Resolves once, with the stored message; rejects when the server refuses it for good. Lost
   * connections and temporary errors only delay it.
   */
  send(message: NewOutgoing): Promise<Message> {
    const clientId = message.clientId ?? crypto.randomUUID();
    const known = this.#find(clientId);
    if (known) return known.promise;
    const { conversationId, body, kind = "text", replyToId, threadId, alsoToConversation, draftSeq, poll } = message;
    const entry = this.#add({
      ...{ clientId, conversationId, body, kind },
      ...(replyToId === undefined ? {} : { replyToId }),
      ...(threadId === undefined ? {} : { threadId }),
      ...(alsoToConversation === undefined ? {} : { alsoToConversation }),
      ...(draftSeq === undefined ? {} : { draftSeq }),
      ...(poll === undefined ? {} : { poll }),
      createdAt: new Date().toISOString(),
      // Microseconds of the clock, and a counter for messages of the same millisecond.
      order: (this.#order = Math.max(this.#order + 1, Date.now() * 1_000)),
      state: "queued",
    });
    this.#save(entry);
    this.#flush();
    return entry.promise;
  }

  /** Queues what an earlier client has left in the storage. Only the first call does anything. */
  async restore(): Promise<void> {
    if (this.#isRestored) return;
    this.#isRestored = true;
    try {
      const left = await this.#deps.storage.load();
      const since = this.#entries;
      this.#entries = [];
      for (const outgoing of left) {
        if (since.some((entry) => entry.outgoing.clientId === outgoing.clientId)) continue;
        const { state } = outgoing;
        this.#order = Math.max(this.#order, outgoing.order);
        const entry = this.#add({ ...outgoing, state: state === "failed" ? state : "queued" });
        // The caller that waited for it belonged to the earlier client.
        entry.promise.catch(() => {});
      }
      // Messages sent since then follow, even if the clock was set back in between.
      for (const entry of since) {
        entry.outgoing.order = this.#order += 1;
        this.#save(entry);
      }
      this.#entries.push(...since);
    } catch (error) {
      this.#deps.onStorageError(error);
    }
    this.#flush();
  }

  /** The connection is online: earlier failures no longer count. */
  resume(): void {
    this.#isOnline = true;
    this.#failures = this.#pauses = 0;
    this.#connection += 1;
    this.#flush();
  }

  /** The connection is offline. */
  pause(): void {
    this.#isOnline = false;
  }

  /** Removes a message whose event was received: its acknowledgement may come later, or never. */
  settle(message: Message): void {
    const entry = message.clientId === null ? undefined : this.#find(message.clientId);
    if (entry?.outgoing.conversationId !== message.conversationId) return;
    this.#remove(entry);
    entry.resolve(message);
    this.#flush();
  }

  /** Queues a failed message again under the same `clientId`. */
  retry(clientId: string): Promise<Message> | undefined {
    const entry = this.#find(clientId);
    if (entry?.outgoing.state !== "failed") return entry?.promise;
    const { error: _, ...outgoing } = entry.outgoing;
    const at = this.#entries.indexOf(entry);
    const again = this.#add({ ...outgoing, state: "queued" });
    // At its old position: before messages that were sent after it and are still queued.
    this.#entries.splice(at, 1, this.#entries.pop()!);
    // A second failure shows in the outbox.
    again.promise.catch(() => {});
    this.#save(again);
    this.#flush();
    return again.promise;
  }

  /** Removes a message. If it is being sent, the server may store it all the same. */
  discard(clientId: string): void {
    const entry = this.#find(clientId);
    if (!entry) return;
    this.#remove(entry);
    entry.reject(new ParlanceError("discarded", "The message was given up."));
    this.#flush();
  }

  /** Stops sending; the storage keeps the messages. */
  close(): void {
    this.#isOnline = false;
    const error = new ParlanceError("closed", "The client was closed before the message was stored.");
    for (const entry of this.#entries) entry.reject(error);
    this.#entries = [];
    this.#deps.onChange();
  }

  #find(clientId: string): Entry | undefined {
    return this.#entries.find((entry) => entry.outgoing.clientId === clientId);
  }

  #add(outgoing: Outgoing): Entry {
    let [resolve, reject]: [(message: Message) => void, (error: ParlanceError) => void] = [() => {}, () => {}];
    const promise = new Promise<Message>((stored, failed) => ([resolve, reject] = [stored, failed]));
    const entry = { outgoing, promise, resolve, reject, saved: Promise.resolve(), internalErrors: 0 };
    this.#entries.push(entry);
    this.#deps.onChange();
    return entry;
  }

  #remove(entry: Entry): void {
    if (!this.#entries.includes(entry)) return;
    this.#entries = this.#entries.filter((other) => other !== entry);
    const { storage, onStorageError } = this.#deps;
    // Removing it before it was saved would leave it in the storage.
    void entry.saved.then(() => storage.remove(entry.outgoing.clientId)).catch(onStorageError);
    this.#deps.onChange();
  }

  #save(entry: Entry): void {
    const { storage, onStorageError } = this.#deps;
    const outgoing: Outgoing = { ...entry.outgoing };
    if (outgoing.state === "sending") outgoing.state = "queued";
    entry.saved = entry.saved.then(() => storage.save(outgoing)).catch(onStorageError);
  }

  /** Sends the first queued message of each conversation that has none in flight. */
  #flush(): void {
    if (!this.#isOnline || this.#pauses > 0) return;
    const busy = new Set<Id>();
    for (const entry of this.#entries) {
      const { state, conversationId } = entry.outgoing;
      if (state === "failed" || busy.has(conversationId)) continue;
      busy.add(conversationId);
      if (state === "queued") void this.#deliver(entry);
    }
  }

  async #deliver(entry: Entry): Promise<void> {
    this.#setState(entry, "sending");
    await entry.saved;
    if (!this.#entries.includes(entry)) return this.#flush();
    try {
      const message = await this.#deps.transmit(entry.outgoing);
      this.#failures = 0;
      this.#remove(entry);
      entry.resolve(message);
    } catch (thrown) {
      // Its event was received meanwhile, or it was discarded.
      if (!this.#entries.includes(entry)) return;
      const error = asError(thrown);
      if (error.code === "internal") entry.internalErrors += 1;
      // Signed out: the message waits for the next sign-in.
      const mayPass = error.mayPass || error.code === "unauthenticated";
      if (mayPass && entry.internalErrors < MAX_INTERNAL_ERRORS) {
        await this.#postpone(entry, error.retryAfter);
      } else {
        this.#fail(entry, error);
      }
    }
    this.#flush();
  }

  /** Pauses the whole outbox, because the cause usually concerns all messages. */
  async #postpone(entry: Entry, retryAfter?: number): Promise<void> {
    // Failures during a pause count as one.
    if (this.#pauses === 0) this.#failures += 1;
    this.#pauses += 1;
    const connection = this.#connection;
    this.#setState(entry, "queued");
    await this.#deps.wait(delay(this.#failures, retryAfter, this.#deps.random));
    if (connection === this.#connection) this.#pauses -= 1;
  }

  #fail(entry: Entry, error: ParlanceError): void {
    entry.outgoing.error = { code: error.code as ErrorCode, detail: error.message };
    this.#setState(entry, "failed");
    this.#save(entry);
    entry.reject(error);
    const failed = this.#entries.filter((other) => other.outgoing.state === "failed");
    for (const old of failed.slice(0, -MAX_FAILED)) this.#remove(old);
  }

  #setState(entry: Entry, state: Outgoing["state"]): void {
    entry.outgoing.state = state;
    this.#deps.onChange();
  }
}
