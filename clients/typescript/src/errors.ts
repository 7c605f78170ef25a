/** Why the server, or this client, did not do what was asked. */
import type { FieldError } from "./types.js";

/** What the server says. */
export type ErrorCode =
  | "unauthenticated"
  | "forbidden"
  | "not_found"
  | "invalid"
  | "conflict"
  | "too_many_requests"
  | "unavailable"
  | "internal";

/**
 * What only this side knows: `lost`, nobody knows whether the server has heard it; `closed`, by
 * `close()`; `discarded`, taken out of the outbox.
 */
export type LocalCode = "lost" | "closed" | "discarded";

export class ParlanceError extends Error {
  override readonly name = "ParlanceError";

  constructor(
    readonly code: ErrorCode | LocalCode,
    message: string,
    /** Seconds until another try can succeed. */
    readonly retryAfter?: number,
    /** Which fields of an input are wrong, over REST. */
    readonly fields: readonly FieldError[] = [],
  ) {
    super(message);
  }

  /** Whether the same may succeed later. */
  get mayPass(): boolean {
    return ["lost", "too_many_requests", "unavailable", "internal"].includes(this.code);
  }
}

const CODES: ReadonlySet<unknown> = new Set<ErrorCode>([
  "unauthenticated",
  "forbidden",
  "not_found",
  "invalid",
  "conflict",
  "too_many_requests",
  "unavailable",
  "internal",
]);

/** What stands in an acknowledgement or in a problem, if it is one. */
export function refusal(error: unknown, retryAfter?: number, otherwise: ErrorCode = "internal"): ParlanceError {
  const told = (typeof error === "object" && error !== null ? error : {}) as {
    code?: unknown;
    detail?: unknown;
    retryAfter?: unknown;
    errors?: FieldError[];
  };
  const code = CODES.has(told.code) ? (told.code as ErrorCode) : otherwise;
  const detail = typeof told.detail === "string" ? told.detail : "The answer can't be read.";
  const seconds = typeof told.retryAfter === "number" ? told.retryAfter : retryAfter;
  return new ParlanceError(code, detail, seconds, told.errors ?? []);
}

export function asError(thrown: unknown): ParlanceError {
  if (thrown instanceof ParlanceError) return thrown;
  return new ParlanceError("lost", thrown instanceof Error ? thrown.message : String(thrown));
}
