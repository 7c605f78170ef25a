/** What a client is told when it is made, and what it tells. */
import type { ManagerOptions, SocketOptions } from "socket.io-client";
import type { Wait } from "./backoff.js";
import type { Status } from "./connection.js";
import type { ParlanceError } from "./errors.js";
import type { Change, Fleeting, Ready, Seqs } from "./events.js";
import type { Outgoing } from "./outbox.js";
import type { TokenSource } from "./rest.js";
import type { OutboxStorage } from "./storage.js";
import type { Id, Message } from "./types.js";

export interface ParlanceOptions {
  /** Called for every connection and request. Answer with another one when one was `refused`. */
  token: TokenSource;
  /** Where the outbox is kept; in memory when absent. */
  storage?: OutboxStorage;
  /** Where an earlier program has got to (`seqs`): what has happened since is told. */
  since?: Seqs;
  /** Whether the server is told what has arrived here, so that senders see it. Yes, when absent. */
  receipts?: boolean;
  /** So many missed changes of a conversation are made up for; beyond, it is `reset`. 1000 when absent. */
  mostMissed?: number;
  /** How long an acknowledgement may take, in milliseconds; 10 seconds when absent. */
  ackTimeout?: number;
  /** For the Socket.IO client, over what is set here. */
  socket?: Partial<ManagerOptions & SocketOptions>;
  fetch?: typeof fetch;
  /** For tests: how time passes. */
  wait?: Wait;
}

type Told<Event extends { type: string }> = { [Type in Event["type"]]: [event: Extract<Event, { type: Type }>] };

/** What a client tells: the server's events under their names, and some of its own. */
export type ParlanceEvents = Told<Change> &
  Told<Fleeting> & {
    /** After each connection, with where everything stands. What was missed follows. */
    ready: [event: Ready];
    /** `online` comes when what was missed has been told. */
    status: [status: Status, error?: ParlanceError];
    /** Each message that is new or has changed, each change once and in order. */
    message: [message: Message, change: "created" | "updated" | "deleted"];
    /** Each change of a conversation, once and in order. */
    change: [change: Change];
    /** Too much was missed of a conversation: what you have of it is old. Read it anew. */
    reset: [conversationId: Id];
    /** A history that was read has changed: once for all that came together. */
    history: [conversationId: Id];
    outbox: [outgoing: readonly Outgoing[]];
    /** The storage of the outbox has failed: what waits will not outlive the program. */
    error: [error: unknown];
  };
