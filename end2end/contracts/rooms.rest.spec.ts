import {
  type Answer,
  type Person,
  USERS_ARE_OF_AN_APP,
  asNumber,
  badTokens,
  call,
  direct,
  door,
  expect,
  group,
  mint,
  nobody,
  refreshToken,
  say,
  test,
} from "./doors";

/** Calls the contract's REST API as this person. */
function chat(who: Person | undefined, method: string, path: string, body?: unknown, headers = {}): Promise<Answer> {
  return call("rooms", who, method, `/api/v2/chat${path}`, body, headers);
}

const ISO = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/;

test("creates a group [rooms-R1]", async ({ ada, grace, linus, open }) => {
  const client = await open("rooms", grace);
  const room = { name: "Compilers", participants: [grace.id, asNumber(linus.id)] };
  const created = await chat(ada, "POST", "/rooms", room, { "idempotency-key": "once" });
  expect(created.status).toBe(201);
  expect(created.body).toMatchObject({ id: expect.stringMatching(/^\d+$/), name: "Compilers", type: "GROUP" });
  expect(created.body.participants).toHaveLength(3);
  expect(created.body.participants[0]).toEqual({
    user: { id: ada.id, name: ada.name, avatar: null },
    role: "OWNER",
    joinedAt: expect.stringMatching(ISO),
  });
  expect(created.body.participants[1]).toMatchObject({ role: "MEMBER" });
  expect(await client.receives("chat:room_list_update")).toMatchObject([{ id: created.body.id, type: "GROUP" }]);

  const again = await chat(ada, "POST", "/rooms", room, { "idempotency-key": "once" });
  expect(again).toMatchObject({ status: 200, body: { id: created.body.id } });
  const pair = await chat(ada, "POST", "/rooms", { name: "Two", participants: [grace.id] });
  expect(pair.body, "a group, however few they are").toMatchObject({ type: "GROUP" });

  for (const bad of [{}, { name: "", participants: [] }, { name: "x" }, { name: "x", participants: "all" }]) {
    expect((await chat(ada, "POST", "/rooms", bad)).status, JSON.stringify(bad)).toBe(400);
  }
  expect((await chat(ada, "POST", "/rooms", { name: "x", participants: [nobody("rooms")] })).status).toBe(404);
});

test("lists rooms with who is in them [rooms-R2]", async ({ ada, grace, outsider }) => {
  const [team, pair] = [await group(ada, grace), await direct(ada, grace)];
  await say(grace, pair, "psst");
  const { status, body } = await chat(ada, "GET", "/rooms");
  expect(status).toBe(200);
  expect(body.rooms).toHaveLength(2);
  expect(body.rooms[0]).toMatchObject({
    id: pair,
    name: grace.name,
    type: "DIRECT",
    lastMessage: { content: "psst", timestamp: expect.stringMatching(ISO), sender: { id: grace.id, name: grace.name } },
  });
  expect(body.rooms[0].participants).toHaveLength(2);
  expect(body.rooms[0].participants).toContainEqual({ id: grace.id, name: grace.name, avatar: null });
  expect(body.rooms[1]).toMatchObject({ id: team, name: "Compilers", type: "GROUP", lastMessage: null });
  expect((await chat(outsider, "GET", "/rooms")).body).toEqual({ rooms: [] });
});

test("pages through messages, oldest first [rooms-R3]", async ({ ada, grace, outsider }) => {
  const room = await group(ada, grace);
  for (let i = 0; i < 7; i++) await say(ada, room, `${i}`);
  const pages = [];
  for (let before = ""; ; ) {
    const query = before && `&before=${encodeURIComponent(before)}`;
    const { status, body } = await chat(grace, "GET", `/messages?roomId=${room}&limit=3${query}`);
    expect(status).toBe(200);
    pages.unshift(...body.messages);
    if (!body.hasMore) break;
    before = body.messages[0].timestamp;
  }
  expect(pages.map((message) => message.content)).toEqual(["0", "1", "2", "3", "4", "5", "6"]);
  expect(pages[0]).toEqual({
    id: expect.stringMatching(/^\d+$/),
    roomId: room,
    roomType: "GROUP",
    content: "0",
    sender: { id: ada.id, name: ada.name, avatar: null },
    timestamp: expect.stringMatching(ISO),
    type: "TEXT",
    reactions: [],
  });
  const all = await chat(ada, "GET", `/messages?roomId=${room}`);
  expect(all.body.messages).toHaveLength(7);
  const old = await chat(ada, "GET", `/messages?roomId=${room}&before=${Date.parse(pages[0].timestamp)}`);
  expect(old.body).toEqual({ messages: [], hasMore: false });

  expect((await chat(ada, "GET", `/messages?roomId=${room}&type=direct`)).body).toEqual({ messages: [], hasMore: false });
  const pair = await direct(ada, grace);
  await say(ada, pair, "psst");
  const found = await chat(ada, "GET", `/messages?roomId=${pair}&type=direct`);
  expect(found.body.messages).toMatchObject([{ content: "psst", roomType: "DIRECT" }]);

  expect((await chat(outsider, "GET", `/messages?roomId=${room}`)).status).toBe(404);
  // The app may have had it before it came here: it is looked for.
  expect((await chat(ada, "GET", "/messages?roomId=x")).status).toBe(USERS_ARE_OF_AN_APP ? 404 : 400);
  for (const bad of ["", "?roomId=", `?roomId=${room}&limit=0`, `?roomId=${room}&limit=101`]) {
    expect((await chat(ada, "GET", `/messages${bad}`)).status, bad).toBe(400);
  }
  for (const bad of ["limit=x", "before=yesterday", "type=group"]) {
    expect((await chat(ada, "GET", `/messages?roomId=${room}&${bad}`)).status, bad).toBe(400);
  }
});

