/** Delivery over an unreliable network: every message is there once, in order, and for every member. */
import { setTimeout as sleep } from "node:timers/promises";
import { deploy } from "../../../end2end/contracts/deployment";
import { ParlanceError, WebStorage } from "../src/index.js";
import {
  bodies,
  conversationOf,
  createGroup,
  expect,
  FAST_RECONNECT,
  nextStatus,
  numbers,
  receivedBodies,
  sendOverRest,
  storedBodies,
  test,
  withUsers,
} from "./fixtures.js";

test("a message is delivered, and so are its edits, reactions and deletion", async ({ ada, grace }) => {
  const id = await createGroup(ada, grace);
  const [adas, graces] = [ada.client(), grace.client()];
  await Promise.all([adas.connect(), graces.connect()]);
  const received = receivedBodies(graces, id);
  const changes: string[] = [];
  graces.on("message", ({ body, reactions }, change) => changes.push(`${change}: ${body} ${reactions.map(({ emoji }) => emoji)}`));
  await graces.history(id).latest();
  await adas.members(id);

  const sent = await adas.send(id, "Lunch?");
  expect([sent.body, sent.sender.id, sent.conversationId]).toEqual(["Lunch?", ada.id, id]);
  await expect.poll(() => received).toEqual(["Lunch?"]);
  await expect.poll(() => adas.stateOf(sent)).toBe("delivered");
  expect(conversationOf(graces, id)).toMatchObject({ unread: 1, lastMessage: { body: "Lunch?" } });
  graces.read(id);
  await expect.poll(() => adas.stateOf(sent)).toBe("read");
  expect([graces.unread, conversationOf(adas, id).unread]).toEqual([0, 0]);

  await adas.edit(sent.id, "Lunch at noon?");
  await graces.react(sent.id, "👍");
  await graces.unreact(sent.id, "👍");
  const reply = await graces.send(id, "Yes", { replyToId: sent.id });
  await adas.delete(sent.id);
  await expect.poll(() => graces.history(id).messages.at(-1)?.replyTo?.deletedAt).toEqual(expect.any(String));
  expect(reply.replyTo?.body).toBe("Lunch at noon?");
  expect(changes).toEqual([
    "created: Lunch? ",
    "updated: Lunch at noon? ",
    "updated: Lunch at noon? 👍",
    "updated: Lunch at noon? ",
    "created: Yes ",
    "deleted:  ",
  ]);
  expect(graces.history(id).gaps).toEqual([]);
});

test("lost acknowledgement: the event settles the message, and nothing is stored twice", async ({ ada, grace }) => {
  const id = await createGroup(ada, grace);
  const client = ada.client();
  await client.connect();
  ada.network.passFrame = (frame) => !frame.startsWith("43");
  const sent = await Promise.all(numbers(5).map((body) => client.send(id, body)));
  expect(bodies(sent)).toEqual(numbers(5));
  ada.network.passFrame = () => true;
  expect(await storedBodies(grace, id)).toEqual(numbers(5));
});

test("lost acknowledgement and event: the retry returns the first success", async ({ ada, grace }) => {
  const id = await createGroup(ada, grace);
  const [client, other] = [ada.client({ ackTimeout: 300 }), grace.client()];
  await Promise.all([client.connect(), other.connect()]);
  const received = receivedBodies(other, id);
  let times = 0;
  let isRetryAcknowledged = false;
  ada.network.passFrame = (frame) => {
    isRetryAcknowledged ||= frame.startsWith("43") && /"deduplicated":\s*true/.test(frame);
    return !(frame.startsWith("43") || frame.startsWith("42"));
  };
  const sent = client.send(id, "once").then((message) => (times++, message));
  const next = client.send(id, "and another");
  // The server has acknowledged the retry as a duplicate, and stored one message.
  await expect.poll(() => isRetryAcknowledged).toBe(true);
  await expect.poll(() => received).toEqual(["once"]);
  expect(client.outbox.map(({ body }) => body)).toEqual(["once", "and another"]);
  ada.network.passFrame = () => true;
  expect([(await sent).body, (await next).body]).toEqual(["once", "and another"]);
  await expect.poll(() => received).toEqual(["once", "and another"]);
  expect([await storedBodies(grace, id), times]).toEqual([["once", "and another"], 1]);
});

