import { readFileSync } from "node:fs";
import { join } from "node:path";
import { ABSENT, ISO, ask, enter, say, shown } from "./direct";
import { type Payload, call, direct, door, expect, group, nobody, test } from "./doors";
import { migrate } from "./operator";

const contents = (messages: Payload[]) => messages.map((it) => it.content);

test("a message is sent as the document's curl sends it [direct-R1 direct-B9]", async ({ ada, grace, open }) => {
  const receiver = await enter(open, grace);
  const response = await fetch(`${door("direct")}/api/chat/send`, {
    method: "POST",
    headers: { Authorization: `Bearer ${ada.token}`, "Content-Type": "application/json" },
    body: `{"receiverId": ${grace.id}, "content": "Hello!"}`,
  });
  expect(response.status).toBe(201);
  const answer = await response.json();
  expect(answer).toEqual({
    success: true,
    message: "Message sent",
    data: {
      id: expect.any(Number),
      sender_id: Number(ada.id),
      receiver_id: Number(grace.id),
      conversation_id: expect.any(Number),
      content: "Hello!",
      attachment_url: null,
      is_read: false,
      read_at: null,
      deletedAt: null,
      createdAt: expect.stringMatching(ISO),
      updatedAt: answer.data.createdAt,
      sender: shown(ada),
      receiver: shown(grace),
    },
  });
  // A write through REST is emitted to sockets.
  const heard = await receiver.receives("message_notification");
  expect(heard.conversationId).toBe(answer.data.conversation_id);
  const withFile = { receiverId: grace.id, content: "See", attachmentUrl: "/files/a.pdf" };
  expect((await ask(ada, "POST", "/send", withFile)).body.data.attachment_url).toBe("/files/a.pdf");
});

test("a retry answers with the first message [direct-R1]", async ({ ada, grace }) => {
  const body = { receiverId: grace.id, content: "Once" };
  const send = () => call("direct", ada, "POST", "/api/chat/send", body, { "idempotency-key": "once" });
  const [first, second] = [await send(), await send()];
  expect([first.status, second.status]).toEqual([201, 200]);
  expect(second.body.data).toEqual(first.body.data);
  expect((await ask(grace, "GET", "/unread-count")).body.unreadCount).toBe(1);
});

test("a message that can't be sent is refused [direct-R1]", async ({ ada, grace }) => {
  const required = "Receiver ID and message content are required";
  const toOneself = "Cannot send message to yourself";
  for (const [body, status, error] of [
    [{}, 400, required],
    [{ receiverId: 2 }, 400, required],
    [{ content: "x" }, 400, required],
    [{ receiverId: 2, content: "" }, 400, required],
    [{ receiverId: ada.id, content: "x" }, 400, toOneself],
    [{ receiverId: {}, content: "x" }, 400, expect.any(String)],
    [{ receiverId: nobody("direct"), content: "x" }, 404, expect.any(String)],
    [{ receiverId: grace.id, content: 7 }, 400, expect.any(String)],
    [{ receiverId: grace.id, content: "x", attachmentUrl: "javascript:alert(1)" }, 400, expect.any(String)],
    ["{", 400, expect.any(String)],
    ["[]", 400, expect.any(String)],
    [{ receiverId: grace.id, content: "x".repeat(300_000) }, 413, expect.any(String)],
  ] as const) {
    expect(await ask(ada, "POST", "/send", body), JSON.stringify(body).slice(0, 80)).toEqual({
      status,
      body: { error },
    });
  }
});

