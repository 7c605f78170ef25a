/** Resynchronisation: fetches missed changes by `sync` until nothing is missing. */
import { type Wait, delay } from "./backoff.js";
import { asError } from "./errors.js";
import type { Change, ReceiptUpdated, Requests, UserUpdated } from "./events.js";
import type { Feed } from "./feed.js";
import type { Id } from "./types.js";

/** Most conversations of which one `sync` returns the receipts. */
const MAX_RECEIPTS = 20;

export interface ResyncDeps {
  feed: Feed;
  request(name: "sync", payload: Requests["sync"]["ask"]): Promise<Requests["sync"]["answer"]>;
  /** Applies changes that are in order. */
  apply(due: readonly Change[]): void;
  /** Takes an event that has no sequence number. */
  take(event: UserUpdated | ReceiptUpdated): void;
  /** The conversations whose members are known. */
  watched(): Id[];
  isOnline(): boolean;
  wait: Wait;
}

export class Resync {
  readonly #deps: ResyncDeps;
  #isRunning = false;
  /** Whether a `sync` is due even if no gap is known: the missed change may be the newest one. */
  #isForced = false;
  /** The server's time of the last `sync` that was complete: later changes of profiles and receipts are missing. */
  #syncedAt: string | undefined;

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
    const { feed, request, apply, take, watched } = this.#deps;
    let since = this.#syncedAt;
    let time: string | undefined;
    try {
      for (let hasMore = true; hasMore; ) {
        const missed = since === undefined ? {} : { since, receipts: watched().slice(-MAX_RECEIPTS) };
        const answer = await request("sync", { conversations: feed.seqs, ...missed });
        hasMore = answer.hasMore;
        // The first answer has all that is without a number, and what changes after it is in the next one.
        time ??= answer.time;
        since = undefined;
        apply(feed.takeAll(answer.changes, hasMore));
        for (const profile of answer.profiles ?? []) take({ type: "user:updated", profile });
        for (const receipt of answer.receipts ?? []) take({ ...receipt, type: "receipt:updated" });
      }
      this.#syncedAt = time ?? this.#syncedAt;
      this.#isForced = false;
      return undefined;
    } catch (error) {
      return asError(error).retryAfter;
    }
  }
}
