/** Asks again what can be asked again: edits, reactions, deletions. */
import { type Wait, delay } from "./backoff.js";
import { asError } from "./errors.js";

const TRIES = 8;

/** Until there is an answer, or after about a minute the last reason why there is none. */
export async function persist<T>(ask: () => Promise<T>, wait: Wait): Promise<T> {
  for (let tries = 1; ; tries++) {
    try {
      return await ask();
    } catch (thrown) {
      const error = asError(thrown);
      if (!error.mayPass || tries === TRIES) throw error;
      await wait(delay(tries, error.retryAfter));
    }
  }
}