test("reacts, and takes it back [rooms-R4 rooms-R5 rooms-S5]", async ({ ada, grace, outsider, open }) => {
  const room = await group(ada, grace);
  const { id } = await say(ada, room, "good news");
  const client = await open("rooms", ada);
  const reacted = await chat(grace, "POST", "/reactions", { messageId: id, emoji: "🎉" });
  expect(reacted.status).toBe(201);
  expect(reacted.body).toEqual({ id: expect.any(String), emoji: "🎉", messageId: id, userId: grace.id });
  const reactions = [{ emoji: "🎉", users: [{ id: grace.id, name: grace.name }] }];
  expect(await client.receives("chat:message_update")).toMatchObject({ roomId: room, message: { id, reactions } });
  const again = await chat(grace, "POST", "/reactions", { messageId: id, emoji: "🎉" });
  expect(again.body).toEqual(reacted.body);
  const page = await chat(ada, "GET", `/messages?roomId=${room}`);
  expect(page.body.messages).toMatchObject([{ reactions }]);

  const path = `/reactions/${reacted.body.id}`;
  expect((await chat(ada, "DELETE", path)).status, "somebody else's").toBe(404);
  const removed = await chat(grace, "DELETE", path);
  expect(removed).toMatchObject({ status: 200, body: { success: true } });
  expect(await client.receives("chat:message_update")).toMatchObject({ message: { id, reactions: [] } });

  expect((await chat(outsider, "POST", "/reactions", { messageId: id, emoji: "🎉" })).status).toBe(404);
  for (const bad of [{}, { messageId: id }, { messageId: id, emoji: "word" }, { messageId: [], emoji: "🎉" }]) {
    expect((await chat(grace, "POST", "/reactions", bad)).status, JSON.stringify(bad)).toBe(400);
  }
  for (const bad of ["x", "1-2-3", "%00", `${id}-${grace.id}-ff`]) {
    expect((await chat(grace, "DELETE", `/reactions/${bad}`)).status, bad).toBe(404);
  }
});

test("says what is wrong in one form [rooms-R6]", async ({ ada, grace }) => {
  const room = await group(ada, grace);
  const wrong: [Promise<Answer>, number, string][] = [
    [chat(undefined, "GET", "/rooms"), 401, "Unauthorized"],
    [chat(ada, "GET", "/messages"), 400, "Bad Request"],
    [chat(ada, "POST", "/rooms", "{"), 400, "Bad Request"],
    [chat(ada, "POST", "/rooms", "[]"), 400, "Bad Request"],
    [chat(ada, "POST", "/rooms", "\u0000"), 400, "Bad Request"],
    [chat(ada, "GET", "/messages?roomId=999999999999"), 404, "Not Found"],
    [chat(ada, "GET", "/nowhere"), 404, "Not Found"],
    [call("rooms", ada, "GET", "/nowhere"), 404, "Not Found"],
    [chat(ada, "PATCH", "/rooms", {}), 405, "Method Not Allowed"],
    [chat(ada, "POST", "/rooms", { name: "x".repeat(300_000), participants: [] }), 413, "Payload Too Large"],
  ];
  for (const [asked, code, error] of wrong) {
    const { status, body } = await asked;
    expect({ status, body }).toEqual({ status: code, body: { error, details: expect.any(String), code } });
  }
  const { body } = await chat(ada, "GET", `/messages?roomId=${room}&limit=1000`);
  expect(body.details).toContain("limit");
});

