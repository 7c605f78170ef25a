/** The conversations of a user, as a sidebar shows them: kept current by events. */
import type { Change, Fleeting } from "./events.js";
import type { Head, Id, LastMessage, Message } from "./types.js";

export class Heads {
  readonly #heads = new Map<Id, Head>();
  #me: Id | undefined;

  get all(): ReadonlyMap<Id, Head> {
    return this.#heads;
  }

  get unread(): number {
    return [...this.#heads.values()].reduce((sum, head) => sum + head.unread, 0);
  }

  /** Where everything stands. Conversations that are lost or new are told by the feed. */
  start(me: Id, heads: readonly Head[], anew: readonly Id[]): void {
    this.#me = me;
    for (const id of anew) this.#heads.delete(id);
    for (const head of heads) if (this.#heads.has(head.id) || anew.includes(head.id)) this.put(head);
  }

  /** A head that was just read. */
  put(head: Head): void {
    const known = this.#heads.get(head.id);
    if (known && known.seq > head.seq) return;
    this.#set({ ...head, readPosition: Math.max(head.readPosition, known?.readPosition ?? 0) });
  }

  /** A change, in its turn. */
  apply(change: Change): void {
    if (change.type === "conversation:created") return this.put(change.conversation);
    if (change.type === "conversation:removed") return void this.#heads.delete(change.conversationId);
    const known = this.#heads.get(change.conversationId);
    if (!known) return;
    const head = { ...known, seq: Math.max(known.seq, change.seq) };
    switch (change.type) {
      case "conversation:updated": {
        const { title, description, private: isPrivate, memberCount } = change.conversation;
        Object.assign(head, { title, description, private: isPrivate, memberCount });
        break;
      }
      case "member:added":
      case "member:updated":
        if (change.member.user.id === this.#me) head.role = change.member.role;
        break;
      case "member:removed":
        break;
      default:
        say(head, change.message, this.#me);
    }
    this.#set(head);
  }

  hear(event: Fleeting): void {
    if (event.type === "receipt:updated" && event.userId === this.#me) {
      this.read(event.conversationId, event.readPosition);
    } else if (event.type === "unread") {
      const head = this.#heads.get(event.conversationId);
      if (head) this.#set({ ...head, mentions: event.mentions });
    }
  }

  /** All up to this position is read. */
  read(id: Id, position: number): void {
    const head = this.#heads.get(id);
    if (head && head.readPosition < position) this.#set({ ...head, readPosition: position });
  }

  /** Unread is the difference of two positions. */
  #set(head: Head): void {
    const unread = head.role === null ? 0 : Math.max(0, head.position - head.readPosition);
    this.#heads.set(head.id, { ...head, unread, mentions: unread === 0 ? 0 : head.mentions });
  }
}

function say(head: Head, message: Message, me: Id | undefined): void {
  head.position = Math.max(head.position, message.position);
  // Whoever writes has read what came before.
  if (message.sender.id === me) head.readPosition = Math.max(head.readPosition, message.position);
  if (!head.lastMessage || head.lastMessage.position <= message.position) head.lastMessage = preview(message);
}

function preview({ id, position, sender, kind, body, createdAt, deletedAt }: Message): LastMessage {
  return { id, position, sender, kind, body: [...body].slice(0, 200).join(""), createdAt, deletedAt };
}
