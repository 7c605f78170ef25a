import { expect, test } from "@playwright/test";
import type { ReceiptUpdated, Requests, UserUpdated } from "../src/events.js";
import { Feed } from "../src/feed.js";
import { Resync } from "../src/resync.js";
import { ConversationList } from "../src/conversation-list.js";
import { conversation, created, message } from "./changes.js";

type Ask = Requests["sync"]["ask"];
type Answer = Requests["sync"]["answer"];

/** A resync whose server gives these answers, one after the other. */
function asking(answers: Answer[]) {
  const asked: Ask[] = [];
  const taken: (UserUpdated | ReceiptUpdated)[] = [];
  const resync = new Resync({
    feed: new Feed({ "7": 3 }),
    request: async (_name, payload) => {
      asked.push(payload);
      const answer = answers.shift();
      if (!answer) throw new Error("There is no answer.");
      return answer;
    },
    apply: () => {},
    take: (event) => taken.push(event),
    watched: () => ["7"],
    // The loop that repeats a failed one is not started.
    isOnline: () => false,
    wait: async () => {},
  });
  return { resync, asked, taken };
}

test("what has no number is asked for since the first answer of the last complete sync", async () => {
  const profile = { id: "3", username: "grace", name: "Rear Admiral", avatarUrl: null };
  const receipt = { conversationId: "7", userId: "3", readPosition: 2, deliveredPosition: 2 };
  const { resync, asked, taken } = asking([
    { changes: [], hasMore: true, time: "T1" },
    { changes: [], hasMore: false, time: "T2" },
    { changes: [], hasMore: false, time: "T3", profiles: [profile], receipts: [receipt] },
  ]);
  await resync.resume();
  expect(asked).toEqual([{ conversations: { "7": 3 } }, { conversations: { "7": 3 } }]);
  await resync.resume();
  expect(asked[2]).toEqual({ conversations: { "7": 3 }, since: "T1", receipts: ["7"] });
  expect(taken).toEqual([
    { type: "user:updated", profile },
    { type: "receipt:updated", ...receipt },
  ]);
  // A sync that fails leaves the time as it is.
  await resync.resume();
  await resync.resume();
  expect(asked.slice(3).map(({ since }) => since)).toEqual(["T3", "T3"]);
});

test("a message that was written and deleted meanwhile is not unread", () => {
  for (const type of ["message:created", "message:deleted"] as const) {
    const list = new ConversationList();
    list.put(conversation("7", 3));
    const deleted = message(4, { seq: 9, body: "", deletedAt: "2026-01-06T09:00:00Z" });
    list.apply({ type, conversationId: "7", seq: 9, message: deleted });
    expect(list.all.get("7")?.unread).toBe(0);
    list.apply(created(10, { position: 5 }));
    expect(list.all.get("7")?.unread).toBe(1);
  }
});

test("what is marked as unread stays so, whatever the own receipt says", () => {
  const list = new ConversationList();
  list.reset("1", [conversation("7", 3)], ["7"]);
  list.applyVolatile({ type: "unread", total: 2, conversationId: "7", unread: 2, mentions: 0, readPosition: 1, markedUnread: true });
  expect(list.all.get("7")).toMatchObject({ unread: 2, readPosition: 1 });
  list.applyVolatile({ type: "receipt:updated", conversationId: "7", userId: "1", readPosition: 3, deliveredPosition: 3 });
  expect(list.all.get("7")?.unread).toBe(2);
  list.applyVolatile({ type: "unread", total: 0, conversationId: "7", unread: 0, mentions: 0, readPosition: 3 });
  expect(list.all.get("7")).toMatchObject({ unread: 0, readPosition: 3 });
});
