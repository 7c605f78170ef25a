import { randomBytes } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { expect, test } from "@playwright/test";
import { DOORS, type Door, NAMESPACES, type Payload, auth } from "./doors";
import { EVERY_DOOR, type Place } from "./every_door";
import { LIBRARIES, type Library, type Opening, type OutsideClient, TRANSPORTS, buildRustClient, library } from "./outside_clients";
import { type RestartableServer, deployRestartable } from "./restartable";

/** Milliseconds within which each step of all clients is done. */
const STEP_TIMEOUT = 30_000;

const PLACES = ["main", ...DOORS] as const;
type PlaceName = (typeof PLACES)[number];

interface Person {
  id: string;
  token: string;
}

/**
 * A conversation of two people at one door. The clients of one library are grace's. Each library has a grace of its
 * own: python-socketio gives up a connection that gets more than 16 packets with one poll.
 */
interface Scene extends Place {
  library: string;
  name: PlaceName;
  ada: Person;
  grace: Person;
}

/** One client. */
interface Cell {
  transport: (typeof TRANSPORTS)[number];
  scene: Scene;
  client: OutsideClient;
  /** The first step that it did not do. */
  failure?: string;
}

/** The public API in the terms of the contracts. */
const MAIN = {
  shows: "group" as const,
  enter: { event: "typing:stop", payload: {} },
  send: ({ conversation }: Place, body: string) => ["message:send", { conversationId: conversation, body, clientId: body }],
  message: "message:created",
  text: ({ message }: Payload) => message.body,
  sent: (ack: Payload) => ack.message.id,
  history: ({ conversation }: Place) => `/api/v1/conversations/${conversation}/messages`,
  texts: ({ items }: Payload) => items.map((message: Payload) => message.body),
};

function terms(name: PlaceName) {
  const found = EVERY_DOOR.find((door) => door.name === name);
  if (!found) return MAIN;
  return {
    ...found,
    text: (payload: Payload) => found.of(payload).text,
    sent: (ack: Payload) => found.sent(ack).id,
    enter: { event: "are you there?", payload: {} },
  };
}

