/** Exponential backoff with full jitter: delays that double, so that clients do not retry together. */

const BASE_DELAY = 500;
const MAX_DELAY = 30_000;

/** Resolves after so many milliseconds; tests inject a clock of their own. */
export type Wait = (millis: number) => Promise<void>;

export const wait: Wait = (millis) => new Promise((done) => setTimeout(done, millis));

/**
 * Milliseconds before the next try: a random part of 500 ms, doubled with each failure up to 30 s.
 * The server's `retryAfter` (seconds) is added, because it tells all clients the same.
 */
export function delay(failures: number, retryAfter = 0, random: () => number = Math.random): number {
  const span = Math.min(MAX_DELAY, BASE_DELAY * 2 ** Math.min(failures, 16));
  return Math.round(retryAfter * 1000 + span * random());
}
