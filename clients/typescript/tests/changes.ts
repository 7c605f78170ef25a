/** Sample changes and messages, as the server sends them. */
import type { Change, MessageCreated, MessageUpdated } from "../src/events.js";
import type { Head, Message } from "../src/types.js";

export function message(position: number, more: Partial<Message> = {}): Message {
  return {
    id: String(1000 + position),
    conversationId: "7",
    position,
    seq: position,
    sender: { id: "1", username: "ada", name: "Ada Lovelace", avatarUrl: null },
    kind: "text",
    body: `message ${position}`,
    replyTo: null,
    attachments: [],
    reactions: [],
    clientId: null,
    createdAt: "2026-01-05T09:00:00Z",
    editedAt: null,
    deletedAt: null,
    ...more,
  };
}

export function created(seq: number, more: Partial<Message> = {}): MessageCreated {
  const sample = message(seq, { seq, ...more });
  return { type: "message:created", conversationId: sample.conversationId, seq, message: sample };
}

export function updated(seq: number, position: number): MessageUpdated {
  return { type: "message:updated", conversationId: "7", seq, message: message(position, { seq, body: `edited ${seq}` }) };
}

export function conversation(id: string, seq: number, more: Partial<Head> = {}): Head {
  return {
    ...{ id, kind: "group", title: "Engines", description: null, private: true, position: seq, seq, memberCount: 2 },
    ...{ createdAt: "2026-01-05T09:00:00Z", role: "member", peer: null, readPosition: seq, unread: 0, mentions: 0 },
    lastMessage: null,
    ...more,
  } as Head;
}

export const seqs = (changes: readonly Change[]): number[] => changes.map((change) => change.seq);

/** Pseudo-random numbers that are the same in every run (a linear congruential generator). */
export class SeededRandom {
  #state: bigint;

  constructor(seed: number) {
    this.#state = BigInt(seed);
  }

  below(bound: number): number {
    this.#state = BigInt.asUintN(64, this.#state * 6_364_136_223_846_793_005n + 1n);
    return Number((this.#state >> 33n) % BigInt(bound));
  }
}
