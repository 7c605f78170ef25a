/** Sequences: changes that are late, early, doubled or lost are applied once and in order. */
import { expect, test } from "@playwright/test";
import type { Change } from "../src/events.js";
import { Feed } from "../src/feed.js";
import { Sequence } from "../src/sequence.js";
import { SeededRandom, created, conversation, seqs, updated } from "./changes.js";

test("changes in order are returned at once, and known ones never again", () => {
  const sequence = new Sequence(3);
  expect(seqs(sequence.take(created(4)))).toEqual([4]);
  expect(seqs(sequence.take(created(5)))).toEqual([5]);
  expect(sequence.take(created(5))).toEqual([]);
  expect(sequence.take(created(1))).toEqual([]);
  expect(sequence.isBehind).toBe(false);
});

test("changes after a gap are buffered until the gap is filled", () => {
  const sequence = new Sequence(3);
  expect(sequence.take(created(5))).toEqual([]);
  expect(sequence.take(created(7))).toEqual([]);
  expect(sequence.isBehind).toBe(true);
  expect(seqs(sequence.take(created(4)))).toEqual([4, 5]);
  expect(sequence.isBehind).toBe(true);
  expect(seqs(sequence.take(created(6)))).toEqual([6, 7]);
  expect(sequence.isBehind).toBe(false);
});

test("a sync may skip numbers, and releases buffered changes", () => {
  const sequence = new Sequence(3);
  sequence.take(created(8));
  sequence.take(created(6));
  expect(seqs(sequence.takeSynced(updated(5, 2)))).toEqual([5, 6]);
  // 7 changed the message that the sync returns under 9.
  expect(seqs(sequence.takeSynced(updated(9, 1)))).toEqual([9]);
  expect(sequence.take(created(8))).toEqual([]);
  expect(sequence.isBehind).toBe(false);
});

test("an expected change makes the sequence behind", () => {
  const sequence = new Sequence(3);
  sequence.expect(2);
  expect(sequence.isBehind).toBe(false);
  sequence.expect(4);
  expect(sequence.isBehind).toBe(true);
  sequence.take(created(4));
  expect(sequence.isBehind).toBe(false);
});

test("the buffer is bounded", () => {
  const sequence = new Sequence(0);
  for (let seq = 1_000; seq > 1; seq--) sequence.take(created(seq));
  expect(seqs(sequence.take(created(1))).length).toBe(1);
  expect(sequence.isBehind).toBe(true);
  expect(sequence.seq).toBe(1);
});

/** The server's answer to a `sync`: each message once, under its last seq. */
function feedOf(all: readonly Change[], after: number, limit: number): { changes: Change[]; hasMore: boolean } {
  const last = new Map<string, Change>();
  for (const change of all) if ("message" in change) last.set(change.message.id, change);
  const changes = [...last.values()].filter((change) => change.seq > after).sort((one, other) => one.seq - other.seq);
  return { changes: changes.slice(0, limit), hasMore: changes.length > limit };
}

/** The last version of each message. */
function outcome(emitted: readonly Change[]): Record<string, number> {
  return Object.fromEntries(emitted.map((change) => ["message" in change ? change.message.id : "", change.seq]));
}

test("lost, doubled and reordered changes: after a sync the outcome is that of ordered delivery", () => {
  for (let seed = 0; seed < 200; seed++) {
    const random = new SeededRandom(seed);
    let messages = 0;
    const all = Array.from({ length: 60 }, (_, index) =>
      messages === 0 || random.below(2) === 0
        ? created(index + 1, { position: ++messages, id: String(messages) })
        : { ...updated(index + 1, 1), message: created(index + 1, { id: String(1 + random.below(messages)) }).message },
    );
    const received = all.filter(() => random.below(3) > 0);
    for (let times = 0; times < 10; times++) received.push(received[random.below(received.length)]!);
    for (let at = received.length - 1; at > 0; at--) {
      const other = Math.max(0, at - random.below(5));
      [received[at], received[other]] = [received[other]!, received[at]!];
    }

    const feed = new Feed({ 7: 0 });
    const emitted: Change[] = [];
    const sync = () => {
      for (let more = true; more; ) {
        const { changes, hasMore } = feedOf(all, feed.seqs["7"]!, 1 + random.below(9));
        emitted.push(...feed.takeAll(changes, (more = hasMore)));
      }
    };
    for (const change of received) {
      emitted.push(...feed.take(change));
      if (random.below(20) === 0) sync();
    }
    feed.catchUp([conversation("7", all.length)], 1_000);
    sync();
    expect(feed.isBehind, `seed ${seed}`).toBe(false);
    expect(seqs(emitted), `seed ${seed}`).toEqual([...new Set(seqs(emitted))].sort((one, other) => one - other));
    expect(outcome(emitted), `seed ${seed}`).toEqual(outcome(all));
  }
});

test("a conversation is added and removed with its membership", () => {
  const feed = new Feed();
  const begin = { type: "conversation:created", conversationId: "9", seq: 4, conversation: conversation("9", 4) } as const;
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

test("unknown conversations cause one sync", () => {
  const feed = new Feed({ 7: 1 });
  expect(feed.catchUp([conversation("7", 1), conversation("8", 5)], 100)).toEqual([]);
  expect(feed.isBehind).toBe(true);
  const begin = { type: "conversation:created", conversationId: "8", seq: 5, conversation: conversation("8", 5) } as const;
  expect(feed.takeAll([begin], false)).toEqual([begin]);
  expect(feed.isBehind).toBe(false);
  // An event of a conversation that is not the user's: the sync does not return it.
  feed.take(created(3, { conversationId: "6" }));
  expect(feed.isBehind).toBe(true);
  feed.takeAll([], false);
  expect(feed.isBehind).toBe(false);
});

test("conversations with too many missed changes, or with a lower seq, are reset", () => {
  const feed = new Feed({ 7: 10, 8: 10, 9: 10 });
  expect(feed.catchUp([conversation("7", 110), conversation("8", 111), conversation("9", 4)], 100)).toEqual(["8", "9"]);
  expect(feed.seqs).toEqual({ 7: 10, 8: 111, 9: 4 });
  expect(seqs(feed.take(created(5, { conversationId: "9" })))).toEqual([5]);
});
