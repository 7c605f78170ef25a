/** Errors of the server and of this client. */
import type { ErrorCode, FieldError } from "./types.js";

/**
 * Codes of errors on this side. `lost`: no answer, so that the server may or may not have done it.
 * `closed`: by `close()`. `discarded`: removed from the outbox.
 */
export type LocalCode = "lost" | "closed" | "discarded";

export class ParlanceError extends Error {
  override readonly name = "ParlanceError";

  constructor(
    readonly code: ErrorCode | LocalCode,
    message: string,
    /** Seconds until another try can succeed. */
    readonly retryAfter?: number,
    /** Invalid fields of a REST request. */
    readonly fields: readonly FieldError[] = [],
    /** Of `two_factor_required`: goes with a code to `Session.signInWithCode`. */
    readonly ticket?: string,
  ) {
    super(message);
  }

  /** Whether the same request may succeed later. */
  get mayPass(): boolean {
    return ["lost", "too_many_requests", "unavailable", "internal"].includes(this.code);
  }
}

const CODES: ReadonlySet<unknown> = new Set<ErrorCode>([
  "unauthenticated",
  "two_factor_required",
  "two_factor_setup_required",
  "email_unconfirmed",
  "forbidden",
  "not_found",
  "invalid",
  "conflict",
  "too_many_requests",
  "too_large",
  "storage_full",
  "unavailable",
  "internal",
]);

/** Error of an acknowledgement or of a problem document (RFC 9457). Unknown codes become `fallback`. */
export function parseError(error: unknown, retryAfter?: number, fallback: ErrorCode = "internal"): ParlanceError {
  const body = (typeof error === "object" && error !== null ? error : {}) as {
    code?: unknown;
    detail?: unknown;
    retryAfter?: unknown;
    errors?: FieldError[];
    ticket?: unknown;
  };
  const code = CODES.has(body.code) ? (body.code as ErrorCode) : fallback;
  const detail = typeof body.detail === "string" ? body.detail : "The answer can't be read.";
  const seconds = typeof body.retryAfter === "number" ? body.retryAfter : retryAfter;
  const ticket = typeof body.ticket === "string" ? body.ticket : undefined;
  return new ParlanceError(code, detail, seconds, body.errors ?? [], ticket);
}

export function asError(thrown: unknown): ParlanceError {
  if (thrown instanceof ParlanceError) return thrown;
  return new ParlanceError("lost", thrown instanceof Error ? thrown.message : String(thrown));
}
