import { NOT_A_MEMBER, NOWHERE, enter, message, post, rest } from "./groups";
import { type Payload, USERS_ARE_OF_AN_APP, api, badTokens, call, connected, door, expect, group, mint, refreshToken, register, say, settle, shutOut, test, toOthers } from "./doors";

test("the document's own client works with another host [groups-C1 groups-E1 groups-E3 groups-E4 groups-S1 groups-S2]", async ({ io, open, ada, grace }) => {
  const groupId = await group(ada, grace);
  const there = await enter(open, grace, groupId);
  const lines: string[] = [];
  const console = { log: (...words: unknown[]) => lines.push(words.map((word: any) => word.content ?? word).join(" ")) };

  const socket = io(door("groups"), {
    auth: {
      token: ada.token,
    },
  });

  // Join a group
  socket.emit("join_group", groupId);

  // Send a message
  socket.emit("send_message", {
    groupId: groupId,
    content: "Hello, world!",
    type: "TEXT",
  });

  // Listen for messages
  socket.on("message_received", (message) => {
    console.log("New message:", message);
  });

  // Handle typing indicators
  socket.on("user_typing", (data) => {
    console.log(`${data.userName} is typing...`);
  });

  expect((await there.receives("message_received")).content).toBe("Hello, world!");
  there.emit("typing_start", { groupId });
  await expect.poll(() => lines).toEqual(["New message: Hello, world!", `${grace.name} is typing...`]);
});

test("either transport, either address [groups-C1]", async ({ io, open, ada }) => {
  for (const transports of [["websocket"], ["polling"]]) {
    const client = await open("groups", ada, { transports });
    expect(await client.ask("join_group", NOWHERE)).toEqual({ success: false, ...NOT_A_MEMBER });
    const below = io(door("main"), { path: "/contracts/groups/socket.io", transports, auth: { token: ada.token } });
    await connected(below);
    expect(await below.emitWithAck("join_group", NOWHERE)).toEqual({ success: false, ...NOT_A_MEMBER });
  }
});

test("a token comes in auth or in the header, ours or the old server's [groups-C2 groups-C3 groups-C4 groups-C5]", async ({ open, ada, grace }) => {
  const groupId = await group(ada, grace);
  // Another issuer is another app, where the configuration names none.
  const iss = USERS_ARE_OF_AN_APP ? undefined : "decidr-backend";
  const claims = { id: ada.id, email: ada.email, emailVerified: true, type: "access", iss, aud: "decidr-client" };
  const theirs = mint(claims, { alg: "RS256" });
  const options = [
    { auth: { token: ada.token } },
    { auth: { token: `Bearer ${ada.token}` } },
    { auth: { token: theirs } },
    { auth: {}, extraHeaders: { authorization: `Bearer ${theirs}` } },
    { auth: {}, query: { token: theirs } },
  ];
  for (const option of options) {
    const client = await open("groups", ada, option);
    const { message } = await client.ask("send_message", { groupId, content: "It is me" });
    expect(message.user).toEqual({ id: ada.id, name: ada.name, email: ada.email });
  }
  expect((await rest({ token: theirs }, "GET", `/api/chat/${groupId}/members`)).status).toBe(200);
});

test("what is no access token is refused, in the contract's words [groups-C2 groups-C5 groups-C6]", async ({ refused, ada }) => {
  for (const auth of [{}, { token: "" }, { token: null }]) {
    expect(await refused("groups", auth)).toBe("Authentication token required");
  }
  for (const [what, token] of Object.entries<unknown>({ ...badTokens(ada), "a number": 7 })) {
    expect(await refused("groups", { token }), what).toBe("Invalid authentication token");
  }
  expect(await refused("groups", { token: refreshToken(ada) })).toBe("Invalid token type");
  expect(await refused("groups", { token: mint({ id: ada.id, type: "refresh" }, { alg: "RS256" }) })).toBe("Invalid token type");
});