test("repeated disconnects: every message arrives once, in order, at both clients", async ({ ada, grace }) => {
  const COUNT = 40;
  const id = await createGroup(ada, grace);
  const fastReconnect = { ...FAST_RECONNECT, ackTimeout: 1_000 };
  const [client, other] = [ada.client(fastReconnect), grace.client(fastReconnect)];
  await Promise.all([client.connect(), other.connect()]);
  const received = receivedBodies(other, id);
  ada.network.delay = 10;
  const sent: string[] = [];
  const sends = numbers(COUNT).map((body) => client.send(id, body).then((message) => sent.push(message.body)));
  for (let times = 0; times < 8; times++) {
    await expect.poll(() => client.status).toBe("online");
    // Each cut comes at another moment of the traffic.
    await sleep(50 + times * 10);
    // In every other round the last frames of the server are lost with the connection.
    ada.network.dropsServerData = times % 2 === 0;
    await sleep(50);
    ada.network.cut();
    ada.network.dropsServerData = false;
    if (times % 3 === 0) grace.network.cut();
  }
  await Promise.all(sends);
  expect(sent).toEqual(numbers(COUNT));
  await expect.poll(() => received).toEqual(numbers(COUNT));
  expect(await storedBodies(grace, id)).toEqual(numbers(COUNT));
});

test("resume after hundreds of changes: all are emitted in order, and the history has no gap", async ({ ada, grace }) => {
  const id = await createGroup(ada, grace);
  const first = await sendOverRest(ada, id, "first");
  const client = grace.client(FAST_RECONNECT);
  await client.connect();
  const received = receivedBodies(client, id);
  const history = client.history(id);
  await history.latest();
  grace.network.isOpen = false;
  grace.network.cut();
  await expect.poll(() => client.status).toBe("offline");
  for (const body of numbers(250)) await sendOverRest(ada, id, body);
  const other = ada.client();
  await other.connect();
  await other.edit(first.id, "edited");
  expect(bodies(history.messages)).toEqual(["first"]);

  const online = nextStatus(client, "online");
  grace.network.isOpen = true;
  await online;
  expect(received).toEqual(numbers(250));
  expect(history.gaps).toEqual([]);
  expect(bodies(history.messages)).toEqual(["edited", ...numbers(250)]);
  expect(conversationOf(client, id)).toMatchObject({ unread: 251, position: 251 });
});

test("resume after more than `mostMissed` changes: a reset, and a gap until the history is read", async ({ ada, grace }) => {
  const id = await createGroup(ada, grace);
  await sendOverRest(ada, id, "first");
  const client = grace.client({ ...FAST_RECONNECT, mostMissed: 20 });
  await client.connect();
  const history = client.history(id);
  await history.latest();
  const resets: string[] = [];
  client.on("reset", (conversationId) => resets.push(conversationId));
  grace.network.isOpen = false;
  grace.network.cut();
  for (const body of numbers(30)) await sendOverRest(ada, id, body);
  grace.network.isOpen = true;
  await expect.poll(() => resets).toEqual([id]);
  await expect.poll(() => client.status).toBe("online");
  expect(history.entries).toEqual([{ type: "gap", from: 1, to: 31 }]);
  await history.latest(10);
  expect(history.gaps).toEqual([{ type: "gap", from: 1, to: 21 }]);
  await history.before();
  await client.send(id, "back");
  expect(bodies(history.messages)).toEqual(["first", ...numbers(30), "back"]);
});

test("events lost on a live connection are recovered", async ({ ada, grace }) => {
  const id = await createGroup(ada, grace);
  const client = grace.client();
  await client.connect();
  const received = receivedBodies(client, id);
  let dropped = 0;
  grace.network.passFrame = (frame) => !(frame.startsWith('42["message:created"') && ++dropped % 3 !== 0);
  for (const body of numbers(9)) await sendOverRest(ada, id, body);
  await expect.poll(() => received).toEqual(numbers(9));
  expect(dropped).toBe(9);
});

