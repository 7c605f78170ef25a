/** Connecting, staying connected, and reconnecting. */
import { ParlanceError, Session } from "../src/index.js";
import {
  bodies,
  createGroup,
  expect,
  FAST_RECONNECT,
  nextStatus,
  receivedBodies,
  sendOverRest,
  storedBodies,
  test,
  type TestUser,
  url,
} from "./fixtures.js";

const codeOf = (error: ParlanceError) => error.code;

test("a refused token is replaced by a fresh one", async ({ ada, grace }) => {
  const id = await createGroup(ada, grace);
  const refused: (string | undefined)[] = [];
  const client = ada.client({
    token: (token) => {
      refused.push(token);
      return token === undefined ? "an old one" : ada.session.token();
    },
  });
  await client.connect();
  expect(refused).toEqual([undefined, "an old one"]);
  expect((await client.send(id, "in")).body).toBe("in");
  expect(await client.request("GET", "/me")).toMatchObject({ id: ada.id });
});

test("connecting without a valid token fails with the reason", async ({ ada }) => {
  for (const token of [() => "nonsense", (refused?: string) => `${refused ?? ""}x`]) {
    const client = ada.client({ token });
    expect(await client.connect().catch(codeOf)).toBe("unauthenticated");
    expect(client.status).toBe("signedOut");
  }
  const client = ada.client({ token: () => Promise.reject(new ParlanceError("forbidden", "No.")) });
  expect(await client.connect().catch(codeOf)).toBe("forbidden");
});

test("connecting retries when the token source fails", async ({ ada }) => {
  let times = 0;
  const token = () => {
    if ((times += 1) < 3) throw new TypeError("fetch failed");
    return ada.session.token();
  };
  const client = ada.client({ token, wait: () => Promise.resolve() });
  await client.connect();
  expect([client.status, times]).toEqual(["online", 3]);
});

test("messages sent after the end of a session wait for the next session", async ({ ada, grace }) => {
  const id = await createGroup(ada, grace);
  let session = ada.session;
  const client = ada.client({ token: (refused) => session.token(refused) });
  await client.connect();
  await client.request("POST", "/auth/logout");
  await expect.poll(() => client.status, { timeout: 15_000 }).toBe("signedOut");
  const waiting = client.send(id, "from the next session");
  // Marker: the server has stored a later message of another user, and this one is still queued.
  await sendOverRest(grace, id, "marker");
  expect(await storedBodies(grace, id)).toEqual(["marker"]);
  expect(client.outbox.map(({ state }) => state)).toEqual(["queued"]);
  session = await Session.signIn(url(), ada.login);
  await client.connect();
  expect((await waiting).body).toBe("from the next session");
  expect(await storedBodies(grace, id)).toEqual(["marker", "from the next session"]);
});

test("connecting retries until the server is reachable", async ({ ada, grace }) => {
  const id = await createGroup(ada, grace);
  await ada.session.token();
  ada.network.isOpen = false;
  const client = ada.client(FAST_RECONNECT);
  const sent = client.send(id, "early");
  const connected = client.connect();
  await expect.poll(() => client.status).toBe("offline");
  expect(client.connect()).toBe(connected);
  ada.network.isOpen = true;
  await connected;
  expect((await sent).body).toBe("early");
});

test("long polling works where WebSockets are blocked", async ({ ada, grace }) => {
  const id = await createGroup(ada, grace);
  const client = ada.client({ socket: { transports: ["polling"] } });
  await client.connect();
  const received = receivedBodies(client, id);
  await client.send(id, "mine");
  await sendOverRest(grace, id, "theirs");
  await expect.poll(() => received).toEqual(["mine", "theirs"]);
  const offline = nextStatus(client, "offline");
  ada.network.cut();
  await offline;
  await sendOverRest(grace, id, "meanwhile");
  await expect.poll(() => received).toEqual(["mine", "theirs", "meanwhile"]);
});

test("clients that are disconnected together reconnect at different times", async ({ ada }) => {
  const clients = Array.from({ length: 12 }, () => ada.client());
  await Promise.all(clients.map((client) => client.connect()));
  const cut = Date.now();
  const back = clients.map((client) => new Promise<number>((at) => client.on("status", (status) => status === "online" && at(Date.now() - cut))));
  ada.network.cut();
  const times = (await Promise.all(back)).sort((one, other) => one - other);
  expect(times.at(-1)! - times[0]!).toBeGreaterThan(200);
});

test("membership, typing and presence events are received", async ({ ada, grace, linus }) => {
  const id = await createGroup(ada, grace);
  const [adas, graces] = [ada.client(), grace.client()];
  await Promise.all([adas.connect(), graces.connect()]);
  const names = async (member: TestUser) => (await member.client().members(id)).map(({ user }) => user.name).sort();
  await adas.members(id);
  await expect.poll(() => adas.presence.get(grace.id)?.status).toBe("online");
  await graces.setPresence("away");
  await expect.poll(() => adas.presence.get(grace.id)?.status).toBe("away");

  const typing: boolean[] = [];
  adas.on("typing", (event) => typing.push(event.typing));
  graces.typing(id);
  graces.typing(id, false);
  await expect.poll(() => typing).toEqual([true, false]);

  const joined: string[] = [];
  adas.on("member:added", ({ member }) => joined.push(member.user.name));
  const newcomer = linus.client();
  await newcomer.connect();
  await adas.request("POST", `/conversations/${id}/members`, { body: { userIds: [linus.id] } });
  await expect.poll(() => [...newcomer.conversations.keys()]).toEqual([id]);
  await expect.poll(() => joined).toEqual(["linus"]);
  expect((await adas.members(id)).map(({ user }) => user.name).sort()).toEqual(["ada", "grace", "linus"]);
  expect(await names(linus)).toEqual(["ada", "grace", "linus"]);
  await newcomer.request("POST", `/conversations/${id}/leave`);
  await expect.poll(() => newcomer.conversations.size).toBe(0);
  await expect.poll(async () => (await adas.members(id)).length).toBe(2);
});

test("an exception of one listener does not stop the others", async ({ ada, grace }) => {
  const id = await createGroup(ada, grace);
  const client = ada.client();
  await client.connect();
  const failures: unknown[] = [];
  process.prependOnceListener("uncaughtException", (error) => failures.push(error.message));
  const stop = client.on("message", () => {
    throw new Error("my fault");
  });
  const received = receivedBodies(client, id);
  const handlers = process.listeners("uncaughtException").slice(1);
  for (const handler of handlers) process.off("uncaughtException", handler);
  try {
    await sendOverRest(grace, id, "one");
    await expect.poll(() => failures).toEqual(["my fault"]);
  } finally {
    for (const handler of handlers) process.on("uncaughtException", handler);
  }
  stop();
  await sendOverRest(grace, id, "two");
  await expect.poll(() => received).toEqual(["one", "two"]);
  expect(bodies(await client.history(id).latest())).toEqual(["one", "two"]);
});
