/** Histories: every unread position is marked as a gap. */
import { expect, test } from "@playwright/test";
import { History, type PageQuery } from "../src/history.js";
import { type Entry, Timeline } from "../src/timeline.js";
import type { Message } from "../src/types.js";
import { SeededRandom, message } from "./changes.js";

/** `[1, "2-4", 5]`: messages by their positions, and gaps. */
function outline(entries: readonly Entry[]): (number | string)[] {
  return entries.map((entry) => (entry.type === "message" ? entry.position : `${entry.from}-${entry.to}`));
}

function page(from: number, to: number): Message[] {
  return Array.from({ length: to - from + 1 }, (_, index) => message(from + index));
}

test("unread positions are gaps", () => {
  const timeline = new Timeline();
  expect(outline(timeline.entries(0))).toEqual([]);
  expect(outline(timeline.entries(9))).toEqual(["1-9"]);
  timeline.add(page(8, 9));
  expect(outline(timeline.entries(9))).toEqual(["1-7", 8, 9]);
  timeline.add(page(3, 4));
  expect(outline(timeline.entries(11))).toEqual(["1-2", 3, 4, "5-7", 8, 9, "10-11"]);
  timeline.add(page(4, 8));
  expect(outline(timeline.entries(9))).toEqual(["1-2", 3, 4, 5, 6, 7, 8, 9]);
});

test("a missing position within a page is a gap", () => {
  const timeline = new Timeline();
  timeline.add([message(1), message(3)]);
  expect(outline(timeline.entries(3))).toEqual([1, "2-2", 3]);
});

test("new messages extend the newest range in any order of arrival", () => {
  const timeline = new Timeline();
  timeline.add(page(4, 5));
  timeline.put(message(6));
  timeline.put(message(8));
  expect(outline(timeline.entries(8))).toEqual(["1-3", 4, 5, 6, "7-8"]);
  timeline.put(message(7));
  expect(outline(timeline.entries(8))).toEqual(["1-3", 4, 5, 6, 7, 8]);
});

test("a change of an unread message is kept until an older page contains the message", () => {
  const timeline = new Timeline();
  timeline.add(page(8, 9));
  timeline.put(message(2, { seq: 20, body: "edited" }));
  expect(outline(timeline.entries(9))).toEqual(["1-7", 8, 9]);
  timeline.add(page(1, 7));
  expect(timeline.entries(9).length).toBe(9);
  expect(timeline.at(2)!.body).toBe("edited");
  timeline.put(message(2, { seq: 19, body: "old" }));
  expect(timeline.at(2)!.body).toBe("edited");
});

test("the newer state of a poll is kept, also under the same number", () => {
  const timeline = new Timeline();
  const asked = (seq: number, revision: number) => {
    const options = [{ text: "Tea", votes: revision }, { text: "Coffee", votes: 0 }];
    const rules = { maxChoices: 1, anonymous: true, results: "always", closesAt: null, closedAt: null } as const;
    return message(1, { seq, poll: { options, ...rules, voterCount: revision, revision } });
  };
  timeline.put(asked(1, 2));
  timeline.add([asked(1, 1)]);
  expect(timeline.at(1)!.poll!.revision).toBe(2);
  timeline.add([asked(1, 3)]);
  expect(timeline.at(1)!.poll!.revision).toBe(3);
  timeline.put(message(1, { seq: 2, body: "", deletedAt: "2026-01-06T09:00:00Z" }));
  expect(timeline.at(1)!.poll).toBeUndefined();
});

test("a new conversation has no gap", () => {
  const timeline = new Timeline();
  timeline.put(message(1));
  timeline.put(message(2));
  expect(outline(timeline.entries(2))).toEqual([1, 2]);
});

test("a reply shows the current version of the quoted message", () => {
  const timeline = new Timeline();
  const quoting = (position: number) => {
    const { id, sender, body, deletedAt } = message(1);
    return message(position, { replyTo: { id, position: 1, sender, body, deletedAt } });
  };
  timeline.add([message(1), quoting(2)]);
  timeline.put(message(1, { seq: 9, body: "edited" }));
  timeline.put(quoting(3));
  expect([2, 3].map((position) => timeline.at(position)!.replyTo!.body)).toEqual(["edited", "edited"]);
  timeline.put(message(1, { seq: 10, body: "", deletedAt: "2026-01-06T09:00:00Z" }));
  expect([2, 3].map((position) => timeline.at(position)!.replyTo!.deletedAt)).not.toContain(null);
});

