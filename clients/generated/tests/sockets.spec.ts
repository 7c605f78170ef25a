import { expect, test } from "@playwright/test";
import Ajv2020 from "ajv/dist/2020";
import { io } from "socket.io-client";
import { call, register, url } from "./scene";

/** A valid payload for every event of a client. */
function payloads(conversationId: string, message: { id: string; position: number }, mine: string, poll: string): Record<string, unknown> {
  return {
    "message:send": { conversationId, body: "Hello", clientId: crypto.randomUUID() },
    "message:edit": { id: mine, body: "Hello again" },
    "message:delete": { id: mine },
    "reaction:add": { messageId: message.id, emoji: "👍" },
    "reaction:remove": { messageId: message.id, emoji: "👍" },
    "conversation:read": { conversationId, position: message.position },
    "conversation:delivered": { conversationId, position: message.position },
    "typing:start": { conversationId },
    "typing:stop": { conversationId },
    "presence:set": { status: "away" },
    "message:pin": { id: message.id },
    "message:unpin": { id: message.id },
    "message:save": { id: message.id },
    "message:unsave": { id: message.id },
    "conversation:unread": { conversationId, position: message.position },
    "thread:read": { threadId: message.id, position: 1 },
    "thread:follow": { threadId: message.id },
    "thread:unfollow": { threadId: message.id },
    "poll:vote": { messageId: poll, options: [1] },
    "poll:retract": { messageId: poll },
    "poll:close": { messageId: poll },
    sync: { conversations: { [conversationId]: 0 } },
  };
}

test("payloads and acknowledgements of every event are as the AsyncAPI document says", async () => {
  const document = await (await fetch(`${url()}/api/v1/asyncapi.json`)).json();
  const { messages, schemas } = document.components;
  const ajv = new Ajv2020({ strict: false, validateFormats: false });
  const errors = (name: string, value: unknown) => {
    const validate = ajv.compile({ ...messages[name].payload, components: { schemas }, unevaluatedProperties: false });
    return validate(value) ? [] : validate.errors;
  };

  const [ada, grace] = await Promise.all([register("ada"), register("grace")]);
  const group = await call(ada, "POST", "/conversations", { kind: "group", title: "Engines", memberIds: [grace.id] });
  const path = `/conversations/${group.id}/messages`;
  const theirs = await call(grace, "POST", path, { body: "Hello" });
  const mine = await call(ada, "POST", path, { body: "Hello" });
  await call(ada, "POST", path, { body: "In a thread", threadId: theirs.id });
  const poll = await call(ada, "POST", path, { body: "Tea?", poll: { options: ["Yes", "No"] } });
  const events = payloads(group.id, theirs, mine.id, poll.id);
  const documented = Object.keys(document.operations).filter((it) => it.startsWith("receive."));
  expect(Object.keys(events).map((name) => `receive.${name.replaceAll(":", ".")}`).sort()).toEqual(documented.sort());

  const socket = io(url(), { auth: { token: ada.token }, forceNew: true, transports: ["websocket"] });
  try {
    for (const [name, payload] of Object.entries(events)) {
      const key = name.replaceAll(":", ".");
      expect(errors(key, payload), name).toEqual([]);
      const ack = await socket.timeout(10_000).emitWithAck(name, payload);
      expect(errors(`${key}.ack`, ack), `${name}: ${JSON.stringify(ack)}`).toEqual([]);
      for (const wrong of [{}, [], "text", null]) {
        expect(errors(key, wrong)!.length, `${name} ${JSON.stringify(wrong)}`).toBeGreaterThan(0);
        const refusal = await socket.timeout(10_000).emitWithAck(name, wrong);
        expect(errors("refused", refusal), `${name}: ${JSON.stringify(refusal)}`).toEqual([]);
      }
    }
  } finally {
    socket.disconnect();
  }
});
