/** Fetches what was missed, until nothing is missing. */
import { type Wait, delay } from "./backoff.js";
import { asError } from "./errors.js";
import type { Change, Requests } from "./events.js";
import type { Feed } from "./feed.js";

export interface HealerNeeds {
  feed: Feed;
  ask(name: "sync", payload: Requests["sync"]["ask"]): Promise<Requests["sync"]["answer"]>;
  /** Gives out what is due. */
  apply(due: readonly Change[]): void;
  isOnline(): boolean;
  wait: Wait;
}

export class Healer {
  readonly #needs: HealerNeeds;
  #isBusy = false;
  /** Whether a `sync` must be, whatever is known: what was missed may be the newest change. */
  #isDue = false;

  constructor(needs: HealerNeeds) {
    this.#needs = needs;
  }

  /** After every `ready` on which something may have been missed. */
  async resume(): Promise<void> {
    this.#isDue = true;
    await this.#sync();
    // Whether it succeeded or not: what is left is for the loop.
    this.heal();
  }

  /** If something is missing, fetches it, unless it comes by itself in a moment. */
  heal(): void {
    if (!this.#isBusy && this.#isNeeded) void this.#run();
  }

  get #isNeeded(): boolean {
    return this.#needs.isOnline() && (this.#isDue || this.#needs.feed.isBehind);
  }

  async #run(): Promise<void> {
    this.#isBusy = true;
    let retryAfter: number | undefined;
    for (let failures = 0; this.#isNeeded; failures++) {
      // The next `ready` begins anew when the connection is lost meanwhile.
      await this.#needs.wait(delay(failures, retryAfter));
      if (this.#isNeeded) retryAfter = await this.#sync();
    }
    this.#isBusy = false;
  }

  /** Answers after how many seconds to try again, if it says so. */
  async #sync(): Promise<number | undefined> {
    const { feed, ask, apply } = this.#needs;
    try {
      for (let hasMore = true; hasMore; ) {
        const answer = await ask("sync", { conversations: feed.seqs });
        hasMore = answer.hasMore;
        apply(feed.takeAll(answer.changes, hasMore));
      }
      this.#isDue = false;
      return undefined;
    } catch (error) {
      return asError(error).retryAfter;
    }
  }
}
