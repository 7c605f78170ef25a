import { randomInt } from "node:crypto";
import {
  type Client,
  type Door,
  type Payload,
  type Person,
  USERS_ARE_OF_AN_APP,
  account,
  api,
  asNumber,
  call,
  direct,
  expect,
  group,
  idFor,
  mint,
  say,
  test,
  withToken,
} from "./doors";
import { EVERY_DOOR, type EveryDoor, type Place, enter } from "./every_door";

/** How a client begins to talk to a user whom it names by an id. The id of the conversation. */
const BEGIN: Record<Door, (me: Person, client: Client, peer: string) => Promise<Payload>> = {
  groups: async (me, _, peer) => (await call("groups", me, "POST", "/api/groups", { name: "New", memberIds: [peer] })).body.data.id,
  rooms: async (_, client, peer) => (await client.ask("chat:start_direct", peer)).roomId,
  direct: async (_, client, peer) => (await client.ask("send_message", { receiverId: asNumber(peer), content: "Hello" })).data.conversationId,
  conversations: async (_, client, peer) => (await client.ask("createConversation", { type: "direct", participants: [peer] })).conversation._id,
  broadcast: async (_, client, peer) => (await client.ask("send_message", { receiverId: peer, message: "Hello" })).data.conversationId,
};

/** Who sent a message, by its event. */
const SENDER: Record<Door, (payload: Payload) => Payload> = {
  groups: ({ senderId, user }) => (user.id === senderId ? senderId : undefined),
  rooms: ({ sender }) => sender.id,
  direct: ({ senderId, sender }) => (sender.id === senderId ? senderId : undefined),
  conversations: ({ message }) => message.sender._id,
  broadcast: ({ data }) => data.sender._id,
};

/** The people of a conversation over REST, by their ids. */
const PEOPLE: Record<Door, (viewer: Person, conversation: string) => Promise<Payload[]>> = {
  groups: async (viewer, id) =>
    (await call("groups", viewer, "GET", `/api/groups/${id}/members`)).body.data.map((it: Payload) => (it.user.id === it.userId ? it.userId : undefined)),
  rooms: async (viewer, id) => people(await call("rooms", viewer, "GET", "/api/v2/chat/rooms"), ({ rooms }) => found(rooms, "id", id).participants, "id"),
  direct: async (viewer, id) => {
    const { body } = await call("direct", viewer, "GET", "/api/chat/conversations");
    const { participant1, participant2, participant_1_id, participant_2_id } = found(body.data.conversations, "id", Number(id));
    expect([participant1.id, participant2.id]).toEqual([participant_1_id, participant_2_id]);
    return [participant_1_id, participant_2_id];
  },
  conversations: async (viewer, id) => people(await call("conversations", viewer, "GET", `/chats/conversations/${id}`), (body) => body.participants, "_id"),
  broadcast: async (viewer, id) => people(await call("broadcast", viewer, "GET", "/api/v0/chat/conversations"), ({ data }) => found(data, "_id", id).participants, "_id"),
};

function people({ body }: { body: Payload }, of: (body: Payload) => Payload[], key: string): Payload[] {
  return of(body).map((it) => it[key]);
}

function found(list: Payload[], key: string, id: Payload): Payload {
  return list.find((it) => it[key] === id) ?? expect(list, `${id} is in the list`).toBeNull();
}

/** As the contract prints an id: `direct` has numbers. */
function printed(at: EveryDoor, id: string): Payload {
  return at.name === "direct" ? Number(id) : id;
}

/** What a client hears of its next message: by whom, and its text. */
async function hears(client: Client, at: EveryDoor, text: string): Promise<Payload> {
  const payload = await client.receives(at.message, (payload) => at.of(payload).text === text);
  return SENDER[at.name](payload);
}

/** Those who have no id in the app: users of the browser, and those of another app, there with an id that the app has, too. */
const STRANGERS: Record<string, (known: Person) => Promise<Person>> = {
  "the browser's": () => account("eve"),
  ...(USERS_ARE_OF_AN_APP && { "another app's": ({ id }: Person) => withToken("second", id, "eve") }),
};