test("conversations come with their people, the latest first [direct-R2 direct-B5 direct-B6 direct-B9]", async ({
  ada,
  grace,
  linus,
}) => {
  await say(ada, linus, "To Linus");
  const { conversation_id, createdAt } = await say(grace, ada, "To Ada");
  await group(ada, grace);
  const { status, body } = await ask(ada, "GET", "/conversations?page=1&limit=1");
  // In the order in which they came here.
  const [low, high] = Number(ada.apiId) < Number(grace.apiId) ? [ada, grace] : [grace, ada];
  expect(status).toBe(200);
  expect(body).toEqual({
    success: true,
    data: {
      conversations: [
        {
          id: conversation_id,
          participant_1_id: Number(low.id),
          participant_2_id: Number(high.id),
          last_message: "To Ada",
          last_message_at: createdAt,
          createdAt: expect.stringMatching(ISO),
          updatedAt: createdAt,
          participant1: shown(low),
          participant2: shown(high),
        },
      ],
      total: 2,
      page: 1,
      totalPages: 2,
    },
  });
  const second = await ask(ada, "GET", "/conversations?page=2&limit=1");
  expect(second.body.data.conversations[0].last_message).toBe("To Linus");
});

test("one conversation a pair, also when both begin at once [direct-B5]", async ({ ada, grace }) => {
  const both = [say(ada, grace, "1"), say(grace, ada, "2"), say(ada, grace, "3"), say(grace, ada, "4")];
  const ids = (await Promise.all(both)).map((it) => it.conversation_id);
  expect(new Set(ids).size).toBe(1);
});

test("pages of messages begin with the oldest [direct-R3 direct-B6]", async ({ ada, grace }) => {
  let id = 0;
  for (const content of ["1", "2", "3", "4", "5"]) id = (await say(ada, grace, content)).conversation_id;
  const { status, body } = await ask(grace, "GET", `/conversations/${id}/messages?page=1&limit=2`);
  expect(status).toBe(200);
  expect(body.success).toBe(true);
  expect({ ...body.data, messages: contents(body.data.messages) }).toEqual({
    messages: ["1", "2"],
    total: 5,
    page: 1,
    totalPages: 3,
  });
  expect(body.data.messages[0].sender).toEqual(shown(ada));
  expect(body.data.messages[0].receiver).toEqual(shown(grace));
  const third = await ask(grace, "GET", `/conversations/${id}/messages?page=3&limit=2`);
  expect(contents(third.body.data.messages)).toEqual(["5"]);
  const beyond = await ask(grace, "GET", `/conversations/${id}/messages?page=4&limit=2`);
  expect(beyond.body.data.messages).toEqual([]);
  for (const query of ["page=0", "page=x", "limit=0", "limit=101"]) {
    const refusal = await ask(grace, "GET", `/conversations/${id}/messages?${query}`);
    expect(refusal, query).toEqual({ status: 400, body: { error: expect.any(String) } });
  }
});

test("unread messages are counted until they are read [direct-R4 direct-R5 direct-R6]", async ({
  ada,
  grace,
  linus,
  open,
}) => {
  const { conversation_id } = await say(ada, grace, "1");
  await say(ada, grace, "2");
  await say(linus, grace, "3");
  const listener = await enter(open, ada, conversation_id);
  expect(await ask(grace, "GET", "/unread-count")).toEqual({ status: 200, body: { success: true, unreadCount: 3 } });
  const { body } = await ask(grace, "GET", "/unread");
  expect(body.success).toBe(true);
  expect(body.data).toHaveLength(2);
  expect(body.data).toContainEqual({ conversationId: conversation_id, unreadCount: 2, otherUser: shown(ada) });

  const read = await ask(grace, "PUT", `/conversations/${conversation_id}/read`);
  expect(read).toEqual({ status: 200, body: { success: true, message: "Messages marked as read" } });
  expect((await listener.receives("messages_read")).userId).toBe(Number(grace.id));
  expect((await ask(grace, "GET", "/unread-count")).body.unreadCount).toBe(1);
  expect((await ask(grace, "GET", "/unread")).body.data.map((it: Payload) => it.otherUser)).toEqual([shown(linus)]);
  const { messages } = (await ask(ada, "GET", `/conversations/${conversation_id}/messages`)).body.data;
  for (const message of messages) {
    expect(message).toMatchObject({ is_read: true, read_at: expect.stringMatching(ISO), updatedAt: message.read_at });
  }
});