test("every connection is looked at anew, and ends with its session [groups-C2]", async ({ open, refused, admin }) => {
  const eve = await register("eve");
  const client = await open("groups", eve);
  const ended = new Promise((resolve) => client.socket.once("disconnect", resolve));
  await shutOut(eve, admin);
  expect(await ended).toBe("io server disconnect");
  expect(await refused("groups", { token: eve.token })).toBe("Invalid authentication token");
});

test("connections, events and refusals are counted [groups-C7]", async ({ open, ada, grace, refused }) => {
  const groupId = await group(ada, grace);
  const before = await figures();
  const client = await enter(open, ada, groupId);
  await client.ask("send_message", { groupId, content: "Count me" });
  await refused("groups", { token: "nonsense" });
  const after = await figures();
  const events = 'parlance_socket_events_total{door="groups",event="send_message"}';
  const refusals = 'parlance_socket_connections_refused_total{door="groups"}';
  expect(after(events)).toBeGreaterThan(before(events));
  expect(after(refusals)).toBeGreaterThan(before(refusals));
  expect(after('parlance_socket_connections{door="groups"}')).toBeGreaterThan(0);
});

async function figures(): Promise<(name: string) => number> {
  const { body } = await call("main", undefined, "GET", "/metrics");
  return (name) => Number(body.split("\n").find((line: string) => line.startsWith(`${name} `))?.split(" ").at(-1) ?? 0);
}

test("who joins a room is told to the others there, once [groups-E1 groups-S6 groups-F4]", async ({ open, ada, grace, linus }) => {
  const groupId = await group(ada, grace, linus);
  const there = await enter(open, grace, groupId);
  const elsewhere = await open("groups", linus);
  const client = await open("groups", ada);
  const joined = { groupId, memberCount: 2 };
  expect(await client.ask("join_group", groupId)).toEqual({ success: true, ...joined });
  expect(await client.receives("joined_group_success")).toEqual(joined);
  expect(await there.receives("user_joined_group")).toEqual({ userId: ada.id, userName: ada.name, groupId, memberCount: 2 });
  const update = await there.receives("room_members_update");
  expect(update).toEqual({ groupId, onlineMembers: expect.arrayContaining([ada.id, grace.id]), memberCount: 2 });
  expect(update.onlineMembers).toHaveLength(2);

  const again = await enter(open, ada, groupId);
  await client.ask("join_group", Number(groupId));
  await there.receivesNothing();
  await elsewhere.receivesNothing();
  await again.receivesNothing();
});

test("who leaves a room hears it no more, and the others hear who left [groups-E2 groups-S6 groups-F4]", async ({ open, ada, grace }) => {
  const groupId = await group(ada, grace);
  const there = await enter(open, grace, groupId);
  const one = await enter(open, ada, groupId);
  const two = await enter(open, ada, groupId);
  const left = { groupId, memberCount: 2 };
  expect(await one.ask("leave_group", groupId)).toEqual({ success: true, ...left });
  expect(await one.receives("left_group_success")).toEqual(left);
  await there.receivesNothing("user_left_group");
  await two.ask("leave_group", groupId);
  expect(await there.receives("user_left_group")).toEqual({ userId: ada.id, userName: ada.name, groupId, memberCount: 1 });
  await there.receives("room_members_update", ({ onlineMembers }) => onlineMembers.length === 1 && onlineMembers[0] === grace.id);

  two.discard();
  await there.ask("send_message", { groupId, content: "She is gone" });
  await one.receivesNothing("message_received");
  await two.receivesNothing();
  // Only the room was left, not the group.
  expect((await two.ask("send_message", { groupId, content: "No" })).success).toBe(true);
});

