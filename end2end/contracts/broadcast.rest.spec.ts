import { readFileSync } from "node:fs";
import { join } from "node:path";
import { ISO, ask, enter, refusal, say, shown } from "./broadcast";
import { type Payload, type Person, call, direct, door, expect, group, idFor, nobody, test, toOthers } from "./doors";

const texts = (messages: Payload[]) => messages.map((it) => it.message);

test("conversations come with their people, the latest first [broadcast-R1]", async ({ ada, grace, linus }) => {
  await say(ada, linus, "To Linus");
  const { _id, conversationId, createdAt } = await say(grace, ada, "To Ada");
  await group(ada, grace);
  const { status, body } = await ask(ada, "GET", "/conversations?page=1&limit=1");
  expect(status).toBe(200);
  expect(body).toMatchObject({
    success: true,
    data: [
      {
        _id: conversationId,
        conversationType: "private",
        lastMessage: { _id, message: "To Ada", messageType: "text", createdAt, sender: { _id: grace.id } },
        lastMessageAt: createdAt,
        isActive: true,
        createdBy: { name: grace.name },
      },
    ],
    pagination: { page: 1, limit: 1, total: 2 },
  });
  expect(body.data).toHaveLength(1);
  expect(body.data[0].participants).toHaveLength(2);
  for (const who of [ada, grace]) expect(body.data[0].participants).toContainEqual(shown(who));
  const second = await ask(ada, "GET", "/conversations?page=2&limit=1");
  expect(texts(second.body.data.map((it: Payload) => it.lastMessage))).toEqual(["To Linus"]);
});

test("a conversation is found, or made, by its other person [broadcast-R5 broadcast-B1]", async ({ ada, grace }) => {
  const made = await ask(ada, "GET", `/conversation/${grace.id}`);
  expect(made).toMatchObject({ status: 200, body: { success: true, data: { lastMessage: null } } });
  const found = await ask(grace, "GET", `/conversation/${ada.id}`);
  expect(found.body.data._id).toBe(made.body.data._id);
  expect((await say(grace, ada, "Here")).conversationId).toBe(made.body.data._id);
  expect((await ask(ada, "GET", `/conversation/${ada.id}`)).status).toBe(400);
  expect(await ask(ada, "GET", `/conversation/${nobody("broadcast")}`)).toEqual(refusal(404, "Receiver not found"));
});

test("pages of messages begin with the newest, each in order [broadcast-R6 broadcast-B4]", async ({ ada, grace }) => {
  let id = "";
  for (const message of ["1", "2", "3", "4", "5"]) id = (await say(ada, grace, message)).conversationId;
  const path = `/conversation/${id}/messages`;
  const { status, body } = await ask(grace, "GET", `${path}?page=1&limit=2`);
  expect([status, body.success, texts(body.data)]).toEqual([200, true, ["4", "5"]]);
  expect(body.pagination).toEqual({ page: 1, limit: 2, total: 5 });
  expect(body.data[0]).toMatchObject({ sender: shown(ada), receiver: shown(grace), isRead: false, isDeleted: false });
  expect(texts((await ask(grace, "GET", `${path}?page=3&limit=2`)).body.data)).toEqual(["1"]);
  expect((await ask(grace, "GET", `${path}?page=4&limit=2`)).body.data).toEqual([]);
  for (const query of ["page=0", "page=x", "limit=0", "limit=101"]) {
    expect(await ask(grace, "GET", `${path}?${query}`), query).toEqual(refusal(400, expect.any(String)));
  }
});

test("unread messages are counted until they are read [broadcast-R2 broadcast-R8 broadcast-R9]", async ({
  ada,
  grace,
  open,
}) => {
  const sender = await enter(open, ada);
  const ids = [];
  for (const message of ["1", "2", "3"]) ids.push((await say(ada, grace, message))._id);
  const count = () => ask(grace, "GET", "/unread-count");
  expect(await count()).toEqual({ status: 200, body: { success: true, data: { unreadCount: 3 } } });

  const marked = await ask(grace, "PUT", `/message/${ids[0]}/read`);
  expect(marked).toEqual({ status: 200, body: { success: true, message: "Message marked as read" } });
  expect(await sender.receives("message_read", { messageId: ids[0] })).toMatchObject({ readBy: grace.id });
  const nothing = refusal(404, "Message not found or already read");
  expect(await ask(grace, "PUT", `/message/${ids[0]}/read`)).toEqual(nothing);
  expect(await ask(ada, "PUT", `/message/${ids[1]}/read`)).toEqual(nothing);

  const id = await direct(ada, grace);
  const all = await ask(grace, "PUT", `/conversation/${id}/read`);
  expect(all).toEqual({ status: 200, body: { success: true, message: "All messages marked as read" } });
  for (const messageId of ids.slice(1)) await sender.receives("message_read", { messageId });
  expect((await count()).body.data.unreadCount).toBe(0);
  const { data } = (await ask(ada, "GET", `/conversation/${id}/messages`)).body;
  for (const message of data) expect(message).toMatchObject({ isRead: true, readAt: expect.stringMatching(ISO) });
});