test("search finds any part, in any script and case [direct-R7]", async ({ ada, grace }) => {
  const { conversation_id: id } = await say(ada, grace, "The Analytical Engine");
  await say(grace, ada, "engineers, 100%");
  await say(ada, grace, "日本語です");
  const find = async (query: string) => {
    const { body } = await ask(grace, "GET", `/conversations/${id}/search?${query}`);
    return body.data;
  };
  expect(contents((await find("q=ENGINE")).messages)).toEqual(["engineers, 100%", "The Analytical Engine"]);
  expect(contents((await find("q=%25")).messages)).toEqual(["engineers, 100%"]);
  expect(contents((await find(`q=${encodeURIComponent("本")}`)).messages)).toEqual(["日本語です"]);
  expect((await find("q=nothing")).messages).toEqual([]);
  expect(await find("q=engine&page=2&limit=1")).toMatchObject({ total: 2, page: 2, totalPages: 2 });
  for (const query of ["", "q=", "q=%20"]) {
    const answer = await ask(grace, "GET", `/conversations/${id}/search?${query}`);
    expect(answer).toEqual({ status: 400, body: { error: "Search query is required" } });
  }
});

test("a deleted message is in no list, and still there [direct-R8 direct-B4]", async ({ ada, grace, open }) => {
  const { id, conversation_id } = await say(ada, grace, "Oh no");
  await say(ada, grace, "Well");
  const listener = await enter(open, grace, conversation_id);
  const notOnes = await ask(grace, "DELETE", `/messages/${id}`);
  expect(notOnes).toEqual({ status: 403, body: { error: expect.any(String) } });
  const answer = await ask(ada, "DELETE", `/messages/${id}`);
  expect(answer).toEqual({ status: 200, body: { success: true, message: "Message deleted successfully" } });
  expect(await listener.receives("message_deleted")).toEqual({ id, conversationId: conversation_id });
  const { data } = (await ask(grace, "GET", `/conversations/${conversation_id}/messages`)).body;
  expect([contents(data.messages), data.total]).toEqual([["Well"], 1]);
  const found = await ask(grace, "GET", `/conversations/${conversation_id}/search?q=no`);
  expect(found.body.data.messages).toEqual([]);
  expect((await ask(ada, "DELETE", `/messages/${id}`)).status).toBe(404);
  // It keeps its position: the public API shows a tombstone there.
  const tombstone = await call("main", grace, "GET", `/api/v1/messages/${id}`);
  expect(tombstone.body.deletedAt).toEqual(expect.any(String));
});

test("an outsider finds nothing, by any route or event, and hears nothing [direct-B3]", async ({
  ada,
  grace,
  linus,
  open,
}) => {
  const { id, conversation_id } = await say(ada, grace, "Between us");
  const outsider = await enter(open, linus);
  const insider = await enter(open, ada, conversation_id);
  for (const conversation of [conversation_id, Number(await group(ada, grace, linus)), 999_999_999]) {
    for (const [method, path] of [
      ["GET", "messages"],
      ["GET", "search?q=us"],
      ["PUT", "read"],
    ]) {
      const answer = await ask(linus, method, `/conversations/${conversation}/${path}`);
      expect(answer, `${method} ${path}`).toEqual({ status: 404, body: ABSENT });
    }
    const payload = { conversationId: conversation, content: "x" };
    for (const event of ["join_conversation", "send_message", "typing", "stop_typing", "mark_as_read"]) {
      expect(await outsider.ask(event, payload), event).toEqual({ success: false, message: ABSENT.error });
      await outsider.receives("error");
    }
    expect((await outsider.ask("leave_conversation", payload)).success).toBe(false);
    await outsider.receives("error");
  }
  for (const message of [id, 999_999_999]) {
    const absent = { error: "There is no such message." };
    expect(await ask(linus, "DELETE", `/messages/${message}`)).toEqual({ status: 404, body: absent });
  }
  expect((await ask(linus, "GET", "/conversations")).body.data.conversations).toEqual([]);
  expect((await ask(linus, "GET", "/unread")).body.data).toEqual([]);
  insider.emit("typing", { conversationId: conversation_id });
  await insider.ask("send_message", { conversationId: conversation_id, content: "Still between us" });
  await ask(grace, "PUT", `/conversations/${conversation_id}/read`);
  await insider.receives("messages_read");
  await outsider.receivesNothing();
});

