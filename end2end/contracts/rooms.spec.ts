import type { Socket } from "socket.io-client";
import {
  type Payload,
  USERS_ARE_OF_AN_APP,
  asNumber,
  badTokens,
  connected,
  door,
  expect,
  group,
  mint,
  refreshToken,
  strangersToken,
  test,
} from "./doors";

function heard(socket: Socket, event: string, where: (payload: Payload) => boolean = () => true): Promise<Payload> {
  return new Promise((resolve) => {
    socket.on(event, (payload: Payload) => {
      if (where(payload)) resolve(payload);
    });
  });
}

test.describe("the document's snippets", () => {
  test("connect, join, send and hear [rooms-C1 rooms-E1 rooms-E3 rooms-S1]", async ({ io, ada, grace }) => {
    const room_id = await group(ada, grace);
    const socket = io(`${door("rooms").replace("http", "ws")}/chat/`, {
      transports: ["websocket"],
      auth: {
        token: `Bearer ${ada.token}`,
        userId: ada.id,
      },
    });
    const message = heard(socket, "chat:message");
    socket.emit("chat:join", room_id);
    socket.emit("chat:send_message", {
      roomId: room_id,
      content: "Hello, world!",
      type: "TEXT",
    });
    expect(await message).toEqual({
      id: expect.stringMatching(/^\d+$/),
      roomId: room_id,
      roomType: "GROUP",
      content: "Hello, world!",
      type: "TEXT",
      timestamp: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/),
      sender: { id: ada.id, name: ada.name, avatar: null },
      reactions: [],
    });
  });

  test("presence and typing [rooms-E4 rooms-E5 rooms-S2 rooms-S3]", async ({ io, ada, grace, open }) => {
    const room_id = await group(ada, grace);
    const listener = await open("rooms", grace);
    const socket = io(`${door("rooms")}/chat/`, { auth: { token: `Bearer ${ada.token}`, userId: ada.id } });
    await connected(socket);
    socket.emit("chat:presence", "online");
    expect(await listener.receives("chat:presence_update", { userId: ada.id })).toMatchObject({ status: "online" });
    socket.emit("chat:typing", {
      roomId: room_id,
      isTyping: true,
    });
    expect(await listener.receives("chat:typing_status")).toEqual({ userId: ada.id, roomId: room_id, isTyping: true });
    socket.emit("chat:typing", {
      roomId: room_id,
      isTyping: false,
    });
    expect(await listener.receives("chat:typing_status")).toEqual({ userId: ada.id, roomId: room_id, isTyping: false });
  });

  test("a direct chat, begun and used [rooms-E8 rooms-B2 rooms-B3]", async ({ io, ada, grace, open }) => {
    const other = await open("rooms", grace);
    const socket = io(`${door("rooms")}/chat/`, { auth: { token: `Bearer ${ada.token}`, userId: ada.id } });
    const started = heard(socket, "chat:message", (message) => {
      return message.type === "SYSTEM" && message.content === "Direct chat started";
    });
    socket.emit("chat:start_direct", grace.id);
    const { roomId } = await started;
    const message = heard(socket, "chat:message", (message) => {
      return message.roomType === "DIRECT" && message.type === "TEXT";
    });
    socket.emit("chat:send_message", {
      roomId,
      content: "Hey, how are you?",
      type: "TEXT",
    });
    expect(await message).toMatchObject({ roomId, content: "Hey, how are you?", sender: { id: ada.id } });
    expect(await other.receives("chat:message")).toMatchObject({ roomId, type: "SYSTEM", roomType: "DIRECT" });
    expect(await other.receives("chat:message")).toMatchObject({ roomId, type: "TEXT", roomType: "DIRECT" });
  });

  test("the lists, when connecting and when they change [rooms-C5 rooms-S7 rooms-S8 rooms-S9 rooms-S10]", async ({
    io,
    ada,
    grace,
  }) => {
    const room_id = await group(ada, grace);
    const socket = io(`${door("rooms")}/chat/`, { auth: { token: `Bearer ${ada.token}`, userId: ada.id } });
    const { rooms, people, favorites } = await heard(socket, "chat:init_data");
    expect(rooms.map((room: Payload) => room.id)).toEqual([room_id]);
    expect(rooms.filter((room: Payload) => room.type === "DIRECT")).toEqual([]);
    expect(people.map((person: Payload) => person.name)).toEqual([grace.name]);
    expect(favorites).toEqual([]);

    const updated = heard(socket, "chat:favorites_update");
    socket.emit("chat:toggle_favorite", {
      id: grace.id,
      type: "USER",
    });
    expect(await updated).toEqual([{ id: grace.id, type: "USER", name: grace.name }]);
  });

  test("an error [rooms-S4]", async ({ io, ada }) => {
    const socket = io(`${door("rooms")}/chat/`, { auth: { token: `Bearer ${ada.token}`, userId: ada.id } });
    const error = heard(socket, "chat:error");
    socket.emit("chat:join", "999999999999");
    expect(await error).toEqual({ message: "There is no such room." });
  });
});

