/** @parlance/client: every message sent once, every history without holes. */
export { Parlance } from "./client.js";
export type { Status } from "./connection.js";
export { type ErrorCode, type LocalCode, ParlanceError } from "./errors.js";
export type * from "./events.js";
export type { Entry, Gap, History } from "./history.js";
export type { Delivered } from "./members.js";
export type { NewOutgoing, Outgoing } from "./outbox.js";
export type { ParlanceEvents, ParlanceOptions } from "./options.js";
export type { RequestOptions, TokenSource } from "./rest.js";
export { Session, type SessionOptions } from "./session.js";
export { type KeyValues, MemoryStorage, type OutboxStorage, WebStorage } from "./storage.js";
export type * from "./types.js";
// What it is made of, for clients that keep their messages in their own way.
export { Feed } from "./feed.js";
export { Sequence } from "./sequence.js";
