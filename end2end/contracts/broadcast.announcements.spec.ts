import { ISO, ask, enter, refusal, say, shown } from "./broadcast";
import { type Payload, type Person, expect, nobody, register, test, toOthers } from "./doors";
import { orderOf } from "./every_door";
import { useOwnServer } from "./own_server";

useOwnServer();

const words = () => `To all: ${crypto.randomUUID()}`;
const saying = (message: string) => (payload: Payload) => payload.data.message === message;

test("an administrator speaks to everyone who is there [broadcast-E4 broadcast-B6 broadcast-B10]", async ({
  ada,
  grace,
  admin,
  open,
}) => {
  const [speaker, one, other] = [await enter(open, admin), await enter(open, ada), await enter(open, grace)];
  const message = words();
  const ack = await speaker.ask("admin_broadcast", { message, messageType: "text" });
  expect(ack).toEqual({ success: true, messageCount: expect.any(Number) });
  expect(ack.messageCount).toBeGreaterThanOrEqual(2);
  expect(await speaker.receives("broadcast_sent")).toEqual(ack);
  for (const client of [speaker, one, other]) {
    const data = {
      message,
      messageType: "text",
      sentBy: "Administrator",
      sentAt: expect.stringMatching(ISO),
      messageCount: ack.messageCount,
    };
    // One of the contract's documents reads the data beside the envelope.
    const heard = await client.receives("admin_broadcast", saying(message));
    expect(heard).toMatchObject({ success: true, data, ...data });
  }
  const refused = await one.ask("admin_broadcast", { message: words(), messageType: "text" });
  expect(refused).toEqual({ success: false, message: "Admin access required" });
  expect(await one.receives("error")).toEqual({ message: "Admin access required" });
  expect((await speaker.ask("admin_broadcast", { message: " " })).message).toBe("Message is required");
});

test("an announcement is confirmed before it comes to who made it [X11 broadcast-E4]", async ({ admin, open }) => {
  const order = ["broadcast_sent", "ack", "admin_broadcast"];
  const speaker = await enter(open, admin);
  expect(await orderOf(speaker, order, "admin_broadcast", { message: words(), messageType: "text" })).toEqual(order);
});

test("who was away hears what was announced, once [broadcast-B2]", async ({ ada, grace, admin, open }) => {
  const there = await enter(open, ada);
  const message = words();
  const answer = await ask(admin, "POST", "/admin/broadcast", { message });
  expect(answer.status).toBe(200);
  await there.receives("admin_broadcast", saying(message));
  const late = await enter(open, grace);
  expect((await late.receives("admin_broadcast", saying(message))).data).toMatchObject({
    sentBy: "Administrator",
    messageCount: answer.body.data.messageCount,
  });
  for (const who of [ada, grace]) {
    const again = await enter(open, who);
    expect(again.received.filter((it) => it.event === "admin_broadcast" && saying(message)(it.payload[0]))).toEqual([]);
  }
});

test("administrators broadcast and write over REST, and nobody else [broadcast-R11 broadcast-R12 broadcast-B6]", async ({
  ada,
  admin,
  open,
}) => {
  const reader = await enter(open, ada);
  const message = `To all: ${crypto.randomUUID()}`;
  const sent = await ask(admin, "POST", "/admin/broadcast", { message, messageType: "text" });
  expect(sent).toEqual({
    status: 200,
    body: { success: true, data: { messageCount: expect.any(Number), message: "Broadcast sent successfully" } },
  });
  await reader.receives("admin_broadcast", (payload) => payload.data.message === message);
  const written = await ask(admin, "POST", "/admin/send-to-user", { userId: ada.id, message: "Dear Ada" });
  expect(written).toMatchObject({
    status: 200,
    body: { success: true, data: { message: "Dear Ada", metadata: { isAdminMessage: true } } },
  });
  expect(await reader.receives("new_message")).toEqual(toOthers(written.body));

  const required = refusal(403, "Admin access required");
  expect(await ask(ada, "POST", "/admin/broadcast", { message })).toEqual(required);
  expect(await ask(ada, "POST", "/admin/send-to-user", { userId: admin.id, message })).toEqual(required);
  expect(await ask(admin, "POST", "/admin/broadcast", {})).toEqual(refusal(400, "Message is required"));
  const both = refusal(400, "User ID and message are required");
  expect(await ask(admin, "POST", "/admin/send-to-user", { userId: ada.id })).toEqual(both);
  const unknown = { userId: nobody("broadcast"), message };
  expect(await ask(admin, "POST", "/admin/send-to-user", unknown)).toEqual(refusal(404, "User not found"));
});

const announcements = async (who: Person) => {
  const { data } = (await ask(who, "GET", "/conversations")).body;
  return data.find((it: Payload) => it.conversationType === "admin_broadcast");
};
const unread = async (who: Person) => (await ask(who, "GET", "/unread-count")).body.data.unreadCount;

