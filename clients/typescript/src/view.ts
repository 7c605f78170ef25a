/** What this client knows: conversations, and of those that were asked for, messages and members. */
import type { Change, Fleeting, Ready } from "./events.js";
import { Heads } from "./heads.js";
import { History, type HistoryNeeds } from "./history.js";
import { Members } from "./members.js";
import type { Account, Head, Id, Member, Message, Presence } from "./types.js";

export interface ViewNeeds {
  readPage: HistoryNeeds["read"];
  readMembers(conversationId: Id): Promise<Member[]>;
  changed(conversationId: Id): void;
}

export class View {
  readonly heads = new Heads();
  readonly presence = new Map<Id, Presence>();
  me: Account | undefined;
  readonly #needs: ViewNeeds;
  readonly #histories = new Map<Id, History>();
  readonly #members = new Map<Id, Members>();

  constructor(needs: ViewNeeds) {
    this.#needs = needs;
  }

  history(conversationId: Id): History {
    const known = this.#histories.get(conversationId);
    if (known) return known;
    const history = new History(conversationId, {
      read: this.#needs.readPage,
      newest: (id) => this.heads.all.get(id)?.position ?? 0,
      changed: this.#needs.changed,
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
    // Before anything is read, so that no change can fall in between.
    const members = new Members();
    this.#members.set(conversationId, members);
    members.read = this.#needs.readMembers(conversationId).then((list) => members.add(list));
    try {
      return await members.read;
    } catch (error) {
      this.#members.delete(conversationId);
      throw error;
    }
  }

  membersOf(conversationId: Id): Members | undefined {
    return this.#members.get(conversationId);
  }

  forget(conversationId: Id): void {
    this.#histories.delete(conversationId);
    this.#members.delete(conversationId);
  }

  /** Where everything stands. What is old of these conversations is forgotten. */
  start({ user, conversations, presence }: Ready, old: readonly Id[]): void {
    this.me = user;
    this.presence.clear();
    for (const one of presence) this.presence.set(one.userId, one);
    this.heads.start(user.id, conversations, old);
    for (const id of old) {
      this.#members.delete(id);
      this.#histories.get(id)?.clear();
    }
  }

  /** The first time: these are mine. */
  begin(heads: readonly Head[]): void {
    for (const head of heads) this.heads.put(head);
  }

  /** Takes changes in that are due. */
  apply(due: readonly Change[]): void {
    const changed = new Set<Id>();
    for (const change of due) {
      const { conversationId } = change;
      this.heads.apply(change);
      this.#members.get(conversationId)?.apply(change);
      if ("message" in change && this.put(change.message)) changed.add(conversationId);
      if (change.type === "conversation:removed") this.forget(conversationId);
    }
    for (const id of changed) this.#needs.changed(id);
  }

  /** A message as it is now. Answers whether its history was asked for. */
  put(message: Message): boolean {
    const history = this.#histories.get(message.conversationId);
    history?.put(message);
    return history !== undefined;
  }

  hear(event: Fleeting): void {
    this.heads.hear(event);
    if (event.type === "receipt:updated") this.#members.get(event.conversationId)?.hear(event);
    if (event.type === "presence") this.presence.set(event.userId, event);
  }
}
