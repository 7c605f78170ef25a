import { context, useChat } from "./conversations.hook";
import { ISO, NOWHERE, conversation, enter, message, refused, rest } from "./conversations";
import { type Client, type Payload, type Person, USERS_ARE_OF_AN_APP, api, asNumber, badTokens, connected, direct, door, expect, group, mint, nobody, refreshToken, register, say, settle, test } from "./doors";
import { Mounted } from "./react";

test("the document's own test client works with another host [conversations-C1 conversations-E2 conversations-E3 conversations-S3]", async ({ io, ada, grace }) => {
  const [id, token] = [await direct(ada, grace), ada.token];
  const lines: unknown[][] = [];
  const console = { log: (...words: unknown[]) => lines.push(words) };

  const socket = io(`${door("conversations")}/chat`, {
    auth: { token },
  });

  socket.on('connect', () => {
    console.log('Connected:', socket.id);
    
    // Join a room
    socket.emit('joinRoom', { conversationId: id });
    
    // Send a message
    socket.emit('sendMessage', {
      conversationId: id,
      content: 'Hello World!',
      type: 'text',
    });
  });

  socket.on('newMessage', (data) => {
    console.log('New message:', data);
  });

  await expect.poll(() => lines).toEqual([
    ["Connected:", expect.any(String)],
    ["New message:", { message: message(ada, id, "Hello World!"), conversationId: id }],
  ]);
});

test("the document's own hook works [conversations-B1 conversations-B2 conversations-B3 conversations-E4 conversations-E5 conversations-S5 conversations-S7 conversations-S9]", async ({ io, open, ada, grace }) => {
  const id = await direct(ada, grace);
  const there = await enter(open, grace);
  const newSocket = io(`${door("conversations")}/chat`, {
    auth: {
      token: ada.token,
    },
    transports: ['websocket', 'polling'],
  });
  Object.assign(context, { socket: newSocket, isConnected: true });
  const chat = new Mounted(() => useChat(id));
  await expect.poll(() => chat.current.onlineUsers).toEqual(expect.arrayContaining([ada.id, grace.id]));

  chat.current.sendMessage(" Hello ");
  await expect.poll(() => chat.current.messages).toEqual([message(ada, id, "Hello")]);
  const { message: heard } = await there.receives("newMessage");
  there.emit("markAsRead", { conversationId: id, messageId: heard._id });
  await expect.poll(() => chat.current.messages[0].status).toBe("read");

  there.emit("typing", { conversationId: id });
  await expect.poll(() => chat.current.typingUsers).toEqual([{ userId: grace.id, username: grace.username }]);
  there.emit("stopTyping", { conversationId: id });
  await expect.poll(() => chat.current.typingUsers).toEqual([]);
  chat.current.startTyping();
  await there.receives("userTyping");
  chat.current.stopTyping();
  await there.receives("userStoppedTyping");
  const answer = await there.ask("sendMessage", { conversationId: id, content: "Hello too" });
  await expect.poll(() => chat.current.messages.length).toBe(2);
  chat.current.markAsRead(answer.message._id);
  await there.receives("messageRead", { messageId: answer.message._id, readBy: ada.id });
  there.close();
  await expect.poll(() => chat.current.onlineUsers).toEqual([ada.id]);
  chat.unmount();
});

test("either transport, either address, a token in each of its places [conversations-C1 conversations-C2]", async ({ io, open, ada }) => {
  const theirs = mint({ sub: ada.id, email: ada.email, username: ada.username });
  const options = [
    { transports: ["websocket"] },
    { transports: ["polling"] },
    { auth: { token: theirs } },
    { auth: { token: `Bearer ${theirs}` } },
    { auth: {}, query: { token: theirs } },
    { auth: {}, extraHeaders: { authorization: `Bearer ${theirs}` } },
  ];
  for (const option of options) {
    const client = await open("conversations", ada, option);
    expect((await client.ask("getOnlineUsers")).onlineUsers).toContain(ada.id);
  }
  const below = io(`${door("main")}/chat`, { path: "/contracts/conversations/socket.io", auth: { token: theirs } });
  await connected(below);
  expect((await below.emitWithAck("getOnlineUsers")).onlineUsers).toContain(ada.id);
});

