/** Parlance client: connection, outbox, conversations and events of one account. */
import { wait } from "./backoff.js";
import { Connection, type Status } from "./connection.js";
import { Emitter } from "./emitter.js";
import { ParlanceError } from "./errors.js";
import { type Change, type PersonalChanges, type Ready, type Requests, type Seqs, type ServerEvent, isChange } from "./events.js";
import { Feed } from "./feed.js";
import { Resync } from "./resync.js";
import type { History } from "./history.js";
import type { Delivered } from "./members.js";
import type { ParlanceEvents, ParlanceOptions } from "./options.js";
import { Outbox } from "./outbox.js";
import type { NewOutgoing, Outgoing } from "./outgoing.js";
import { retry } from "./retry.js";
import { Receipts } from "./receipts.js";
import { type RequestOptions, Rest } from "./rest.js";
import { MemoryStorage } from "./storage.js";
import type {
  Account,
  DraftChange,
  DraftSaved,
  Head,
  Id,
  Member,
  Message,
  Mute,
  NewConversation,
  NewScheduledMessage,
  Page,
  PollVote,
  Presence,
  PresenceChoice,
  Reminder,
  SavedMessage,
  ScheduledMessage,
  ThreadState,
  Time,
  Voter,
} from "./types.js";
import { ClientState } from "./state.js";

const DEFAULT_MAX_MISSED = 1_000;

/** Requests that change a message and are answered with it. */
type ChangeName =
  | "message:edit"
  | "message:delete"
  | "message:pin"
  | "message:unpin"
  | "reaction:add"
  | "reaction:remove"
  | "poll:close";

export class Parlance extends Emitter<ParlanceEvents> {
  readonly #options: ParlanceOptions;
  readonly #connection: Connection;
  readonly #rest: Rest;
  readonly #feed: Feed;
  readonly #resync: Resync;
  readonly #outbox: Outbox;
  readonly #receipts: Receipts;
  readonly #state: ClientState;
  #connecting: Promise<void> | undefined;

