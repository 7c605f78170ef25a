/** State of the client: its conversations, and the histories and members that were asked for. */
import type { Change, Fleeting, Ready } from "./events.js";
import { ConversationList } from "./conversation-list.js";
import { History, type HistoryDeps } from "./history.js";
import { Members } from "./members.js";
import type { Account, Head, Id, Member, Message, Presence } from "./types.js";

export interface ClientStateDeps {
  readPage: HistoryDeps["read"];
  readMembers(conversationId: Id): Promise<Member[]>;
  onChange(conversationId: Id): void;
}

export class ClientState {
  readonly conversations = new ConversationList();
  readonly presence = new Map<Id, Presence>();
  me: Account | undefined;
  readonly #deps: ClientStateDeps;
  readonly #histories = new Map<Id, History>();
  readonly #members = new Map<Id, Members>();

  constructor(deps: ClientStateDeps) {
    this.#deps = deps;
  }

  history(conversationId: Id): History {
    const known = this.#histories.get(conversationId);
    if (known) return known;
    const history = new History(conversationId, {
      read: this.#deps.readPage,
      newest: (id) => this.conversations.all.get(id)?.position ?? 0,
      onChange: this.#deps.onChange,
    });
    this.#histories.set(conversationId, history);
    return history;
  }

  async members(conversationId: Id): Promise<readonly Member[]> {
    const known = this.#members.get(conversationId);
    if (known) {
      await known.read;
      return known.all;
    }
    // Registered before the list is read, so that no change in between is missed.
    const members = new Members();
    this.#members.set(conversationId, members);
    members.read = this.#deps.readMembers(conversationId).then((list) => members.add(list));
    try {
      return await members.read;
    } catch (error) {
      this.#members.delete(conversationId);
      throw error;
    }
  }

  /** The conversations whose members were asked for, the latest last. */
  get watched(): Id[] {
    return [...this.#members.keys()];
  }

  membersOf(conversationId: Id): Members | undefined {
    return this.#members.get(conversationId);
  }

  forget(conversationId: Id): void {
    this.#histories.delete(conversationId);
    this.#members.delete(conversationId);
  }

  /** Takes the state of a `ready`. Histories and members of the `old` conversations are dropped. */
  reset({ user, conversations, presence }: Ready, old: readonly Id[]): void {
    this.me = user;
    this.presence.clear();
    for (const one of presence) this.presence.set(one.userId, one);
    this.conversations.reset(user.id, conversations, old);
    for (const id of old) {
      this.#members.delete(id);
      this.#histories.get(id)?.clear();
    }
  }

  /** Adds the conversations of the first `ready`. */
  addConversations(conversations: readonly Head[]): void {
    for (const conversation of conversations) this.conversations.put(conversation);
  }

  /** Applies changes that are in order. */
  apply(due: readonly Change[]): void {
    const changed = new Set<Id>();
    for (const change of due) {
      const { conversationId } = change;
      this.conversations.apply(change);
      this.#members.get(conversationId)?.apply(change);
      if ("message" in change && this.put(change.message)) changed.add(conversationId);
      if (change.type === "conversation:removed") this.forget(conversationId);
    }
    for (const id of changed) this.#deps.onChange(id);
  }

  /** Stores the current version of a message. Returns whether its history was asked for. */
  put(message: Message): boolean {
    const history = this.#histories.get(message.conversationId);
    history?.put(message);
    return history !== undefined;
  }

  applyVolatile(event: Fleeting): void {
    this.conversations.applyVolatile(event);
    if (event.type === "receipt:updated") this.#members.get(event.conversationId)?.applyReceipt(event);
    if (event.type === "user:updated") for (const members of this.#members.values()) members.applyProfile(event);
    if (event.type === "presence") this.presence.set(event.userId, event);
  }
}
