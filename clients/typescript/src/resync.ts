/** Resynchronisation: fetches missed changes by `sync` until nothing is missing. */
import { type Wait, delay } from "./backoff.js";
import { asError } from "./errors.js";
import type { Change, Requests } from "./events.js";
import type { Feed } from "./feed.js";

export interface ResyncDeps {
  feed: Feed;
  request(name: "sync", payload: Requests["sync"]["ask"]): Promise<Requests["sync"]["answer"]>;
  /** Applies changes that are in order. */
  apply(due: readonly Change[]): void;
  isOnline(): boolean;
  wait: Wait;
}

export class Resync {
  readonly #deps: ResyncDeps;
  #isRunning = false;
  /** Whether a `sync` is due even if no gap is known: the missed change may be the newest one. */
  #isForced = false;

  constructor(deps: ResyncDeps) {
    this.#deps = deps;
  }

  /** Fetches missed changes after a `ready`. */
  async resume(): Promise<void> {
    this.#isForced = true;
    await this.#sync();
    // If that failed, the loop tries again.
    this.schedule();
  }

  /** Starts fetching if a change is missing. The first delay gives it time to arrive by itself. */
  schedule(): void {
    if (!this.#isRunning && this.#isNeeded) void this.#loop();
  }

  get #isNeeded(): boolean {
    return this.#deps.isOnline() && (this.#isForced || this.#deps.feed.isBehind);
  }

  async #loop(): Promise<void> {
    this.#isRunning = true;
    let retryAfter: number | undefined;
    for (let failures = 0; this.#isNeeded; failures++) {
      // If the connection is lost meanwhile, the next `ready` starts over.
      await this.#deps.wait(delay(failures, retryAfter));
      if (this.#isNeeded) retryAfter = await this.#sync();
    }
    this.#isRunning = false;
  }

  /** Returns the seconds after which the server wants to be asked again, if it says so. */
  async #sync(): Promise<number | undefined> {
    const { feed, request, apply } = this.#deps;
    try {
      for (let hasMore = true; hasMore; ) {
        const answer = await request("sync", { conversations: feed.seqs });
        hasMore = answer.hasMore;
        apply(feed.takeAll(answer.changes, hasMore));
      }
      this.#isForced = false;
      return undefined;
    } catch (error) {
      return asError(error).retryAfter;
    }
  }
}