/** Calls the public API at this address, or the REST API of a door there. */
async function call(url: string, who: Person | undefined, method: string, path: string, body?: object): Promise<Payload> {
  const answer = await fetch(url + path, {
    method,
    headers: { "content-type": "application/json", ...(who && { authorization: `Bearer ${who.token}` }) },
    body: body && JSON.stringify(body),
  });
  const text = await answer.text();
  if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${text}`);
  return JSON.parse(text);
}

async function register(url: string, username: string): Promise<Person> {
  const account = { username, name: username, password: randomBytes(16).toString("hex") };
  const { user, accessToken } = await call(url, undefined, "POST", "/api/v1/auth/register", account);
  return { id: user.id, token: accessToken };
}

async function setScene(url: string, ada: Person, library: string, name: PlaceName): Promise<Scene> {
  const grace = await register(url, `grace-${name}-${LIBRARIES.indexOf(library)}`);
  const kind = terms(name).shows;
  const what = { kind, memberIds: [grace.id], ...(kind === "group" && { title: name }) };
  const { id } = await call(url, ada, "POST", "/api/v1/conversations", what);
  return { library, name, ada, grace, conversation: id, peer: ada as Place["peer"] };
}

/** A message of ada's in each conversation, written through the public API at this address. */
async function write(url: string, scenes: Scene[], body: string): Promise<void> {
  const path = (scene: Scene) => `/api/v1/conversations/${scene.conversation}/messages`;
  await Promise.all(scenes.map((scene) => call(url, scene.ada, "POST", path(scene), { body })));
}

function open(opener: Library, server: RestartableServer, scene: Scene, transport: Cell["transport"]): OutsideClient {
  const { name, grace } = scene;
  const door = EVERY_DOOR.find((it) => it.name === name);
  const join = door?.join(scene);
  const opening: Opening = {
    url: server.url(name),
    namespace: name === "main" ? "/" : NAMESPACES[name as Door],
    auth: name === "main" ? { token: grace.token } : auth(name as Door, grace),
    transport,
    enter: join ? { event: join[0], payload: join[1] } : terms(name).enter,
  };
  return opener.open(opening);
}

/** Does one step with all clients at once, but for those that failed in one before. */
async function step(name: string, cells: Cell[], done: (cell: Cell) => Promise<unknown>): Promise<void> {
  const attempt = async (cell: Cell) => {
    const late = sleep(STEP_TIMEOUT, undefined, { ref: false }).then(() => Promise.reject(new Error("too late")));
    await Promise.race([done(cell), late]);
  };
  const good = cells.filter((cell) => !cell.failure);
  await Promise.all(good.map((cell) => attempt(cell).catch((error: Error) => (cell.failure = `${name}: ${error.message}`))));
}

async function until(holds: () => boolean): Promise<void> {
  for (const late = Date.now() + STEP_TIMEOUT; !holds() && Date.now() < late; await sleep(20)) {
    // Looks again.
  }
  if (!holds()) throw new Error("too late");
}

const receives = (text: string) => (cell: Cell) => {
  const { message, text: textOf } = terms(cell.scene.name);
  return until(() => cell.client.received.some(({ event, payload }) => event === message && textOf(payload) === text));
};

const sends = (text: string) => async (cell: Cell) => {
  const { send, sent } = terms(cell.scene.name);
  const [event, payload] = send(cell.scene, `${text} of ${cell.scene.library} by ${cell.transport}`) as [string, Payload];
  const ack = await cell.client.send(event, payload);
  if (!sent(ack)) throw new Error(JSON.stringify(ack));
};

/** What was written while the server was away is in the history that the client then asks for. */
const fetches = (server: RestartableServer, text: string) => async (cell: Cell) => {
  const { history, texts } = terms(cell.scene.name);
  const path = history(cell.scene);
  const url = `${path}${path.includes("?") ? "&" : "?"}limit=100`;
  const body = await call(server.url(cell.scene.name), cell.scene.grace, "GET", url);
  if (!texts(body).includes(text)) throw new Error("it is not there");
};

/** Libraries in the rows, doors in the columns: "ok", or the step that failed. */
function table(cells: Cell[]): string {
  const rows = LIBRARIES.flatMap((name) => TRANSPORTS.map((transport) => `${name} ${transport}`));
  const found = (row: string, place: PlaceName) =>
    cells.find((cell) => `${cell.scene.library} ${cell.transport}` === row && cell.scene.name === place);
  const verdict = (cell?: Cell) => (cell?.failure?.split(":")[0] ?? "ok");
  const line = (head: string, columns: string[]) => [head.padEnd(28), ...columns.map((text) => text.padEnd(22))].join("").trimEnd();
  const lines = rows.map((row) => line(row, PLACES.map((place) => verdict(found(row, place)))));
  return [line("", [...PLACES]), ...lines].join("\n");
}

const SETTINGS = { JWT_SECRET: "the secret of one test, 32 bytes or more", RATE_LIMIT_REGISTRATIONS_PER_HOUR: "1000" };

test.beforeAll(async () => {
  test.setTimeout(300_000);
  await buildRustClient();
});

test("clients of all libraries come back by themselves after a restart and a kill, and miss nothing [X4 X6]", async () => {
  test.setTimeout(240_000);
  await deployRestartable(SETTINGS, async (server, other) => {
    const ada = await register(server.url("main"), "ada");
    const scenes: Scene[] = [];
    // One library after the other: more registrations at a time are refused.
    for (const name of LIBRARIES) {
      scenes.push(...(await Promise.all(PLACES.map((place) => setScene(server.url("main"), ada, name, place)))));
    }
    const libraries = new Map(LIBRARIES.map((name) => [name, library(name)]));
    const cells: Cell[] = scenes.flatMap((scene) =>
      TRANSPORTS.map((transport) => ({ transport, scene, client: open(libraries.get(scene.library)!, server, scene, transport) })),
    );
    try {
      let connections = 1;
      await step("connects", cells, ({ client }) => until(() => client.entered >= connections));
      await step("sends", cells, sends("hello"));
      await write(server.url("main"), scenes, "before");
      await step("receives", cells, receives("before"));
      for (const signal of ["SIGKILL", "SIGTERM"] as const) {
        await server.end(signal);
        await write(other.url("main"), scenes, `missed by ${signal}`);
        await server.start();
        connections++;
        await step(`${signal}, comes back`, cells, ({ client }) => until(() => client.entered >= connections));
        await write(server.url("main"), scenes, `after ${signal}`);
        await step(`${signal}, receives`, cells, receives(`after ${signal}`));
        await step(`${signal}, sends`, cells, sends(`after ${signal}`));
        await step(`${signal}, fetches`, cells, fetches(server, `missed by ${signal}`));
      }
    } finally {
      libraries.forEach((library) => library.close());
      console.log(table(cells));
    }
    const failures = cells
      .filter(({ failure }) => failure)
      .map(({ transport, scene, failure, client }) => `${scene.library} ${transport} ${scene.name}: ${failure}; said ${[...new Set(client.errors)]}`);
    expect(failures).toEqual([]);
  });
});