test("who was away finds it over REST, without a socket [broadcast-B2 broadcast-B7 broadcast-R1 broadcast-R2 broadcast-R6]", async ({
  ada,
  grace,
  admin,
}) => {
  await say(ada, grace, "A private word");
  const [first, second] = [words(), words()];
  for (const message of [first, second]) {
    expect((await ask(admin, "POST", "/admin/broadcast", { message })).status).toBe(200);
  }
  const listed = await announcements(grace);
  expect(listed).toMatchObject({
    conversationType: "admin_broadcast",
    isActive: true,
    createdBy: { name: "Administrator" },
    lastMessage: { message: second, messageType: "text", sender: { name: "Administrator" } },
    lastMessageAt: expect.stringMatching(ISO),
    unreadCount: 2,
  });
  expect(listed.participants.map((it: Payload) => it.name)).toEqual(["Administrator", grace.name]);
  expect(await unread(grace)).toBe(3);
  const { data, pagination } = (await ask(grace, "GET", `/conversation/${listed._id}/messages?limit=2`)).body;
  expect(pagination.total).toBeGreaterThanOrEqual(2);
  expect(data).toMatchObject(
    [first, second].map((message) => ({
      message,
      sender: { name: "Administrator" },
      receiver: shown(grace),
      isRead: false,
      metadata: { isBroadcast: true, isAdminMessage: false },
      conversationId: listed._id,
    })),
  );
  // The newest conversation is first, whatever its kind.
  await say(ada, grace, "Another private word");
  const { body } = await ask(grace, "GET", "/conversations?page=2&limit=1");
  expect(body.data).toMatchObject([{ conversationType: "admin_broadcast" }]);
  expect(body.pagination).toEqual({ page: 2, limit: 1, total: 2 });
});

test("announcements are read, by message and all at once [broadcast-B2 broadcast-E3 broadcast-R8 broadcast-R9]", async ({
  grace,
  linus,
  admin,
  open,
}) => {
  for (const message of [words(), words(), words()]) await ask(admin, "POST", "/admin/broadcast", { message });
  const speaker = await enter(open, admin);
  const { _id } = await announcements(grace);
  const messages = async () => (await ask(grace, "GET", `/conversation/${_id}/messages?limit=3`)).body.data;
  const [first, second] = await messages();
  const read = () => ask(grace, "PUT", `/message/${first._id}/read`);
  expect((await read()).status).toBe(200);
  expect(await read()).toEqual(refusal(404, "Message not found or already read"));
  expect(await unread(grace)).toBe(2);
  const reader = await enter(open, grace);
  expect((await reader.ask("mark_message_read", { messageId: second._id })).success).toBe(true);
  expect(await unread(grace)).toBe(1);
  expect((await messages()).map((it: Payload) => it.isRead)).toEqual([true, true, false]);
  expect((await messages())[0].readAt).toMatch(ISO);
  expect((await ask(grace, "PUT", `/conversation/${_id}/read`)).status).toBe(200);
  expect([await unread(grace), await unread(linus)]).toEqual([0, 3]);
  // Nobody is told who has read it, not even its sender.
  expect((await ask(linus, "GET", `/conversation/${_id}/messages?limit=1`)).body.data).toMatchObject([{ isRead: false }]);
  expect((await ask(admin, "GET", `/conversation/${_id}/messages?limit=1`)).body.data).toMatchObject([
    { receiver: null, isRead: false },
  ]);
  expect(speaker.received.filter((it) => it.event === "message_read")).toEqual([]);
});

test("only administrators take one back, and nobody else's list changes who is in it [broadcast-B6 broadcast-R10 broadcast-E6]", async ({
  ada,
  admin,
  open,
}) => {
  const message = words();
  await ask(admin, "POST", "/admin/broadcast", { message });
  const { _id } = await announcements(ada);
  const [{ _id: messageId }] = (await ask(ada, "GET", `/conversation/${_id}/messages?limit=1`)).body.data;
  const reader = await enter(open, ada);
  expect((await reader.ask("join_conversation", { conversationId: _id })).success).toBe(true);
  expect(await ask(ada, "DELETE", `/message/${messageId}`)).toEqual(refusal(404, "Message not found"));
  const next = words();
  await ask(admin, "POST", "/admin/broadcast", { message: next });
  const updated = await reader.receives("conversation_updated");
  expect(updated).toMatchObject({ conversationId: _id, lastMessage: { message: next, metadata: { isBroadcast: true } } });
  expect((await ask(admin, "DELETE", `/message/${messageId}`)).status).toBe(200);
  expect(await reader.receives("message_deleted")).toEqual({ messageId, conversationId: _id });
  expect((await ask(ada, "GET", `/conversation/${_id}/messages?limit=1`)).body.data).toMatchObject([{ message: next }]);
});

test("what was announced before a user came is there, and not unread [broadcast-B2]", async ({ admin }) => {
  const message = words();
  await ask(admin, "POST", "/admin/broadcast", { message });
  const late = await register("late");
  expect(await announcements(late)).toMatchObject({ unreadCount: 0, lastMessage: { message } });
  expect(await unread(late)).toBe(0);
  await ask(admin, "POST", "/admin/broadcast", { message: words() });
  expect(await unread(late)).toBe(1);
});
