/** Conversations of a user with unread counts and last messages, kept current by events. */
import type { Change, Fleeting, UnreadChanged } from "./events.js";
import type { Head, Id, LastMessage, Message } from "./types.js";

export class ConversationList {
  readonly #conversations = new Map<Id, Head>();
  /** Own, deleted messages and such in threads only above the read position, at most: they do not count as unread. */
  readonly #deletedUnread = new Map<Id, number>();
  #me: Id | undefined;

  get all(): ReadonlyMap<Id, Head> {
    return this.#conversations;
  }

  get unread(): number {
    return [...this.#conversations.values()].reduce((sum, conversation) => sum + conversation.unread, 0);
  }

  /**
   * Takes the conversations of a `ready`. Those in `anew` are replaced; others that are new or lost
   * follow as events of the feed.
   */
  reset(me: Id, conversations: readonly Head[], anew: readonly Id[]): void {
    this.#me = me;
    for (const id of anew) this.#delete(id);
    for (const conversation of conversations) {
      const { id } = conversation;
      if (this.#conversations.has(id) || anew.includes(id)) this.put(conversation);
    }
  }

  /** Stores a conversation that was just read, unless a newer one is known. */
  put(conversation: Head): void {
    const known = this.#conversations.get(conversation.id);
    if (known && known.seq > conversation.seq) return;
    this.#deletedUnread.set(conversation.id, deletedUnread(conversation, conversation.unread));
    this.#set({ ...conversation, readPosition: Math.max(conversation.readPosition, known?.readPosition ?? 0) });
  }

  /** Applies a change that is in order. */
  apply(change: Change): void {
    if (change.type === "conversation:created") return this.put(change.conversation);
    if (change.type === "conversation:removed") return this.#delete(change.conversationId);
    const known = this.#conversations.get(change.conversationId);
    if (!known) return;
    const conversation = { ...known, seq: Math.max(known.seq, change.seq) };
    switch (change.type) {
      case "conversation:updated": {
        const { title, description, private: isPrivate, memberCount, pictureUrl } = change.conversation;
        Object.assign(conversation, { title, description, private: isPrivate, memberCount, pictureUrl });
        break;
      }
      case "member:added":
      case "member:updated":
        if (change.member.user.id === this.#me) conversation.role = change.member.role;
        break;
      case "member:removed":
        break;
      default:
        // A summary that was read after the change knows of it.
        if (
          change.seq > known.seq &&
          change.message.position > known.readPosition &&
          doesNotCount(change, change.message.position > known.position, this.#me)
        ) {
          this.#deletedUnread.set(known.id, (this.#deletedUnread.get(known.id) ?? 0) + 1);
        }
        applyMessage(conversation, change.message, this.#me);
    }
    this.#set(conversation);
  }

  applyVolatile(event: Fleeting): void {
    // Not the user's own `receipt:updated`: it says how far they have ever read, which is too far where they have
    // marked messages as unread.
    if (event.type === "unread") {
      const known = this.#conversations.get(event.conversationId);
      if (!known) return;
      const conversation = { ...known, readPosition: readPosition(known, event) };
      // Only what is deleted can be less than was thought, after a part was read.
      const deleted = deletedUnread(conversation, event.unread);
      this.#deletedUnread.set(conversation.id, event.markedUnread ? deleted : Math.min(deleted, this.#deletedUnread.get(conversation.id) ?? 0));
      this.#set({ ...conversation, mentions: event.mentions });
    }
  }

  /** Moves the read position forward. */
  read(id: Id, position: number): void {
    const conversation = this.#conversations.get(id);
    if (conversation && conversation.readPosition < position) this.#set({ ...conversation, readPosition: position });
  }

  #delete(id: Id): void {
    this.#conversations.delete(id);
    this.#deletedUnread.delete(id);
  }

  /** The unread count is the difference of two positions, without deleted messages. */
  #set(conversation: Head): void {
    const above = conversation.position - conversation.readPosition;
    if (above <= 0) this.#deletedUnread.delete(conversation.id);
    const deleted = this.#deletedUnread.get(conversation.id) ?? 0;
    const unread = conversation.role === null ? 0 : Math.max(0, above - deleted);
    this.#conversations.set(conversation.id, { ...conversation, unread, mentions: unread === 0 ? 0 : conversation.mentions });
  }
}

/** Forward only, unless the user has marked messages as unread on some device. */
function readPosition({ readPosition }: Head, event: UnreadChanged): number {
  const told = event.readPosition ?? readPosition;
  return event.markedUnread ? told : Math.max(readPosition, told);
}

/** The deleted messages above the read position, where so many are unread. */
function deletedUnread({ position, readPosition }: Head, unread: number): number {
  return Math.max(0, position - readPosition - unread);
}

/**
 * Whether the change leaves one position less that counts: a message of the main line is deleted, or one
 * comes that is in a thread only, or that was written and deleted meanwhile (`isNew`).
 * An own message never counts, so that its deletion leaves as many.
 */
function doesNotCount(change: Change, isNew: boolean, me: Id | undefined): boolean {
  if (change.type === "message:deleted") return isNew || (isInMainLine(change.message) && change.message.sender.id !== me);
  return change.type === "message:created" && (change.message.deletedAt !== null || !isInMainLine(change.message));
}

function isInMainLine({ threadId, alsoToConversation = false }: Message): boolean {
  return threadId === undefined || alsoToConversation;
}

function applyMessage(conversation: Head, message: Message, me: Id | undefined): void {
  conversation.position = Math.max(conversation.position, message.position);
  // Sending a message implies having read everything before it; a reply in a thread says nothing of the main line.
  if (message.sender.id === me && isInMainLine(message)) {
    conversation.readPosition = Math.max(conversation.readPosition, message.position);
  }
  const known = conversation.lastMessage;
  if (!known || known.position <= message.position) {
    conversation.lastMessage = lastMessage(message);
  }
}

function lastMessage({ id, position, sender, kind, body, preview, createdAt, deletedAt }: Message): LastMessage {
  const shown = preview === undefined ? {} : { preview };
  return { id, position, sender, kind, body: [...body].slice(0, 200).join(""), ...shown, createdAt, deletedAt };
}
