/** Outbox: messages are sent in order, stored once, and not dropped by themselves. */
import { expect, test } from "@playwright/test";
import { ParlanceError } from "../src/errors.js";
import { Outbox } from "../src/outbox.js";
import { MemoryStorage, type OutboxStorage } from "../src/storage.js";
import type { NewOutgoing, Outgoing } from "../src/outgoing.js";
import type { Message } from "../src/types.js";
import { message } from "./changes.js";
import { FakeClock, drainTasks } from "./fake-clock.js";

/** An outbox with a server that answers when the test says so. */
class OutboxHarness {
  readonly clock = new FakeClock();
  readonly storageErrors: unknown[] = [];
  /** Client ids of the transmitted messages, in order. */
  readonly sent: string[] = [];
  readonly outbox: Outbox;
  #position = 0;
  readonly #requests = new Map<string, { answer: (message: Message) => void; refuse: (error: Error) => void; of: Outgoing }>();

  constructor(storage: OutboxStorage = new MemoryStorage()) {
    this.outbox = new Outbox({
      storage,
      transmit: (outgoing) => {
        this.sent.push(outgoing.clientId);
        return new Promise((answer, refuse) => this.#requests.set(outgoing.clientId, { answer, refuse, of: outgoing }));
      },
      onChange: () => {},
      onStorageError: (error) => this.storageErrors.push(error),
      wait: this.clock.wait,
      // The longest possible delay.
      random: () => 1,
    });
  }

  send(clientId: string, more: Partial<NewOutgoing> = {}): Promise<Message> {
    return this.outbox.send({ conversationId: "7", body: clientId, clientId, ...more });
  }

  /** The message as the server would store it. */
  stored({ clientId, conversationId, body }: Outgoing): Message {
    return message((this.#position += 1), { clientId, conversationId, body });
  }

  async answer(clientId: string): Promise<void> {
    const { answer, of } = this.#requests.get(clientId)!;
    answer(this.stored(of));
    await drainTasks();
  }

  async refuse(clientId: string, code: ConstructorParameters<typeof ParlanceError>[0], retryAfter?: number): Promise<void> {
    this.#requests.get(clientId)!.refuse(new ParlanceError(code, "No.", retryAfter));
    await drainTasks();
  }

  get states(): Record<string, string> {
    return Object.fromEntries(this.outbox.all.map(({ clientId, state }) => [clientId, state]));
  }
}

test("messages wait for the connection, and are sent one at a time in each conversation", async () => {
  const harness = new OutboxHarness();
  const all = [harness.send("a"), harness.send("b"), harness.send("c", { conversationId: "8" }), harness.send("d")];
  await drainTasks();
  expect(harness.sent).toEqual([]);
  harness.outbox.resume();
  await drainTasks();
  expect(harness.sent).toEqual(["a", "c"]);
  expect(harness.states).toEqual({ a: "sending", b: "queued", c: "sending", d: "queued" });
  await harness.answer("a");
  expect(harness.sent).toEqual(["a", "c", "b"]);
  await harness.answer("b");
  await harness.answer("c");
  await harness.answer("d");
  expect((await Promise.all(all)).map(({ body }) => body)).toEqual(["a", "b", "c", "d"]);
  expect(harness.outbox.all).toEqual([]);
});

test("a lost message is retried under the same clientId with growing delays", async () => {
  const harness = new OutboxHarness();
  harness.outbox.resume();
  const a = harness.send("a");
  await drainTasks();
  for (const millis of [1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000]) {
    await harness.refuse("a", "lost");
    expect(harness.clock.next).toBe(millis);
    const before = harness.sent.length;
    await harness.clock.advance(millis - 1);
    expect(harness.sent.length).toBe(before);
    await harness.clock.advance(1);
    expect(harness.sent.length).toBe(before + 1);
  }
  expect(new Set(harness.sent)).toEqual(new Set(["a"]));
  await harness.answer("a");
  expect((await a).clientId).toBe("a");
});

for (const code of ["too_many_requests", "unavailable"] as const) {
  test(`${code}: nothing is sent before retryAfter`, async () => {
    const harness = new OutboxHarness();
    harness.outbox.resume();
    void harness.send("a");
    await drainTasks();
    await harness.refuse("a", code, 7);
    void harness.send("b");
    void harness.send("c", { conversationId: "8" });
    await harness.clock.advance(6_999);
    expect(harness.sent).toEqual(["a"]);
    // The backoff comes after `retryAfter`, so that clients do not retry together.
    await harness.clock.advance(1_001);
    expect(harness.sent).toEqual(["a", "a", "c"]);
    await harness.answer("a");
    expect(harness.sent).toEqual(["a", "a", "c", "b"]);
  });
}

test("the longest pause counts, and concurrent failures count as one", async () => {
  const harness = new OutboxHarness();
  harness.outbox.resume();
  void harness.send("a");
  void harness.send("b", { conversationId: "8" });
  await drainTasks();
  await harness.refuse("a", "unavailable", 5);
  await harness.refuse("b", "lost");
  await harness.clock.advance(5_999);
  expect(harness.sent).toEqual(["a", "b"]);
  await harness.clock.advance(1);
  expect(harness.sent).toEqual(["a", "b", "a", "b"]);
});

test("a new connection ends the pauses of the old one", async () => {
  const harness = new OutboxHarness();
  harness.outbox.resume();
  void harness.send("a");
  await drainTasks();
  harness.outbox.pause();
  await harness.refuse("a", "lost");
  await harness.clock.advance(500);
  expect(harness.sent).toEqual(["a"]);
  harness.outbox.resume();
  await drainTasks();
  expect(harness.sent).toEqual(["a", "a"]);
  // The pause of the old connection ends now, and must not end this one.
  await harness.refuse("a", "unavailable", 3);
  await harness.clock.advance(1_000);
  expect(harness.sent).toEqual(["a", "a"]);
  await harness.clock.advance(3_000);
  expect(harness.sent).toEqual(["a", "a", "a"]);
});

for (const code of ["invalid", "forbidden", "not_found", "conflict"] as const) {
  test(`${code}: the message fails, and later ones are sent`, async () => {
    const harness = new OutboxHarness();
    harness.outbox.resume();
    const a = harness.send("a").catch((error: ParlanceError) => error.code);
    const b = harness.send("b");
    await drainTasks();
    await harness.refuse("a", code);
    expect(await a).toBe(code);
    expect(harness.states).toEqual({ a: "failed", b: "sending" });
    expect(harness.outbox.all[0]!.error).toEqual({ code, detail: "No." });
    await harness.answer("b");
    expect((await b).body).toBe("b");

    const again = harness.outbox.retry("a")!;
    await drainTasks();
    await harness.answer("a");
    expect((await again).clientId).toBe("a");
    expect(harness.outbox.all).toEqual([]);
  });
}

test("a message with repeated internal errors fails after five", async () => {
  const harness = new OutboxHarness();
  harness.outbox.resume();
  const a = harness.send("a").catch((error: ParlanceError) => error.code);
  await drainTasks();
  for (let times = 1; times < 5; times++) {
    await harness.refuse("a", "internal");
    await harness.clock.advance(60_000);
  }
  await harness.refuse("a", "internal");
  expect(await a).toBe("internal");
  expect(harness.sent.length).toBe(5);
});

test("messages wait while signed out", async () => {
  const harness = new OutboxHarness();
  harness.outbox.resume();
  void harness.send("a");
  await drainTasks();
  await harness.refuse("a", "unauthenticated");
  harness.outbox.pause();
  await harness.clock.advance(60_000);
  expect(harness.states).toEqual({ a: "queued" });
  harness.outbox.resume();
  await drainTasks();
  expect(harness.sent).toEqual(["a", "a"]);
});

test("an event settles a message without acknowledgement, once", async () => {
  const harness = new OutboxHarness();
  harness.outbox.resume();
  let times = 0;
  const a = harness.send("a").finally(() => (times += 1));
  await drainTasks();
  const stored = harness.stored(harness.outbox.all[0]!);
  harness.outbox.settle({ ...stored, conversationId: "8" });
  expect(harness.states).toEqual({ a: "sending" });
  harness.outbox.settle(stored);
  expect(await a).toBe(stored);
  await harness.refuse("a", "lost");
  await harness.clock.advance(60_000);
  expect([harness.sent, times]).toEqual([["a"], 1]);
});

test("the same clientId is the same message", async () => {
  const harness = new OutboxHarness();
  expect(harness.send("a")).toBe(harness.send("a", { body: "something else" }));
  expect(harness.outbox.all.length).toBe(1);
});

test("restored messages keep their state and order, and come before new ones", async () => {
  const storage = new MemoryStorage();
  const before = new OutboxHarness(storage);
  before.outbox.resume();
  const left = ["a", "b", "c"].map((name) => before.send(name).catch((error: ParlanceError) => error.code));
  await drainTasks();
  await before.refuse("a", "invalid");
  before.outbox.close();
  expect(await Promise.all(left)).toEqual(["invalid", "closed", "closed"]);

  // As if the clock was set back in between.
  for (const left of storage.load()) storage.save({ ...left, order: left.order + 3_600_000_000 });
  const harness = new OutboxHarness(storage);
  void harness.send("d");
  await harness.outbox.restore();
  await harness.outbox.restore();
  expect(harness.states).toEqual({ a: "failed", b: "queued", c: "queued", d: "queued" });
  expect(harness.outbox.all.map(({ body }) => body)).toEqual(["a", "b", "c", "d"]);
  await drainTasks();
  const orders = storage.load().map(({ clientId, order }) => [order, clientId] as const);
  expect(orders.sort(([one], [other]) => one - other).map(([, clientId]) => clientId)).toEqual(["a", "b", "c", "d"]);
  harness.outbox.resume();
  for (const name of ["b", "c", "d"]) {
    await drainTasks();
    await harness.answer(name);
  }
  expect(harness.sent).toEqual(["b", "c", "d"]);
  expect(storage.load().map(({ clientId }) => clientId)).toEqual(["a"]);
  harness.outbox.discard("a");
  await drainTasks();
  expect(storage.load()).toEqual([]);
});

test("a message is saved before it is sent", async () => {
  let save = () => {};
  const storage: OutboxStorage = {
    load: () => [],
    save: () => new Promise((saved) => (save = saved)),
    remove: () => {},
  };
  const harness = new OutboxHarness(storage);
  harness.outbox.resume();
  void harness.send("a");
  await drainTasks();
  expect(harness.sent).toEqual([]);
  save();
  await drainTasks();
  expect(harness.sent).toEqual(["a"]);
});

test("storage errors are reported, and stop no message", async () => {
  const full = () => {
    throw new Error("full");
  };
  const harness = new OutboxHarness({ load: full, save: full, remove: full });
  await harness.outbox.restore();
  harness.outbox.resume();
  const a = harness.send("a");
  await drainTasks();
  await harness.answer("a");
  expect((await a).body).toBe("a");
  await drainTasks();
  expect(harness.storageErrors.map(String)).toEqual(["Error: full", "Error: full", "Error: full"]);
});

test("discarding a message lets the next one be sent", async () => {
  const harness = new OutboxHarness();
  harness.outbox.resume();
  const a = harness.send("a").catch((error: ParlanceError) => error.code);
  const b = harness.send("b");
  await drainTasks();
  harness.outbox.discard("a");
  expect(await a).toBe("discarded");
  await drainTasks();
  await harness.answer("b");
  expect((await b).body).toBe("b");
});
