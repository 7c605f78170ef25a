/** @parlance/client: every message sent once, every history without unmarked holes. */
export { Parlance } from "./client.js";
export type { Status } from "./connection.js";
export { type LocalCode, ParlanceError } from "./errors.js";
export type * from "./events.js";
export type { History } from "./history.js";
export type { Delivered } from "./members.js";
export type { ParlanceEvents, ParlanceOptions } from "./options.js";
export type * from "./outgoing.js";
export type { RequestOptions, TokenSource } from "./rest.js";
export type * from "./search.js";
export { Session, type SessionOptions } from "./session.js";
export { type KeyValues, MemoryStorage, type OutboxStorage, WebStorage } from "./storage.js";
export type { Entry, Gap } from "./timeline.js";
export type * from "./types.js";
// Building blocks for clients that keep their messages in their own way.
export { Feed } from "./feed.js";
export { Sequence } from "./sequence.js";