test("a message comes to everybody in the room, its sender included [groups-E3 groups-S1 groups-F1]", async ({ open, ada, grace, linus }) => {
  const groupId = await group(ada, grace, linus);
  const sender = await enter(open, ada, groupId);
  const other = await open("groups", ada);
  const receiver = await enter(open, grace, groupId);
  const elsewhere = await open("groups", linus);
  sender.discard();
  const expected = message(ada, groupId, "Hello, world!");
  const ack = await sender.ask("send_message", { groupId, content: "  Hello, world! \n" });
  expect(ack).toEqual({ success: true, message: expected });
  for (const client of [sender, other, receiver]) expect(await client.receives("message_received")).toEqual(toOthers(ack.message));
  for (const type of ["TEXT", "IMAGE", "FILE"]) {
    await sender.ask("send_message", { groupId: Number(groupId), content: "https://example.org/a", type });
    expect(await receiver.receives("message_received")).toMatchObject({ type, content: "https://example.org/a" });
  }
  await elsewhere.receivesNothing();
});

test("membership is enough to send [groups-E3 groups-F4]", async ({ open, ada, grace }) => {
  const groupId = await group(ada, grace);
  const there = await enter(open, grace, groupId);
  const sender = await open("groups", ada);
  expect((await sender.ask("send_message", { groupId, content: "Not in the room" })).success).toBe(true);
  expect((await there.receives("message_received")).content).toBe("Not in the room");
  expect((await sender.receives("message_received")).content).toBe("Not in the room");
});

test("join and send back to back keep their order [groups-E1 groups-E3]", async ({ open, ada, grace }) => {
  const groupId = await group(ada, grace);
  const client = await open("groups", grace);
  for (let round = 0; round < 30; round += 1) {
    client.emit("join_group", groupId);
    client.emit("send_message", { groupId, content: String(round) });
    client.emit("leave_group", groupId);
  }
  for (let round = 0; round < 30; round += 1) {
    expect((await client.receives("message_received")).content).toBe(String(round));
  }
  const order = () => client.received.map((it) => it.event);
  await expect.poll(order).toEqual(Array.from({ length: 30 }, () => ["joined_group_success", "left_group_success"]).flat());
});

test("a client that tries again writes one message [groups-E3]", async ({ open, ada, grace }) => {
  const groupId = await group(ada, grace);
  const there = await enter(open, grace, groupId);
  const client = await open("groups", ada, { retries: 2, ackTimeout: 5000 });
  client.emit("send_message", { groupId, content: "Once" });
  expect((await there.receives("message_received")).content).toBe("Once");
  const first = await client.ask("send_message", { groupId, content: "Twice", clientId: "a" });
  expect(await client.ask("send_message", { groupId, content: "Twice", clientId: "a" })).toEqual(first);
  expect((await there.receives("message_received")).content).toBe("Twice");
  await there.receivesNothing();
  const other = await client.ask("send_message", { groupId, content: "Another", clientId: "a" });
  expect(other).toMatchObject({ success: false, code: "VALIDATION_ERROR" });
});

test("a reply shows what it answers, of the same group only [groups-E3 groups-F2]", async ({ open, ada, grace }) => {
  const [groupId, elsewhere] = [await group(ada, grace), await group(ada, grace)];
  const client = await enter(open, grace, groupId);
  const first = await post(ada, groupId, "Who is there?");
  const { message: reply } = await client.ask("send_message", { groupId, content: "I am", replyToId: first.id });
  expect(reply).toMatchObject({ replyToId: first.id, replyTo: { id: first.id, content: "Who is there?", user: { id: ada.id, name: ada.name } } });
  const stray = await client.ask("send_message", { groupId: elsewhere, content: "I am", replyToId: first.id });
  expect(stray).toMatchObject({ success: false, code: "VALIDATION_ERROR" });
  expect((await client.receives("error")).message).toBe(stray.message);
});