test("who has no good token is refused at the handshake, and who has one stays [conversations-C2 conversations-C4]", async ({ open, refused, ada }) => {
  const bad = { ...badTokens(ada), "a refresh token": refreshToken(ada), nothing: "", null: null, "a number": 7 };
  for (const [what, token] of Object.entries<unknown>(bad)) {
    expect(await refused("conversations", { token }), what).toBe("Unauthorized");
  }
  expect(await refused("conversations", {})).toBe("Unauthorized");
  const client = await open("conversations", ada);
  await client.receives("onlineUsers");
  await client.receivesNothing("disconnect", "exception");
  expect((await client.ask("getOnlineUsers")).onlineUsers).toEqual([ada.id]);
});

test("who connects is told who is there, and others of it, once for all devices [conversations-C3 conversations-S1 conversations-S9]", async ({ open, ada, grace, outsider }) => {
  await direct(ada, grace);
  const [there, stranger] = [await enter(open, grace), await enter(open, outsider)];
  const one = await open("conversations", ada);
  const online = await one.receives("onlineUsers");
  expect(online).toHaveLength(2);
  expect(online).toEqual(expect.arrayContaining([ada.id, grace.id]));
  expect(await there.receives("userStatusChanged", { userId: ada.id })).toEqual({ userId: ada.id, status: "online", timestamp: expect.stringMatching(ISO) });
  // Her own, which may have come later than `enter`.
  there.discard();
  const two = await enter(open, ada);
  one.close();
  await settle();
  await there.receivesNothing();
  two.close();
  expect(await there.receives("userStatusChanged")).toEqual({ userId: ada.id, status: "offline", timestamp: expect.stringMatching(ISO) });
  await stranger.receivesNothing();
});

test("the list of who is there comes by acknowledgement and by event [conversations-E7 conversations-S1]", async ({ open, ada, grace }) => {
  await direct(ada, grace);
  const client = await enter(open, ada);
  await enter(open, grace);
  client.discard();
  const { onlineUsers } = await client.ask("getOnlineUsers");
  expect(onlineUsers).toEqual(expect.arrayContaining([ada.id, grace.id]));
  expect(await client.receives("onlineUsers")).toEqual(onlineUsers);
});

test("a conversation appears to all who are in it, joined already [conversations-E1 conversations-S2 conversations-C3 conversations-B4]", async ({ open, ada, grace, linus, outsider }) => {
  const [maker, one, two, stranger] = await Promise.all([ada, grace, linus, outsider].map((who) => enter(open, who)));
  const created = await maker.ask("createConversation", { type: "group", participants: [grace.id, asNumber(linus.id)], name: "Engines", description: "Of difference" });
  const expected = { ...conversation("group", ada, grace, linus), name: "Engines", description: "Of difference" };
  expect(created).toEqual({ success: true, conversation: expected });
  for (const client of [maker, one, two]) expect(await client.receives("conversationCreated")).toEqual(created.conversation);

  const conversationId = created.conversation._id;
  await two.ask("sendMessage", { conversationId, content: "Hello" });
  for (const client of [maker, one, two]) {
    expect(await client.receives("newMessage")).toEqual({ message: message(linus, conversationId, "Hello"), conversationId });
  }
  await stranger.receivesNothing();
});

test("a pair has one conversation, a group may have no name, a channel is one [conversations-E1 conversations-B4]", async ({ open, ada, grace }) => {
  const [client, other] = [await enter(open, ada), await enter(open, grace)];
  const first = await client.ask("createConversation", { type: "direct", participants: [grace.id], name: "ignored" });
  expect(first.conversation).toEqual(conversation("direct", ada, grace));
  await other.receives("conversationCreated");
  const again = await other.ask("createConversation", { type: "direct", participants: [ada.id, grace.id] });
  expect(again).toEqual(first);
  await client.receives("conversationCreated");
  await client.receivesNothing("conversationCreated");
  const group = await client.ask("createConversation", { type: "group", participants: [grace.id] });
  expect(group.conversation).toEqual({ ...conversation("group", ada, grace), name: `${ada.name}, ${grace.name}` });
  const channel = await client.ask("createConversation", { type: "channel", participants: [], name: "News" });
  expect(channel.conversation).toEqual({ ...conversation("channel", ada), name: "News" });
});

test("a room is joined, of one's own conversations [conversations-E2]", async ({ open, ada, grace }) => {
  const conversationId = await direct(ada, grace);
  const client = await enter(open, ada);
  expect(await client.ask("joinRoom", { conversationId })).toEqual({ success: true, conversationId });
  expect(await client.ask("joinRoom", { conversationId: Number(conversationId) })).toEqual({ success: true, conversationId });
  // The document's own example of an id.
  const text = USERS_ARE_OF_AN_APP ? "There is no such conversation." : "conversationId must be an id";
  expect(await refused(client, "joinRoom", { conversationId: "test-conv-id" })).toBe(text);
  expect(client.socket.connected).toBe(true);
});

