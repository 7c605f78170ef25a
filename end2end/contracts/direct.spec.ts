import { ABSENT, ISO, ask, enter, say, shown } from "./direct";
import { type Client, type Payload, USERS_ARE_OF_AN_APP, badTokens, direct, door, expect, group, mint, nobody, refreshToken, strangersToken, test } from "./doors";

/** The names of the received events that the test has not taken. */
const unasked = (client: Client) => client.received.map((it) => it.event);

test("the document's own client works with another host [direct-C1 direct-E1 direct-E2]", async ({ ada, grace, io }) => {
  const id = Number(await direct(ada, grace));
  const socket = io(door("direct"), {
    auth: { token: ada.token },
  });

  socket.emit("join_conversation", { conversationId: id });
  socket.emit("send_message", {
    receiverId: Number(grace.id),
    conversationId: id,
    content: "Hello via WebSocket!",
  });

  const heard = await new Promise<Payload>((resolve) => {
    socket.on("new_message", (msg) => {
      resolve(msg);
    });
  });
  expect(heard.content).toBe("Hello via WebSocket!");
});

test("a token comes in auth, in the header or in the query [direct-C1 direct-C2]", async ({ ada, open }) => {
  const theirs = mint({ id: Number(ada.id) });
  for (const token of [ada.token, `Bearer ${ada.token}`, theirs]) {
    const socket = await open("direct", { ...ada, token });
    expect(await socket.ask("join_personal_room")).toEqual({ success: true });
  }
  const extraHeaders = { authorization: `Bearer ${theirs}` };
  const byHeader = await open("direct", ada, { auth: {}, extraHeaders });
  expect(await byHeader.ask("join_personal_room")).toEqual({ success: true });
  const byQuery = await open("direct", ada, { auth: {}, query: { token: theirs } });
  expect(await byQuery.ask("join_personal_room")).toEqual({ success: true });
});

test("tokens that speak for nobody are refused [direct-C2]", async ({ ada, refused }) => {
  // Of an app, a user exists as soon as a token comes.
  const strangers = USERS_ARE_OF_AN_APP ? {} : { "of a stranger": strangersToken() };
  const tokens = { ...badTokens(ada), refresh: refreshToken(ada), ...strangers };
  for (const auth of [{}, { token: "" }, { token: null }]) {
    expect(await refused("direct", auth)).toBe("Authentication error: No token provided");
  }
  for (const [what, token] of Object.entries({ ...tokens, number: 7 })) {
    expect(await refused("direct", { token }), what).toBe("Authentication error: Invalid token");
  }
  expect(await ask(undefined, "GET", "/unread-count")).toEqual({
    status: 401,
    body: { error: "Unauthorized: No token provided", UA: false },
  });
  for (const [what, token] of Object.entries(tokens)) {
    expect(await ask({ ...ada, token }, "GET", "/unread-count"), what).toEqual({
      status: 401,
      body: { error: "Unauthorized: Invalid token", UA: true },
    });
  }
});

test("who joins and leaves is told to the other one, once [direct-E1 direct-E7]", async ({ ada, grace, open }) => {
  const conversationId = Number(await direct(ada, grace));
  const there = await enter(open, grace, conversationId);
  const first = await enter(open, ada, conversationId);
  const userId = Number(ada.id);
  const joined = { userId, message: `User ${ada.id} joined the conversation`, conversationId };
  expect(await there.receives("user_joined")).toEqual(joined);

  const second = await enter(open, ada, conversationId);
  expect(await second.ask("leave_conversation", { conversationId })).toEqual({ success: true, conversationId });
  await there.receivesNothing("user_joined", "user_left");
  // The end of a connection also leaves the room.
  first.socket.close();
  expect(await there.receives("user_left")).toEqual({
    userId,
    message: `User ${ada.id} left the conversation`,
    conversationId,
  });
});

