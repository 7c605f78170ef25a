/** Retries idempotent requests: edits, reactions, deletions. */
import { type Wait, delay } from "./backoff.js";
import { asError } from "./errors.js";

const MAX_TRIES = 8;

/**
 * Resolves with the first answer. Rejects with a permanent error at once, and with the last one
 * after eight tries, about a minute.
 */
export async function retry<T>(request: () => Promise<T>, wait: Wait): Promise<T> {
  for (let tries = 1; ; tries++) {
    try {
      return await request();
    } catch (thrown) {
      const error = asError(thrown);
      if (!error.mayPass || tries === MAX_TRIES) throw error;
      await wait(delay(tries, error.retryAfter));
    }
  }
}