test.describe("who comes in", () => {
  for (const nsp of ["/chat/", "/chat"]) {
    test(`by the namespace ${nsp} [rooms-C2]`, async ({ io, ada }) => {
      const socket = io(door("rooms") + nsp, { auth: { token: `Bearer ${ada.token}`, userId: ada.id } });
      await heard(socket, "chat:init_data");
    });
  }

  for (const nsp of ["", "/chat/"]) {
    test(`by the path /chat/ and the namespace ${nsp || "/"} [rooms-C3]`, async ({ io, ada }) => {
      const socket = io(door("rooms") + nsp, {
        path: "/chat/",
        auth: { token: `Bearer ${ada.token}`, userId: ada.id },
      });
      await heard(socket, "chat:init_data");
    });
  }

  for (const transports of [["websocket"], ["polling"], ["polling", "websocket"]]) {
    test(`over ${transports.join(", then ")} [rooms-C6]`, async ({ open, ada, grace }) => {
      const room = await group(ada, grace);
      const client = await open("rooms", ada, { transports });
      await client.ask("chat:send_message", { roomId: room, content: "by any means" });
      await client.receives("chat:message", { content: "by any means" });
    });
  }

  test("and asks for the lists again [rooms-C7]", async ({ open, ada, grace }) => {
    const client = await open("rooms", ada);
    expect((await client.receives("chat:init_data")).rooms).toEqual([]);
    const room = await group(ada, grace);
    expect(await client.ask("chat:get_init_data")).toEqual({ success: true });
    expect((await client.receives("chat:init_data")).rooms).toMatchObject([{ id: room }]);
  });

  test("and who does not: no token, no user, somebody else [rooms-C4]", async ({ refused, ada, grace }) => {
    const token = `Bearer ${ada.token}`;
    const told = (reason: string) => `Authentication error: ${reason}`;
    expect(await refused("rooms", {})).toBe(told("token is required"));
    expect(await refused("rooms", { userId: ada.id })).toBe(told("token is required"));
    expect(await refused("rooms", { token: "", userId: ada.id })).toBe(told("token is required"));
    expect(await refused("rooms", { token })).toBe(told("userId is required"));
    expect(await refused("rooms", { token, userId: "" })).toBe(told("userId is required"));
    expect(await refused("rooms", { token, userId: { id: ada.id } })).toBe(told("userId is required"));
    expect(await refused("rooms", { token: ada.token, userId: ada.id })).toBe(told("token must start with Bearer"));
    expect(await refused("rooms", { token: `bearer ${ada.token}`, userId: ada.id })).toBe(
      told("token must start with Bearer"),
    );
    expect(await refused("rooms", { token, userId: grace.id })).toBe(told("userId does not match the token"));
    expect(await refused("rooms", { token: ["Bearer"], userId: ada.id })).toMatch(/^Authentication error: /);
  });

  test("and who does not: a bad token [rooms-C4]", async ({ refused, open, ada }) => {
    const bad = { ...badTokens(ada), refresh: refreshToken(ada) };
    for (const [what, token] of Object.entries(bad)) {
      const told = await refused("rooms", { token: `Bearer ${token}`, userId: ada.id });
      expect(told, what).toBe("Authentication error: invalid or expired token");
    }
    // Of an app, a user exists as soon as a token comes.
    if (!USERS_ARE_OF_AN_APP) {
      const stranger = await refused("rooms", { token: `Bearer ${strangersToken()}`, userId: "999999999999" });
      expect(stranger).toBe("Authentication error: invalid or expired token");
    }
    // The same, but valid.
    for (const claims of [{ sub: ada.id }, { userId: ada.id }, { id: asNumber(ada.id) }]) {
      await open("rooms", { ...ada, token: mint(claims) });
    }
    await open("rooms", { ...ada, token: mint({ sub: ada.id }, { alg: "RS256" }) });
  });
});