test("any order of pages and changes covers each position once, by a message or a gap", () => {
  for (let seed = 0; seed < 100; seed++) {
    const random = new SeededRandom(seed);
    const timeline = new Timeline();
    const latest = new Map<number, number>();
    const seen = (position: number, seq: number) => latest.set(position, Math.max(seq, latest.get(position) ?? 0));
    let newest = 30;
    for (let step = 0; step < 60; step++) {
      if (random.below(3) === 0) {
        const from = 1 + random.below(newest);
        const read = page(from, Math.min(newest, from + random.below(8)));
        read.forEach(({ position, seq }) => seen(position, seq));
        timeline.add(read);
      } else {
        const position = random.below(2) === 0 ? (newest += 1) : 1 + random.below(newest);
        const seq = position + random.below(100);
        seen(position, seq);
        timeline.put(message(position, { seq }));
      }
      const covered = timeline.entries(newest).flatMap((entry) =>
        entry.type === "message" ? [entry.position] : Array.from({ length: entry.to - entry.from + 1 }, (_, at) => entry.from + at),
      );
      const isWhole = covered.length === newest && covered.every((position, at) => position === at + 1);
      if (!isWhole) throw new Error(`seed ${seed}, step ${step}: ${covered}`);
    }
    const shown = timeline.entries(newest).flatMap((entry) => (entry.type === "message" ? [entry.message] : []));
    expect(shown.map(({ seq }) => seq), `seed ${seed}`).toEqual(shown.map(({ position }) => latest.get(position)));
  }
});

/** A conversation of a hundred messages on a server that answers when the test says so. */
function fakeServer() {
  const queries: PageQuery[] = [];
  let hold: Promise<void> | undefined;
  let body = "as it was";
  const history = new History("7", {
    read: async (_, query) => {
      queries.push(query);
      const { before = 101, after, around, limit = 50 } = query;
      const to = after !== undefined ? after + limit : around !== undefined ? around + Math.ceil(limit / 2) - 1 : before - 1;
      const read = page(Math.max(1, to - limit + 1), Math.min(100, to)).map((it) => ({ ...it, body }));
      await hold;
      return read;
    },
    newest: () => 100,
    onChange: () => {},
  });
  return {
    history,
    queries,
    /** Holds the next page back. Returns a function that releases it. */
    hold: () => {
      let release = () => {};
      hold = new Promise((done) => (release = done));
      return release;
    },
    edit: (edited: string) => (body = edited),
  };
}

test("pages are read from the newest on, and gaps are filled", async () => {
  const { history, queries } = fakeServer();
  expect(outline(history.entries)).toEqual(["1-100"]);
  await history.latest(10);
  await history.before(undefined, 10);
  await history.around(40, 10);
  expect(history.gaps).toEqual([
    { type: "gap", from: 1, to: 34 },
    { type: "gap", from: 45, to: 80 },
  ]);
  await history.after(44, 10);
  await history.fill(history.gaps[1]!, 20);
  expect(history.gaps[1]).toEqual({ type: "gap", from: 55, to: 60 });
  for (const gap of history.gaps.reverse()) await history.fill(gap);
  expect(history.messages.length).toBe(100);
  expect(queries).toEqual([
    { limit: 10 },
    { before: 91, limit: 10 },
    { around: 40, limit: 10 },
    { after: 44, limit: 10 },
    { before: 81, limit: 20 },
    { before: 61, limit: 6 },
    { before: 35, limit: 34 },
  ]);
});

test("a page requested before `clear` is read again", async () => {
  const { history, queries, hold, edit } = fakeServer();
  const release = hold();
  const read = history.latest(5);
  edit("as it is");
  history.clear();
  release();
  expect((await read).map(({ body }) => body)).toEqual(Array(5).fill("as it is"));
  expect(history.messages.map(({ body }) => body)).toEqual(Array(5).fill("as it is"));
  expect(queries.length).toBe(2);
});
