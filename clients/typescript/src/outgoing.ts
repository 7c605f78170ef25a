/** Messages that are sent: as the caller gives them, and as the outbox keeps them. */
import type { ErrorCode, Id, MessageKind, NewPoll, Time } from "./types.js";

export interface Outgoing {
  /** Idempotency key: however often the message is sent, it is stored once. */
  clientId: string;
  conversationId: Id;
  body: string;
  kind: MessageKind;
  replyToId?: Id;
  /** The message in whose thread this is a reply. */
  threadId?: Id;
  /** Whether a reply in a thread is in the main line as well. */
  alsoToConversation?: boolean;
  /** The `seq` of the draft that it was written as, which is removed with the send, but for files that the message has not. */
  draftSeq?: number;
  /** Makes the message a poll, whose question is the body. */
  poll?: NewPoll;
  /** When `send` was called, by the clock of this machine. */
  createdAt: Time;
  /** Sort key within the outbox. */
  order: number;
  /** `queued`: waits for the connection, or for earlier messages of its conversation. */
  state: "queued" | "sending" | "failed";
  /** Why it failed. */
  error?: { code: ErrorCode; detail: string };
}

export interface NewOutgoing {
  conversationId: Id;
  body: string;
  kind?: MessageKind;
  replyToId?: Id;
  /** The message in whose thread this is a reply. */
  threadId?: Id;
  /** Whether a reply in a thread is in the main line as well. */
  alsoToConversation?: boolean;
  /** The `seq` of the draft that it was written as, which is removed with the send, but for files that the message has not. */
  draftSeq?: number;
  /** Makes the message a poll, whose question is the body. */
  poll?: NewPoll;
  clientId?: string;
}
