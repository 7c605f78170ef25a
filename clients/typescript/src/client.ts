/** Parlance: what a program holds. */
import { wait } from "./backoff.js";
import { Connection, type Status } from "./connection.js";
import { Emitter } from "./emitter.js";
import { ParlanceError } from "./errors.js";
import { type Change, type Ready, type Requests, type Seqs, type ServerEvent, isChange } from "./events.js";
import { Feed } from "./feed.js";
import { Healer } from "./healer.js";
import type { History } from "./history.js";
import type { Delivered } from "./members.js";
import type { ParlanceEvents, ParlanceOptions } from "./options.js";
import { type NewOutgoing, Outbox, type Outgoing } from "./outbox.js";
import { persist } from "./persist.js";
import { Receipts } from "./receipts.js";
import { type RequestOptions, Rest } from "./rest.js";
import { MemoryStorage } from "./storage.js";
import type { Account, Head, Id, Member, Message, NewConversation, Page, Presence, PresenceChoice } from "./types.js";
import { View } from "./view.js";

const MOST_MISSED = 1_000;

export class Parlance extends Emitter<ParlanceEvents> {
  readonly #options: ParlanceOptions;
  readonly #connection: Connection;
  readonly #rest: Rest;
  readonly #feed: Feed;
  readonly #healer: Healer;
  readonly #outbox: Outbox;
  readonly #receipts: Receipts;
  readonly #view: View;
  #connecting: Promise<void> | undefined;