for (const at of EVERY_DOOR) {
  for (const [whose, begin] of Object.entries(STRANGERS)) {
    test(`${at.name}: an app's users and ${whose} know each other by ids of their own [X12]`, async ({ ada, open }) => {
      const eve = await begin(ada);
      // Both are named by the public API.
      const conversation = at.shows === "direct" ? await direct(ada, eve) : await group(ada, eve);
      const atAda: Place = { conversation, peer: { ...eve, id: idFor(ada, eve, at.name) } };
      const atEve: Place = { conversation, peer: { ...ada, id: idFor(eve, ada, at.name) } };
      const theirs = await enter(await open(at.name, ada), at, atAda);
      const ours = await enter(await open(at.name, eve), at, atEve);

      expect(await ours.ask(...at.send(atEve, "from elsewhere"))).toMatchObject({ success: true });
      expect(await hears(theirs, at, "from elsewhere")).toBe(printed(at, atAda.peer.id));
      expect(await theirs.ask(...at.send(atAda, "from the app"))).toMatchObject({ success: true });
      expect(await hears(ours, at, "from the app")).toBe(printed(at, atEve.peer.id));

      const both = (...ids: string[]) => ids.map((id) => printed(at, id)).sort();
      expect((await PEOPLE[at.name](ada, conversation)).sort(), "to the app").toEqual(both(ada.id, atAda.peer.id));
      expect((await PEOPLE[at.name](eve, conversation)).sort(), "to the other one").toEqual(both(eve.id, atEve.peer.id));
    });

    test(`${at.name}: an id under which the app was shown one of ${whose} names them [X12]`, async ({ ada, open }) => {
      const eve = await begin(ada);
      const peer = idFor(ada, eve, at.name);
      const client = await open(at.name, ada);
      const conversation = String(await BEGIN[at.name](ada, client, peer));
      const { items } = await api(eve, "GET", `/conversations/${conversation}/members`);
      expect(items.map((it: Payload) => it.user.id).sort()).toEqual([ada.apiId, eve.apiId].sort());
      await enter(client, at, { conversation, peer: { ...eve, id: peer } });
      await say(eve, conversation, "It is me");
      expect(await hears(client, at, "It is me")).toBe(printed(at, peer));
    });
  }

  if (!USERS_ARE_OF_AN_APP) continue;

  test(`${at.name}: somebody who was named before the first token finds what was said [X12]`, async ({ ada, open }) => {
    const id = unseen();
    const client = await open(at.name, ada);
    const conversation = String(await BEGIN[at.name](ada, client, id));
    const where = { conversation, peer: { ...ada, id } };
    await enter(client, at, where);
    expect(await client.ask(...at.send(where, "You will read this"))).toMatchObject({ success: true });

    const token = mint({ sub: id, name: "Grace Hopper" });
    const grace = { ...ada, id, token, name: "Grace Hopper", apiId: (await call("main", { token }, "GET", "/api/v1/me")).body.id };
    const { body } = await call(at.name, grace, "GET", at.history({ conversation, peer: ada }));
    expect(at.texts(body)).toContain("You will read this");
    expect((await PEOPLE[at.name](grace, conversation)).sort()).toEqual([ada.id, id].map((it) => printed(at, it)).sort());

    const reader = await enter(await open(at.name, grace), at, { conversation, peer: ada });
    expect(await reader.ask(...at.send({ conversation, peer: ada }, "I have"))).toMatchObject({ success: true });
    expect(await hears(client, at, "I have")).toBe(printed(at, id));
    expect((await api(grace, "GET", "/me")).name, "and has the name of the token").toBe("Grace Hopper");
  });

  test(`${at.name}: somebody whom the directory has is there, and is gone with their entry [X12]`, async ({ ada, admin, open }) => {
    const id = unseen();
    const entry = { id, name: "Grace of the directory", username: `grace-${crypto.randomUUID().slice(0, 8)}` };
    const taken = await api(admin, "PUT", "/apps/app/users", { users: [entry] });
    expect(taken).toMatchObject({ created: 1, rejected: [] });
    const client = await open(at.name, ada);
    const conversation = String(await BEGIN[at.name](ada, client, id));
    const { id: apiId, name } = await api(ada, "GET", `/users/by/app/${id}`);
    expect(name).toBe(entry.name);
    const grace = { ...ada, ...entry, apiId, token: mint({ sub: id }) };
    const reader = await enter(await open(at.name, grace), at, { conversation, peer: ada });
    await enter(client, at, { conversation, peer: grace });
    expect(await reader.ask(...at.send({ conversation, peer: ada }, "Here"))).toMatchObject({ success: true });
    expect(await hears(client, at, "Here")).toBe(printed(at, id));

    const ended = new Promise((reason) => reader.socket.once("disconnect", reason));
    await api(admin, "DELETE", `/apps/app/users/${id}`);
    expect(await ended).toBe("io server disconnect");
    expect((await call(at.name, grace, "GET", at.history({ conversation, peer: ada }))).status).toBe(401);
    expect((await PEOPLE[at.name](ada, conversation)).sort(), "their messages stay").toContain(printed(at, id));
  });
}

/** An id of which the app's tokens have not spoken. */
function unseen(): string {
  return String(randomInt(10_000_000, 1_000_000_000));
}
