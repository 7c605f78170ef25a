/** Members of a conversation, with their read and delivered positions. */
import type { Change, ReceiptUpdated, UserUpdated } from "./events.js";
import type { Id, Member, Message } from "./types.js";

/** Delivery status of a message: the least of all other members. */
export type Delivered = "sent" | "delivered" | "read";

/** Members of one conversation. */
export class Members {
  readonly #members = new Map<Id, Member>();
  /** Positions [read, delivered] of users that are not known as members yet. */
  readonly #receipts = new Map<Id, [number, number]>();
  /** Users who have left or changed while the list was being read. */
  readonly #changed = new Set<Id>();
  #isWhole = false;

  /** Promise of reading the list. */
  read: Promise<readonly Member[]> = Promise.resolve([]);

  get all(): readonly Member[] {
    return [...this.#members.values()];
  }

  /** Adds the list that was read; changes that came meanwhile take precedence. */
  add(members: readonly Member[]): readonly Member[] {
    for (const member of members) if (!this.#changed.has(member.user.id)) this.#put(member);
    this.#isWhole = true;
    this.#changed.clear();
    return this.all;
  }

  apply(change: Change): void {
    if (change.type === "member:removed") {
      this.#members.delete(change.userId);
      this.#markChanged(change.userId);
    } else if (change.type === "member:added" || change.type === "member:updated") {
      this.#put(change.member);
      this.#markChanged(change.member.user.id);
    } else if ("message" in change) {
      const { sender, position } = change.message;
      this.#advance(sender.id, position, position);
    }
  }

  applyReceipt({ userId, readPosition, deliveredPosition }: ReceiptUpdated): void {
    this.#advance(userId, readPosition, deliveredPosition);
  }

  applyProfile({ profile }: UserUpdated): void {
    const member = this.#members.get(profile.id);
    if (member) this.#put({ ...member, user: { ...member.user, ...profile } });
  }

  /** `sent` until the whole list is known. */
  stateOf(message: Message): Delivered {
    if (!this.#isWhole) return "sent";
    const audience = this.all.filter(
      ({ user, joinedAt }) => user.id !== message.sender.id && Date.parse(joinedAt) <= Date.parse(message.createdAt),
    );
    if (audience.length === 0) return "sent";
    if (audience.every((member) => member.readPosition >= message.position)) return "read";
    return audience.every((member) => member.deliveredPosition >= message.position) ? "delivered" : "sent";
  }

  #markChanged(id: Id): void {
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

  /** Moves positions forward, never back. */
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