test("who is online can be asked [broadcast-R3 broadcast-R4]", async ({ ada, grace, linus, open }) => {
  await direct(ada, grace);
  await enter(open, grace);
  await enter(open, linus);
  const { status, body } = await ask(ada, "GET", "/online-users");
  expect([status, body.success]).toEqual([200, true]);
  expect(body.data).toContainEqual({ user: shown(grace), isOnline: true, lastSeen: null });
  expect(body.data.map((it: Payload) => it.user._id)).not.toContain(linus.id);
  expect(await ask(ada, "GET", `/user-status/${grace.id}`)).toEqual({
    status: 200,
    body: { success: true, data: { user: shown(grace), isOnline: true, lastSeen: null } },
  });
  expect((await ask(grace, "GET", `/user-status/${ada.id}`)).body.data.isOnline).toBe(false);
  const shownTo = async (who: Person) => (await ask(who, "GET", `/user-status/${grace.id}`)).body.data.user.email;
  expect(await shownTo(ada)).toBe(grace.app ? grace.email : null);
  expect(await shownTo(grace)).toBe(grace.email);
  expect(await ask(ada, "GET", `/user-status/${nobody("broadcast")}`)).toEqual(refusal(404, "User not found"));
});

test("a write through REST is told to sockets [broadcast-R7 broadcast-B5]", async ({ ada, grace, open }) => {
  const [sender, receiver] = [await enter(open, ada), await enter(open, grace)];
  const sent = await ask(ada, "POST", "/send", { receiverId: grace.id, message: "Hello", messageType: "text" });
  expect(sent).toMatchObject({ status: 200, body: { success: true, data: { message: "Hello", messageType: "text" } } });
  expect(await receiver.receives("new_message")).toEqual(toOthers(sent.body));
  expect(await sender.receives("message_sent")).toEqual(sent.body);
  const reply = await say(grace, ada, "Hi", { replyTo: sent.body.data._id });
  expect(reply.replyTo).toEqual({ _id: sent.body.data._id, message: "Hello", sender: { _id: ada.id, name: ada.name } });

  const required = "Receiver ID and message are required";
  for (const [body, status, message] of [
    [{}, 400, required],
    [{ receiverId: grace.id }, 400, required],
    [{ receiverId: grace.id, message: " " }, 400, required],
    [{ receiverId: nobody("broadcast"), message: "x" }, 404, "Receiver not found"],
    [{ receiverId: {}, message: "x" }, 400, expect.any(String)],
    [{ receiverId: grace.id, message: [] }, 400, expect.any(String)],
    [{ receiverId: grace.id, message: "x", messageType: "poem" }, 400, expect.any(String)],
    ["{", 400, expect.any(String)],
    ["[]", 400, expect.any(String)],
    [{ receiverId: grace.id, message: "x".repeat(300_000) }, 413, expect.any(String)],
  ] as const) {
    expect(await ask(ada, "POST", "/send", body), JSON.stringify(body).slice(0, 80)).toEqual(refusal(status, message));
  }
});

test("only its sender deletes a message, which is gone then [broadcast-R10 broadcast-B5]", async ({ ada, grace }) => {
  const { _id, conversationId } = await say(ada, grace, "Oh no");
  await say(ada, grace, "Well");
  expect(await ask(grace, "DELETE", `/message/${_id}`)).toEqual(refusal(404, "Message not found"));
  const deleted = await ask(ada, "DELETE", `/message/${_id}`);
  expect(deleted).toEqual({ status: 200, body: { success: true, message: "Message deleted successfully" } });
  expect(await ask(ada, "DELETE", `/message/${_id}`)).toEqual(refusal(404, "Message not found"));
  const { data, pagination } = (await ask(grace, "GET", `/conversation/${conversationId}/messages`)).body;
  expect([texts(data), pagination.total]).toEqual([["Well"], 1]);
  expect((await call("main", grace, "GET", `/api/v1/messages/${_id}`)).body.deletedAt).toEqual(expect.any(String));
});