test("a message comes to everybody, and its confirmation to the sending socket [conversations-E3 conversations-S3 conversations-S4 conversations-B1]", async ({ open, ada, grace }) => {
  const conversationId = await direct(ada, grace);
  const [sender, other, receiver] = [await enter(open, ada), await enter(open, ada), await enter(open, grace)];
  for (const tempId of [Date.now().toString(), 17]) {
    const ack = await sender.ask("sendMessage", { conversationId, content: `Hello ${tempId}`, type: "text", tempId });
    expect(ack).toEqual({ success: true, message: message(ada, conversationId, `Hello ${tempId}`) });
    expect(await sender.receives("messageSent")).toEqual({ tempId, messageId: ack.message._id });
    for (const client of [sender, other, receiver]) {
      expect(await client.receives("newMessage")).toEqual({ message: ack.message, conversationId });
    }
  }
  await other.receivesNothing("messageSent");
  await receiver.receivesNothing("messageSent");
});

test("all kinds, attachments and replies [conversations-E3]", async ({ open, ada, grace }) => {
  const conversationId = await direct(ada, grace);
  const [client, there] = [await enter(open, ada), await enter(open, grace)];
  for (const type of ["text", "image", "file", "audio", "video"]) {
    const { message } = await client.ask("sendMessage", { conversationId, content: type, type });
    expect(message.type).toBe(type);
  }
  const attachments = ["https://example.org/a/b.png?x=1", "/uploads/7"];
  const { message: first } = await client.ask("sendMessage", { conversationId, content: "Look", type: "image", attachments });
  expect(first.attachments).toEqual(attachments);
  const { message: reply } = await there.ask("sendMessage", { conversationId, content: "I see", replyTo: first._id });
  expect(reply.replyTo).toBe(first._id);
  const elsewhere = await group(ada, grace);
  await refused(there, "sendMessage", { conversationId: elsewhere, content: "I see", replyTo: first._id });
});

test("a retry with the same tempId writes no second message [conversations-B1 conversations-E3]", async ({ open, ada, grace }) => {
  const conversationId = await direct(ada, grace);
  const [client, there] = [await enter(open, ada), await enter(open, grace)];
  const sent = { conversationId, content: "Once", tempId: "1" };
  const first = await client.ask("sendMessage", sent);
  expect((await client.ask("sendMessage", sent)).message._id).toBe(first.message._id);
  expect(await client.receives("messageSent")).toEqual(await client.receives("messageSent"));
  await there.receives("newMessage");
  await there.receivesNothing("newMessage");
  await refused(client, "sendMessage", { ...sent, content: "Twice" });
});

test("typing is told to the others, and stops in four ways [conversations-E4 conversations-S5 conversations-S6 conversations-B3]", async ({ open, ada, grace }) => {
  const conversationId = await direct(ada, grace);
  const [typist, there] = [await enter(open, ada), await enter(open, grace)];
  const typed = { userId: ada.id, conversationId, username: ada.username };
  const stopped = { userId: ada.id, conversationId };
  const ways: (() => unknown)[] = [
    () => typist.ask("stopTyping", { conversationId }),
    () => typist.ask("sendMessage", { conversationId, content: "Done" }),
    () => undefined, // It ends by itself.
    () => typist.socket.io.engine.close(),
  ];
  for (const stop of ways) {
    expect(await typist.ask("typing", { conversationId })).toEqual({ success: true });
    expect(await there.receives("userTyping")).toEqual(typed);
    await stop();
    expect(await there.receives("userStoppedTyping")).toEqual(stopped);
  }
  expect(typist.received.filter((it) => /Typing/.test(it.event))).toEqual([]);
});