test("a message is heard by both, flat and in camelCase [direct-E2]", async ({ ada, grace, open }) => {
  const conversationId = Number(await direct(ada, grace));
  const sender = await enter(open, ada, conversationId);
  const other = await enter(open, ada);
  const receiver = await enter(open, grace, conversationId);
  const ack = await sender.ask("send_message", {
    receiverId: Number(grace.id),
    conversationId,
    content: "Look",
    attachmentUrl: "https://example.org/a/picture.png",
  });
  const expected = {
    id: expect.any(Number),
    senderId: Number(ada.id),
    receiverId: Number(grace.id),
    conversationId,
    content: "Look",
    attachmentUrl: "https://example.org/a/picture.png",
    isRead: false,
    createdAt: expect.stringMatching(ISO),
    sender: shown(ada),
  };
  expect(ack).toEqual({ success: true, message: "Message sent", data: expected });
  for (const client of [sender, other, receiver]) expect(await client.receives("new_message")).toEqual(ack.data);
});

test("whoever is not in the conversation is notified instead [direct-E2 direct-B1]", async ({
  ada,
  grace,
  open,
}) => {
  const conversationId = Number(await direct(ada, grace));
  const sender = await enter(open, ada, conversationId);
  const inside = await enter(open, grace, conversationId);
  const outside = await enter(open, grace);
  const { data } = await sender.ask("send_message", { conversationId, receiverId: grace.id, content: "Psst" });
  expect(await outside.receives("message_notification")).toEqual({
    from: Number(ada.id),
    conversationId,
    content: "Psst",
    timestamp: data.createdAt,
  });
  expect((await inside.receives("new_message")).id).toBe(data.id);
  // The count is emitted after both.
  await inside.receives("unread_count_updated");
  await outside.receives("unread_count_updated");
  expect(unasked(inside)).not.toContain("message_notification");
  expect(unasked(outside)).not.toContain("new_message");
  expect(unasked(sender)).not.toContain("message_notification");

  expect((await inside.ask("leave_conversation", { conversationId })).success).toBe(true);
  await sender.ask("send_message", { conversationId, receiverId: grace.id, content: "Again" });
  expect((await inside.receives("message_notification")).content).toBe("Again");
  expect(unasked(inside)).not.toContain("new_message");
});

test("the first message needs no conversation, and a retry writes no second one [direct-E2 direct-B5]", async ({
  ada,
  grace,
  open,
}) => {
  const [sender, receiver] = [await enter(open, ada), await enter(open, grace)];
  const first = { receiverId: grace.id, content: "Hello", clientId: "first" };
  const { data } = await sender.ask("send_message", first);
  expect((await sender.ask("send_message", first)).data.id).toBe(data.id);
  expect((await receiver.receives("message_notification")).conversationId).toBe(data.conversationId);
  expect((await sender.ask("send_message", { ...first, content: "Other" })).success).toBe(false);
  expect((await say(grace, ada, "Hello too")).conversation_id).toBe(data.conversationId);
  expect((await ask(ada, "GET", "/conversations")).body.data.total).toBe(1);
});

test("what a client names does not decide who hears [direct-E2 direct-B3]", async ({ ada, grace, linus, open }) => {
  const theirs = Number(await direct(ada, grace));
  const own = Number(await direct(linus, ada));
  const shared = Number(await group(ada, grace, linus));
  const listeners = [await enter(open, ada, theirs), await enter(open, grace, theirs)];
  const outsider = await enter(open, linus);
  for (const wrong of [
    { receiverId: ada.id, conversationId: theirs, content: "leak" },
    { receiverId: grace.id, conversationId: own, content: "leak" },
    { conversationId: theirs, content: "leak" },
    { conversationId: shared, content: "leak" },
    { receiverId: ada.id, conversationId: 999_999_999, content: "leak" },
  ]) {
    expect(await outsider.ask("send_message", wrong)).toEqual({ success: false, message: ABSENT.error });
    expect(await outsider.receives("error")).toEqual({ message: ABSENT.error });
  }
  for (const listener of listeners) await listener.receivesNothing("new_message", "message_notification");
});

test("typing is told to the other one in the conversation [direct-E3 direct-E4]", async ({ ada, grace, open }) => {
  const conversationId = Number(await direct(ada, grace));
  const writer = await enter(open, ada, conversationId);
  const reader = await enter(open, grace, conversationId);
  const elsewhere = await enter(open, grace);
  const payload = { userId: Number(ada.id), conversationId };
  writer.emit("typing", { conversationId });
  expect(await reader.receives("user_typing")).toEqual(payload);
  writer.emit("stop_typing", { conversationId });
  expect(await reader.receives("user_stopped_typing")).toEqual(payload);
  writer.emit("typing", { conversationId });
  await reader.receives("user_typing");
  // The message ends the typing.
  await writer.ask("send_message", { conversationId, content: "Done" });
  expect(await reader.receives("user_stopped_typing")).toEqual(payload);
  await elsewhere.receives("message_notification");
  expect(unasked(elsewhere)).not.toContain("user_typing");
  expect(unasked(elsewhere)).not.toContain("user_stopped_typing");
  expect(unasked(writer)).not.toContain("user_typing");
  expect(unasked(writer)).not.toContain("user_stopped_typing");
});