test("typing is told to the others in the room, and stops [groups-E4 groups-E5 groups-S2 groups-S3 groups-F5]", async ({ open, ada, grace }) => {
  const groupId = await group(ada, grace);
  const typist = await enter(open, ada, groupId);
  const other = await enter(open, ada, groupId);
  const there = await enter(open, grace, groupId);
  expect(await typist.ask("typing_start", { groupId })).toEqual({ success: true });
  expect(await there.receives("user_typing")).toEqual({ userId: ada.id, userName: ada.name, groupId });
  expect(await typist.ask("typing_stop", { groupId })).toEqual({ success: true });
  expect(await there.receives("user_stopped_typing")).toEqual({ userId: ada.id, groupId });
  typist.emit("typing_start", { groupId });
  await there.receives("user_typing");
  // The server ends typing after 6 s.
  expect(await there.receives("user_stopped_typing")).toEqual({ userId: ada.id, groupId });
  await typist.receivesNothing("user_typing", "user_stopped_typing");
  await other.receivesNothing("user_typing", "user_stopped_typing");
});

test("typing where one is not is ignored in silence [groups-E4]", async ({ open, ada, grace, outsider }) => {
  const groupId = await group(ada, grace);
  const there = await enter(open, grace, groupId);
  for (const who of [ada, outsider]) {
    const client = await open("groups", who);
    expect(await client.ask("typing_start", { groupId })).toEqual({ success: true });
    await client.receivesNothing();
  }
  await there.receivesNothing();
});

test("sending ends the typing [groups-E9]", async ({ open, ada, grace }) => {
  const groupId = await group(ada, grace);
  const [typist, there] = [await enter(open, ada, groupId), await enter(open, grace, groupId)];
  await typist.ask("typing_start", { groupId });
  await there.receives("user_typing");
  typist.emit("send_message", { groupId, content: "Done" });
  await there.receives("message_received");
  expect(await there.receives("user_stopped_typing")).toEqual({ userId: ada.id, groupId });
});

test("a lost connection ends typing and presence, with the last socket [groups-E8 groups-F5]", async ({ open, ada, grace }) => {
  const groupId = await group(ada, grace);
  const [one, two, there] = [await enter(open, ada, groupId), await enter(open, ada, groupId), await enter(open, grace, groupId)];
  one.close();
  await settle();
  await there.receivesNothing("user_left_group");
  await two.ask("typing_start", { groupId });
  await there.receives("user_typing");
  two.socket.io.engine.close();
  expect(await there.receives("user_stopped_typing")).toEqual({ userId: ada.id, groupId });
  expect(await there.receives("user_left_group")).toEqual({ userId: ada.id, userName: ada.name, groupId, memberCount: 1 });
});

test("history comes to the caller only, in pages [groups-E6 groups-S4 groups-F3]", async ({ open, ada, grace }) => {
  const groupId = await group(ada, grace);
  const sent: string[] = [];
  for (let n = 1; n <= 5; n += 1) sent.push((await say(ada, groupId, `message ${n}`)).id);
  const [client, there] = [await enter(open, grace, groupId), await enter(open, ada, groupId)];
  client.discard();
  const ids = (page: Payload) => page.messages.map((it: Payload) => it.id);
  const { success, ...newest } = await client.ask("get_group_messages", { groupId, limit: 2 });
  expect(success).toBe(true);
  expect(await client.receives("group_messages")).toEqual(newest);
  expect(newest).toMatchObject({ hasNextPage: true, nextCursor: sent[3] });
  expect(newest.messages[1]).toEqual(message(ada, groupId, "message 5"));
  const middle = await client.ask("get_group_messages", { groupId, limit: 2, cursor: newest.nextCursor });
  const oldest = await client.ask("get_group_messages", { groupId, limit: "2", cursor: Number(middle.nextCursor) });
  expect([ids(oldest), ids(middle), ids(newest)].flat()).toEqual(sent);
  expect(oldest.hasNextPage).toBe(false);
  expect(oldest).not.toHaveProperty("nextCursor");
  expect(ids(await client.ask("get_group_messages", { groupId }))).toEqual(sent);
  for (const limit of [0, 101, -1, 1.5, "x"]) {
    expect(await client.ask("get_group_messages", { groupId, limit })).toMatchObject({ success: false, code: "VALIDATION_ERROR" });
  }
  expect((await client.ask("get_group_messages", { groupId, cursor: NOWHERE })).code).toBe("VALIDATION_ERROR");
  await there.receivesNothing();
});