test("asks for a token with its Bearer, and a good one [rooms-R6 rooms-C4]", async ({ ada }) => {
  for (const authorization of [ada.token, `Basic ${ada.token}`, "Bearer", "Bearer "]) {
    const { status, body } = await chat(undefined, "GET", "/rooms", undefined, { authorization });
    expect({ status, code: body.code }, authorization).toEqual({ status: 401, code: 401 });
  }
  for (const [what, token] of Object.entries({ ...badTokens(ada), refresh: refreshToken(ada) })) {
    expect((await chat({ ...ada, token }, "GET", "/rooms")).status, what).toBe(401);
  }
  expect((await chat({ ...ada, token: mint({ id: ada.id }) }, "GET", "/rooms")).status).toBe(200);
});

test("accepts the tag of a tenant, unless the token is another's [rooms-R6]", async ({ ada }) => {
  const asked = (token: string, tag: string) => chat({ ...ada, token }, "GET", "/rooms", undefined, { "x-tenant-tag": tag });
  expect((await asked(ada.token, "acme")).status).toBe(200);
  const token = mint({ sub: ada.id, tenant: "acme" });
  expect((await asked(token, "acme")).status).toBe(200);
  expect(await asked(token, "umbrella")).toMatchObject({ status: 403, body: { error: "Forbidden", code: 403 } });
});

test("lets pages of other origins send what the contract asks for [rooms-R6]", async () => {
  const preflight = await fetch(`${door("rooms")}/api/v2/chat/rooms`, {
    method: "OPTIONS",
    headers: {
      origin: "https://foreign.example",
      "access-control-request-method": "GET",
      "access-control-request-headers": "authorization,x-tenant-tag",
    },
  });
  expect(preflight.headers.get("access-control-allow-origin"), "but not of any").toBeNull();
  expect(preflight.headers.get("access-control-allow-headers")).toContain("x-tenant-tag");
});

test("is healthy [rooms-R7]", async () => {
  const { status, body } = await call("rooms", undefined, "GET", "/health");
  expect(status).toBe(200);
  expect(body).toMatchObject({ status: "ok", timestamp: expect.stringMatching(ISO), database: "up" });
});

test("counts connections, queues and memory [rooms-R8 rooms-B6]", async ({ ada, grace, open }) => {
  const metrics = async () => (await call("rooms", undefined, "GET", "/metrics")).body;
  const before = await metrics();
  const jobs = { waiting: expect.any(Number), active: expect.any(Number), completed: expect.any(Number), failed: expect.any(Number) };
  expect(before).toEqual({
    connections: expect.any(Number),
    messageQueueJobs: jobs,
    presenceQueueJobs: jobs,
    memoryUsage: {
      heapUsed: expect.any(Number),
      heapTotal: expect.any(Number),
      external: expect.any(Number),
      arrayBuffers: expect.any(Number),
    },
    uptime: expect.any(Number),
  });
  expect(before.memoryUsage.heapUsed).toBeGreaterThan(1_000_000);
  const room = await group(ada, grace);
  const client = await open("rooms", ada);
  await client.ask("chat:presence", "away");
  // An acknowledged message has been committed.
  const { message } = await client.ask("chat:send_message", { roomId: room, content: "counted" });
  const page = await chat(grace, "GET", `/messages?roomId=${room}`);
  expect(page.body.messages).toMatchObject([{ id: message.id }]);
  const after = await metrics();
  expect(after.connections).toBeGreaterThan(0);
  expect(after.messageQueueJobs.completed).toBeGreaterThan(before.messageQueueJobs.completed);
  expect(after.presenceQueueJobs.completed).toBeGreaterThan(before.presenceQueueJobs.completed);
  expect(after.uptime).toBeGreaterThan(before.uptime);
});

test("has one address for all of its clients, or two [rooms-B7]", async ({ ada, grace, open, io }) => {
  const room = await group(ada, grace);
  const client = await open("rooms", ada);
  const socket = io(`${door("main")}/chat/`, {
    path: "/contracts/rooms/socket.io",
    auth: { token: `Bearer ${grace.token}`, userId: grace.id },
  });
  await new Promise((ready) => socket.once("chat:init_data", ready));
  await socket.emitWithAck("chat:send_message", { roomId: room, content: "through the other one" });
  await client.receives("chat:message", { content: "through the other one" });
  const { body } = await call("main", grace, "GET", "/contracts/rooms/api/v2/chat/rooms");
  expect(body.rooms).toMatchObject([{ id: room }]);
});
