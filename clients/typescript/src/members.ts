/** Who is in a conversation, and how far each has received and read. */
import type { Change, ReceiptUpdated } from "./events.js";
import type { Id, Member, Message } from "./types.js";

/** How far a message has come on its way to all others. */
export type Delivered = "sent" | "delivered" | "read";

/** Those of one conversation. */
export class Members {
  readonly #members = new Map<Id, Member>();
  /** Of those that are not known yet, as [read, delivered]. */
  readonly #receipts = new Map<Id, [number, number]>();
  /** Who has left or changed while the list was being read. */
  readonly #changed = new Set<Id>();
  #isWhole = false;

  /** The reading of the list. */
  read: Promise<readonly Member[]> = Promise.resolve([]);

  get all(): readonly Member[] {
    return [...this.#members.values()];
  }

  /** The list, as it was read; what has changed meanwhile stays. */
  add(members: readonly Member[]): readonly Member[] {
    for (const member of members) if (!this.#changed.has(member.user.id)) this.#put(member);
    this.#isWhole = true;
    this.#changed.clear();
    return this.all;
  }

  apply(change: Change): void {
    if (change.type === "member:removed") {
      this.#members.delete(change.userId);
      this.#note(change.userId);
    } else if (change.type === "member:added" || change.type === "member:updated") {
      this.#put(change.member);
      this.#note(change.member.user.id);
    } else if ("message" in change) {
      const { sender, position } = change.message;
      this.#advance(sender.id, position, position);
    }
  }

  hear({ userId, readPosition, deliveredPosition }: ReceiptUpdated): void {
    this.#advance(userId, readPosition, deliveredPosition);
  }

  /** `sent` while not all members are known. */
  stateOf(message: Message): Delivered {
    if (!this.#isWhole) return "sent";
    const audience = this.all.filter(
      ({ user, joinedAt }) => user.id !== message.sender.id && Date.parse(joinedAt) <= Date.parse(message.createdAt),
    );
    if (audience.length === 0) return "sent";
    if (audience.every((member) => member.readPosition >= message.position)) return "read";
    return audience.every((member) => member.deliveredPosition >= message.position) ? "delivered" : "sent";
  }

  #note(id: Id): void {
    if (!this.#isWhole) this.#changed.add(id);
  }

  #put(member: Member): void {
    const known = this.#members.get(member.user.id);
    const [read, delivered] = this.#receipts.get(member.user.id) ?? [0, 0];
    this.#receipts.delete(member.user.id);
    this.#members.set(member.user.id, {
      ...member,
      readPosition: Math.max(member.readPosition, known?.readPosition ?? read),
      deliveredPosition: Math.max(member.deliveredPosition, known?.deliveredPosition ?? delivered),
    });
  }

  /** Positions only move forward. */
  #advance(id: Id, read: number, delivered: number): void {
    const known = this.#members.get(id);
    if (known) {
      this.#members.set(id, {
        ...known,
        readPosition: Math.max(known.readPosition, read),
        deliveredPosition: Math.max(known.deliveredPosition, delivered, read),
      });
    } else {
      const [before, received] = this.#receipts.get(id) ?? [0, 0];
      this.#receipts.set(id, [Math.max(before, read), Math.max(received, delivered, read)]);
    }
  }
}