test("a read message is told to everybody in the conversation [conversations-E5 conversations-S7 conversations-B2]", async ({ open, ada, grace }) => {
  const conversationId = await direct(ada, grace);
  const [writer, reader] = [await enter(open, ada), await enter(open, grace)];
  const ids: string[] = [];
  for (let n = 1; n <= 3; n += 1) ids.push((await writer.ask("sendMessage", { conversationId, content: String(n) })).message._id);
  expect(await reader.ask("markAsRead", { conversationId, messageId: ids[1] })).toEqual({ success: true });
  for (const client of [writer, reader]) {
    // Earlier messages count as read, too.
    for (const messageId of ids.slice(0, 2)) {
      expect(await client.receives("messageRead")).toEqual({ messageId, conversationId, readBy: grace.id, readAt: expect.stringMatching(ISO) });
    }
    await client.receivesNothing("messageRead", "conversationRead");
  }
  expect(await reader.ask("markAsRead", { conversationId, messageId: ids[0] })).toEqual({ success: true });
  expect(await writer.ask("markAsRead", { conversationId, messageId: ids[2] })).toEqual({ success: true });
  await writer.receivesNothing("messageRead");
  const statuses = (await rest(ada, "GET", `/conversations/${conversationId}/messages`)).body.map((it: Payload) => it.status);
  expect(statuses).toEqual(["delivered", "read", "read"]);
});

test("a whole conversation is read at once [conversations-E6 conversations-S7 conversations-S8 conversations-B4]", async ({ open, ada, grace }) => {
  const conversationId = await direct(ada, grace);
  await say(ada, conversationId, "One");
  const [writer, reader] = [await enter(open, ada), await enter(open, grace)];
  await say(ada, conversationId, "Two");
  const unread = async () => (await rest(grace, "GET", `/conversations/${conversationId}`)).body.participantMetadata[grace.id].unreadCount;
  expect(await unread()).toBe(2);
  expect(await reader.ask("markConversationAsRead", { conversationId })).toEqual({ success: true });
  for (const client of [writer, reader]) {
    expect(await client.receives("conversationRead")).toEqual({ conversationId, readBy: grace.id, readAt: expect.stringMatching(ISO) });
    expect(client.received.filter((it) => it.event === "messageRead")).toHaveLength(2);
  }
  expect(await unread()).toBe(0);
  await reader.ask("markConversationAsRead", { conversationId });
  await writer.receivesNothing("conversationRead");
});

test("a message is delivered once a recipient's socket has it [conversations-B2]", async ({ open, ada, grace }) => {
  const conversationId = await direct(ada, grace);
  const writer = await enter(open, ada);
  const { message: sent } = await writer.ask("sendMessage", { conversationId, content: "Are you there?" });
  const status = async () => (await rest(ada, "GET", `/conversations/${conversationId}/messages`)).body[0].status;
  expect(await status()).toBe("sent");
  await writer.receivesNothing("messageDelivered");

  await enter(open, grace);
  const { message: next } = await writer.ask("sendMessage", { conversationId, content: "Now?" });
  const delivered = { conversationId, deliveredTo: grace.id, deliveredAt: expect.stringMatching(ISO) };
  expect(await writer.receives("messageDelivered")).toEqual({ ...delivered, messageId: sent._id });
  expect(await writer.receives("messageDelivered")).toEqual({ ...delivered, messageId: next._id });
  expect(await status()).toBe("delivered");
});

test("what is edited or deleted elsewhere is told [conversations-S3]", async ({ open, ada, grace }) => {
  const conversationId = await direct(ada, grace);
  const { id: messageId } = await say(ada, conversationId, "Frist");
  const there = await enter(open, grace);
  await api(ada, "PATCH", `/messages/${messageId}`, { body: "First" });
  expect(await there.receives("messageUpdated")).toEqual({ messageId, conversationId, content: "First", updatedAt: expect.stringMatching(ISO) });
  await api(ada, "DELETE", `/messages/${messageId}`);
  expect(await there.receives("messageDeleted")).toEqual({ messageId, conversationId });
});

const NO_IDS = [undefined, null, "", 1.5, true, [], {}, ["1"]];
/** What is no id of Parlance's. An app may have had it before it came here, and it is looked for. */
const NONE_OF_OURS = ["x", -1, "9".repeat(40), "x".repeat(100_000)];
const NAMING = ["joinRoom", "sendMessage", "typing", "stopTyping", "markAsRead", "markConversationAsRead"];