test("every route wants a token, and refuses in the contract's words [direct-B3]", async ({ ada }) => {
  const routes = [
    ["POST", "/send"],
    ["GET", "/conversations"],
    ["GET", "/conversations/1/messages"],
    ["PUT", "/conversations/1/read"],
    ["GET", "/conversations/1/search?q=x"],
    ["GET", "/unread-count"],
    ["GET", "/unread"],
    ["DELETE", "/messages/1"],
  ];
  for (const [method, path] of routes) {
    expect((await ask(undefined, method, path)).body, path).toEqual({
      error: "Unauthorized: No token provided",
      UA: false,
    });
    expect(await ask(ada, "PATCH", path), path).toEqual({ status: 405, body: { error: expect.any(String) } });
  }
  for (const path of ["/conversations/x/messages", "/conversations/1.5/search?q=x"]) {
    const { status, body } = await ask(ada, "GET", path);
    expect([400, 404], path).toContain(status);
    expect(body).toEqual({ error: expect.any(String) });
  }
  expect(await ask(ada, "GET", "/nowhere")).toEqual({ status: 404, body: { error: expect.any(String) } });
});

test("the nine operations of the document's service can be done [direct-B7]", async ({ ada, grace }) => {
  const { id, conversation_id } = await say(ada, grace, "One thing"); // sendMessage
  expect((await say(grace, ada, "Another")).conversation_id).toBe(conversation_id); // getOrCreateConversation
  const list = async (path: string) => (await ask(ada, "GET", path)).body;
  const messages = await list(`/conversations/${conversation_id}/messages`); // getConversationMessages
  expect(contents(messages.data.messages)).toEqual(["One thing", "Another"]);
  expect((await list("/conversations")).data.total).toBe(1); // getUserConversations
  expect((await list("/unread-count")).unreadCount).toBe(1); // getUnreadCount
  expect((await list("/unread")).data[0].unreadCount).toBe(1); // getUnreadMessagesByConversation
  await ask(ada, "PUT", `/conversations/${conversation_id}/read`); // markMessagesAsRead
  expect((await list("/unread-count")).unreadCount).toBe(0);
  const found = await list(`/conversations/${conversation_id}/search?q=thing`); // searchMessages
  expect(found.data.messages.map((it: Payload) => it.id)).toEqual([id]);
  expect((await ask(ada, "DELETE", `/messages/${id}`)).body.success).toBe(true); // deleteMessage
});

test("the document's settings are taken [direct-B8]", async () => {
  const found = await migrate({ DB_NAME: "shop", DB_USERNAME: "clerk", DB_PASSWORD: "p@ss word", DB_SYNC: "true" });
  expect(found).toEqual({ user: "clerk", database: "shop", password: "p@ss word" });
  const origin = "http://frontend.example";
  const answer = await fetch(`${door("direct")}/health`, { headers: { origin } });
  expect(answer.headers.get("access-control-allow-origin")).toBe(origin);
  const page = readFileSync(join(__dirname, "../../docs/contracts/direct.md"), "utf8");
  for (const name of ["DB_NAME", "DB_USERNAME", "DB_PASSWORD", "DB_HOST", "DB_PORT", "DB_SYNC", "FRONTEND_URL"]) {
    expect(page).toContain(name);
  }
});

test("the door says how it is [direct-B6]", async () => {
  const { status, body } = await call("direct", undefined, "GET", "/health");
  expect(status).toBe(200);
  expect(body).toMatchObject({ status: "ok", database: "up", socketio: { connections: expect.any(Number) } });
});
