/** Options and events of the client. */
import type { ManagerOptions, SocketOptions } from "socket.io-client";
import type { Wait } from "./backoff.js";
import type { Status } from "./connection.js";
import type { ParlanceError } from "./errors.js";
import type { Change, Fleeting, Ready, Seqs } from "./events.js";
import type { TokenSource } from "./rest.js";
import type { OutboxStorage } from "./storage.js";
import type { Outgoing } from "./outgoing.js";
import type { Id, Message } from "./types.js";

export interface ParlanceOptions {
  /**
   * Returns the access token for every connection and request. Called with `refused` when the
   * server did not accept one: return another.
   */
  token: TokenSource;
  /** Storage of the outbox; in memory by default. */
  storage?: OutboxStorage;
  /** `seqs` of an earlier client: changes since then are emitted. */
  since?: Seqs;
  /** Whether to report received messages to the server, so that senders see `delivered`. Default: true. */
  receipts?: boolean;
  /**
   * Missed changes of a conversation up to which they are fetched; beyond, the conversation is
   * `reset`. Default: 1000.
   */
  mostMissed?: number;
  /** Milliseconds to wait for an acknowledgement. Default: 10,000. */
  ackTimeout?: number;
  /** Options of the Socket.IO client; they take precedence over the defaults. */
  socket?: Partial<ManagerOptions & SocketOptions>;
  fetch?: typeof fetch;
  /** Timer, for tests. */
  wait?: Wait;
}

type EventArgs<Event extends { type: string }> = { [Type in Event["type"]]: [event: Extract<Event, { type: Type }>] };

/** Events of the client: those of the server under their names, and some of its own. */
export type ParlanceEvents = EventArgs<Change> &
  EventArgs<Fleeting> & {
    /** After each connection, with the state of the server. Missed changes follow. */
    ready: [event: Ready];
    /** `online` follows after all missed changes were emitted. */
    status: [status: Status, error?: ParlanceError];
    /** Each new or changed message, once and in order. */
    message: [message: Message, change: "created" | "updated" | "deleted"];
    /** Each change of a conversation, once and in order. */
    change: [change: Change];
    /** More was missed of a conversation than `mostMissed`: drop what you have of it, and read it again. */
    reset: [conversationId: Id];
    /** A history that was read has changed; once for all changes that were applied together. */
    history: [conversationId: Id];
    outbox: [outgoing: readonly Outgoing[]];
    /** The storage of the outbox has failed: messages in the outbox will not survive a restart. */
    error: [error: unknown];
  };
