/** Late, early, twice or never: each change once, and in order. */
import { expect, test } from "@playwright/test";
import type { Change } from "../src/events.js";
import { Feed } from "../src/feed.js";
import { Sequence } from "../src/sequence.js";
import { Dice, created, head, seqs, updated } from "./changes.js";

test("what comes in order is due at once, and known things never again", () => {
  const sequence = new Sequence(3);
  expect(seqs(sequence.take(created(4)))).toEqual([4]);
  expect(seqs(sequence.take(created(5)))).toEqual([5]);
  expect(sequence.take(created(5))).toEqual([]);
  expect(sequence.take(created(1))).toEqual([]);
  expect(sequence.isBehind).toBe(false);
});

test("what comes after a gap is held until the gap is healed", () => {
  const sequence = new Sequence(3);
  expect(sequence.take(created(5))).toEqual([]);
  expect(sequence.take(created(7))).toEqual([]);
  expect(sequence.isBehind).toBe(true);
  expect(seqs(sequence.take(created(4)))).toEqual([4, 5]);
  expect(sequence.isBehind).toBe(true);
  expect(seqs(sequence.take(created(6)))).toEqual([6, 7]);
  expect(sequence.isBehind).toBe(false);
});

test("a sync may leave numbers out, and takes what was held along", () => {
  const sequence = new Sequence(3);
  sequence.take(created(8));
  sequence.take(created(6));
  expect(seqs(sequence.takeSynced(updated(5, 2)))).toEqual([5, 6]);
  // 7 changed what is told under 9.
  expect(seqs(sequence.takeSynced(updated(9, 1)))).toEqual([9]);
  expect(sequence.take(created(8))).toEqual([]);
  expect(sequence.isBehind).toBe(false);
});

test("what is only heard of makes it behind, too", () => {
  const sequence = new Sequence(3);
  sequence.expect(2);
  expect(sequence.isBehind).toBe(false);
  sequence.expect(4);
  expect(sequence.isBehind).toBe(true);
  sequence.take(created(4));
  expect(sequence.isBehind).toBe(false);
});

test("what is held is bounded", () => {
  const sequence = new Sequence(0);
  for (let seq = 1_000; seq > 1; seq--) sequence.take(created(seq));
  expect(seqs(sequence.take(created(1))).length).toBe(1);
  expect(sequence.isBehind).toBe(true);
  expect(sequence.seq).toBe(1);
});

/** What a server's `sync` would say: each thing once, under its last seq. */
function feedOf(all: readonly Change[], after: number, limit: number): { changes: Change[]; hasMore: boolean } {
  const last = new Map<string, Change>();
  for (const change of all) if ("message" in change) last.set(change.message.id, change);
  const changes = [...last.values()].filter((change) => change.seq > after).sort((one, other) => one.seq - other.seq);
  return { changes: changes.slice(0, limit), hasMore: changes.length > limit };
}

/** The last word on each message. */
function outcome(told: readonly Change[]): Record<string, number> {
  return Object.fromEntries(told.map((change) => ["message" in change ? change.message.id : "", change.seq]));
}

test("whatever is lost, doubled or out of order: after a sync all is as if it had come in order", () => {
  for (let seed = 0; seed < 200; seed++) {
    const dice = new Dice(seed);
    let messages = 0;
    const all = Array.from({ length: 60 }, (_, index) =>
      messages === 0 || dice.below(2) === 0
        ? created(index + 1, { position: ++messages, id: String(messages) })
        : { ...updated(index + 1, 1), message: created(index + 1, { id: String(1 + dice.below(messages)) }).message },
    );
    const heard = all.filter(() => dice.below(3) > 0);
    for (let times = 0; times < 10; times++) heard.push(heard[dice.below(heard.length)]!);
    for (let at = heard.length - 1; at > 0; at--) {
      const other = Math.max(0, at - dice.below(5));
      [heard[at], heard[other]] = [heard[other]!, heard[at]!];
    }

    const feed = new Feed({ 7: 0 });
    const told: Change[] = [];
    const sync = () => {
      for (let more = true; more; ) {
        const { changes, hasMore } = feedOf(all, feed.seqs["7"]!, 1 + dice.below(9));
        told.push(...feed.takeAll(changes, (more = hasMore)));
      }
    };
    for (const change of heard) {
      told.push(...feed.take(change));
      if (dice.below(20) === 0) sync();
    }
    feed.catchUp([head("7", all.length)], 1_000);
    sync();
    expect(feed.isBehind, `seed ${seed}`).toBe(false);
    expect(seqs(told), `seed ${seed}`).toEqual([...new Set(seqs(told))].sort((one, other) => one - other));
    expect(outcome(told), `seed ${seed}`).toEqual(outcome(all));
  }
});

test("a conversation begins and ends for its member", () => {
  const feed = new Feed();
  const begin = { type: "conversation:created", conversationId: "9", seq: 4, conversation: head("9", 4) } as const;
  expect(feed.take(created(5, { conversationId: "9" }))).toEqual([]);
  expect(feed.isBehind).toBe(true);
  expect(feed.take(begin)).toEqual([begin]);
  expect(feed.isBehind).toBe(false);
  expect(feed.take(begin)).toEqual([]);
  expect(feed.seqs).toEqual({ 9: 4 });
  expect(seqs(feed.take(created(5, { conversationId: "9" })))).toEqual([5]);

  const old = { type: "conversation:removed", conversationId: "9", seq: 3 } as const;
  expect(feed.take(old)).toEqual([]);
  const end = { ...old, seq: 8 };
  expect(feed.take(end)).toEqual([end]);
  expect(feed.take(end)).toEqual([]);
  expect(feed.seqs).toEqual({});
});

test("unknown conversations are asked for once", () => {
  const feed = new Feed({ 7: 1 });
  expect(feed.catchUp([head("7", 1), head("8", 5)], 100)).toEqual([]);
  expect(feed.isBehind).toBe(true);
  const begin = { type: "conversation:created", conversationId: "8", seq: 5, conversation: head("8", 5) } as const;
  expect(feed.takeAll([begin], false)).toEqual([begin]);
  expect(feed.isBehind).toBe(false);
  // Heard of, but not mine: the sync says nothing of it.
  feed.take(created(3, { conversationId: "6" }));
  expect(feed.isBehind).toBe(true);
  feed.takeAll([], false);
  expect(feed.isBehind).toBe(false);
});

test("what was missed for too long, or has gone back, is begun anew", () => {
  const feed = new Feed({ 7: 10, 8: 10, 9: 10 });
  expect(feed.catchUp([head("7", 110), head("8", 111), head("9", 4)], 100)).toEqual(["8", "9"]);
  expect(feed.seqs).toEqual({ 7: 10, 8: 111, 9: 4 });
  expect(seqs(feed.take(created(5, { conversationId: "9" })))).toEqual([5]);
});
