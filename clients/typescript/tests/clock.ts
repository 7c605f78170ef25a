/** Time that passes when a test says so. */
import type { Wait } from "../src/backoff.js";

export class Clock {
  #now = 0;
  #sleepers: { at: number; wake: () => void }[] = [];

  readonly wait: Wait = (millis) =>
    new Promise((wake) => {
      this.#sleepers.push({ at: this.#now + millis, wake });
    });

  /** How long the next one has to wait; none when nobody waits. */
  get next(): number | undefined {
    const times = this.#sleepers.map(({ at }) => at - this.#now);
    return times.length === 0 ? undefined : Math.min(...times);
  }

  async pass(millis: number): Promise<void> {
    const until = this.#now + millis;
    await settled();
    for (;;) {
      const due = this.#sleepers.filter(({ at }) => at <= until).sort((one, other) => one.at - other.at)[0];
      if (!due) break;
      this.#now = due.at;
      this.#sleepers = this.#sleepers.filter((other) => other !== due);
      due.wake();
      await settled();
    }
    this.#now = until;
  }
}

/** Whatever could go on has gone on. */
export function settled(): Promise<void> {
  return new Promise((done) => setImmediate(done));
}
