/** Coming in, staying, and coming back. */
import { setTimeout as sleep } from "node:timers/promises";
import { ParlanceError, Session } from "../src/index.js";
import { type Person, bodies, expect, group, said, say, test, told, url } from "./people.js";

const codeOf = (error: ParlanceError) => error.code;

test("a token that is refused is replaced by a fresh one", async ({ ada, grace }) => {
  const id = await group(ada, grace);
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

test("without a good token connecting fails, and says so", async ({ ada }) => {
  for (const token of [() => "nonsense", (refused?: string) => `${refused ?? ""}x`]) {
    const client = ada.client({ token });
    expect(await client.connect().catch(codeOf)).toBe("unauthenticated");
    expect(client.status).toBe("signedOut");
  }
  const client = ada.client({ token: () => Promise.reject(new ParlanceError("forbidden", "No.")) });
  expect(await client.connect().catch(codeOf)).toBe("forbidden");
});

test("where a token comes from may be out of reach for a while", async ({ ada }) => {
  let times = 0;
  const token = () => {
    if ((times += 1) < 3) throw new TypeError("fetch failed");
    return ada.session.token();
  };
  const client = ada.client({ token, wait: () => sleep(10) });
  await client.connect();
  expect([client.status, times]).toEqual(["online", 3]);
});

test("when the session ends, what was written waits for the next one", async ({ ada, grace }) => {
  const id = await group(ada, grace);
  let session = ada.session;
  const client = ada.client({ token: (refused) => session.token(refused) });
  await client.connect();
  await client.request("POST", "/auth/logout");
  await expect.poll(() => client.status, { timeout: 15_000 }).toBe("signedOut");
  const waiting = client.send(id, "from the next session");
  await sleep(100);
  expect(client.outbox.map(({ state }) => state)).toEqual(["queued"]);
  session = await Session.signIn(url(), ada.login);
  await client.connect();
  expect((await waiting).body).toBe("from the next session");
  expect(await said(grace, id)).toEqual(["from the next session"]);
});

test("a server that is not there yet only makes it take longer", async ({ ada, grace }) => {
  const id = await group(ada, grace);
  await ada.session.token();
  ada.network.isOpen = false;
  const client = ada.client();
  const sent = client.send(id, "early");
  const connected = client.connect();
  await expect.poll(() => client.status).toBe("offline");
  expect(client.connect()).toBe(connected);
  ada.network.isOpen = true;
  await connected;
  expect((await sent).body).toBe("early");
});

test("long polling does as well, where WebSockets do not get through", async ({ ada, grace }) => {
  const id = await group(ada, grace);
  const client = ada.client({ socket: { transports: ["polling"] } });
  await client.connect();
  const heard = told(client, id);
  await client.send(id, "mine");
  await say(grace, id, "theirs");
  await expect.poll(() => heard).toEqual(["mine", "theirs"]);
  ada.network.cut();
  await expect.poll(() => client.status).toBe("offline");
  await say(grace, id, "meanwhile");
  await expect.poll(() => heard).toEqual(["mine", "theirs", "meanwhile"]);
});

test("when all are cut off at once, they come back at different times", async ({ ada }) => {
  const clients = Array.from({ length: 12 }, () => ada.client());
  await Promise.all(clients.map((client) => client.connect()));
  const cut = Date.now();
  const back = clients.map((client) => new Promise<number>((at) => client.on("status", (status) => status === "online" && at(Date.now() - cut))));
  ada.network.cut();
  const times = (await Promise.all(back)).sort((one, other) => one - other);
  expect(times.at(-1)! - times[0]!).toBeGreaterThan(200);
});

test("who comes and goes, writes and is there, is told", async ({ ada, grace, linus }) => {
  const id = await group(ada, grace);
  const [hers, theirs] = [ada.client(), grace.client()];
  await Promise.all([hers.connect(), theirs.connect()]);
  const names = async (person: Person) => (await person.client().members(id)).map(({ user }) => user.name).sort();
  await hers.members(id);
  await expect.poll(() => hers.presence.get(grace.id)?.status).toBe("online");
  await theirs.setPresence("away");
  await expect.poll(() => hers.presence.get(grace.id)?.status).toBe("away");

  const typing: boolean[] = [];
  hers.on("typing", (event) => typing.push(event.typing));
  theirs.typing(id);
  theirs.typing(id, false);
  await expect.poll(() => typing).toEqual([true, false]);

  const joined: string[] = [];
  hers.on("member:added", ({ member }) => joined.push(member.user.name));
  const newcomer = linus.client();
  await newcomer.connect();
  await hers.request("POST", `/conversations/${id}/members`, { body: { userIds: [linus.id] } });
  await expect.poll(() => [...newcomer.conversations.keys()]).toEqual([id]);
  await expect.poll(() => joined).toEqual(["linus"]);
  expect((await hers.members(id)).map(({ user }) => user.name).sort()).toEqual(["ada", "grace", "linus"]);
  expect(await names(linus)).toEqual(["ada", "grace", "linus"]);
  await newcomer.request("POST", `/conversations/${id}/leave`);
  await expect.poll(() => newcomer.conversations.size).toBe(0);
  await expect.poll(async () => (await hers.members(id)).length).toBe(2);
});

test("what a listener does wrong does not keep the next one from hearing", async ({ ada, grace }) => {
  const id = await group(ada, grace);
  const client = ada.client();
  await client.connect();
  const failures: unknown[] = [];
  process.prependOnceListener("uncaughtException", (error) => failures.push(error.message));
  const stop = client.on("message", () => {
    throw new Error("my fault");
  });
  const heard = told(client, id);
  const handlers = process.listeners("uncaughtException").slice(1);
  for (const handler of handlers) process.off("uncaughtException", handler);
  try {
    await say(grace, id, "one");
    await expect.poll(() => failures).toEqual(["my fault"]);
  } finally {
    for (const handler of handlers) process.on("uncaughtException", handler);
  }
  stop();
  await say(grace, id, "two");
  await expect.poll(() => heard).toEqual(["one", "two"]);
  expect(bodies(await client.history(id).latest())).toEqual(["one", "two"]);
});