test("reading is told, and the unread count follows by itself [direct-E5 direct-B2]", async ({
  ada,
  grace,
  open,
}) => {
  const conversationId = Number(await direct(ada, grace));
  const writer = await enter(open, ada, conversationId);
  const reader = await enter(open, grace);
  await writer.ask("send_message", { conversationId, content: "One" });
  expect(await reader.receives("unread_count_updated")).toEqual({ unreadCount: 1 });
  await writer.ask("send_message", { conversationId, content: "Two" });
  expect(await reader.receives("unread_count_updated")).toEqual({ unreadCount: 2 });
  const ack = await reader.ask("mark_as_read", { conversationId });
  expect(ack).toEqual({ success: true, message: "Messages marked as read" });
  expect(await reader.receives("unread_count_updated")).toEqual({ unreadCount: 0 });
  const read = { conversationId, userId: Number(grace.id), readAt: expect.stringMatching(ISO) };
  expect(await writer.receives("messages_read")).toEqual(read);
  const { messages } = (await ask(ada, "GET", `/conversations/${conversationId}/messages`)).body.data;
  expect(messages.map((it: Payload) => it.is_read)).toEqual([true, true]);
});

test("every socket is in its user's notification room [direct-E6]", async ({ ada, grace, open }) => {
  const silent = await open("direct", grace);
  expect(await silent.ask("join_personal_room")).toEqual({ success: true });
  await say(ada, grace, "There?");
  expect((await silent.receives("message_notification")).content).toBe("There?");
});

test("who is online can be asked of those one knows [direct-E8]", async ({ ada, grace, linus, open }) => {
  Number(await direct(ada, grace));
  const asker = await enter(open, ada);
  await enter(open, grace);
  await enter(open, linus);
  const onlineUsers = [Number(grace.id)];
  const ack = await asker.ask("check_online", { userIds: [linus.id, Number(grace.id), 999_999_999] });
  expect(ack).toEqual({ success: true, onlineUsers });
  expect(await asker.receives("online_status")).toEqual({ onlineUsers });
});

test("what is wrong with an event is said, and nothing ends [direct-E1 direct-E2 direct-E3 direct-E4 direct-E5 direct-E7 direct-E8]", async ({
  ada,
  open,
}) => {
  const client = await enter(open, ada);
  const bad = [undefined, null, 7, "x", [], [[]], {}, { conversationId: {} }, { conversationId: "x" }];
  const worse = [{ conversationId: 1.5 }, { conversationId: -1 }, { userIds: "x" }, { userIds: [null] }, { content: 7 }];
  const events = ["join_conversation", "leave_conversation", "send_message", "typing", "stop_typing", "mark_as_read"];
  for (const event of [...events, "check_online", "unheard_of"]) {
    for (const payload of [...bad, ...worse]) {
      const ack = await client.ask(event, ...(payload === undefined ? [] : [payload]));
      expect(ack, `${event} ${JSON.stringify(payload)}`).toEqual({ success: false, message: expect.any(String) });
      expect(await client.receives("error")).toEqual({ message: ack.message });
    }
  }
  const content = "x".repeat(300_000);
  expect((await client.ask("send_message", { receiverId: 1, content })).success).toBe(false);
  const required = "Receiver ID and message content are required";
  expect((await client.ask("send_message", { receiverId: 1, content: " " })).message).toBe(required);
  const toOneself = { receiverId: ada.id, content: "Me" };
  expect((await client.ask("send_message", toOneself)).message).toBe("Cannot send message to yourself");
  expect((await client.ask("send_message", { receiverId: nobody("direct"), content: "x" })).success).toBe(false);
  expect(await client.ask("join_personal_room", null)).toEqual({ success: true });
});
