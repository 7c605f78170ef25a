/** Clock that advances only when a test says so. */
import type { Wait } from "../src/backoff.js";

export class FakeClock {
  #now = 0;
  #sleepers: { at: number; wake: () => void }[] = [];

  readonly wait: Wait = (millis) =>
    new Promise((wake) => {
      this.#sleepers.push({ at: this.#now + millis, wake });
    });

  /** Milliseconds until the next timer; undefined without timers. */
  get next(): number | undefined {
    const times = this.#sleepers.map(({ at }) => at - this.#now);
    return times.length === 0 ? undefined : Math.min(...times);
  }

  async advance(millis: number): Promise<void> {
    const until = this.#now + millis;
    await drainTasks();
    for (;;) {
      const due = this.#sleepers.filter(({ at }) => at <= until).sort((one, other) => one.at - other.at)[0];
      if (!due) break;
      this.#now = due.at;
      this.#sleepers = this.#sleepers.filter((other) => other !== due);
      due.wake();
      await drainTasks();
    }
    this.#now = until;
  }
}

/** Resolves after all promises that can settle have settled. */
export function drainTasks(): Promise<void> {
  return new Promise((done) => setImmediate(done));
}
