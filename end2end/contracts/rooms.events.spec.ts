import { type Client, type Payload, api, call, direct, expect, group, nobody, say, test } from "./doors";

/** The `chat:init_data` that a client receives after connecting. */
async function initData(client: Client): Promise<Payload> {
  return client.receives("chat:init_data");
}

test.describe("rooms", () => {
  test("are heard from the start, left by one socket, and entered again [rooms-E1 rooms-E2]", async ({
    open,
    ada,
    grace,
  }) => {
    const room = await group(ada, grace);
    const [phone, desk] = [await open("rooms", ada), await open("rooms", ada)];
    const other = await open("rooms", grace);
    expect(await phone.ask("chat:leave", room)).toEqual({ success: true, roomId: room });
    await other.ask("chat:typing", { roomId: room, isTyping: true });
    await other.ask("chat:send_message", { roomId: room, content: "who is here?" });
    await desk.receives("chat:typing_status", { isTyping: true });
    await desk.receives("chat:message", { content: "who is here?" });
    await phone.receivesNothing("chat:message", "chat:typing_status");

    await phone.ask("chat:send_message", { roomId: room, content: "I still am" });
    await phone.receives("chat:message", { content: "I still am" });

    expect(await phone.ask("chat:join", Number(room))).toEqual({ success: true, roomId: room });
    await other.ask("chat:send_message", { roomId: room, content: "and now?" });
    await phone.receives("chat:message", { content: "and now?" });
  });

  test("keep the order of what is sent without waiting [rooms-E3]", async ({ open, ada, grace }) => {
    const room = await group(ada, grace);
    const [client, other] = [await open("rooms", ada), await open("rooms", grace)];
    for (let i = 0; i < 30; i++) {
      client.emit("chat:leave", room);
      client.emit("chat:join", room);
      client.emit("chat:send_message", { roomId: room, content: `${i}` });
    }
    for (const listener of [client, other]) {
      for (let i = 0; i < 30; i++) {
        expect((await listener.receives("chat:message")).content).toBe(`${i}`);
      }
    }
  });

  test("take messages once, of every type [rooms-E3 rooms-S1]", async ({ open, ada, grace }) => {
    const room = await group(ada, grace);
    const [client, other] = [await open("rooms", ada), await open("rooms", grace)];
    const once = { roomId: room, content: "once", clientId: "key" };
    const { message } = await client.ask("chat:send_message", once);
    expect((await client.ask("chat:send_message", once)).message.id).toBe(message.id);
    expect(await client.ask("chat:send_message", { ...once, content: "other" })).toMatchObject({ success: false });
    expect(await other.receives("chat:message")).toEqual(message);

    const answer = await client.ask("chat:send_message", { roomId: room, content: "yes", replyTo: message.id });
    expect(answer.message.replyTo).toMatchObject({ id: message.id, content: "once", sender: { id: ada.id } });
    for (const type of ["FILE", "IMAGE"]) {
      await client.ask("chat:send_message", { roomId: room, content: "/plan.pdf", type });
      expect(await other.receives("chat:message", { content: "/plan.pdf" })).toMatchObject({ type: "FILE" });
    }
    const forged = await client.ask("chat:send_message", { roomId: room, content: "forged", type: "SYSTEM" });
    expect(forged).toMatchObject({ success: false });
    await other.receives("chat:message", { content: "yes" });
    await other.receivesNothing("chat:message");
  });

  test("can be edited in by whoever wrote it [rooms-E6 rooms-S5 rooms-B5]", async ({ open, ada, grace }) => {
    const room = await group(ada, grace);
    const [client, other] = [await open("rooms", ada), await open("rooms", grace)];
    const { id } = await say(ada, room, "frist");
    const refusal = await other.ask("chat:update_message", { messageId: id, content: "mine" });
    expect(refusal).toMatchObject({ success: false });
    expect(await other.receives("chat:error")).toEqual({ message: refusal.message });
    const { message } = await client.ask("chat:update_message", { messageId: id, content: "first" });
    expect(message).toMatchObject({ id, content: "first", editedAt: expect.any(String) });
    for (const listener of [client, other]) {
      expect(await listener.receives("chat:message_update")).toEqual({ roomId: room, message });
    }
  });

  test("can be deleted in by whoever wrote it [rooms-E7 rooms-S6 rooms-B5]", async ({ open, ada, grace }) => {
    const room = await group(ada, grace);
    const [client, other] = [await open("rooms", ada), await open("rooms", grace)];
    const { id } = await say(ada, room, "regretted");
    expect(await other.ask("chat:delete_message", id)).toMatchObject({ success: false });
    expect(await client.ask("chat:delete_message", id)).toEqual({ success: true, roomId: room, messageId: id });
    for (const listener of [client, other]) {
      expect(await listener.receives("chat:message_delete")).toEqual({ roomId: room, messageId: id });
    }
    expect((await initData(await open("rooms", grace))).rooms[0]).not.toHaveProperty("lastMessage");
  });

  test("tell who types to the others only [rooms-E4 rooms-S2]", async ({ open, ada, grace }) => {
    const room = await group(ada, grace);
    const [client, other] = [await open("rooms", ada), await open("rooms", grace)];
    expect(await client.ask("chat:typing", { roomId: room, isTyping: true })).toEqual({ success: true });
    expect(await other.receives("chat:typing_status")).toEqual({ userId: ada.id, roomId: room, isTyping: true });
    await client.ask("chat:send_message", { roomId: room, content: "done" });
    expect(await other.receives("chat:typing_status")).toMatchObject({ isTyping: false });
    await client.receivesNothing("chat:typing_status");
  });

  test("are read, and say so [rooms-S8]", async ({ open, ada, grace }) => {
    const room = await group(ada, grace);
    const [client, other] = [await open("rooms", ada), await open("rooms", grace)];
    await client.ask("chat:send_message", { roomId: room, content: "read me" });
    expect((await initData(await open("rooms", grace))).rooms).toMatchObject([{ id: room, unreadCount: 1 }]);
    expect(await other.ask("chat:mark_read", room)).toEqual({ success: true, roomId: room, unreadCount: 0 });
    const rooms = await other.receives("chat:room_list_update");
    expect(rooms).toMatchObject([{ id: room, unreadCount: 0, lastMessage: { content: "read me", type: "TEXT" } }]);
    expect(await client.receives("chat:messages_read")).toMatchObject({ userId: grace.id, roomId: room });
  });
});

