import { readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { ISO, NOWHERE, done, enter, failed, message, post, rest, shown } from "./groups";
import { type Payload, type Person, api, asNumber, badTokens, call, door, expect, group, mint, nobody, refreshToken, say, test, toOthers } from "./doors";

const ROOT = resolve(__dirname, "../..");
const OUTSIDE = "You are not a member of this group";

test("the document's own requests work with another host [groups-R1 groups-R2]", async ({ ada, grace }) => {
  const [groupId, { token }] = [await group(ada, grace), ada];

  // Create a message via REST API
  const response = await fetch(`${door("groups")}/api/chat/messages`, {
    method: "POST",
    headers: {
      "Content-Type": "application/json",
      "Authorization": `Bearer ${token}`
    },
    body: JSON.stringify({
      groupId: groupId,
      content: "Hello via REST API!",
      type: "TEXT"
    })
  });

  const { data } = await response.json();
  expect([response.status, data.content]).toEqual([201, "Hello via REST API!"]);

  // Get group messages with pagination
  const messages = await fetch(
    `${door("groups")}/api/chat/${groupId}/messages?limit=20&cursor=${data.id}`,
    { headers: { "Authorization": `Bearer ${token}` } }
  );

  expect(await messages.json()).toMatchObject({ success: true, data: { messages: [], hasNextPage: false } });
});

test("a message is created, and told to the room [groups-R1 groups-F1 groups-F2]", async ({ open, ada, grace }) => {
  const groupId = await group(ada, grace);
  const there = await enter(open, grace, groupId);
  const first = await post(ada, groupId, " Hello ");
  expect(first).toEqual(message(ada, groupId, "Hello"));
  expect(await there.receives("message_received")).toEqual(toOthers(first));
  const reply = await post(grace, groupId, "https://example.org/a.png", { type: "IMAGE", replyToId: Number(first.id) });
  expect(reply).toEqual({
    ...message(grace, groupId, "https://example.org/a.png"),
    type: "IMAGE",
    replyToId: first.id,
    replyTo: { id: first.id, content: "Hello", user: { id: ada.id, name: ada.name } },
  });
});

test("a retry with the same key returns the first message [groups-R1]", async ({ ada, grace }) => {
  const groupId = await group(ada, grace);
  const body = { groupId, content: "Once" };
  const key = { "idempotency-key": "one" };
  const first = await done(201, rest(ada, "POST", "/api/chat/messages", body, key));
  expect(await done(200, rest(ada, "POST", "/api/chat/messages", body, key))).toEqual(first);
  expect(await done(200, rest(ada, "POST", "/api/chat/messages", { ...body, clientId: "one" }))).toEqual(first);
  await failed(409, rest(ada, "POST", "/api/chat/messages", { ...body, content: "Twice" }, key));
  const { messages } = await done(200, rest(ada, "GET", `/api/chat/${groupId}/messages`));
  expect(messages).toHaveLength(1);
});

test("history comes in pages: the newest first, each from old to new [groups-R2 groups-F3 groups-F8]", async ({ ada, grace }) => {
  const groupId = await group(ada, grace);
  const sent: string[] = [];
  for (let n = 1; n <= 5; n += 1) sent.push((await say(ada, groupId, `message ${n}`)).id);
  const page = (query: string) => done(200, rest(grace, "GET", `/api/chat/${groupId}/messages${query}`));
  const ids = (page: Payload) => page.messages.map((it: Payload) => it.id);
  const newest = await page("?limit=2");
  expect(newest).toMatchObject({ hasNextPage: true, nextCursor: sent[3] });
  expect(newest.messages[0]).toEqual(message(ada, groupId, "message 4"));
  const middle = await page(`?limit=2&cursor=${newest.nextCursor}`);
  const oldest = await page(`?limit=2&cursor=${middle.nextCursor}`);
  expect([ids(oldest), ids(middle), ids(newest)].flat()).toEqual(sent);
  expect(oldest).toEqual({ messages: expect.anything(), hasNextPage: false });

  await rest(ada, "DELETE", `/api/chat/messages/${sent[3]}`);
  expect(ids(await page(`?limit=2&cursor=${sent[4]}`))).toEqual([sent[1], sent[2]]);
  for (const query of ["?limit=0", "?limit=101", "?limit=x", "?cursor=x", `?cursor=${NOWHERE}`]) {
    await failed(400, rest(grace, "GET", `/api/chat/${groupId}/messages${query}`), "Validation failed");
  }
});

test("a page has fifty messages where nobody says otherwise [groups-R2 groups-E6]", async ({ open, ada, grace }) => {
  const groupId = await group(ada, grace);
  for (let n = 1; n <= 51; n += 1) await say(ada, groupId, String(n));
  const page = await done(200, rest(grace, "GET", `/api/chat/${groupId}/messages`));
  expect([page.messages.length, page.messages[0].content, page.hasNextPage]).toEqual([50, "2", true]);
  const client = await open("groups", grace);
  expect((await client.ask("get_group_messages", { groupId })).messages).toEqual(page.messages);
});

test("one message, for members [groups-R3]", async ({ ada, grace, outsider }) => {
  const groupId = await group(ada, grace);
  const sent = await post(ada, groupId, "Hello");
  const path = `/api/chat/messages/${sent.id}`;
  expect(await done(200, rest(grace, "GET", path))).toEqual(toOthers(sent));
  await failed(404, rest(outsider, "GET", path));
  expect((await rest(outsider, "GET", path)).body).toEqual((await rest(ada, "GET", `/api/chat/messages/${NOWHERE}`)).body);
});

test("its sender edits a message, and nobody else [groups-R4 groups-F6]", async ({ open, ada, grace, outsider }) => {
  const groupId = await group(ada, grace);
  const sent = await post(grace, groupId, "Frist");
  const there = await enter(open, ada, groupId);
  const path = `/api/chat/messages/${sent.id}`;
  const edited = await done(200, rest(grace, "PUT", path, { content: "First" }));
  expect(edited).toEqual({ ...sent, content: "First", editedAt: expect.stringMatching(ISO) });
  expect(await there.receives("message_updated")).toEqual(toOthers(edited));
  await failed(403, rest(ada, "PUT", path, { content: "Mine" }), "You can only edit your own messages");
  await failed(404, rest(outsider, "PUT", path, { content: "Mine" }));
  for (const content of [undefined, null, "", "  ", 7, {}, "x".repeat(5001)]) {
    await failed(400, rest(grace, "PUT", path, { content }), "Validation failed");
  }
  expect(await done(200, rest(ada, "GET", path))).toEqual(toOthers(edited));
});

test("its sender or an admin deletes a message [groups-R5 groups-F4 groups-F6]", async ({ open, ada, grace, linus, outsider }) => {
  const groupId = await group(ada, grace, linus);
  const [hers, his] = [await post(grace, groupId, "Hers"), await post(linus, groupId, "His")];
  const there = await enter(open, linus, groupId);
  const path = ({ id }: Payload) => `/api/chat/messages/${id}`;
  await failed(403, rest(linus, "DELETE", path(hers)));
  await failed(404, rest(outsider, "DELETE", path(hers)));
  for (const [who, what] of [[grace, hers], [ada, his]] as const) {
    expect(await done(200, rest(who, "DELETE", path(what)))).toEqual({ success: true, messageId: what.id });
    expect(await there.receives("message_deleted")).toEqual({ messageId: what.id, groupId });
    await failed(404, rest(who, "GET", path(what)));
    await failed(404, rest(who, "DELETE", path(what)));
  }
  expect((await done(200, rest(ada, "GET", `/api/chat/${groupId}/messages`))).messages).toEqual([]);
});

const shownMember = (who: Person, groupId: string, role: string) => ({
  id: `${groupId}:${who.id}`,
  role,
  userId: who.id,
  groupId,
  joinedAt: expect.stringMatching(ISO),
  user: shown(who),
});

test("members are listed by role, then by age [groups-R6 groups-F4 groups-F9]", async ({ ada, grace, linus, outsider }) => {
  const groupId = await group(ada, grace, linus);
  await api(ada, "PATCH", `/conversations/${groupId}/members/${linus.apiId}`, { role: "admin" });
  expect(await done(200, rest(grace, "GET", `/api/chat/${groupId}/members`))).toEqual([
    shownMember(ada, groupId, "OWNER"),
    shownMember(linus, groupId, "ADMIN"),
    shownMember(grace, groupId, "MEMBER"),
  ]);
  await failed(403, rest(outsider, "GET", `/api/chat/${groupId}/members`), OUTSIDE);
});

test("owners and admins add members [groups-R7 groups-F4]", async ({ ada, grace, linus, outsider }) => {
  const groupId = await group(ada, grace);
  const path = `/api/chat/${groupId}/members`;
  await failed(403, rest(grace, "POST", path, { userId: linus.id }));
  await failed(403, rest(outsider, "POST", path, { userId: outsider.id }), OUTSIDE);
  const added = await done(201, rest(ada, "POST", path, { userId: asNumber(linus.id), role: "ADMIN" }));
  expect(added).toEqual(shownMember(linus, groupId, "ADMIN"));
  const { details } = await failed(400, rest(ada, "POST", path, { userId: linus.id }), "Validation failed");
  expect(details).toEqual([{ field: "userId", message: "is already a member of this group" }]);
  expect((await done(201, rest(linus, "POST", path, { userId: outsider.id }))).role).toBe("MEMBER");
  await failed(404, rest(ada, "POST", path, { userId: nobody("groups") }));
  for (const body of [{}, { userId: {} }, { userId: null }, { userId: grace.id, role: "OWNER" }, { userId: grace.id, role: 7 }]) {
    await failed(400, rest(ada, "POST", path, body), "Validation failed");
  }
});

test("owners and admins remove members, never an owner [groups-R8 groups-F4]", async ({ open, ada, grace, linus, outsider }) => {
  const groupId = await group(ada, grace, linus);
  const path = `/api/chat/${groupId}/members`;
  const removed = await enter(open, grace, groupId);
  await failed(403, rest(grace, "DELETE", path, { userId: linus.id }));
  await failed(403, rest(grace, "DELETE", path, { userId: grace.id }));
  await failed(403, rest(outsider, "DELETE", path, { userId: grace.id }), OUTSIDE);
  expect(await done(200, rest(ada, "DELETE", path, { userId: grace.id }))).toEqual({ success: true, userId: grace.id, groupId });
  await post(ada, groupId, "She is gone");
  await removed.receivesNothing();
  await failed(404, rest(ada, "DELETE", path, { userId: grace.id }));
  await done(200, rest(ada, "PUT", `/api/groups/${groupId}/members/${linus.id}/role`, { role: "ADMIN" }));
  await failed(403, rest(linus, "DELETE", path, { userId: ada.id }), "The group owner cannot be removed");
  for (const body of [undefined, {}, { userId: true }, { userId: [] }]) await failed(400, rest(ada, "DELETE", path, body), "Validation failed");
});

test("members have the routes of groups, too [groups-R6 groups-R7 groups-R8 groups-R10]", async ({ ada, grace, linus, outsider }) => {
  const groupId = await group(ada, grace);
  const path = `/api/groups/${groupId}/members`;
  expect(await done(200, rest(grace, "GET", path))).toEqual(toOthers(await done(200, rest(ada, "GET", `/api/chat/${groupId}/members`))));
  expect(await done(201, rest(ada, "POST", path, { userId: linus.id }))).toEqual(shownMember(linus, groupId, "MEMBER"));
  await failed(403, rest(grace, "DELETE", `${path}/${linus.id}`));
  await failed(403, rest(outsider, "DELETE", `${path}/${linus.id}`), OUTSIDE);
  expect(await done(200, rest(ada, "DELETE", `${path}/${linus.id}`))).toEqual({ success: true, userId: linus.id, groupId });
  await failed(404, rest(ada, "DELETE", `${path}/${linus.id}`));
  await failed(403, rest(ada, "DELETE", `${path}/${ada.id}`), "The group owner cannot be removed");
});

test("health tells what there is, and whether the database is [groups-R9]", async ({ open, ada }) => {
  await open("groups", ada);
  const { status, body } = await rest(undefined, "GET", "/health");
  expect(status).toBe(200);
  expect(body).toEqual({
    status: "ok",
    timestamp: expect.stringMatching(ISO),
    features: { chat: true, socketio: true, realtime: true },
    socketio: { connections: expect.any(Number) },
    database: "up",
  });
  expect(body.socketio.connections).toBeGreaterThan(0);
});

test("a group is made, found, changed and deleted [groups-R10 groups-F9]", async ({ ada, grace, outsider }) => {
  const made = await done(201, rest(ada, "POST", "/api/groups", { name: "Engines", description: "Of difference", isPrivate: true, memberIds: [grace.id] }));
  expect(made).toEqual({
    id: expect.stringMatching(/^\d+$/),
    name: "Engines",
    description: "Of difference",
    isPrivate: true,
    createdBy: ada.id,
    createdAt: expect.stringMatching(ISO),
    memberCount: 2,
    role: "OWNER",
    unreadCount: 0,
    members: [shownMember(ada, made.id, "OWNER"), shownMember(grace, made.id, "MEMBER")],
  });
  const path = `/api/groups/${made.id}`;
  expect(await done(200, rest(ada, "GET", path))).toEqual(made);
  expect(await done(200, rest(grace, "GET", "/api/groups"))).toEqual(toOthers([{ ...made, role: "MEMBER" }]));
  expect(await done(200, rest(outsider, "GET", "/api/groups"))).toEqual([]);
  expect(await done(200, rest(ada, "PUT", path, { name: "Analytical" }))).toEqual({ ...made, name: "Analytical" });
  await failed(403, rest(grace, "PUT", path, { name: "Mine" }));
  await failed(403, rest(grace, "DELETE", path));
  for (const [method, body] of [["GET"], ["PUT", { name: "Mine" }], ["DELETE"]] as const) {
    await failed(403, rest(outsider, method, path, body), OUTSIDE);
  }
  expect(await done(200, rest(ada, "DELETE", path))).toEqual({ success: true, groupId: made.id });
  await failed(404, rest(ada, "GET", path), "There is no such group.");
  for (const id of [NOWHERE, "x", "cjld2cjxh0000qzrmn831i7rn", "-1", "%20"]) await failed(404, rest(ada, "GET", `/api/groups/${id}`));
  for (const body of [{}, { name: "" }, { name: 7 }, { name: "x", isPrivate: "yes" }, { name: "x", memberIds: "1" }, { name: "x".repeat(121) }]) {
    await failed(400, rest(ada, "POST", "/api/groups", body), "Validation failed");
  }
});

test("a group is open to all where it is not private, and left by a route of its own [groups-R10 groups-F9]", async ({ ada, grace, outsider }) => {
  const open = await done(201, rest(ada, "POST", "/api/groups", { name: "Open" }));
  expect(open.isPrivate).toBe(false);
  // Only members read it, all the same.
  await failed(403, rest(grace, "GET", `/api/chat/${open.id}/messages`), OUTSIDE);
  expect((await done(200, rest(grace, "POST", `/api/groups/${open.id}/join`))).memberCount).toBe(2);
  await done(200, rest(grace, "GET", `/api/chat/${open.id}/messages`));
  expect(await done(200, rest(grace, "POST", `/api/groups/${open.id}/leave`))).toEqual({ success: true, groupId: open.id });
  await failed(403, rest(grace, "POST", `/api/groups/${open.id}/leave`), OUTSIDE);
  const hidden = await group(ada, grace);
  await failed(404, rest(outsider, "POST", `/api/groups/${hidden}/join`));
});

test("only owners give roles [groups-R10 groups-F4]", async ({ ada, grace, linus, outsider }) => {
  const groupId = await group(ada, grace, linus);
  const path = `/api/groups/${groupId}/members/${grace.id}/role`;
  expect(await done(200, rest(ada, "PUT", path, { role: "ADMIN" }))).toEqual(shownMember(grace, groupId, "ADMIN"));
  await failed(403, rest(linus, "PUT", path, { role: "MEMBER" }));
  await failed(403, rest(outsider, "PUT", path, { role: "MEMBER" }), OUTSIDE);
  await failed(409, rest(ada, "PUT", `/api/groups/${groupId}/members/${ada.id}/role`, { role: "MEMBER" }));
  for (const role of [undefined, "owner", "admin", 7]) await failed(400, rest(ada, "PUT", path, { role }), "Validation failed");
  // `OWNER` hands the group over.
  await failed(403, rest(grace, "PUT", path, { role: "OWNER" }));
  expect(await done(200, rest(ada, "PUT", path, { role: "OWNER" }))).toEqual(shownMember(grace, groupId, "OWNER"));
  expect((await done(200, rest(ada, "GET", `/api/groups/${groupId}`))).role).toBe("ADMIN");
  await failed(403, rest(ada, "PUT", `/api/groups/${groupId}/members/${linus.id}/role`, { role: "ADMIN" }));
});

const ROUTES: [string, string][] = [
  ["POST", "/api/chat/messages"],
  ["GET", "/api/chat/1/messages"],
  ["GET", "/api/chat/messages/1"],
  ["PUT", "/api/chat/messages/1"],
  ["DELETE", "/api/chat/messages/1"],
  ["GET", "/api/chat/1/members"],
  ["POST", "/api/chat/1/members"],
  ["DELETE", "/api/chat/1/members"],
  ["GET", "/api/groups"],
  ["POST", "/api/groups"],
  ["GET", "/api/groups/1"],
  ["PUT", "/api/groups/1"],
  ["DELETE", "/api/groups/1"],
  ["POST", "/api/groups/1/join"],
  ["POST", "/api/groups/1/leave"],
  ["PUT", "/api/groups/1/members/1/role"],
];

test("no route is open without a good token [groups-C2 groups-C5 groups-C6 groups-F6]", async ({ ada }) => {
  const old = mint({ id: ada.id, type: "refresh" }, { alg: "RS256" });
  for (const [method, path] of ROUTES) {
    expect(await failed(401, rest(undefined, method, path), "Authentication token required")).toEqual({ code: "UNAUTHORIZED" });
    await failed(401, rest({ token: "nonsense" }, method, path), "Invalid authentication token");
    await failed(401, rest({ token: old }, method, path), "Invalid token type");
  }
  for (const [what, token] of Object.entries(badTokens(ada))) {
    expect((await rest({ token }, "GET", "/api/groups")).status, what).toBe(401);
  }
  await failed(401, rest({ token: refreshToken(ada) }, "GET", "/api/groups"), "Invalid token type");
});

test("whatever is malformed is refused in the contract's envelope [groups-R1 groups-R2 groups-R3 groups-R4 groups-R5 groups-R6 groups-R7 groups-R8 groups-R10]", async ({ ada, grace }) => {
  const groupId = await group(ada, grace);
  const messages = "/api/chat/messages";
  for (const body of ["{", "[]", "7", '"x"', "null", "\u0000"]) {
    const { code, details } = await failed(400, rest(ada, "POST", messages, body), "Validation failed");
    expect([code, details[0].field]).toEqual(["VALIDATION_ERROR", "payload"]);
  }
  const wrong = [{}, { groupId }, { content: "x" }, { groupId: true, content: "x" }, { groupId: {}, content: "x" }, { groupId, content: 7 }, { groupId, content: "x", type: "VIDEO" }, { groupId, content: "x", replyToId: NOWHERE }, { groupId, content: "a\u0000b" }];
  for (const body of wrong) await failed(400, rest(ada, "POST", messages, body), "Validation failed");
  await failed(413, rest(ada, "POST", messages, { groupId, content: "x".repeat(400_000) }), "Validation failed");
  for (const [method, path] of ROUTES.filter(([, path]) => /1/.test(path))) {
    for (const id of ["x", "0", "-1", "9".repeat(30), "%00", "1e3"]) {
      const answer = await rest(ada, method, path.replaceAll("1", id), method === "GET" ? undefined : { content: "x", userId: grace.id, role: "ADMIN" });
      expect(answer.status, `${method} ${path} ${id}`).toBeGreaterThanOrEqual(400);
      expect(answer.status, `${method} ${path} ${id}`).toBeLessThan(500);
      expect(answer.body, `${method} ${path} ${id}`).toMatchObject({ success: false, error: { code: expect.any(String) } });
    }
  }
  await failed(404, rest(ada, "GET", "/api/chat"));
  await failed(404, rest(ada, "GET", "/nowhere"));
  await failed(405, rest(ada, "PATCH", messages));
});

test("an outsider learns that a group exists, and nothing else [groups-F4 groups-F6]", async ({ open, ada, grace, outsider }) => {
  const groupId = await group(ada, grace);
  const there = await enter(open, grace, groupId);
  const asked: [string, string, object?][] = [
    ["POST", "/api/chat/messages"],
    ["GET", "/api/chat/ID/messages"],
    ["GET", "/api/chat/ID/members"],
    ["POST", "/api/chat/ID/members", { userId: outsider.id }],
    ["DELETE", "/api/chat/ID/members", { userId: grace.id }],
    ["GET", "/api/groups/ID"],
    ["PUT", "/api/groups/ID", { name: "Mine" }],
    ["DELETE", "/api/groups/ID"],
    ["POST", "/api/groups/ID/leave"],
    ["PUT", `/api/groups/ID/members/${grace.id}/role`, { role: "ADMIN" }],
  ];
  for (const [method, path, body] of asked) {
    for (const [id, status, message, code] of [
      [groupId, 403, OUTSIDE, "FORBIDDEN"],
      [NOWHERE, 404, "There is no such group.", "NOT_FOUND"],
    ] as const) {
      const content = path.endsWith("/messages") && method === "POST" ? { groupId: id, content: "x" } : body;
      const error = await failed(status, rest(outsider, method, path.replace("ID", id), content), message);
      expect(error).toEqual({ code });
    }
  }
  await there.receivesNothing();
});

test("the settings are taken that the document names, and the page says what becomes of them [groups-F7 groups-F10 groups-F11]", async () => {
  const page = readFileSync(join(ROOT, "docs/contracts/groups.md"), "utf8");
  const settings = readFileSync(join(ROOT, ".env.example"), "utf8");
  for (const name of ["DATABASE_URL", "PRIVATE_KEY_PATH", "PUBLIC_KEY_PATH", "ALLOWED_ORIGINS", "CONTRACTS", "RATE_LIMIT"]) {
    expect(page, name).toContain(name);
    expect(settings, name).toContain(name);
  }
  for (const name of ["SOCKET_PORT", "FRONTEND_URL", "REDIS_URL"]) expect(page, name).toContain(name);
  expect(readFileSync(join(ROOT, "Dockerfile"), "utf8")).toContain("HEALTHCHECK");
  expect(readFileSync(join(ROOT, "compose.yaml"), "utf8")).toContain("healthcheck");
});

test("pages of other origins are refused, those of its own are not [groups-F10 groups-F11]", async ({ open, refused, ada }) => {
  const asks = async (origin: string) => {
    const headers = { origin, "access-control-request-method": "POST" };
    return (await call("groups", undefined, "OPTIONS", "/api/chat/messages", undefined, headers)).headers.get("access-control-allow-origin");
  };
  const { origin } = new URL(door("groups"));
  expect(await asks("https://elsewhere.example")).toBeNull();
  await refused("groups", { token: ada.token }, { extraHeaders: { origin: "https://elsewhere.example" } });
  await open("groups", ada, { extraHeaders: { origin } });
});

test("what the document wants tested is, by these [groups-F12]", async () => {
  const page = readFileSync(join(ROOT, "docs/contracts/groups.md"), "utf8");
  const row = page.split("\n").find((line) => line.startsWith("| groups-F12 ")) ?? "";
  const named = [...row.matchAll(/`([^`]+\/[^`]+)`/g)].map((match) => match[1]);
  expect(named.length).toBeGreaterThan(2);
  for (const path of named) expect(readFileSync(join(ROOT, path), "utf8").length, path).toBeGreaterThan(0);
});
