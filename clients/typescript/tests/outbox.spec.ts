/** What is written: sent in order, stored once, and never given up by itself. */
import { expect, test } from "@playwright/test";
import { ParlanceError } from "../src/errors.js";
import { Outbox } from "../src/outbox.js";
import { MemoryStorage, type OutboxStorage } from "../src/storage.js";
import type { Message, NewOutgoing, Outgoing } from "../src/types.js";
import { message } from "./changes.js";
import { Clock, settled } from "./clock.js";

/** An outbox, and a server that answers when the test says so. */
class Desk {
  readonly clock = new Clock();
  readonly complaints: unknown[] = [];
  /** What was transmitted, in order. */
  readonly sent: string[] = [];
  readonly outbox: Outbox;
  #position = 0;
  readonly #asked = new Map<string, { answer: (message: Message) => void; refuse: (error: Error) => void; of: Outgoing }>();

  constructor(storage: OutboxStorage = new MemoryStorage()) {
    this.outbox = new Outbox({
      storage,
      transmit: (outgoing) => {
        this.sent.push(outgoing.clientId);
        return new Promise((answer, refuse) => this.#asked.set(outgoing.clientId, { answer, refuse, of: outgoing }));
      },
      onChange: () => {},
      onStorageError: (error) => this.complaints.push(error),
      wait: this.clock.wait,
      // The longest that chance may have it.
      random: () => 1,
    });
  }

  send(clientId: string, more: Partial<NewOutgoing> = {}): Promise<Message> {
    return this.outbox.send({ conversationId: "7", body: clientId, clientId, ...more });
  }

  /** The message as the server has stored it. */
  stored({ clientId, conversationId, body }: Outgoing): Message {
    return message((this.#position += 1), { clientId, conversationId, body });
  }

  async answer(clientId: string): Promise<void> {
    const { answer, of } = this.#asked.get(clientId)!;
    answer(this.stored(of));
    await settled();
  }

  async refuse(clientId: string, code: ConstructorParameters<typeof ParlanceError>[0], retryAfter?: number): Promise<void> {
    this.#asked.get(clientId)!.refuse(new ParlanceError(code, "No.", retryAfter));
    await settled();
  }

  get states(): Record<string, string> {
    return Object.fromEntries(this.outbox.all.map(({ clientId, state }) => [clientId, state]));
  }
}

test("without a connection it waits, and then goes one by one in each conversation", async () => {
  const desk = new Desk();
  const all = [desk.send("a"), desk.send("b"), desk.send("c", { conversationId: "8" }), desk.send("d")];
  await settled();
  expect(desk.sent).toEqual([]);
  desk.outbox.resume();
  await settled();
  expect(desk.sent).toEqual(["a", "c"]);
  expect(desk.states).toEqual({ a: "sending", b: "queued", c: "sending", d: "queued" });
  await desk.answer("a");
  expect(desk.sent).toEqual(["a", "c", "b"]);
  await desk.answer("b");
  await desk.answer("c");
  await desk.answer("d");
  expect((await Promise.all(all)).map(({ body }) => body)).toEqual(["a", "b", "c", "d"]);
  expect(desk.outbox.all).toEqual([]);
});

test("what was lost on its way is sent again under the same name, later each time", async () => {
  const desk = new Desk();
  desk.outbox.resume();
  const a = desk.send("a");
  await settled();
  for (const millis of [1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000]) {
    await desk.refuse("a", "lost");
    expect(desk.clock.next).toBe(millis);
    const before = desk.sent.length;
    await desk.clock.pass(millis - 1);
    expect(desk.sent.length).toBe(before);
    await desk.clock.pass(1);
    expect(desk.sent.length).toBe(before + 1);
  }
  expect(new Set(desk.sent)).toEqual(new Set(["a"]));
  await desk.answer("a");
  expect((await a).clientId).toBe("a");
});

for (const code of ["too_many_requests", "unavailable"] as const) {
  test(`${code}: nothing is sent before the server wants it`, async () => {
    const desk = new Desk();
    desk.outbox.resume();
    void desk.send("a");
    await settled();
    await desk.refuse("a", code, 7);
    void desk.send("b");
    void desk.send("c", { conversationId: "8" });
    await desk.clock.pass(6_999);
    expect(desk.sent).toEqual(["a"]);
    // A moment more, so that not all who were told the same come at once.
    await desk.clock.pass(1_001);
    expect(desk.sent).toEqual(["a", "a", "c"]);
    await desk.answer("a");
    expect(desk.sent).toEqual(["a", "a", "c", "b"]);
  });
}

test("the longest wait counts, and failures together count as one", async () => {
  const desk = new Desk();
  desk.outbox.resume();
  void desk.send("a");
  void desk.send("b", { conversationId: "8" });
  await settled();
  await desk.refuse("a", "unavailable", 5);
  await desk.refuse("b", "lost");
  await desk.clock.pass(5_999);
  expect(desk.sent).toEqual(["a", "b"]);
  await desk.clock.pass(1);
  expect(desk.sent).toEqual(["a", "b", "a", "b"]);
});

test("a new connection does not wait for what failed on the old one", async () => {
  const desk = new Desk();
  desk.outbox.resume();
  void desk.send("a");
  await settled();
  desk.outbox.pause();
  await desk.refuse("a", "lost");
  await desk.clock.pass(500);
  expect(desk.sent).toEqual(["a"]);
  desk.outbox.resume();
  await settled();
  expect(desk.sent).toEqual(["a", "a"]);
  // The wait of before ends now, and must not end this one.
  await desk.refuse("a", "unavailable", 3);
  await desk.clock.pass(1_000);
  expect(desk.sent).toEqual(["a", "a"]);
  await desk.clock.pass(3_000);
  expect(desk.sent).toEqual(["a", "a", "a"]);
});

for (const code of ["invalid", "forbidden", "not_found", "conflict"] as const) {
  test(`${code}: it fails, and those behind it go on`, async () => {
    const desk = new Desk();
    desk.outbox.resume();
    const a = desk.send("a").catch((error: ParlanceError) => error.code);
    const b = desk.send("b");
    await settled();
    await desk.refuse("a", code);
    expect(await a).toBe(code);
    expect(desk.states).toEqual({ a: "failed", b: "sending" });
    expect(desk.outbox.all[0]!.error).toEqual({ code, detail: "No." });
    await desk.answer("b");
    expect((await b).body).toBe("b");

    const again = desk.outbox.retry("a")!;
    await settled();
    await desk.answer("a");
    expect((await again).clientId).toBe("a");
    expect(desk.outbox.all).toEqual([]);
  });
}

test("a message that always breaks the server fails in the end", async () => {
  const desk = new Desk();
  desk.outbox.resume();
  const a = desk.send("a").catch((error: ParlanceError) => error.code);
  await settled();
  for (let times = 1; times < 5; times++) {
    await desk.refuse("a", "internal");
    await desk.clock.pass(60_000);
  }
  await desk.refuse("a", "internal");
  expect(await a).toBe("internal");
  expect(desk.sent.length).toBe(5);
});

test("signed out: what was written waits", async () => {
  const desk = new Desk();
  desk.outbox.resume();
  void desk.send("a");
  await settled();
  await desk.refuse("a", "unauthenticated");
  desk.outbox.pause();
  await desk.clock.pass(60_000);
  expect(desk.states).toEqual({ a: "queued" });
  desk.outbox.resume();
  await settled();
  expect(desk.sent).toEqual(["a", "a"]);
});

test("the event settles what lost its acknowledgement, once", async () => {
  const desk = new Desk();
  desk.outbox.resume();
  let times = 0;
  const a = desk.send("a").finally(() => (times += 1));
  await settled();
  const stored = desk.stored(desk.outbox.all[0]!);
  desk.outbox.settle({ ...stored, conversationId: "8" });
  expect(desk.states).toEqual({ a: "sending" });
  desk.outbox.settle(stored);
  expect(await a).toBe(stored);
  await desk.refuse("a", "lost");
  await desk.clock.pass(60_000);
  expect([desk.sent, times]).toEqual([["a"], 1]);
});

test("the same name is the same message", async () => {
  const desk = new Desk();
  expect(desk.send("a")).toBe(desk.send("a", { body: "something else" }));
  expect(desk.outbox.all.length).toBe(1);
});

test("what is left goes first in the next program, as what it was", async () => {
  const storage = new MemoryStorage();
  const before = new Desk(storage);
  before.outbox.resume();
  const left = ["a", "b", "c"].map((name) => before.send(name).catch((error: ParlanceError) => error.code));
  await settled();
  await before.refuse("a", "invalid");
  before.outbox.close();
  expect(await Promise.all(left)).toEqual(["invalid", "closed", "closed"]);

  // The clock was set back in between.
  for (const left of storage.load()) storage.save({ ...left, order: left.order + 3_600_000_000 });
  const desk = new Desk(storage);
  void desk.send("d");
  await desk.outbox.restore();
  await desk.outbox.restore();
  expect(desk.states).toEqual({ a: "failed", b: "queued", c: "queued", d: "queued" });
  expect(desk.outbox.all.map(({ body }) => body)).toEqual(["a", "b", "c", "d"]);
  await settled();
  const orders = storage.load().map(({ clientId, order }) => [order, clientId] as const);
  expect(orders.sort(([one], [other]) => one - other).map(([, clientId]) => clientId)).toEqual(["a", "b", "c", "d"]);
  desk.outbox.resume();
  for (const name of ["b", "c", "d"]) {
    await settled();
    await desk.answer(name);
  }
  expect(desk.sent).toEqual(["b", "c", "d"]);
  expect(storage.load().map(({ clientId }) => clientId)).toEqual(["a"]);
  desk.outbox.discard("a");
  await settled();
  expect(storage.load()).toEqual([]);
});

test("a message is in the storage before it is sent", async () => {
  let save = () => {};
  const storage: OutboxStorage = {
    load: () => [],
    save: () => new Promise((saved) => (save = saved)),
    remove: () => {},
  };
  const desk = new Desk(storage);
  desk.outbox.resume();
  void desk.send("a");
  await settled();
  expect(desk.sent).toEqual([]);
  save();
  await settled();
  expect(desk.sent).toEqual(["a"]);
});

test("a storage that fails is complained of, and stops nothing", async () => {
  const full = () => {
    throw new Error("full");
  };
  const desk = new Desk({ load: full, save: full, remove: full });
  await desk.outbox.restore();
  desk.outbox.resume();
  const a = desk.send("a");
  await settled();
  await desk.answer("a");
  expect((await a).body).toBe("a");
  await settled();
  expect(desk.complaints.map(String)).toEqual(["Error: full", "Error: full", "Error: full"]);
});

test("what is given up makes room for the next", async () => {
  const desk = new Desk();
  desk.outbox.resume();
  const a = desk.send("a").catch((error: ParlanceError) => error.code);
  const b = desk.send("b");
  await settled();
  desk.outbox.discard("a");
  expect(await a).toBe("discarded");
  await settled();
  await desk.answer("b");
  expect((await b).body).toBe("b");
});