test.describe("the lists", () => {
  test("have everything that a list has [rooms-B1 rooms-S7]", async ({ open, ada, grace, linus }) => {
    const [team, pair] = [await group(ada, grace, linus), await direct(ada, grace)];
    await say(grace, pair, "psst");
    const socket = await open("rooms", grace);
    const client = await open("rooms", ada);
    await client.ask("chat:toggle_favorite", { id: team, type: "ROOM" });
    await client.ask("chat:toggle_favorite", { id: grace.id, type: "USER" });
    await client.ask("chat:get_init_data");
    await initData(client);
    const { rooms, people, favorites } = await initData(client);
    expect(rooms).toEqual([
      {
        id: pair,
        name: grace.name,
        type: "DIRECT",
        unreadCount: 1,
        isEncrypted: false,
        lastMessage: {
          content: "psst",
          type: "TEXT",
          timestamp: expect.any(String),
          sender: { id: grace.id, name: grace.name, avatar: null },
        },
      },
      { id: team, name: "Compilers", type: "GROUP", unreadCount: 0, isEncrypted: false },
    ]);
    expect(people).toHaveLength(2);
    expect(people).toContainEqual({ id: grace.id, name: grace.name, status: "online" });
    expect(people).toContainEqual({ id: linus.id, name: linus.name, status: "offline" });
    expect(favorites).toHaveLength(2);
    expect(favorites).toContainEqual({ id: team, type: "ROOM", name: "Compilers" });
    expect(favorites).toContainEqual({ id: grace.id, type: "USER", name: grace.name, lastMessage: "psst" });
    socket.close();
  });

  test("change with rooms and members [rooms-S8 rooms-S9]", async ({ open, ada, grace, linus }) => {
    const clients = [await open("rooms", ada), await open("rooms", grace)];
    const room = await group(ada, grace);
    for (const [client, other] of [
      [clients[0], grace],
      [clients[1], ada],
    ] as const) {
      expect(await client.receives("chat:room_list_update")).toMatchObject([{ id: room, name: "Compilers" }]);
      expect(await client.receives("chat:people_list_update")).toMatchObject([{ id: other.id, status: "online" }]);
    }
    await api(ada, "PATCH", `/conversations/${room}`, { title: "Debuggers" });
    expect(await clients[1].receives("chat:room_list_update")).toMatchObject([{ id: room, name: "Debuggers" }]);
    await api(ada, "POST", `/conversations/${room}/members`, { userIds: [linus.apiId] });
    const people = await clients[1].receives("chat:people_list_update");
    expect(people.map((person: Payload) => person.id).sort()).toEqual([ada.id, linus.id].sort());
    await api(ada, "DELETE", `/conversations/${room}/members/${grace.apiId}`);
    expect(await clients[1].receives("chat:room_list_update")).toEqual([]);
    expect(await clients[1].receives("chat:people_list_update")).toEqual([]);
  });

  test("of favorites change on all sockets of the user [rooms-E9 rooms-S10]", async ({ open, ada, grace, outsider }) => {
    const room = await group(ada, grace);
    const [client, second, other] = [await open("rooms", ada), await open("rooms", ada), await open("rooms", grace)];
    const favorite = { id: room, type: "ROOM" };
    expect(await client.ask("chat:toggle_favorite", favorite)).toEqual({ success: true, isFavorite: true });
    expect(await second.receives("chat:favorites_update")).toEqual([{ ...favorite, name: "Compilers" }]);
    expect(await client.ask("chat:toggle_favorite", favorite)).toEqual({ success: true, isFavorite: false });
    expect(await second.receives("chat:favorites_update")).toEqual([]);
    await other.receivesNothing("chat:favorites_update");
    const stranger = await open("rooms", outsider);
    expect(await stranger.ask("chat:toggle_favorite", favorite)).toMatchObject({ success: false });
    await stranger.receives("chat:error", { message: "There is no such room." });
  });
});