test("whatever is malformed gets an exception, and nothing worse [conversations-S10 conversations-B5 conversations-E1 conversations-E2 conversations-E3 conversations-E4 conversations-E5 conversations-E6 conversations-E7]", async ({ open, ada, grace }) => {
  const conversationId = await direct(ada, grace);
  const [client, there] = [await enter(open, ada), await enter(open, grace)];
  client.discard();
  for (const event of [...NAMING, "createConversation"]) {
    await refused(client, event);
    for (const payload of [null, "x", 7, true, [], [conversationId], conversationId]) await refused(client, event, payload);
  }
  for (const event of NAMING) {
    for (const id of NO_IDS) expect(await refused(client, event, { conversationId: id, messageId: "1", content: "x" })).toMatch(/^conversationId /);
    const text = USERS_ARE_OF_AN_APP ? "There is no such conversation." : "conversationId must be an id";
    for (const id of NONE_OF_OURS) expect(await refused(client, event, { conversationId: id, messageId: "1", content: "x" })).toBe(text);
  }
  for (const content of [undefined, null, "", " \n", 7, {}, [], true, "x".repeat(10_001), "a\u0000b"]) {
    expect(await refused(client, "sendMessage", { conversationId, content })).toMatch(/^(content|text) /);
  }
  const more = [{ type: "TEXT" }, { type: "system" }, { type: 1 }, { replyTo: "x" }, { replyTo: NOWHERE }, { tempId: {} }, { tempId: "x".repeat(129) }, { attachments: "x" }, { attachments: [7] }, { attachments: ["javascript:alert(1)"] }];
  for (const fields of more) await refused(client, "sendMessage", { conversationId, content: "x", ...fields });
  for (const messageId of [undefined, null, "x", {}, NOWHERE]) await refused(client, "markAsRead", { conversationId, messageId });
  const wrong = [{}, { type: "direct" }, { type: "direct", participants: [] }, { type: "direct", participants: [nobody("conversations")] }, { type: "pair", participants: [grace.id] }, { type: "group", participants: grace.id }, { type: "group", participants: [{}] }, { type: "group", participants: [nobody("conversations")] }, { type: "group", participants: [], name: 7 }, { type: "group", participants: [], name: "x".repeat(121) }];
  for (const payload of wrong) await refused(client, "createConversation", payload);
  await refused(client, "noSuchEvent", { conversationId });
  await refused(client, "sendMessage", { conversationId, content: "x".repeat(300_000) });
  await client.ask("getOnlineUsers", null);
  // Who is there may be told late.
  await there.receivesNothing("newMessage", "conversationCreated", "userTyping", "userStoppedTyping", "messageRead", "conversationRead");
  expect((await client.ask("sendMessage", { conversationId, content: "Still here" })).success).toBe(true);
});

test("an outsider gets what is said of conversations that are not there, and hears nothing [conversations-B5 conversations-S10]", async ({ open, ada, grace, outsider }) => {
  const conversationId = await group(ada, grace);
  const { id: messageId } = await say(ada, conversationId, "Among us");
  const stranger = await enter(open, outsider);
  for (const event of NAMING) {
    const texts = [];
    for (const id of [conversationId, NOWHERE]) texts.push(await refused(stranger, event, { conversationId: id, messageId, content: "Let me in" }));
    expect(texts[0], event).toBe(texts[1]);
  }
  // A message of another conversation is not found in this one.
  const own = await direct(outsider, await register("eve"));
  await refused(stranger, "markAsRead", { conversationId: own, messageId });
  await stranger.receives("conversationCreated");
  await everything(open, conversationId, ada, grace);
  await stranger.receivesNothing();
});

/** Causes every event that a conversation can emit. */
async function everything(open: (door: "conversations", who: Person) => Promise<Client>, conversationId: string, one: Person, other: Person) {
  const [ours, theirs] = [await enter(open, one), await enter(open, other)];
  await ours.ask("typing", { conversationId });
  const { message } = await ours.ask("sendMessage", { conversationId, content: "Among us" });
  await theirs.ask("markAsRead", { conversationId, messageId: message._id });
  await ours.receives("messageRead", { messageId: message._id });
  theirs.close();
}

test("what is written is handed on as it is, as text [conversations-B5]", async ({ open, ada, grace }) => {
  const conversationId = await direct(ada, grace);
  const [client, there] = [await enter(open, ada), await enter(open, grace)];
  const content = '<img src=x onerror="alert(1)"> & <script>alert(2)</script>';
  await client.ask("sendMessage", { conversationId, content });
  expect((await there.receives("newMessage")).message.content).toBe(content);
  const { headers } = await rest(grace, "GET", `/conversations/${conversationId}/messages`);
  expect(headers.get("content-type")).toContain("application/json");
  expect(headers.get("x-content-type-options")).toBe("nosniff");
});