test("an outsider finds nothing, by any route [broadcast-B6]", async ({ ada, grace, outsider }) => {
  const { _id, conversationId } = await say(ada, grace, "Between us");
  const nothing = refusal(404, "There is no such conversation.");
  for (const id of [conversationId, await group(ada, grace, outsider), "999999999"]) {
    expect(await ask(outsider, "GET", `/conversation/${id}/messages`)).toEqual(nothing);
    expect(await ask(outsider, "PUT", `/conversation/${id}/read`)).toEqual(nothing);
  }
  expect((await ask(outsider, "PUT", `/message/${_id}/read`)).status).toBe(404);
  expect(await ask(outsider, "DELETE", `/message/${_id}`)).toEqual(refusal(404, "Message not found"));
  expect((await ask(outsider, "GET", "/conversations")).body.data).toEqual([]);
  expect((await ask(outsider, "GET", "/unread-count")).body.data.unreadCount).toBe(0);
});

test("every route wants a token, and refuses in the contract's words [broadcast-B6]", async ({ ada }) => {
  const routes = [
    ["GET", "/conversations"],
    ["GET", "/unread-count"],
    ["GET", "/online-users"],
    ["GET", "/user-status/1"],
    ["GET", "/conversation/1"],
    ["GET", "/conversation/1/messages"],
    ["PUT", "/conversation/1/read"],
    ["POST", "/send"],
    ["PUT", "/message/1/read"],
    ["DELETE", "/message/1"],
    ["POST", "/admin/broadcast"],
    ["POST", "/admin/send-to-user"],
  ];
  for (const [method, path] of routes) {
    expect(await ask(undefined, method, path), path).toEqual(refusal(401, "Authentication token required"));
    expect(await ask(ada, "PATCH", path), path).toEqual(refusal(405, expect.any(String)));
  }
  for (const path of ["/conversation/x/messages", "/user-status/%00", "/conversation/%0a"]) {
    const { status, body } = await ask(ada, "GET", path);
    expect([400, 404], path).toContain(status);
    expect(body).toEqual({ success: false, message: expect.any(String) });
  }
  expect(await ask(ada, "GET", "/nowhere")).toEqual(refusal(404, expect.any(String)));
});

test("text stays as it was written [broadcast-B6]", async ({ ada, grace }) => {
  const message = "<img src=x onerror=alert(1)> & '; drop table messages; --";
  const { conversationId } = await say(ada, grace, message);
  expect(texts((await ask(grace, "GET", `/conversation/${conversationId}/messages`)).body.data)).toEqual([message]);
});

test("the document's models are there [broadcast-B7]", async ({ ada, grace }) => {
  const message = await say(ada, grace, "A message");
  expect(message).toMatchObject({ messageType: "text", isRead: false, metadata: { isBroadcast: false } });
  const conversation = (await ask(ada, "GET", `/conversation/${grace.id}`)).body.data;
  expect(conversation).toMatchObject({ conversationType: "private", isActive: true });
  const status = (await ask(ada, "GET", `/user-status/${grace.id}`)).body.data;
  expect(Object.keys(status).sort()).toEqual(["isOnline", "lastSeen", "user"]);
  const reaction = await call("main", grace, "PUT", `/api/v1/messages/${message._id}/reactions/👍`);
  expect(reaction.status).toBe(200);
});

test("the document's settings are taken, and what stands for its scripts exists [broadcast-B8]", async () => {
  const origin = "http://client.example";
  const answer = await fetch(`${door("broadcast")}/health`, { headers: { origin } });
  expect(answer.headers.get("access-control-allow-origin")).toBe(origin);
  const root = join(__dirname, "../..");
  const page = readFileSync(join(root, "docs/contracts/broadcast.md"), "utf8");
  for (const script of ["bin/dev", "bin/serve", "bin/test"]) {
    expect(page).toContain(script);
    expect(readFileSync(join(root, script), "utf8")).toMatch(/^#!/);
  }
});

test("the door says how it is, and the server counts its connections [broadcast-B9]", async ({ ada, open }) => {
  await enter(open, ada);
  const { status, body } = await call("broadcast", undefined, "GET", "/health");
  expect([status, body.status, body.database]).toEqual([200, "ok", "up"]);
  expect(body.socketio.connections).toBeGreaterThanOrEqual(1);
  const metrics = await call("main", undefined, "GET", "/metrics");
  expect(metrics.body).toMatch(/parlance_socket_connections\{door="broadcast"\} [1-9]/);
});
