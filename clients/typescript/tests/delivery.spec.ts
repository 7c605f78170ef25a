/** Over a network that fails: every message is there once, in order, and for everybody. */
import { setTimeout as sleep } from "node:timers/promises";
import { deploy } from "../../../end2end/contracts/deployment";
import { ParlanceError, WebStorage } from "../src/index.js";
import { bodies, expect, group, headOf, numbers, people, said, say, test, told } from "./people.js";

test("a message goes from one to the other, and what it becomes is told", async ({ ada, grace }) => {
  const id = await group(ada, grace);
  const [hers, theirs] = [ada.client(), grace.client()];
  await Promise.all([hers.connect(), theirs.connect()]);
  const heard = told(theirs, id);
  const changes: string[] = [];
  theirs.on("message", ({ body, reactions }, change) => changes.push(`${change}: ${body} ${reactions.map(({ emoji }) => emoji)}`));
  await theirs.history(id).latest();
  await hers.members(id);

  const sent = await hers.send(id, "Lunch?");
  expect([sent.body, sent.sender.id, sent.conversationId]).toEqual(["Lunch?", ada.id, id]);
  await expect.poll(() => heard).toEqual(["Lunch?"]);
  await expect.poll(() => hers.stateOf(sent)).toBe("delivered");
  expect(headOf(theirs, id)).toMatchObject({ unread: 1, lastMessage: { body: "Lunch?" } });
  theirs.read(id);
  await expect.poll(() => hers.stateOf(sent)).toBe("read");
  expect([theirs.unread, headOf(hers, id).unread]).toEqual([0, 0]);

  await hers.edit(sent.id, "Lunch at noon?");
  await theirs.react(sent.id, "👍");
  await theirs.unreact(sent.id, "👍");
  const reply = await theirs.send(id, "Yes", { replyToId: sent.id });
  await hers.delete(sent.id);
  await expect.poll(() => theirs.history(id).messages.at(-1)?.replyTo?.deletedAt).toEqual(expect.any(String));
  expect(reply.replyTo?.body).toBe("Lunch at noon?");
  expect(changes).toEqual([
    "created: Lunch? ",
    "updated: Lunch at noon? ",
    "updated: Lunch at noon? 👍",
    "updated: Lunch at noon? ",
    "created: Yes ",
    "deleted:  ",
  ]);
  expect(theirs.history(id).gaps).toEqual([]);
});

test("acknowledgements that get lost: the event tells, and nothing is sent twice", async ({ ada, grace }) => {
  const id = await group(ada, grace);
  const client = ada.client();
  await client.connect();
  ada.network.letsThrough = (frame) => !frame.startsWith("43");
  const sent = await Promise.all(numbers(5).map((body) => client.send(id, body)));
  expect(bodies(sent)).toEqual(numbers(5));
  ada.network.letsThrough = () => true;
  expect(await said(grace, id)).toEqual(numbers(5));
});

test("acknowledgement and event get lost: the retry answers with the first success", async ({ ada, grace }) => {
  const id = await group(ada, grace);
  const [client, other] = [ada.client({ ackTimeout: 300 }), grace.client()];
  await Promise.all([client.connect(), other.connect()]);
  const heard = told(other, id);
  let times = 0;
  ada.network.letsThrough = (frame) => !(frame.startsWith("43") || frame.startsWith("42"));
  const sent = client.send(id, "once").then((message) => (times++, message));
  const next = client.send(id, "and another");
  // Both tries are stored, as one message.
  await expect.poll(() => heard).toEqual(["once"]);
  await sleep(1_000);
  expect(client.outbox.map(({ body }) => body)).toEqual(["once", "and another"]);
  ada.network.letsThrough = () => true;
  expect([(await sent).body, (await next).body]).toEqual(["once", "and another"]);
  await expect.poll(() => heard).toEqual(["once", "and another"]);
  expect([await said(grace, id), times]).toEqual([["once", "and another"], 1]);
});

test("a connection that breaks again and again: every message once, in order, for both", async ({ ada, grace }) => {
  const COUNT = 40;
  const id = await group(ada, grace);
  const impatient = { ackTimeout: 1_000, socket: { reconnectionDelay: 50, reconnectionDelayMax: 100 } };
  const [client, other] = [ada.client(impatient), grace.client(impatient)];
  await Promise.all([client.connect(), other.connect()]);
  const heard = told(other, id);
  ada.network.delay = 10;
  const sent: string[] = [];
  const sends = numbers(COUNT).map((body) => client.send(id, body).then((message) => sent.push(message.body)));
  for (let times = 0; times < 8; times++) {
    await expect.poll(() => client.status).toBe("online");
    await sleep(50 + times * 10);
    // Half of the time the last words of the server are lost with the connection.
    ada.network.isDeaf = times % 2 === 0;
    await sleep(50);
    ada.network.cut();
    ada.network.isDeaf = false;
    if (times % 3 === 0) grace.network.cut();
  }
  await Promise.all(sends);
  expect(sent).toEqual(numbers(COUNT));
  await expect.poll(() => heard).toEqual(numbers(COUNT));
  expect(await said(grace, id)).toEqual(numbers(COUNT));
});