  constructor(url: string, options: ParlanceOptions) {
    super();
    this.#options = options;
    const { token, ackTimeout = 10_000, storage = new MemoryStorage(), socket } = options;
    const pass = options.wait ?? wait;
    const send = options.fetch ?? ((...args: Parameters<typeof fetch>) => fetch(...args));
    this.#rest = new Rest({ url, token, fetch: send, wait: pass });
    this.#connection = new Connection({
      ...{ url, token, ackTimeout, wait: pass, socket },
      heard: (event) => this.#hear(event),
      changed: (status, error) => this.#changed(status, error),
    });
    const ask = this.#connection.ask.bind(this.#connection);
    this.#feed = new Feed(options.since);
    this.#healer = new Healer({
      ...{ feed: this.#feed, ask, wait: pass },
      apply: (due) => this.#apply(due),
      isOnline: () => this.status === "online",
    });
    this.#outbox = new Outbox({
      ...{ storage, wait: pass },
      transmit: (outgoing) => this.#transmit(outgoing),
      changed: () => this.emit("outbox", this.outbox),
      complain: (error) => this.emit("error", error),
    });
    this.#receipts = new Receipts({ ask, wait: pass });
    this.#view = new View({
      readPage: async (id, query) => {
        const page = await this.request<Page<Message>>("GET", `/conversations/${id}/messages`, { query: { ...query } });
        return page.items;
      },
      readMembers: (id) => this.#readMembers(id),
      changed: (id) => this.emit("history", id),
    });
  }

  get status(): Status {
    return this.#connection.status;
  }

  /** Who I am; since the first `ready`. */
  get me(): Account | undefined {
    return this.#view.me;
  }

  /** My conversations, as they are now. */
  get conversations(): ReadonlyMap<Id, Head> {
    return this.#view.heads.all;
  }

  /** Unread messages over all conversations. */
  get unread(): number {
    return this.#view.heads.unread;
  }

  /** Of those who were seen since the connection; whoever is missing is offline. */
  get presence(): ReadonlyMap<Id, Presence> {
    return this.#view.presence;
  }

  /** How far each conversation is known: keep it, and hand it to the next program as `since`. */
  get seqs(): Seqs {
    return this.#feed.seqs;
  }

  /** What was written and is not stored yet. */
  get outbox(): readonly Outgoing[] {
    return this.#outbox.all;
  }

  /**
   * Connects, and stays connected until `close`. Answers when the first connection is ready; fails
   * when no token is good. A network that is away only makes it take longer.
   */
  connect(): Promise<void> {
    if (this.status === "online") return Promise.resolve();
    this.#connecting ??= new Promise<void>((connected, failed) => {
      const stop = this.on("status", (status, error) => {
        if (status === "online") connected();
        else if (status !== "signedOut" && status !== "closed") return;
        else failed(error ?? new ParlanceError("closed", "The client was closed."));
        stop();
        this.#connecting = undefined;
      });
      // What an earlier program has left goes first.
      void this.#outbox.restore().then(() => this.#connection.connect());
    });
    return this.#connecting;
  }

  /** Ends the connection for good. What waits in the outbox stays in its storage. */
  close(): void {
    this.#outbox.close();
    this.#connection.close();
  }

  /**
   * Sends a message: once, in order, and until the server has it. Answers when it is stored; fails
   * only when the server will not have it, or when it is given up. Without a connection it waits.
   */
  send(conversationId: Id, body: string, how: Omit<NewOutgoing, "conversationId" | "body"> = {}): Promise<Message> {
    return this.#outbox.send({ ...how, conversationId, body });
  }

  /** Sends again what has failed. */
  retry(clientId: string): Promise<Message> | undefined {
    return this.#outbox.retry(clientId);
  }

  /** Takes a message out of the outbox. */
  discard(clientId: string): void {
    this.#outbox.discard(clientId);
  }

  edit(id: Id, body: string): Promise<Message> {
    return this.#alter("message:edit", { id, body });
  }

  /** What is left is a tombstone. */
  delete(id: Id): Promise<Message> {
    return this.#alter("message:delete", { id });
  }

  react(messageId: Id, emoji: string): Promise<Message> {
    return this.#alter("reaction:add", { messageId, emoji });
  }

  unreact(messageId: Id, emoji: string): Promise<Message> {
    return this.#alter("reaction:remove", { messageId, emoji });
  }

  /** All up to this position is read: all there is, when absent. The server hears of it soon. */
  read(conversationId: Id, position = this.conversations.get(conversationId)?.position ?? 0): void {
    this.#view.heads.read(conversationId, position);
    this.#receipts.note("conversation:read", conversationId, position);
  }

  /** Say it again every few seconds while the typing goes on. */
  typing(conversationId: Id, isTyping = true): void {
    this.#connection.tell(isTyping ? "typing:start" : "typing:stop", { conversationId });
  }

  async setPresence(status: PresenceChoice): Promise<void> {
    await this.#persist("presence:set", { status });
  }

  /** A conversation's messages: read in pages, then kept current. The same object until `forget`. */
  history(conversationId: Id): History {
    return this.#view.history(conversationId);
  }

  /** The members of a conversation: read once, then kept current. */
  members(conversationId: Id): Promise<readonly Member[]> {
    return this.#view.members(conversationId);
  }

  /** How far a message has come. `sent` while its conversation's `members` were not asked for. */
  stateOf(message: Message): Delivered {
    return this.#view.membersOf(message.conversationId)?.stateOf(message) ?? "sent";
  }

  /** Lets go of a conversation's messages and members: they are not kept current any more. */
  forget(conversationId: Id): void {
    this.#view.forget(conversationId);
  }

  /** Finds or begins a conversation. */
  async createConversation(wanted: NewConversation): Promise<Head> {
    const body = { ...wanted, clientId: wanted.clientId ?? crypto.randomUUID() };
    const conversation = await this.request<Head>("POST", "/conversations", { body, repeatable: true });
    const { id: conversationId, seq } = conversation;
    // It is told as well, and the first telling counts.
    this.#apply(this.#feed.take({ type: "conversation:created", conversationId, seq, conversation }));
    return conversation;
  }

  /** Anything else of the API, below `/api/v1`: see `/api/v1/docs` on a server. */
  request<T>(method: string, path: string, options?: RequestOptions): Promise<T> {
    return this.#rest.request<T>(method, path, options);
  }

  #changed(status: Status, error?: ParlanceError): void {
    this.#outbox.pause();
    if (error) this.emit("status", status, error);
    else this.emit("status", status);
  }

  #hear(event: ServerEvent): void {
    if (event.type === "ready") return void this.#start(event);
    if (!isChange(event)) {
      this.#view.hear(event);
      return this.emit(event.type, ...([event] as never));
    }
    // Whether it is due or comes too early, it is stored.
    if ("message" in event && event.message.sender.id === this.me?.id) this.#outbox.settle(event.message);
    this.#apply(this.#feed.take(event));
    this.#healer.heal();
  }

  async #start(ready: Ready): Promise<void> {
    const { since, mostMissed = MOST_MISSED } = this.#options;
    const isFirst = this.me === undefined;
    if (isFirst) this.#view.begin(ready.conversations);
    if (isFirst && !since) for (const { id, seq } of ready.conversations) this.#feed.begin(id, seq);
    const old = this.#feed.catchUp(ready.conversations, mostMissed);
    this.#view.start(ready, old);
    this.emit("ready", ready);
    for (const id of old) this.emit("reset", id);
    // First what was missed, then what waited here. Before the first connection, nothing was.
    if (!isFirst || since) await this.#healer.resume();
    if (this.status !== "online") return;
    // What is unread has at least arrived; what is missing still, arrives one by one.
    const arrived = this.#feed.isBehind ? [] : ready.conversations.filter((head) => head.unread > 0);
    for (const { id, position } of arrived) this.#arrived(id, position);
    void this.#receipts.flush();
    this.#outbox.resume();
    this.emit("status", "online");
  }

  /** Changes that are due: first all are taken in, then they are told. */
  #apply(due: readonly Change[]): void {
    this.#view.apply(due);
    for (const change of due) {
      this.emit("change", change);
      this.emit(change.type, ...([change] as never));
      if (!("message" in change)) continue;
      const { message, type } = change;
      if (message.sender.id === this.me?.id) this.#outbox.settle(message);
      else if (type === "message:created") this.#arrived(message.conversationId, message.position);
      this.emit("message", message, type.slice("message:".length) as "created" | "updated" | "deleted");
    }
  }

  #arrived(id: Id, position: number): void {
    if (this.#options.receipts !== false) this.#receipts.note("conversation:delivered", id, position);
  }

  async #transmit({ conversationId, body, kind, replyToId, clientId }: Outgoing): Promise<Message> {
    const payload = { conversationId, body, kind, clientId, ...(replyToId === undefined ? {} : { replyToId }) };
    const { message } = await this.#connection.ask("message:send", payload);
    this.#saw(message);
    return message;
  }

  async #alter<Name extends "message:edit" | "message:delete" | "reaction:add" | "reaction:remove">(
    name: Name,
    payload: Requests[Name]["ask"],
  ): Promise<Message> {
    const { message } = await this.#persist(name, payload);
    this.#saw(message);
    return message;
  }

  /** The answer is as good as the event, which comes as well and in its turn. */
  #saw(message: Message): void {
    if (this.#view.put(message)) this.emit("history", message.conversationId);
    this.#feed.expect(message.conversationId, message.seq);
    this.#healer.heal();
  }

  #persist<Name extends keyof Requests>(name: Name, payload: Requests[Name]["ask"]): Promise<Requests[Name]["answer"]> {
    return persist(() => this.#connection.ask(name, payload), this.#options.wait ?? wait);
  }

  async #readMembers(id: Id): Promise<Member[]> {
    const members: Member[] = [];
    for (let cursor: string | null = ""; cursor !== null; ) {
      const query = { limit: 100, ...(cursor === "" ? {} : { cursor }) };
      const page: Page<Member> = await this.request("GET", `/conversations/${id}/members`, { query });
      members.push(...page.items);
      cursor = page.nextCursor ?? null;
    }
    return members;
  }
}