  constructor(url: string, options: ParlanceOptions) {
    super();
    this.#options = options;
    const { token, ackTimeout = 10_000, storage = new MemoryStorage(), socket } = options;
    const waitFn = options.wait ?? wait;
    const fetchFn = options.fetch ?? ((...args: Parameters<typeof fetch>) => fetch(...args));
    this.#rest = new Rest({ url, token, fetch: fetchFn, wait: waitFn });
    this.#connection = new Connection({
      ...{ url, token, ackTimeout, wait: waitFn, socket },
      onEvent: (event) => this.#onEvent(event),
      onStatus: (status, error) => this.#onStatus(status, error),
    });
    const request = this.#connection.request.bind(this.#connection);
    this.#feed = new Feed(options.since);
    this.#resync = new Resync({
      ...{ feed: this.#feed, request, wait: waitFn },
      apply: (due) => this.#apply(due),
      take: (event) => this.#onEvent(event),
      watched: () => this.#state.watched,
      isOnline: () => this.status === "online",
    });
    this.#outbox = new Outbox({
      ...{ storage, wait: waitFn },
      transmit: (outgoing) => this.#transmit(outgoing),
      onChange: () => void (this.hasListeners("outbox") && this.emit("outbox", this.outbox)),
      onStorageError: (error) => this.emit("error", error),
    });
    this.#receipts = new Receipts({ request, wait: waitFn });
    this.#state = new ClientState({
      readPage: async (id, query) => {
        const page = await this.request<Page<Message>>("GET", `/conversations/${id}/messages`, { query: { ...query } });
        return page.items;
      },
      readMembers: (id) => this.#readMembers(id),
      onChange: (id) => this.emit("history", id),
    });
  }

  get status(): Status {
    return this.#connection.status;
  }

  /** The signed-in account; undefined before the first `ready`. */
  get me(): Account | undefined {
    return this.#state.me;
  }

  /** The user's conversations by id, kept current by events. */
  get conversations(): ReadonlyMap<Id, Head> {
    return this.#state.conversations.all;
  }

  /** Number of unread messages over all conversations. */
  get unread(): number {
    return this.#state.conversations.unread;
  }

  /** Presence of the users that were reported since the connection; a user who is absent is offline. */
  get presence(): ReadonlyMap<Id, Presence> {
    return this.#state.presence;
  }

  /**
   * Sequence number of each conversation, up to which changes were emitted: store it, and pass it
   * to the next client as `since`.
   */
  get seqs(): Seqs {
    return this.#feed.seqs;
  }

  /** Messages that the server has not stored yet, in the order of sending. */
  get outbox(): readonly Outgoing[] {
    return this.#outbox.all;
  }

  /**
   * Connects, and reconnects until `close`. Resolves at the first `online`; rejects when the token
   * is refused or the client is closed. An unreachable server only delays it.
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
      // Messages that an earlier client has left are queued before the connection is made.
      void this.#outbox.restore().then(() => this.#connection.connect());
    });
    return this.#connecting;
  }

  /**
   * Disconnects for good. Messages in the outbox stay in its storage; their promises reject with
   * `closed`.
   */
  close(): void {
    this.#outbox.close();
    this.#connection.close();
  }

  /**
   * Sends a message exactly once, in order within its conversation. Resolves with the stored
   * message; rejects when the server refuses it for good, or after `discard` or `close`. Without a
   * connection the message waits in the outbox.
   */
  send(conversationId: Id, body: string, how: Omit<NewOutgoing, "conversationId" | "body"> = {}): Promise<Message> {
    return this.#outbox.send({ ...how, conversationId, body });
  }

  /** Sends a failed message again under the same `clientId`. */
  retry(clientId: string): Promise<Message> | undefined {
    return this.#outbox.retry(clientId);
  }

  /** Removes a message from the outbox; its promise rejects with `discarded`. */
  discard(clientId: string): void {
    this.#outbox.discard(clientId);
  }

  edit(id: Id, body: string): Promise<Message> {
    return this.#changeMessage("message:edit", { id, body });
  }

  /** Deletes a message and leaves a tombstone in its place. */
  delete(id: Id): Promise<Message> {
    return this.#changeMessage("message:delete", { id });
  }

  /** Pins a message for everybody in its conversation. */
  pin(id: Id): Promise<Message> {
    return this.#changeMessage("message:pin", { id });
  }

  unpin(id: Id): Promise<Message> {
    return this.#changeMessage("message:unpin", { id });
  }

  /** Removes the preview of a link from a message of the user's, for everybody. */
  removeLinkPreview(messageId: Id, previewId: Id): Promise<Message> {
    return this.request("DELETE", `/messages/${messageId}/link-previews/${previewId}`);
  }

  /** Saves a message for the user alone, on all devices. `request("GET", "/me/saved")` lists them. */
  async save(id: Id): Promise<SavedMessage> {
    return (await this.#requestWithRetry("message:save", { id })).saved;
  }

  async unsave(id: Id): Promise<void> {
    await this.#requestWithRetry("message:unsave", { id });
  }

  /**
   * Writes the user's draft of a place, or removes it. When another device has changed it since `base`, nothing is
   * written, and `draft` of the answer is what that device wrote. `request("GET", "/me/drafts")` lists them.
   */
  saveDraft(conversationId: Id, change: DraftChange): Promise<DraftSaved> {
    return this.request("PUT", `/conversations/${conversationId}/draft`, { body: change });
  }

  /** Schedules a message, once. `request("GET", "/me/scheduled")` lists those that wait or failed. */
  schedule(conversationId: Id, wanted: NewScheduledMessage): Promise<ScheduledMessage> {
    const body = { ...wanted, clientId: wanted.clientId ?? crypto.randomUUID() };
    return this.request("POST", `/conversations/${conversationId}/scheduled`, { body, repeatable: true });
  }

  changeScheduled(id: Id, change: { body?: string; sendAt?: Time; attachmentIds?: Id[] }): Promise<ScheduledMessage> {
    return this.request("PATCH", `/me/scheduled/${id}`, { body: change });
  }

  cancelScheduled(id: Id): Promise<void> {
    return this.request("DELETE", `/me/scheduled/${id}`);
  }

  sendScheduledNow(id: Id): Promise<ScheduledMessage> {
    return this.request("POST", `/me/scheduled/${id}/send`);
  }

  /** Reminds the user of a message at a time; another time replaces the first. `request("GET", "/me/reminders")` lists them. */
  remind(messageId: Id, remindAt: Time): Promise<Reminder> {
    return this.request("PUT", `/me/reminders/${messageId}`, { body: { remindAt } });
  }

  completeReminder(messageId: Id): Promise<void> {
    return this.request("DELETE", `/me/reminders/${messageId}`);
  }

  /**
   * Mutes a conversation of the user without an end, or until a time, 30 seconds to 366 days from now.
   * `request("GET", "/me/mutes")` lists what is muted.
   */
  mute(conversationId: Id, until?: Time): Promise<Mute> {
    return this.request("PUT", `/conversations/${conversationId}/mute`, { body: { until } });
  }

  unmute(conversationId: Id): Promise<Mute> {
    return this.request("DELETE", `/conversations/${conversationId}/mute`);
  }

  /**
   * Votes in a poll; the choice replaces an earlier one. Options are named by their places, from 1. Counts come with
   * the message. `request("GET", "/me/votes", { query: { messageIds } })` has the user's own votes. A poll that reaches
   * a node of an earlier version, during an upgrade, comes back as a message without `poll`: a text.
   */
  async vote(messageId: Id, options: number[]): Promise<PollVote> {
    return (await this.#requestWithRetry("poll:vote", { messageId, options })).vote;
  }

  /** Takes the user's vote back. */
  async retractVote(messageId: Id): Promise<PollVote> {
    return (await this.#requestWithRetry("poll:retract", { messageId })).vote;
  }

  /** Closes a poll: nothing of it changes after that. */
  closePoll(messageId: Id): Promise<Message> {
    return this.#changeMessage("poll:close", { messageId });
  }

  /** Who has voted in a poll that is not anonymous, or who has chosen an option. */
  voters(messageId: Id, option?: number, cursor?: string): Promise<Page<Voter>> {
    const query = { ...(option === undefined ? {} : { option }), ...(cursor === undefined ? {} : { cursor }) };
    return this.request("GET", `/messages/${messageId}/votes`, { query });
  }

  /** What has changed in the user's personal sequence after a number: drafts, scheduled messages, reminders, mutes and votes. */
  personalChanges(after: number): Promise<PersonalChanges> {
    return this.request("GET", "/me/changes", { query: { after } });
  }

  react(messageId: Id, emoji: string): Promise<Message> {
    return this.#changeMessage("reaction:add", { messageId, emoji });
  }

  unreact(messageId: Id, emoji: string): Promise<Message> {
    return this.#changeMessage("reaction:remove", { messageId, emoji });
  }

  /**
   * Marks everything up to this position as read; without a position, all messages. The server is
   * informed within about 250 ms.
   */
  read(conversationId: Id, position = this.conversations.get(conversationId)?.position ?? 0): void {
    this.#state.conversations.read(conversationId, position);
    this.#receipts.schedule("conversation:read", conversationId, position);
  }

  /**
   * Marks the messages from this position on as unread again, on all of the user's devices. What others see as read
   * stays.
   */
  async markUnread(conversationId: Id, position: number): Promise<void> {
    await this.#requestWithRetry("conversation:unread", { conversationId, position });
  }

  /** Marks the replies in a thread as read, up to a `threadPosition`. */
  async readThread(threadId: Id, position: number): Promise<ThreadState> {
    return (await this.#requestWithRetry("thread:read", { threadId, position })).thread;
  }

  /** Follows a thread, or no longer does. `request("GET", "/me/threads")` lists those that the user follows. */
  async followThread(threadId: Id, following = true): Promise<ThreadState> {
    return (await this.#requestWithRetry(following ? "thread:follow" : "thread:unfollow", { threadId })).thread;
  }

  /** Reports typing to the other members. Call it again every few seconds while the user goes on typing. */
  typing(conversationId: Id, isTyping = true, threadId?: Id): void {
    const place = { conversationId, ...(threadId === undefined ? {} : { threadId }) };
    this.#connection.emitVolatile(isTyping ? "typing:start" : "typing:stop", place);
  }

  async setPresence(status: PresenceChoice): Promise<void> {
    await this.#requestWithRetry("presence:set", { status });
  }

  /**
   * History of a conversation: read in pages, then kept current by events. Returns the same object
   * until `forget`.
   */
  history(conversationId: Id): History {
    return this.#state.history(conversationId);
  }

  /** Members of a conversation: read once, then kept current by events. */
  members(conversationId: Id): Promise<readonly Member[]> {
    return this.#state.members(conversationId);
  }

  /** Delivery status of a message; `sent` as long as its conversation's `members` were not read. */
  stateOf(message: Message): Delivered {
    return this.#state.membersOf(message.conversationId)?.stateOf(message) ?? "sent";
  }

  /** Drops the history and the members of a conversation: they are no longer kept current. */
  forget(conversationId: Id): void {
    this.#state.forget(conversationId);
  }

  /**
   * Creates a conversation, or returns the one with the same `clientId` or, of a direct one, with
   * the same peer.
   */
  async createConversation(wanted: NewConversation): Promise<Head> {
    const body = { ...wanted, clientId: wanted.clientId ?? crypto.randomUUID() };
    const conversation = await this.request<Head>("POST", "/conversations", { body, repeatable: true });
    const { id: conversationId, seq } = conversation;
    // The event arrives as well; the feed applies whichever comes first.
    this.#apply(this.#feed.take({ type: "conversation:created", conversationId, seq, conversation }));
    return conversation;
  }

  /** Sends any other request of the REST API, below `/api/v1`: see `/api/v1/docs` on a server. */
  request<T>(method: string, path: string, options?: RequestOptions): Promise<T> {
    return this.#rest.request<T>(method, path, options);
  }

  #onStatus(status: Status, error?: ParlanceError): void {
    this.#outbox.pause();
    if (error) this.emit("status", status, error);
    else this.emit("status", status);
  }

  #onEvent(event: ServerEvent): void {
    if (event.type === "ready") return void this.#start(event);
    if (!isChange(event)) {
      this.#state.applyVolatile(event);
      return this.emit(event.type, ...([event] as never));
    }
    // The message is stored, even if the event comes too early to be applied.
    if ("message" in event && event.message.sender.id === this.me?.id) this.#outbox.settle(event.message);
    this.#apply(this.#feed.take(event));
    this.#resync.schedule();
  }

  async #start(ready: Ready): Promise<void> {
    const { since, mostMissed = DEFAULT_MAX_MISSED } = this.#options;
    const isFirst = this.me === undefined;
    if (isFirst) this.#state.addConversations(ready.conversations);
    if (isFirst && !since) for (const { id, seq } of ready.conversations) this.#feed.begin(id, seq);
    const old = this.#feed.catchUp(ready.conversations, mostMissed);
    this.#state.reset(ready, old);
    this.emit("ready", ready);
    for (const id of old) this.emit("reset", id);
    // Missed changes are applied before the outbox is sent. A first connection has missed nothing, but there
    // may be more conversations than `ready` names, and the answer has the time from which the next one goes on.
    await this.#resync.resume();
    if (this.status !== "online") return;
    // Unread messages have at least arrived. While changes are missing, each is reported when it is
    // applied.
    const arrived = this.#feed.isBehind ? [] : ready.conversations.filter((conversation) => conversation.unread > 0);
    for (const { id, position } of arrived) this.#noteDelivered(id, position);
    void this.#receipts.flush();
    this.#outbox.resume();
    this.emit("status", "online");
  }

  /** Applies changes that are in order to the state first, and then emits them. */
  #apply(due: readonly Change[]): void {
    this.#state.apply(due);
    for (const change of due) {
      this.emit("change", change);
      this.emit(change.type, ...([change] as never));
      if (!("message" in change)) continue;
      const { message, type } = change;
      if (message.sender.id === this.me?.id) this.#outbox.settle(message);
      else if (type === "message:created") this.#noteDelivered(message.conversationId, message.position);
      this.emit("message", message, type.slice("message:".length) as "created" | "updated" | "deleted");
    }
  }

  #noteDelivered(id: Id, position: number): void {
    if (this.#options.receipts !== false) this.#receipts.schedule("conversation:delivered", id, position);
  }

  async #transmit({ createdAt: _at, order: _order, state: _state, error: _error, ...payload }: Outgoing): Promise<Message> {
    const { message } = await this.#connection.request("message:send", payload);
    this.#applyAnswer(message);
    return message;
  }

  async #changeMessage<Name extends ChangeName>(
    name: Name,
    payload: Requests[Name]["ask"],
  ): Promise<Message> {
    const { message } = await this.#requestWithRetry(name, payload);
    this.#applyAnswer(message);
    return message;
  }

  /** An answer updates the history at once; its event is still emitted in order. */
  #applyAnswer(message: Message): void {
    if (this.#state.put(message)) this.emit("history", message.conversationId);
    this.#feed.expect(message.conversationId, message.seq);
    this.#resync.schedule();
  }

  #requestWithRetry<Name extends keyof Requests>(name: Name, payload: Requests[Name]["ask"]): Promise<Requests[Name]["answer"]> {
    return retry(() => this.#connection.request(name, payload), this.#options.wait ?? wait);
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