test("unsent messages survive a restart of the client, and are stored once", async ({ ada, grace }) => {
  const id = await createGroup(ada, grace);
  const map = new Map<string, string>();
  const storage = () =>
    new WebStorage(
      {
        get length() {
          return map.size;
        },
        key: (index) => [...map.keys()][index] ?? null,
        getItem: (key) => map.get(key) ?? null,
        setItem: (key, value) => void map.set(key, value),
        removeItem: (key) => void map.delete(key),
      },
      `parlance:${ada.id}`,
    );
  const before = ada.client({ storage: storage() });
  await before.connect();
  ada.network.dropsServerData = true;
  const lost = numbers(3).map((body) => before.send(id, body).catch((error: ParlanceError) => error.code));
  // The first message is stored, and its acknowledgement was dropped.
  await expect.poll(() => storedBodies(grace, id)).toEqual(["1"]);
  before.close();
  expect(await Promise.all(lost)).toEqual(["closed", "closed", "closed"]);
  expect(map.size).toBe(3);
  ada.network.cut();
  ada.network.dropsServerData = false;

  const client = ada.client({ storage: storage() });
  const next = client.send(id, "4");
  await client.connect();
  await next;
  expect(client.outbox).toEqual([]);
  expect(await storedBodies(grace, id)).toEqual(numbers(4));
  await expect.poll(() => map.size).toBe(0);
});

test("a client resumes from the seqs of an earlier one", async ({ ada, grace }) => {
  const [id, left] = [await createGroup(ada, grace), await createGroup(ada, grace)];
  const before = grace.client();
  await before.connect();
  await sendOverRest(ada, id, "before");
  await expect.poll(() => conversationOf(before, id).position).toBe(1);
  const since = before.seqs;
  before.close();
  for (const body of numbers(120)) await sendOverRest(ada, id, body);
  const owner = ada.client();
  await owner.request("DELETE", `/conversations/${left}/members/${grace.id}`);
  const fresh = await createGroup(ada, grace);

  const client = grace.client({ since });
  const received = receivedBodies(client, id);
  const others: string[] = [];
  client.on("conversation:created", ({ conversationId }) => others.push(`+${conversationId}`));
  client.on("conversation:removed", ({ conversationId }) => others.push(`-${conversationId}`));
  await client.connect();
  expect(received).toEqual(numbers(120));
  expect(others.sort()).toEqual([`+${fresh}`, `-${left}`].sort());
  expect([...client.conversations.keys()].sort()).toEqual([id, fresh].sort());
});

test("refused messages fail at once, and later ones are sent", async ({ ada, grace, linus }) => {
  const id = await createGroup(ada, grace);
  const foreignGroup = await createGroup(grace, linus);
  const client = ada.client();
  await client.connect();
  const failure = (conversationId: string, body: string) =>
    client.send(conversationId, body).then(() => "sent", (error: ParlanceError) => error.code);
  const outcomes = await Promise.all([
    failure(id, " "),
    failure(id, "x".repeat(10_001)),
    failure(foreignGroup, "let me in"),
    client.send(id, "good", { clientId: "mine" }).then(({ body }) => body),
  ]);
  expect(outcomes).toEqual(["invalid", "invalid", "not_found", "good"]);
  expect(client.outbox.map(({ state, error }) => [state, error?.code])).toEqual([
    ["failed", "invalid"],
    ["failed", "invalid"],
    ["failed", "not_found"],
  ]);
  // The same clientId returns the first message; with another body it is a conflict.
  expect((await client.send(id, "good", { clientId: "mine" })).position).toBe(1);
  expect(await client.send(id, "other", { clientId: "mine" }).catch((error: ParlanceError) => error.code)).toBe("conflict");
  for (const { clientId } of client.outbox) client.discard(clientId);
  expect(client.outbox).toEqual([]);
  expect(await storedBodies(grace, id)).toEqual(["good"]);
});

test("a burst above the rate limit is slowed down, and arrives complete and in order", async () => {
  const settings = { CONTRACTS: "off", RATE_LIMIT_MESSAGES_BURST: "5", RATE_LIMIT_MESSAGES_PER_SECOND: "10", RUST_LOG: "error" };
  await deploy(settings, (server) =>
    withUsers(server.url, ["ada", "grace"], async ([ada, grace]) => {
      const id = await createGroup(ada!, grace!);
      const [client, other] = [ada!.client(), grace!.client()];
      await Promise.all([client.connect(), other.connect()]);
      const received = receivedBodies(other, id);
      const sent = await Promise.all(numbers(20).map((body) => client.send(id, body)));
      expect(bodies(sent)).toEqual(numbers(20));
      await expect.poll(() => received).toEqual(numbers(20));
    }),
  );
});
