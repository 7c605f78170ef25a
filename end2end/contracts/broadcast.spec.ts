import { ISO, ask, enter, say, shown } from "./broadcast";
import { type Client, type Payload, USERS_ARE_OF_AN_APP, asNumber, badTokens, call, direct, door, expect, group, idFor, mint, nobody, refreshToken, strangersToken, test, toOthers } from "./doors";

/** The names of the received events that the test has not taken. */
const unasked = (client: Client) => client.received.map((it) => it.event);

/** The events that only the two users of a conversation receive. */
const PRIVATE = ["new_message", "message_sent", "message_read", "user_typing", "conversation_updated", "user_status_update"];

test("the document's own client works with another host [broadcast-C1 broadcast-C3 broadcast-E1 broadcast-B1 broadcast-B10]", async ({
  ada,
  grace,
  io,
}) => {
  const messages: Payload[] = [];
  const token = grace.token;
  const newSocket = io(door("broadcast"), {
    auth: { token },
  });

  const heard = new Promise<void>((resolve) => {
    newSocket.on("new_message", (data) => {
      messages.push(data.data);
      resolve();
    });
  });

  const socket = io(door("broadcast"), { auth: { token: ada.token } });
  await new Promise<void>((resolve) => newSocket.on("connect", resolve));
  socket.emit("send_message", {
    receiverId: grace.id,
    message: "Hello!",
    messageType: "text",
  });
  await heard;
  expect(messages.map((it) => it.message)).toEqual(["Hello!"]);
});

test("a token comes in auth, in the header or in the query [broadcast-C1]", async ({ ada, open }) => {
  const theirs = mint({ id: asNumber(ada.id) });
  for (const token of [ada.token, `Bearer ${ada.token}`, theirs]) await open("broadcast", { ...ada, token });
  await open("broadcast", ada, { auth: {}, extraHeaders: { authorization: `Bearer ${theirs}` } });
  await open("broadcast", ada, { auth: {}, query: { token: theirs } });
});

test("who is nobody, unknown or blocked is refused in the contract's words [broadcast-C1 broadcast-C2 broadcast-B10]", async ({
  ada,
  grace,
  admin,
  open,
  refused,
}) => {
  for (const auth of [{}, { token: "" }, { token: null }]) {
    expect(await refused("broadcast", auth)).toBe("Authentication token required");
  }
  expect(await ask(undefined, "GET", "/unread-count")).toEqual({
    status: 401,
    body: { success: false, message: "Authentication token required" },
  });
  const tokens = { ...badTokens(ada), refresh: refreshToken(ada) };
  for (const [what, token] of Object.entries({ ...tokens, number: 7 })) {
    expect(await refused("broadcast", { token }), what).toBe("Authentication failed");
  }
  for (const [what, token] of Object.entries(tokens)) {
    const { status, body } = await ask({ token }, "GET", "/unread-count");
    expect([status, body], what).toEqual([401, { success: false, message: "Authentication failed" }]);
  }
  // Of an app, a user exists as soon as a token comes.
  if (!USERS_ARE_OF_AN_APP) expect(await refused("broadcast", { token: strangersToken() })).toBe("User not found");

  const connected = await enter(open, grace);
  const ended = new Promise((resolve) => connected.socket.once("disconnect", resolve));
  expect((await call("main", admin, "PUT", `/api/v1/users/${grace.apiId}/block`)).status).toBe(204);
  await ended;
  // Their session has ended, but a token of another system is still valid.
  const blocked = "User account is inactive or blocked";
  expect(await refused("broadcast", { token: mint({ id: grace.id }) })).toBe(blocked);
  expect((await ask({ token: mint({ id: grace.id }) }, "GET", "/unread-count")).body).toEqual({
    success: false,
    message: blocked,
  });
});

test("a message comes in its envelope, to who says nothing too [broadcast-E1 broadcast-C3 broadcast-B5]", async ({
  ada,
  grace,
  open,
}) => {
  const [sender, phone, receiver] = [await enter(open, ada), await enter(open, ada), await enter(open, grace)];
  const first = await say(grace, ada, "Shall we?");
  await sender.receives("new_message");
  await phone.receives("new_message");
  const ack = await sender.ask("send_message", {
    receiverId: grace.id,
    message: "https://example.org/a.png",
    messageType: "image",
    replyTo: first._id,
  });
  const { createdAt } = ack.data;
  expect(ack).toEqual({
    success: true,
    data: {
      _id: expect.stringMatching(/^\d+$/),
      conversationId: first.conversationId,
      sender: shown(ada),
      receiver: shown(grace),
      message: "https://example.org/a.png",
      messageType: "image",
      isRead: false,
      isDeleted: false,
      replyTo: { _id: first._id, message: "Shall we?", sender: { _id: grace.id, name: grace.name } },
      metadata: { isBroadcast: false, isAdminMessage: false },
      createdAt: expect.stringMatching(ISO),
      updatedAt: createdAt,
    },
  });
  expect(await receiver.receives("new_message")).toEqual(toOthers(ack));
  expect(await sender.receives("message_sent")).toEqual(ack);
  expect(await phone.receives("message_sent")).toEqual(ack);
  for (const client of [sender, phone]) expect(unasked(client)).not.toContain("new_message");
  expect(await sender.ask("send_message", { receiverId: grace.id, message: "a.pdf", messageType: "file" })).toMatchObject({
    data: { messageType: "file" },
  });
});