test.describe("people", () => {
  test("come, go away, hide and leave [rooms-E5 rooms-S3 rooms-B4]", async ({ open, ada, grace }) => {
    const room = await group(ada, grace);
    const other = await open("rooms", grace);
    const client = await open("rooms", ada);
    const update = (status: string) => other.receives("chat:presence_update", { userId: ada.id, status });
    await update("online");
    for (const status of ["away", "offline", "online"]) {
      expect(await client.ask("chat:presence", status)).toEqual({ success: true, status });
      await update(status);
    }
    // A user who chose offline still receives everything.
    await client.ask("chat:presence", "offline");
    await update("offline");
    await other.ask("chat:send_message", { roomId: room, content: "are you there?" });
    await client.receives("chat:message", { content: "are you there?" });
    await client.ask("chat:presence", "online");
    await update("online");
    client.close();
    expect((await update("offline")).lastSeen).toMatch(/Z$/);
    const { people } = await initData(await open("rooms", grace));
    expect(people).toMatchObject([{ id: ada.id, status: "offline", lastSeen: expect.stringMatching(/Z$/) }]);
  });

  test("start a direct chat once, whoever starts it [rooms-E8 rooms-B2]", async ({ open, ada, grace }) => {
    const [client, other] = [await open("rooms", ada), await open("rooms", grace)];
    const [one, two] = await Promise.all([
      client.ask("chat:start_direct", grace.id),
      other.ask("chat:start_direct", ada.id),
    ]);
    expect(one).toMatchObject({ success: true, room: { id: one.roomId, type: "DIRECT", name: grace.name } });
    expect(two.roomId).toBe(one.roomId);
    const again = await client.ask("chat:start_direct", grace.id);
    expect(again.roomId).toBe(one.roomId);
    const told = { content: "Direct chat started", type: "SYSTEM", roomId: one.roomId };
    const first = await client.receives("chat:message", told);
    expect((await client.receives("chat:message", told)).id).toBe(first.id);
    const page = await call("rooms", ada, "GET", `/api/v2/chat/messages?roomId=${one.roomId}`);
    expect(page.body.messages).toMatchObject([{ id: first.id, ...told }]);
  });

  test("start a direct chat that began elsewhere [rooms-E8 rooms-B2]", async ({ open, ada, grace }) => {
    const pair = await direct(ada, grace);
    await say(ada, pair, "from elsewhere");
    const client = await open("rooms", grace);
    const { roomId } = await client.ask("chat:start_direct", ada.id);
    expect(roomId).toBe(pair);
    await client.receives("chat:message", { content: "Direct chat started", type: "SYSTEM", roomId: pair });
    expect(await client.ask("chat:start_direct", grace.id)).toMatchObject({ success: false });
    expect(await client.ask("chat:start_direct", nobody("rooms"))).toMatchObject({ success: false });
  });

  test("see the type of every room, whatever way a message came [rooms-B3]", async ({ open, ada, grace }) => {
    const [pair, team] = [await direct(ada, grace), await group(ada, grace)];
    const client = await open("rooms", ada);
    await say(grace, pair, "between us");
    await say(grace, team, "to all");
    expect(await client.receives("chat:message", { content: "between us" })).toMatchObject({ roomType: "DIRECT" });
    expect(await client.receives("chat:message", { content: "to all" })).toMatchObject({ roomType: "GROUP" });
  });
});

