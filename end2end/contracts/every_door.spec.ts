import { timeline } from "../conversation";
import { browserOf, openPage } from "../people";
import {
  ERROR_EVENTS,
  NAMESPACES,
  type Payload,
  type Person,
  api,
  auth,
  badTokens,
  call,
  connected,
  direct,
  door,
  expect,
  group,
  refreshToken,
  say,
  shutOut,
  test,
} from "./doors";
import { EVERY_DOOR, type EveryDoor, type Open, type Place, enter, messages, place, texts } from "./every_door";

for (const at of EVERY_DOOR) {
  test.describe(at.name, () => {
    test("two emits keep their order, without waiting between them [X1]", async ({ ada, grace, open }) => {
      const where = await place(at, ada, grace);
      const client = await open(at.name, ada);
      const listener = await enter(await open(at.name, grace), at, { ...where, peer: ada });
      const sent = Array.from({ length: 40 }, (_, i) => `${i}`);
      for (const text of sent) {
        const join = at.join(where);
        if (join) client.emit(...join);
        client.emit(...at.send(where, text));
      }
      expect(await texts(listener, at, "39")).toEqual(sent);
    });

    test("the first event of a connection is not lost [X2]", async ({ ada, grace, io }) => {
      const where = await place(at, ada, grace);
      const answers = Array.from({ length: 10 }, (_, i) => {
        const socket = io(door(at.name) + NAMESPACES[at.name], { auth: auth(at.name, ada) });
        const [event, ...payload] = at.send(where, `first ${i}`);
        return new Promise<Payload>((resolve) => socket.on("connect", () => socket.emit(event, ...payload, resolve)));
      });
      for (const answer of await Promise.all(answers)) expect(answer).toMatchObject({ success: true });
    });

    test("what can't be read is an error, and not nothing [X3]", async ({ ada, grace, open }) => {
      const where = await place(at, ada, grace);
      const client = await open(at.name, ada);
      const [event] = at.send(where, "");
      for (const wrong of [["text"], [7], [null], [[]], [], [{}], [{ content: {} }]]) {
        expect(await client.ask(event, ...wrong), JSON.stringify(wrong)).toMatchObject({ success: false });
        const complaint = await client.receives(ERROR_EVENTS[at.name]);
        expect(complaint.message, JSON.stringify(wrong)).toEqual(expect.any(String));
      }
      client.emit(event, "without an acknowledgement");
      await client.receives(ERROR_EVENTS[at.name]);
    });

    test("every event is acknowledged, so that clients with retries send once [X4]", async ({ ada, grace, open, io }) => {
      const where = await place(at, ada, grace);
      const mine = (await say(ada, where.conversation, "change me")).id;
      const theirs = (await say(grace, where.conversation, "read me")).id;
      const client = await open(at.name, ada);
      for (const [event, ...payload] of at.events(where, { mine, theirs })) {
        expect(typeof (await client.ask(event, ...payload)), event).toBe("object");
      }
      const listener = await enter(await open(at.name, grace), at, { ...where, peer: ada });
      const eager = io(door(at.name) + NAMESPACES[at.name], { auth: auth(at.name, ada), retries: 2, ackTimeout: 5000 });
      await connected(eager);
      for (const text of ["1", "2", "3", "the last"]) eager.emit(...at.send(where, text));
      expect(await texts(listener, at, "the last")).toEqual(["1", "2", "3", "the last"]);
    });

    test("a key makes a message once [X5]", async ({ ada, grace, open }) => {
      const where = await place(at, ada, grace);
      const client = await open(at.name, ada);
      const listener = await enter(await open(at.name, grace), at, { ...where, peer: ada });
      const first = at.sent(await client.ask(...at.send(where, "once", "key")));
      expect(first.id).toBeDefined();
      expect(at.sent(await client.ask(...at.send(where, "once", "key"))).id).toBe(first.id);
      expect(await client.ask(...at.send(where, "other words", "key"))).toMatchObject({ success: false });
      await client.ask(...at.send(where, "the last", "another key"));
      expect(await texts(listener, at, "the last")).toEqual(["once", "the last"]);
    });

    test("whatever comes is answered, and the connection stays [X6]", async ({ ada, grace, open }) => {
      const where = await place(at, ada, grace);
      const mine = (await say(ada, where.conversation, "unharmed")).id;
      const theirs = (await say(grace, where.conversation, "unharmed")).id;
      const client = await open(at.name, ada);
      const noise: Payload[] = [null, 0, -1, 1.5, 1e300, "", "x", true, [], [[]], {}, { a: { b: [] } }, "9".repeat(400)];
      for (const [event, ...whole] of at.events(where, { mine, theirs })) {
        const twisted = Object.keys(whole[0] ?? {}).flatMap((name) =>
          [null, [], {}, "\u0000", -1, true, "9".repeat(40)].map((bad) => ({ ...whole[0], [name]: bad })),
        );
        for (const payload of [...noise, ...(typeof whole[0] === "object" ? twisted : [])]) {
          expect(typeof (await client.ask(event, payload)), event).toBe("object");
        }
        expect(typeof (await client.ask(event)), `${event} without anything`).toBe("object");
        expect(typeof (await client.ask(event, ...whole, { more: 1 }, 2)), `${event} with too much`).toBe("object");
        expect(typeof (await client.ask(event, Buffer.from([1, 2, 3]))), `${event} with bytes`).toBe("object");
      }
      expect(await client.ask(at.send(where, "")[0], "x".repeat(300_000))).toMatchObject({ success: false });
      expect(client.socket.connected).toBe(true);
      expect(await client.ask(...at.send(where, "all is well"))).toMatchObject({ success: true });
    });

    test("tells in the contract's words who is not let in [X8]", async ({ ada, admin, open, refused }) => {
      expect(await refused(at.name, {})).toBe(at.noToken);
      for (const [what, token] of Object.entries(badTokens(ada))) {
        expect(await refused(at.name, auth(at.name, { ...ada, token })), what).toBe(at.badToken);
      }
      expect(await refused(at.name, auth(at.name, { ...ada, token: refreshToken(ada) }))).toBeTruthy();
      const answer = await call(at.name, undefined, "GET", at.history({ conversation: "1", peer: ada }));
      expect(answer.status, "and over REST").toBe(401);

      const client = await open(at.name, ada);
      const ended = new Promise((reason) => client.socket.once("disconnect", reason));
      await shutOut(ada, admin);
      expect(await ended, "and who is in no more").toBe("io server disconnect");
    });

    test("what was missed is found in the history [X9]", async ({ ada, grace, open }) => {
      const where = await place(at, ada, grace);
      await say(grace, where.conversation, "before");
      const client = await enter(await open(at.name, ada), at, where);
      client.socket.disconnect();
      await say(grace, where.conversation, "meanwhile");
      const back = connected(client.socket);
      client.socket.connect();
      await back;
      await enter(client, at, where);
      expect(client.socket.recovered, "nothing comes again by itself").toBeFalsy();
      const { body } = await call(at.name, ada, "GET", at.history(where));
      expect(at.texts(body)).toEqual(["before", "meanwhile"]);
      await say(grace, where.conversation, "after");
      expect(await texts(client, at, "after")).toEqual(["after"]);
    });

    test("a token in the query will do; Socket.IO 2 will not [X10]", async ({ ada, open }) => {
      const { token, ...rest } = auth(at.name, ada);
      await open(at.name, ada, { auth: {}, query: { token, ...rest } });
      await open(at.name, ada, { auth: rest, extraHeaders: { authorization: `Bearer ${ada.token}` } });
      const answer = await fetch(`${door(at.name)}/socket.io/?EIO=3&transport=polling`);
      expect(answer.status).toBe(400);
      expect(await answer.json()).toMatchObject({ message: "Unsupported protocol version" });
    });

    test("is found below the main address, too", async ({ ada, grace, io }) => {
      const where = await place(at, ada, grace);
      const path = `/contracts/${at.name}/socket.io`;
      const socket = io(door("main") + NAMESPACES[at.name], { path, auth: auth(at.name, ada) });
      await connected(socket);
      expect(await socket.emitWithAck(...at.send(where, "by the other way"))).toMatchObject({ success: true });
      const { body } = await call("main", ada, "GET", `/contracts/${at.name}${at.history(where)}`);
      expect(at.texts(body)).toEqual(["by the other way"]);
      expect((await call("main", undefined, "GET", `/contracts/${at.name}/health`)).body.status).toBe("ok");
    });

    test("is healthy, and counts its connections", async ({ ada, open }) => {
      await open(at.name, ada);
      const { status, body } = await call(at.name, undefined, "GET", "/health");
      expect(status).toBe(200);
      expect(body).toMatchObject({ status: "ok", timestamp: expect.stringMatching(/Z$/), database: "up" });
      expect(body.features).toEqual(expect.any(Object));
      expect(body.socketio.connections).toBeGreaterThan(0);
    });
  });
}