test("who is in the room can be asked [groups-E7 groups-F5]", async ({ open, ada, grace, linus }) => {
  const groupId = await group(ada, grace, linus);
  const client = await enter(open, ada, groupId);
  const info = { groupId, onlineMembers: [ada.id], memberCount: 1 };
  expect(await client.ask("get_room_info", { groupId })).toEqual({ success: true, ...info });
  expect(await client.receives("room_info")).toEqual(info);
});

test("an edited and a deleted message are told to the room [groups-S1]", async ({ open, ada, grace }) => {
  const groupId = await group(ada, grace);
  const sent = await post(ada, groupId, "Frist");
  const [there, elsewhere] = [await enter(open, grace, groupId), await open("groups", grace)];
  await api(ada, "PATCH", `/messages/${sent.id}`, { body: "First" });
  expect(await there.receives("message_updated")).toMatchObject({ id: sent.id, groupId, content: "First", editedAt: expect.any(String) });
  await api(ada, "DELETE", `/messages/${sent.id}`);
  expect(await there.receives("message_deleted")).toEqual({ messageId: sent.id, groupId });
  await elsewhere.receivesNothing();
});

const OBJECTS = ["send_message", "typing_start", "typing_stop", "get_group_messages", "get_room_info"];
const NO_IDS = [undefined, null, "", 1.5, true, [], {}, ["1"], { groupId: "1" }];
/** What is no id of Parlance's. An app may have had it before it came here, and it is looked for. */
const NONE_OF_OURS = ["x", -1, "9".repeat(40), "x".repeat(100_000)];

test("whatever is malformed gets an error, and nothing worse [groups-S5 groups-E1 groups-E2 groups-E3 groups-E4 groups-E5 groups-E6 groups-E7]", async ({ open, ada, grace }) => {
  const groupId = await group(ada, grace);
  const [client, there] = [await enter(open, ada, groupId), await enter(open, grace, groupId)];
  client.discard();
  const refusal = async (event: string, ...payload: unknown[]) => {
    const ack = await client.ask(event, ...payload);
    expect(ack, `${event} ${JSON.stringify(payload)?.slice(0, 100)}`).toEqual({ success: false, message: expect.any(String), code: "VALIDATION_ERROR" });
    expect(await client.receives("error")).toEqual({ message: ack.message, code: ack.code });
    return ack.message;
  };
  const unknown = async (event: string, payload: unknown) => {
    if (!USERS_ARE_OF_AN_APP) return expect(await refusal(event, payload)).toBe("Valid group ID is required");
    const ack = await client.ask(event, payload);
    // Typing where one is not is ignored in silence.
    if (event.startsWith("typing")) return expect(ack, event).toEqual({ success: true });
    expect(ack, event).toEqual({ success: false, ...NOT_A_MEMBER });
    expect(await client.receives("error")).toEqual(NOT_A_MEMBER);
  };
  for (const event of ["join_group", "leave_group"]) {
    expect(await refusal(event)).toBe("Valid group ID is required");
    for (const id of NO_IDS) expect(await refusal(event, id)).toBe("Valid group ID is required");
    for (const id of NONE_OF_OURS) await unknown(event, id);
    // The announcements, which are no group.
    expect(await client.ask(event, 0)).toEqual({ success: false, ...NOT_A_MEMBER });
    expect(await client.receives("error")).toEqual(NOT_A_MEMBER);
  }
  for (const event of OBJECTS) {
    await refusal(event);
    for (const payload of [null, "x", 7, true, [], [groupId], groupId]) await refusal(event, payload);
    for (const id of NO_IDS) expect(await refusal(event, { groupId: id, content: "x" })).toBe("Valid group ID is required");
    for (const id of NONE_OF_OURS) await unknown(event, { groupId: id, content: "x" });
  }
  for (const content of [undefined, null, "", "  \n "]) {
    expect(await refusal("send_message", { groupId, content })).toBe("Message content cannot be empty");
  }
  for (const content of [7, {}, [], true, "x".repeat(5001), "a\u0000b"]) await refusal("send_message", { groupId, content });
  for (const type of ["VIDEO", "text", "SYSTEM", 1, {}]) await refusal("send_message", { groupId, content: "x", type });
  for (const replyToId of ["x", NOWHERE, {}, -1]) await refusal("send_message", { groupId, content: "x", replyToId });
  for (const clientId of [7, {}, "", "x".repeat(129)]) await refusal("send_message", { groupId, content: "x", clientId });
  await refusal("no_such_event", { groupId });
  await refusal("send_message", { groupId, content: "x".repeat(300_000) });
  await there.receivesNothing();
  expect((await client.ask("send_message", { groupId, content: "x".repeat(5000) })).success).toBe(true);
});

