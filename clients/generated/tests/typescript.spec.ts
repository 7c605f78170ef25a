import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { expect, test } from "@playwright/test";
import Ajv2020 from "ajv/dist/2020";
import { io } from "socket.io-client";
import { type ApiEvent, read, subject } from "../typescript/program";
import { CHANGES, type Person, call, register, scene, types, url } from "./scene";

const FOLDER = join(__dirname, "..");

test("a client in TypeScript is generated, compiles, and reads every list and every change", async () => {
  const generator = join(FOLDER, "node_modules/.bin/openapi-typescript");
  execFileSync(generator, [`${url()}/api/v1/openapi.json`, "--output", "typescript/api.ts"], { cwd: FOLDER });
  const compiler = join(FOLDER, "../../node_modules/.bin/tsc");
  execFileSync(compiler, ["--project", "."], { cwd: FOLDER, stdio: "inherit" });

  const { ada, grace, linus, conversation, seqs } = await scene();
  const reading = await read({ url: url(), login: ada.username, password: ada.password, conversation, seqs });
  // Beside the announcements, which are there once somebody has made one.
  const own = reading.conversations.filter(({ kind }) => kind !== "announcements");
  expect(own.length).toBe(3);
  const texts = reading.messages.filter(({ kind }) => kind === "text").map(({ body }) => body);
  expect(texts).toEqual(expect.arrayContaining(["one", "two"]));
  expect(reading.members.map(({ user }) => user.id).sort()).toEqual([ada.id, grace.id, linus.id].sort());
  expect(reading.users.map(({ id }) => id)).toEqual(expect.arrayContaining([ada.id, grace.id, linus.id]));
  expect(types(reading.synced)).toEqual(CHANGES);
  expect(types(reading.changes)).toEqual(CHANGES.filter((it) => it !== "conversation:created" && it !== "conversation:removed"));
  await haveTheirSchema([...reading.synced, ...reading.changes]);
});

/** Every event is valid by the schema that the document names for its type. */
async function haveTheirSchema(events: ApiEvent[]): Promise<void> {
  const { components } = await (await fetch(`${url()}/api/v1/openapi.json`)).json();
  const ajv = new Ajv2020({ strict: false, validateFormats: false });
  const { mapping } = components.schemas.Event.discriminator;
  const validators = Object.fromEntries(
    Object.entries(mapping).map(([type, $ref]) => [type, ajv.compile({ $ref, components, unevaluatedProperties: false })]),
  );
  for (const event of events) {
    const validate = validators[event.type]!;
    expect(validate(event) ? [] : validate.errors, JSON.stringify(event)).toEqual([]);
    expect(subject(event)).toMatch(/^\d+$/);
  }
}

test("every event that one node may send is emitted, and has its schema", async () => {
  const ada = await register("ada");
  const grace = await register("grace");
  const events: ApiEvent[] = [];
  const socket = io(url(), { auth: { token: ada.token }, forceNew: true, transports: ["websocket"] });
  socket.onAny((_, event: ApiEvent) => events.push(event));
  const { components } = await (await fetch(`${url()}/api/v1/openapi.json`)).json();
  // `personal` is told after nodes may have lost something, which one node does not.
  const named = Object.keys(components.schemas.Event.discriminator.mapping);
  const wanted = named.filter((type) => type !== "personal").sort();
  try {
    await expect.poll(() => types(events)).toContain("ready");
    await produceEveryEvent(ada, grace);
    await expect.poll(() => types(events)).toEqual(wanted);
  } finally {
    socket.disconnect();
  }
  await haveTheirSchema(events);
});

/** Makes ada's sockets get every event. */
async function produceEveryEvent(ada: Person, grace: Person): Promise<void> {
  const group = await call(grace, "POST", "/conversations", { kind: "group", title: "Engines", memberIds: [ada.id] });
  const path = `/conversations/${group.id}`;
  const message = await call(grace, "POST", `${path}/messages`, { body: "one" });
  await call(grace, "PATCH", `/messages/${message.id}`, { body: "two" });
  await call(ada, "POST", `${path}/read`, { position: message.position });
  await call(grace, "DELETE", `/messages/${message.id}`);
  const root = await call(ada, "POST", `${path}/messages`, { body: "Lunch?" });
  await call(grace, "POST", `${path}/messages`, { body: "At one", threadId: root.id });
  await call(ada, "PUT", `/me/saved/${root.id}`);
  const poll = await call(grace, "POST", `${path}/messages`, { body: "Tea?", poll: { options: ["Yes", "No"] } });
  await call(ada, "PUT", `/messages/${poll.id}/vote`, { options: [1] });
  const inAnHour = new Date(Date.now() + 3_600_000).toISOString();
  await call(ada, "PUT", `${path}/draft`, { body: "I would", base: 0 });
  await call(ada, "POST", `${path}/scheduled`, { body: "Dinner?", sendAt: inAnHour });
  await call(ada, "PUT", `/me/reminders/${root.id}`, { remindAt: inAnHour });
  await call(ada, "PUT", `${path}/mute`, { until: inAnHour });
  await call(grace, "PATCH", path, { title: "Looms" });
  await call(grace, "PATCH", "/me", { name: "Grace Hopper" });
  const linus = await register("linus");
  await call(grace, "POST", `${path}/members`, { userIds: [linus.id] });
  await call(grace, "PATCH", `${path}/members/${linus.id}`, { role: "admin" });
  await call(grace, "DELETE", `${path}/members/${linus.id}`);
  const socket = io(url(), { auth: { token: grace.token }, forceNew: true, transports: ["websocket"] });
  try {
    await new Promise((ready) => socket.once("ready", ready));
    await socket.timeout(10_000).emitWithAck("typing:start", { conversationId: group.id });
  } finally {
    socket.disconnect();
  }
  await favor(ada, group.id);
  const admin = await administrator();
  await call(admin, "POST", "/announcements", { body: "The engine is ready." });
  await call(grace, "DELETE", `${path}/members/${ada.id}`);
}

/** Favorites are made by the contract `rooms` alone. */
async function favor(who: Person, id: string): Promise<void> {
  const auth = { token: `Bearer ${who.token}`, userId: who.id };
  const socket = io(`${process.env.PARLANCE_ROOMS_URL}/chat/`, { auth, forceNew: true });
  try {
    const ack = await socket.timeout(10_000).emitWithAck("chat:toggle_favorite", { type: "ROOM", id });
    expect(ack).toEqual({ success: true, isFavorite: true });
  } finally {
    socket.disconnect();
  }
}

async function administrator(): Promise<Person> {
  const [username, password] = ["admin", process.env.PARLANCE_ADMIN_PASSWORD!];
  const { user, accessToken } = await call(undefined, "POST", "/auth/login", { login: username, password });
  return { id: user.id, username, password, token: accessToken };
}