/** Sends a message through each contract that shows the conversation, and through the public API. Their texts. */
async function sendEverywhere(doors: EveryDoor[], ada: Person, where: Place, open: Open): Promise<string[]> {
  const texts = [];
  for (const at of doors) {
    const client = await enter(await open(at.name, ada), at, where);
    texts.push(`by ${at.name}`);
    expect(await client.ask(...at.send(where, `by ${at.name}`))).toMatchObject({ success: true });
  }
  await say(ada, where.conversation, "by the public API");
  return [...texts, "by the public API"];
}

for (const kind of ["direct", "group"] as const) {
  const others = kind === "direct" ? ["groups"] : ["direct", "broadcast"];
  const doors = EVERY_DOOR.filter(({ name }) => !others.includes(name));
  const begin = kind === "direct" ? direct : group;

  test(`what is said anywhere is heard at every door once: a ${kind} conversation [X7]`, async ({ ada, grace, open }) => {
    const conversation = await begin(ada, grace);
    const listeners = [];
    for (const at of doors) {
      const client = await open(at.name, grace);
      listeners.push({ at, client: await enter(client, at, { conversation, peer: ada }) });
    }
    const texts = await sendEverywhere(doors, ada, { conversation, peer: grace }, open);
    const { items } = await api(grace, "GET", `/conversations/${conversation}/messages`);
    const written = items.map(({ id, body }: Payload) => ({ id, text: body }));
    expect(written.map(({ text }: { text: string }) => text)).toEqual(texts);
    for (const { at, client } of listeners) {
      expect(await messages(client, at, "by the public API"), at.name).toEqual(written);
      await client.receivesNothing(at.message);
    }
  });

  test(`what is said anywhere is seen in the browser: a ${kind} conversation [X7]`, async ({ browser, ada, grace, open }) => {
    const conversation = await begin(ada, grace);
    const consoleErrors: string[] = [];
    const context = await browserOf({ browser, consoleErrors }, grace);
    const page = await context.newPage();
    await openPage(page, `/c/${conversation}`);
    for (const text of await sendEverywhere(doors, ada, { conversation, peer: grace }, open)) {
      // The sidebar shows the last one, too.
      await expect(timeline(page).getByText(text, { exact: true })).toHaveCount(1);
    }
    expect(consoleErrors).toEqual([]);
    await context.close();
  });
}