test("an outsider gets what is said of groups that are not there, and hears nothing [groups-F4 groups-F6 groups-S5]", async ({ open, ada, grace, outsider }) => {
  const groupId = await group(ada, grace);
  const client = await open("groups", outsider);
  for (const id of [groupId, NOWHERE]) {
    const asked: [string, unknown][] = [
      ["join_group", id],
      ["leave_group", id],
      ["send_message", { groupId: id, content: "Let me in" }],
      ["get_group_messages", { groupId: id }],
      ["get_room_info", { groupId: id }],
    ];
    for (const [event, payload] of asked) {
      expect(await client.ask(event, payload), event).toEqual({ success: false, ...NOT_A_MEMBER });
      expect(await client.receives("error")).toEqual(NOT_A_MEMBER);
    }
  }
  const [one, two] = [await enter(open, ada, groupId), await enter(open, grace, groupId)];
  await one.ask("typing_start", { groupId });
  await one.ask("send_message", { groupId, content: "Among us" });
  await two.receives("message_received");
  await client.receivesNothing();
});

test("a direct conversation is no group [groups-F6]", async ({ open, ada, grace }) => {
  const { id } = await api(ada, "POST", "/conversations", { kind: "direct", memberIds: [grace.apiId] });
  const [client, other] = [await open("groups", ada), await open("groups", grace)];
  expect(await client.ask("join_group", id)).toEqual({ success: false, ...NOT_A_MEMBER });
  expect(await client.ask("send_message", { groupId: id, content: "x" })).toEqual({ success: false, ...NOT_A_MEMBER });
  client.discard();
  await say(ada, id, "Between us");
  await client.receivesNothing();
  await other.receivesNothing();
});

test("who is removed hears nothing from that moment, and the others hear it [groups-F4 groups-S6]", async ({ open, ada, grace }) => {
  const groupId = await group(ada, grace);
  const [there, removed] = [await enter(open, ada, groupId), await enter(open, grace, groupId)];
  there.discard();
  await rest(ada, "DELETE", `/api/chat/${groupId}/members`, { userId: grace.id });
  await say(ada, groupId, "She is gone");
  expect(await there.receives("user_left_group")).toMatchObject({ userId: grace.id, userName: grace.name, groupId });
  await there.receives("message_received");
  await removed.receivesNothing();
  expect(await removed.ask("send_message", { groupId, content: "Still here?" })).toEqual({ success: false, ...NOT_A_MEMBER });
  expect(await removed.ask("join_group", groupId)).toEqual({ success: false, ...NOT_A_MEMBER });
});