test("a retry under the same name writes no second message [broadcast-E1]", async ({ ada, grace, open }) => {
  const sender = await enter(open, ada);
  const message = { receiverId: grace.id, message: "Once", clientId: "one" };
  const { data } = await sender.ask("send_message", message);
  await sender.receives("message_sent");
  expect((await sender.ask("send_message", message)).data._id).toBe(data._id);
  expect((await sender.receives("message_sent")).data._id).toBe(data._id);
  expect((await sender.ask("send_message", { ...message, message: "Twice" })).success).toBe(false);
  expect((await ask(grace, "GET", "/unread-count")).body.data.unreadCount).toBe(1);
});

test("typing is told to the receiver, both ways by one event [broadcast-E2 broadcast-B4 broadcast-B10]", async ({
  ada,
  grace,
  open,
}) => {
  const [writer, reader] = [await enter(open, ada), await enter(open, grace)];
  writer.emit("typing_start", { receiverId: grace.id });
  const typing = { senderId: ada.id, senderName: ada.name, isTyping: true };
  expect(await reader.receives("user_typing")).toMatchObject(typing);
  writer.emit("typing_stop", { receiverId: grace.id });
  expect(await reader.receives("user_typing")).toMatchObject({ ...typing, isTyping: false });
  expect(unasked(writer)).not.toContain("user_typing");
});

test("a read message is told to its sender [broadcast-E3 broadcast-B4 broadcast-B10]", async ({ ada, grace, open }) => {
  const [sender, reader] = [await enter(open, ada), await enter(open, grace)];
  const ids = [];
  for (const message of ["1", "2", "3"]) ids.push((await say(ada, grace, message))._id);
  const ack = await reader.ask("mark_message_read", { messageId: ids[1] });
  expect(ack).toEqual({ success: true, message: "Message marked as read" });
  // Reading the second message also reads the first.
  for (const messageId of ids.slice(0, 2)) {
    expect(await sender.receives("message_read", { messageId })).toMatchObject({
      readBy: grace.id,
      readAt: expect.stringMatching(ISO),
    });
  }
  // Marking a message twice is no error.
  expect((await reader.ask("mark_message_read", { messageId: ids[0] })).success).toBe(true);
  await sender.receivesNothing("message_read");
  expect(unasked(reader)).not.toContain("message_read");
  // A sender cannot mark the own message.
  expect((await sender.ask("mark_message_read", { messageId: ids[2] })).success).toBe(false);
});

test("an administrator writes to anybody [broadcast-E5 broadcast-B3 broadcast-B10]", async ({ ada, admin, open }) => {
  const [writer, reader] = [await enter(open, admin), await enter(open, ada)];
  const ack = await writer.ask("admin_message_user", { userId: idFor(admin, ada, "broadcast"), message: "Hello from admin", messageType: "text" });
  expect(ack).toMatchObject({
    success: true,
    data: { message: "Hello from admin", receiver: { ...shown(ada), _id: idFor(admin, ada, "broadcast") }, metadata: { isAdminMessage: true } },
  });
  const sender = { ...ack.data.sender, _id: idFor(ada, admin, "broadcast") };
  expect(await reader.receives("new_message")).toEqual({ success: true, data: { ...ack.data, sender, receiver: shown(ada) } });
  expect(await writer.receives("admin_message_sent")).toEqual(ack);
  const refusals = [
    [reader, { userId: idFor(ada, admin, "broadcast"), message: "x" }, "Admin access required"],
    [writer, { userId: idFor(admin, ada, "broadcast") }, "User ID and message are required"],
    [writer, { message: "x" }, "User ID and message are required"],
    [writer, { userId: nobody("broadcast"), message: "x" }, "User not found"],
  ] as const;
  for (const [client, payload, message] of refusals) {
    expect(await client.ask("admin_message_user", payload)).toEqual({ success: false, message });
    expect(await client.receives("error")).toEqual({ message });
  }
});

