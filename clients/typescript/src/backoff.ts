/** How long to wait before another try: longer each time, and never all clients at once. */

const FIRST = 500;
const LONGEST = 30_000;

/** Waits; injected where tests have a clock of their own. */
export type Wait = (millis: number) => Promise<void>;

export const wait: Wait = (millis) => new Promise((done) => setTimeout(done, millis));

/**
 * Milliseconds before the next try after so many failures: a random part of a span that doubles.
 * What the server asks for in `retryAfter` (seconds) comes before it, since it asks others for the
 * same.
 */
export function delay(failures: number, retryAfter = 0, random: () => number = Math.random): number {
  const span = Math.min(LONGEST, FIRST * 2 ** Math.min(failures, 16));
  return Math.round(retryAfter * 1000 + span * random());
}