/** Each event of a client, with a valid payload. */
function events(room: string, message: string, person: string): [string, ...Payload[]][] {
  return [
    ["chat:join", room],
    ["chat:leave", room],
    ["chat:send_message", { roomId: room, content: "let me in" }],
    ["chat:typing", { roomId: room, isTyping: true }],
    ["chat:update_message", { messageId: message, content: "mine now" }],
    ["chat:delete_message", message],
    ["chat:toggle_favorite", { id: room, type: "ROOM" }],
    ["chat:mark_read", room],
    ["chat:presence", "online"],
    ["chat:start_direct", person],
  ];
}

test("an outsider can do nothing, and hears nothing [rooms-B5 rooms-S4]", async ({ open, ada, grace, outsider }) => {
  const room = await group(ada, grace);
  const { id } = await say(ada, room, "between us");
  const stranger = await open("rooms", outsider);
  const client = await open("rooms", ada);
  const member = await open("rooms", grace);
  await initData(stranger);
  for (const [event, ...payload] of events(room, id, ada.id).slice(0, 8)) {
    const refusal = await stranger.ask(event, ...payload);
    expect(refusal, event).toEqual({ success: false, message: expect.stringMatching(/^There is no such (room|message)\.$/) });
    expect(await stranger.receives("chat:error"), event).toEqual({ message: refusal.message });
  }
  await client.ask("chat:typing", { roomId: room, isTyping: true });
  await client.ask("chat:presence", "away");
  await client.ask("chat:send_message", { roomId: room, content: "still between us" });
  await client.ask("chat:update_message", { messageId: id, content: "still" });
  await client.ask("chat:delete_message", id);
  await member.ask("chat:mark_read", room);
  await member.receives("chat:message_delete");
  await stranger.receivesNothing();
});

test("whatever comes is answered, and the connection stays [rooms-B5 rooms-S4]", async ({ open, ada, grace }) => {
  const room = await group(ada, grace);
  const { id } = await say(ada, room, "unharmed");
  const client = await open("rooms", ada);
  const whole = { roomId: room, messageId: id, content: "x", isTyping: true, id: room, type: "ROOM" };
  const noise: Payload[] = [null, 0, -1, 1.5, "", "x", true, [], [[]], {}, { a: { b: [] } }, "9".repeat(400), "\u0000"];
  const twisted = Object.keys(whole).flatMap((name) => [null, [], {}, "", -1, true].map((bad) => ({ ...whole, [name]: bad })));
  for (const [event] of events(room, id, grace.id)) {
    for (const payload of [...noise, ...twisted]) {
      const answer = await client.ask(event, payload);
      if (!answer.success) {
        expect(Object.keys(answer).sort(), event).toEqual(["message", "success"]);
        expect(await client.receives("chat:error"), event).toEqual({ message: answer.message });
      }
    }
    expect(await client.ask(event), `${event} without anything`).toMatchObject({ success: false });
    await client.receives("chat:error");
  }
  for (const event of ["chat:unknown", "", "message"]) {
    expect(await client.ask(event, {}), event).toMatchObject({ success: false });
  }
  await client.ask("chat:presence", "busy").then((answer) => expect(answer).toMatchObject({ success: false }));
  const huge = await client.ask("chat:send_message", { roomId: room, content: "x".repeat(300_000) });
  expect(huge).toMatchObject({ success: false });
  const long = await client.ask("chat:send_message", { roomId: room, content: "x".repeat(10_001) });
  expect(long.message).toBe("content: must have at most 10000 characters.");
  const blank = await client.ask("chat:send_message", { roomId: room, content: "  " });
  expect(blank.message).toMatch(/^content: /);
  expect(client.socket.connected).toBe(true);
  await client.ask("chat:join", room);
  await client.ask("chat:send_message", { roomId: room, content: "all is well" });
  await client.receives("chat:message", { content: "all is well" });
});