test("both hear a conversation move, whoever has joined it [broadcast-E6]", async ({ ada, grace, open }) => {
  const conversationId = await direct(ada, grace);
  const [inside, outside, sender] = [await enter(open, ada), await enter(open, ada), await enter(open, grace)];
  expect(await inside.ask("join_conversation", { conversationId })).toEqual({ success: true, conversationId });
  const lastMessage = await say(grace, ada, "Moved");
  for (const client of [inside, outside, sender]) {
    expect(await client.receives("conversation_updated")).toEqual(toOthers({ conversationId, lastMessage }));
  }
  expect(await inside.ask("leave_conversation", { conversationId })).toEqual({ success: true, conversationId });
  await say(grace, ada, "Again");
  await inside.receives("conversation_updated", ({ lastMessage }) => lastMessage.message === "Again");
});

test("who comes and goes is told to those who know them [broadcast-B4]", async ({ ada, grace, open }) => {
  await direct(ada, grace);
  const watcher = await enter(open, ada);
  const visitor = await enter(open, grace);
  const online = { userId: grace.id, isOnline: true, timestamp: expect.stringMatching(ISO) };
  expect(await watcher.receives("user_status_update", { userId: grace.id })).toEqual(online);
  visitor.close();
  expect(await watcher.receives("user_status_update", { userId: grace.id })).toEqual({ ...online, isOnline: false });
});

test("edits and deletions are told as well [broadcast-B5]", async ({ ada, grace, open }) => {
  const reader = await enter(open, grace);
  const { _id, conversationId } = await say(ada, grace, "Helo");
  const edited = await call("main", ada, "PATCH", `/api/v1/messages/${_id}`, { body: "Hello" });
  expect(edited.status).toBe(200);
  const updatedAt = expect.stringMatching(ISO);
  const update = { messageId: _id, conversationId, message: "Hello", updatedAt };
  expect(await reader.receives("message_updated")).toEqual(update);
  expect((await ask(ada, "DELETE", `/message/${_id}`)).status).toBe(200);
  expect(await reader.receives("message_deleted")).toEqual({ messageId: _id, conversationId });
});

test("what is wrong with an event is said, and nothing ends [broadcast-E1 broadcast-E2 broadcast-E3 broadcast-E4 broadcast-E5 broadcast-E6]", async ({
  ada,
  admin,
  open,
}) => {
  const client = await enter(open, ada);
  const bad = [undefined, null, 7, "x", [], [[]], {}, { receiverId: {} }, { receiverId: {}, message: "x" }];
  const worse = [{ messageId: 1.5 }, { conversationId: -1 }, { userId: [], message: "x" }, { message: 7 }];
  const events = ["send_message", "typing_start", "typing_stop", "mark_message_read", "join_conversation"];
  for (const event of [...events, "leave_conversation", "admin_broadcast", "admin_message_user"]) {
    for (const payload of [...bad, ...worse]) {
      const ack = await client.ask(event, ...(payload === undefined ? [] : [payload]));
      expect(ack, `${event} ${JSON.stringify(payload)}`).toEqual({ success: false, message: expect.any(String) });
      expect(await client.receives("error")).toEqual({ message: ack.message });
    }
  }
  const receiverId = idFor(ada, admin, "broadcast");
  for (const [payload, message] of [
    [{ receiverId }, "Receiver ID and message are required"],
    [{ message: "x" }, "Receiver ID and message are required"],
    [{ receiverId: nobody("broadcast"), message: "x" }, "Receiver not found"],
    [{ receiverId: ada.id, message: "x" }, "Cannot start a conversation with yourself"],
    [{ receiverId, message: "x", messageType: "system" }, expect.any(String)],
    [{ receiverId, message: "x", replyTo: 999_999_999 }, expect.any(String)],
    [{ receiverId, message: "x".repeat(300_000) }, expect.any(String)],
  ]) {
    expect(await client.ask("send_message", payload)).toEqual({ success: false, message });
  }
});

test("an outsider hears nothing, whatever they try [broadcast-B6]", async ({ ada, grace, linus, outsider, open }) => {
  const conversationId = await direct(ada, grace);
  const { _id } = await say(ada, grace, "Between us");
  const stranger = await enter(open, outsider);
  for (const id of [conversationId, await group(ada, grace, outsider), await direct(grace, linus), "999999999"]) {
    for (const event of ["join_conversation", "leave_conversation"]) {
      const ack = await stranger.ask(event, { conversationId: id });
      expect(ack).toEqual({ success: false, message: "There is no such conversation." });
    }
  }
  const ack = await stranger.ask("mark_message_read", { messageId: _id });
  expect(ack).toEqual({ success: false, message: "There is no such message." });
  const [one, other] = [await enter(open, ada), await enter(open, grace)];
  await one.ask("typing_start", { receiverId: grace.id });
  await one.ask("send_message", { receiverId: grace.id, message: "Still between us" });
  const { data } = await other.receives("new_message");
  await other.ask("mark_message_read", { messageId: data._id });
  await one.receives("message_read", { messageId: data._id });
  await one.ask("join_conversation", { conversationId });
  // Users who share a group get each other's presence, and nothing else.
  await stranger.receivesNothing(...PRIVATE.filter((event) => event !== "user_status_update"));
});
