import { readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { ISO, NOWHERE, conversation, done, enter, failed, message, rest, shown } from "./conversations";
import { type Payload, USERS_ARE_OF_AN_APP, api, badTokens, call, direct, door, expect, group, nobody, refreshToken, say, test } from "./doors";

const ROOT = resolve(__dirname, "../..");

test("a conversation is made, and told to all who are in it [conversations-R1 conversations-S2]", async ({ open, ada, grace, linus }) => {
  const there = await enter(open, grace);
  const made = await done(201, rest(ada, "POST", "/conversations", { type: "group", participants: [grace.id, linus.id], name: "Engines" }));
  expect(made).toEqual({ ...conversation("group", ada, grace, linus), name: "Engines" });
  expect(await there.receives("conversationCreated")).toEqual(made);
  const first = await done(201, rest(ada, "POST", "/conversations", { type: "direct", participants: [grace.id] }));
  expect(await done(201, rest(grace, "POST", "/conversations", { type: "direct", participants: [ada.id] }))).toEqual(first);
});

test("one's own conversations, the newest message first [conversations-R2 conversations-R3 conversations-B4]", async ({ ada, grace, linus, outsider }) => {
  const [one, two] = [await direct(ada, grace), await group(ada, grace, linus)];
  await say(grace, two, "First");
  await say(grace, one, "Second");
  const list = await done(200, rest(ada, "GET", "/conversations"));
  expect(list.map((it: Payload) => it._id)).toEqual([one, two]);
  expect(list[0]).toEqual({
    ...conversation("direct", ada, grace),
    participantMetadata: { [ada.id]: { unreadCount: 1 }, [grace.id]: { unreadCount: 0 } },
    lastMessage: {
      _id: expect.any(String),
      sender: shown(grace),
      content: "Second",
      conversationId: one,
      type: "text",
      status: "sent",
      isDeleted: false,
      createdAt: expect.stringMatching(ISO),
    },
    lastMessageAt: expect.stringMatching(ISO),
  });
  expect(await done(200, rest(ada, "GET", `/conversations/${one}`))).toEqual(list[0]);
  expect(await done(200, rest(outsider, "GET", "/conversations"))).toEqual([]);
});

test("history is a bare array, the newest first, without what was deleted [conversations-R4 conversations-B6]", async ({ ada, grace }) => {
  const id = await direct(ada, grace);
  const sent: string[] = [];
  for (let n = 1; n <= 52; n += 1) sent.push((await say(ada, id, `message ${n}`)).id);
  await rest(ada, "DELETE", `/messages/${sent[50]}`);
  const page = async (query: string) => (await done(200, rest(ada, "GET", `/conversations/${id}/messages${query}`))).map((it: Payload) => it._id);
  const newest = [sent[51], ...sent.slice(1, 50).reverse()];
  expect(await page("")).toEqual(newest);
  expect(await page("?limit=100")).toEqual([...newest, sent[0]]);
  expect(await page(`?limit=2&before=${sent[51]}`)).toEqual([sent[49], sent[48]]);
  expect(await page(`?before=${sent[0]}`)).toEqual([]);
  const [first] = await done(200, rest(ada, "GET", `/conversations/${id}/messages?limit=1`));
  expect(first).toEqual(message(ada, id, "message 52"));
  for (const query of ["?limit=0", "?limit=101", "?limit=x", "?before=x", `?before=${NOWHERE}`]) {
    expect(await failed(400, rest(ada, "GET", `/conversations/${id}/messages${query}`))).toHaveLength(1);
  }
});

test("who has read a message, and when, stands with it [conversations-R4 conversations-R5 conversations-B2 conversations-S7 conversations-S8]", async ({ open, ada, grace, linus }) => {
  const id = await group(ada, grace, linus);
  const writer = await enter(open, ada);
  const { id: messageId } = await say(ada, id, "Read this");
  expect(await done(201, rest(grace, "POST", `/conversations/${id}/read`))).toEqual({ success: true });
  const read = await writer.receives("messageRead");
  expect(read).toEqual({ messageId, conversationId: id, readBy: grace.id, readAt: expect.stringMatching(ISO) });
  expect(await writer.receives("conversationRead")).toEqual({ conversationId: id, readBy: grace.id, readAt: read.readAt });
  await done(201, rest(linus, "POST", `/conversations/${id}/read`, {}));
  const [shown] = await done(200, rest(ada, "GET", `/conversations/${id}/messages`));
  expect(shown.status).toBe("read");
  expect(shown.readBy).toEqual([
    { userId: grace.id, readAt: read.readAt },
    { userId: linus.id, readAt: expect.stringMatching(ISO) },
  ]);
});

test("who came later has not read what was said before [conversations-B2]", async ({ ada, grace, linus }) => {
  const id = await group(ada, grace);
  await say(ada, id, "Early");
  await done(201, rest(ada, "POST", `/conversations/${id}/participants`, { participants: [linus.id] }));
  const [shown] = await done(200, rest(ada, "GET", `/conversations/${id}/messages`));
  expect([shown.status, shown.readBy]).toEqual(["sent", []]);
});

test("who asks for the newest page has received it [conversations-B2]", async ({ open, ada, grace }) => {
  const id = await direct(ada, grace);
  const { id: messageId } = await say(ada, id, "Are you there?");
  const writer = await enter(open, ada);
  await rest(grace, "GET", `/conversations/${id}/messages?before=${messageId}`);
  await writer.receivesNothing();
  await rest(grace, "GET", `/conversations/${id}/messages`);
  expect(await writer.receives("messageDelivered")).toMatchObject({ messageId, deliveredTo: grace.id });
  expect((await rest(ada, "GET", `/conversations/${id}`)).body.lastMessage.status).toBe("delivered");
});

test("its sender deletes a message, and nobody else [conversations-R6]", async ({ open, ada, grace, outsider }) => {
  const id = await group(ada, grace);
  const there = await enter(open, ada);
  const { id: messageId } = await say(grace, id, "Hers");
  await there.receives("newMessage");
  expect(await failed(403, rest(ada, "DELETE", `/messages/${messageId}`))).toBe("You can only delete your own messages");
  await failed(404, rest(outsider, "DELETE", `/messages/${messageId}`));
  const deleted = await done(200, rest(grace, "DELETE", `/messages/${messageId}`));
  expect(deleted).toMatchObject({ _id: messageId, content: "", isDeleted: true, deletedAt: expect.stringMatching(ISO) });
  expect(await there.receives("messageDeleted")).toEqual({ messageId, conversationId: id });
  await failed(404, rest(grace, "DELETE", `/messages/${messageId}`));
  expect(await done(200, rest(ada, "GET", `/conversations/${id}/messages`))).toEqual([]);
});

test("admins add and remove participants [conversations-R7 conversations-R8]", async ({ open, ada, grace, linus, outsider }) => {
  const id = await group(ada, grace);
  const [path, newcomer] = [`/conversations/${id}/participants`, await enter(open, linus)];
  expect(await failed(403, rest(grace, "POST", path, { participants: [linus.id] }))).toBe("Only admins can add participants");
  const added = await done(201, rest(ada, "POST", path, { participants: [linus.id, grace.id] }));
  expect(added.participants).toEqual([ada, grace, linus].map(shown));
  expect((await newcomer.receives("conversationCreated"))._id).toBe(id);
  await say(ada, id, "Welcome");
  await newcomer.receives("newMessage");

  expect(await failed(403, rest(grace, "DELETE", `${path}/${linus.id}`))).toBe("Only admins can remove participants");
  expect(await failed(403, rest(grace, "DELETE", `${path}/${grace.id}`))).toMatch(/^Leave /);
  const removed = await done(200, rest(ada, "DELETE", `${path}/${linus.id}`));
  expect(removed.participants).toEqual([ada, grace].map(shown));
  newcomer.discard();
  await say(ada, id, "He is gone");
  await newcomer.receivesNothing();
  await failed(404, rest(ada, "DELETE", `${path}/${linus.id}`));
  await failed(404, rest(ada, "POST", path, { participants: [nobody("conversations")] }));
  await failed(404, rest(outsider, "POST", path, { participants: [outsider.id] }));
  const pair = await direct(ada, grace);
  await failed(403, rest(ada, "POST", `/conversations/${pair}/participants`, { participants: [linus.id] }));
  for (const body of [{}, { participants: linus.id }, { participants: [] }, { participants: [{}] }]) {
    await failed(400, rest(ada, "POST", path, body));
  }
});

test("who leaves is no participant and no admin any more [conversations-R9]", async ({ open, ada, grace, outsider }) => {
  const id = await group(ada, grace);
  const gone = await enter(open, ada);
  expect(await done(201, rest(ada, "POST", `/conversations/${id}/leave`))).toEqual({ success: true });
  const left = await done(200, rest(grace, "GET", `/conversations/${id}`));
  expect([left.participants, left.admins]).toEqual([[shown(grace)], [grace.id]]);
  gone.discard();
  await say(grace, id, "Alone");
  await gone.receivesNothing();
  await failed(404, rest(ada, "POST", `/conversations/${id}/leave`));
  await failed(404, rest(outsider, "POST", `/conversations/${id}/leave`));
  await failed(403, rest(grace, "POST", `/conversations/${await direct(ada, grace)}/leave`));
});

const ROUTES: [string, string][] = [
  ["POST", "/conversations"],
  ["GET", "/conversations"],
  ["GET", "/conversations/1"],
  ["GET", "/conversations/1/messages"],
  ["POST", "/conversations/1/read"],
  ["DELETE", "/messages/1"],
  ["POST", "/conversations/1/participants"],
  ["DELETE", "/conversations/1/participants/1"],
  ["POST", "/conversations/1/leave"],
];

test("no route is open without a good token [conversations-C2 conversations-B5]", async ({ ada }) => {
  for (const [method, path] of ROUTES) {
    expect(await failed(401, rest(undefined, method, path)), path).toBe("Unauthorized");
    expect(await failed(401, rest({ token: "nonsense" }, method, path)), path).toBe("Unauthorized");
  }
  for (const [what, token] of Object.entries({ ...badTokens(ada), "a refresh token": refreshToken(ada) })) {
    expect((await rest({ token }, "GET", "/conversations")).status, what).toBe(401);
  }
});

test("an outsider gets what is said of conversations that are not there [conversations-B5 conversations-R3 conversations-R4]", async ({ open, ada, grace, outsider }) => {
  const id = await group(ada, grace);
  const there = await enter(open, grace);
  for (const [method, path] of ROUTES.filter(([, path]) => path.startsWith("/conversations/1"))) {
    const status = path.endsWith("/messages") ? 403 : 404;
    const texts = [];
    for (const wanted of [id, NOWHERE]) {
      const body = method === "POST" ? { participants: [outsider.id] } : undefined;
      texts.push(await failed(status, rest(outsider, method, path.replace("1", wanted), body)));
    }
    expect(texts[0], `${method} ${path}`).toBe(texts[1]);
  }
  await there.receivesNothing();
});

test("whatever is malformed is refused as Nest would [conversations-B5 conversations-R1 conversations-R3 conversations-R4 conversations-R5 conversations-R6 conversations-R7 conversations-R8 conversations-R9]", async ({ ada, grace }) => {
  for (const body of ["{", "[]", "7", '"x"', "null"]) {
    expect(await failed(400, rest(ada, "POST", "/conversations", body))).toEqual([expect.stringMatching(/^payload must be /)]);
  }
  const wrong = [{}, { type: "direct" }, { type: "direct", participants: [] }, { type: "pair", participants: [grace.id] }, { type: "group", participants: "1" }, { type: "group", participants: [{}] }, { type: "group", participants: [], name: 7 }, { type: "group", participants: [], description: "x".repeat(1001) }];
  for (const body of wrong) expect(await failed(400, rest(ada, "POST", "/conversations", body))).toHaveLength(1);
  await failed(404, rest(ada, "POST", "/conversations", { type: "group", participants: [nobody("conversations")] }));
  await failed(413, rest(ada, "POST", "/conversations", { type: "group", participants: [], name: "x".repeat(400_000) }));
  for (const [method, path] of ROUTES.filter(([, path]) => /1/.test(path))) {
    for (const id of ["test-conv-id", "-1", "9".repeat(30), "%00", "1e3"]) {
      const answer = await rest(ada, method, path.replaceAll("1", id), method === "POST" ? { participants: [grace.id] } : undefined);
      if (USERS_ARE_OF_AN_APP && id !== "%00") {
        // The app may have had it before it came here: it is looked for.
        expect(answer.body, `${method} ${path} ${id}`).toMatchObject({ statusCode: path.endsWith("/messages") ? 403 : 404, message: expect.any(String) });
        continue;
      }
      expect(answer.status, `${method} ${path} ${id}`).toBe(400);
      expect(answer.body).toEqual({ statusCode: 400, message: [expect.stringContaining("must be an id")], error: "Bad Request" });
    }
  }
  await failed(404, rest(ada, "GET", "/nowhere"));
  await failed(405, rest(ada, "PATCH", "/conversations"));
});

test("connections are counted [conversations-B8]", async ({ open, ada }) => {
  const count = async () => (await call("conversations", undefined, "GET", "/health")).body;
  await open("conversations", ada);
  const health = await count();
  expect(health).toMatchObject({ status: "ok", database: "up", features: { chat: true, socketio: true } });
  expect(health.socketio.connections).toBeGreaterThan(0);
  const { body } = await call("main", undefined, "GET", "/metrics");
  expect(body).toMatch(/^parlance_socket_connections\{door="conversations"\} [1-9]/m);
});

test("the settings of the document are taken, and the page says what becomes of them [conversations-B5 conversations-B7]", async ({ open, refused, ada }) => {
  const page = readFileSync(join(ROOT, "docs/contracts/conversations.md"), "utf8");
  for (const name of ["MONGO_URI", "JWT_SECRET", "FRONTEND_URL", "PORT"]) expect(page, name).toContain(name);
  // Other tests cover tokens of the secret; this one covers origins.
  await refused("conversations", { token: ada.token }, { extraHeaders: { origin: "https://elsewhere.example" } });
  await open("conversations", ada, { extraHeaders: { origin: new URL(door("conversations")).origin } });
  expect((await api(ada, "GET", "/me")).id).toBe(ada.apiId);
});