test("away for hundreds of changes: told all of them, in order, and the history has no hole", async ({ ada, grace }) => {
  const id = await group(ada, grace);
  const first = await say(ada, id, "first");
  const client = grace.client();
  await client.connect();
  const heard = told(client, id);
  const history = client.history(id);
  await history.latest();
  grace.network.isOpen = false;
  grace.network.cut();
  await expect.poll(() => client.status).toBe("offline");
  for (const body of numbers(250)) await say(ada, id, body);
  const other = ada.client();
  await other.connect();
  await other.edit(first.id, "edited");
  expect(bodies(history.messages)).toEqual(["first"]);

  grace.network.isOpen = true;
  await expect.poll(() => client.status).toBe("online");
  expect(heard).toEqual(numbers(250));
  expect(history.gaps).toEqual([]);
  expect(bodies(history.messages)).toEqual(["edited", ...numbers(250)]);
  expect(headOf(client, id)).toMatchObject({ unread: 251, position: 251 });
});

test("away for too long: it is said, and the history has a gap until it is read", async ({ ada, grace }) => {
  const id = await group(ada, grace);
  await say(ada, id, "first");
  const client = grace.client({ mostMissed: 20 });
  await client.connect();
  const history = client.history(id);
  await history.latest();
  const resets: string[] = [];
  client.on("reset", (conversationId) => resets.push(conversationId));
  grace.network.isOpen = false;
  grace.network.cut();
  for (const body of numbers(30)) await say(ada, id, body);
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

test("events that get lost on a living connection are found", async ({ ada, grace }) => {
  const id = await group(ada, grace);
  const client = grace.client();
  await client.connect();
  const heard = told(client, id);
  let dropped = 0;
  grace.network.letsThrough = (frame) => !(frame.startsWith('42["message:created"') && ++dropped % 3 !== 0);
  for (const body of numbers(9)) await say(ada, id, body);
  await expect.poll(() => heard).toEqual(numbers(9));
  expect(dropped).toBe(9);
});

test("what waits outlives the program, and is sent once", async ({ ada, grace }) => {
  const id = await group(ada, grace);
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
  ada.network.isDeaf = true;
  const lost = numbers(3).map((body) => before.send(id, body).catch((error: ParlanceError) => error.code));
  // The first is stored, and nobody here knows.
  await expect.poll(() => said(grace, id)).toEqual(["1"]);
  before.close();
  expect(await Promise.all(lost)).toEqual(["closed", "closed", "closed"]);
  expect(map.size).toBe(3);
  ada.network.cut();
  ada.network.isDeaf = false;

  const client = ada.client({ storage: storage() });
  const next = client.send(id, "4");
  await client.connect();
  await next;
  expect(client.outbox).toEqual([]);
  expect(await said(grace, id)).toEqual(numbers(4));
  await expect.poll(() => map.size).toBe(0);
});

test("a program goes on where an earlier one has stopped", async ({ ada, grace }) => {
  const [id, left] = [await group(ada, grace), await group(ada, grace)];
  const before = grace.client();
  await before.connect();
  await say(ada, id, "before");
  await expect.poll(() => headOf(before, id).position).toBe(1);
  const since = before.seqs;
  before.close();
  for (const body of numbers(120)) await say(ada, id, body);
  const owner = ada.client();
  await owner.request("DELETE", `/conversations/${left}/members/${grace.id}`);
  const fresh = await group(ada, grace);

  const client = grace.client({ since });
  const heard = told(client, id);
  const others: string[] = [];
  client.on("conversation:created", ({ conversationId }) => others.push(`+${conversationId}`));
  client.on("conversation:removed", ({ conversationId }) => others.push(`-${conversationId}`));
  await client.connect();
  expect(heard).toEqual(numbers(120));
  expect(others.sort()).toEqual([`+${fresh}`, `-${left}`].sort());
  expect([...client.conversations.keys()].sort()).toEqual([id, fresh].sort());
});

test("what the server will not have fails at once, and the rest goes on", async ({ ada, grace, linus }) => {
  const id = await group(ada, grace);
  const theirs = await group(grace, linus);
  const client = ada.client();
  await client.connect();
  const failure = (conversationId: string, body: string) =>
    client.send(conversationId, body).then(() => "sent", (error: ParlanceError) => error.code);
  const outcomes = await Promise.all([
    failure(id, " "),
    failure(id, "x".repeat(10_001)),
    failure(theirs, "let me in"),
    client.send(id, "good", { clientId: "mine" }).then(({ body }) => body),
  ]);
  expect(outcomes).toEqual(["invalid", "invalid", "not_found", "good"]);
  expect(client.outbox.map(({ state, error }) => [state, error?.code])).toEqual([
    ["failed", "invalid"],
    ["failed", "invalid"],
    ["failed", "not_found"],
  ]);
  // The same again is the same message; the same name for something else is none.
  expect((await client.send(id, "good", { clientId: "mine" })).position).toBe(1);
  expect(await client.send(id, "other", { clientId: "mine" }).catch((error: ParlanceError) => error.code)).toBe("conflict");
  for (const { clientId } of client.outbox) client.discard(clientId);
  expect(client.outbox).toEqual([]);
  expect(await said(grace, id)).toEqual(["good"]);
});

test("a flood is slowed down, and arrives whole and in order", async () => {
  const settings = { CONTRACTS: "off", RATE_LIMIT_MESSAGES_BURST: "5", RATE_LIMIT_MESSAGES_PER_SECOND: "10", RUST_LOG: "error" };
  await deploy(settings, (server) =>
    people(server.url, ["ada", "grace"], async ([ada, grace]) => {
      const id = await group(ada!, grace!);
      const [client, other] = [ada!.client(), grace!.client()];
      await Promise.all([client.connect(), other.connect()]);
      const heard = told(other, id);
      const sent = await Promise.all(numbers(20).map((body) => client.send(id, body)));
      expect(bodies(sent)).toEqual(numbers(20));
      await expect.poll(() => heard).toEqual(numbers(20));
    }),
  );
});
