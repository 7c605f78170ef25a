import { randomInt } from "node:crypto";
import { expect, test as base } from "@playwright/test";
import { io, type ManagerOptions, type Socket, type SocketOptions } from "socket.io-client";
import { Client, type Payload, settle } from "./client";
import { checkAnswer } from "./documents";
import { mint } from "./tokens";

export { Client, expect, type Payload, settle };
export { badTokens, mint, refreshToken, strangersToken } from "./tokens";

export const DOORS = ["groups", "rooms", "direct", "conversations", "broadcast"] as const;
export type Door = (typeof DOORS)[number];

type Options = Partial<ManagerOptions & SocketOptions>;

/** A user with an account, or of an app with ids of its own. */
export interface Person {
  /** As the contracts know the user, in the user's own app, if there is one. */
  id: string;
  /** The app whose token the user comes with; none with an account. */
  app?: "app" | "second";
  /** As the public API does. */
  apiId: string;
  username: string;
  password: string;
  name: string;
  email: string;
  token: string;
}

/** The address of a contract's own port, or the main address. */
export function door(name: Door | "main"): string {
  const variable = name === "main" ? "PARLANCE_URL" : `PARLANCE_${name.toUpperCase()}_URL`;
  const url = process.env[variable];
  if (!url) throw new Error(`${variable} is not set: see end2end/server.ts`);
  return url;
}

/** The namespace that the client code of each contract's document connects to. */
export const NAMESPACES: Record<Door, string> = {
  groups: "/",
  rooms: "/chat/",
  direct: "/",
  conversations: "/chat",
  broadcast: "/",
};

/** The handshake's `auth` as the client of each contract's document sends it. */
export function auth(name: Door, { id, token }: Pick<Person, "id" | "token">): Record<string, unknown> {
  return name === "rooms" ? { token: `Bearer ${token}`, userId: id } : { token };
}

/** The event that reports an error. */
export const ERROR_EVENTS: Record<Door, string> = {
  groups: "error",
  rooms: "chat:error",
  direct: "error",
  conversations: "exception",
  broadcast: "error",
};

export interface Answer {
  status: number;
  body: Payload;
  headers: Headers;
}

/**
 * Calls the REST API of a contract, or the public one. A body that is a string is sent unchanged. The answer of
 * a contract has to be as its document says.
 */
export async function call(
  name: Door | "main",
  who: Pick<Person, "token"> | undefined,
  method: string,
  path: string,
  body?: unknown,
  headers: Record<string, string> = {},
): Promise<Answer> {
  const answer = await fetch(door(name) + path, {
    method,
    headers: {
      ...(who && { authorization: `Bearer ${who.token}` }),
      ...(body !== undefined && { "content-type": "application/json" }),
      ...headers,
    },
    body: body === undefined || typeof body === "string" ? (body as string) : JSON.stringify(body),
  });
  const text = await answer.text();
  const isJson = answer.headers.get("content-type")?.includes("json");
  const content = isJson ? JSON.parse(text) : text;
  if (name !== "main") await checkAnswer(door(name), method, path, answer.status, content);
  return { status: answer.status, body: content, headers: answer.headers };
}

/** Calls the public API as this person. The body of the answer, whose status must be a success. */
export async function api(who: Person, method: string, path: string, body?: unknown): Promise<Payload> {
  const answer = await call("main", who, method, `/api/v1${path}`, body);
  expect(answer.status, `${method} ${path}: ${JSON.stringify(answer.body)}`).toBeLessThan(300);
  return answer.body;
}

/** Creates a group of the first person, with the others as members. Its id. */
export async function group(owner: Person, ...others: Person[]): Promise<string> {
  const memberIds = others.map((other) => other.apiId);
  return (await api(owner, "POST", "/conversations", { kind: "group", title: "Compilers", memberIds })).id;
}

/** The direct conversation of two, created if it does not exist. Its id. */
export async function direct(one: Person, other: Person): Promise<string> {
  return (await api(one, "POST", "/conversations", { kind: "direct", memberIds: [other.apiId] })).id;
}

/** Sends a message through the public API. */
export async function say(who: Person, conversation: string, body: string): Promise<Payload> {
  return api(who, "POST", `/conversations/${conversation}/messages`, { body });
}

/** Whether the people are an app's, who come with its tokens and by its ids, and not accounts. */
export const USERS_ARE_OF_AN_APP = process.env.PARLANCE_USERS === "app";

/** An id as the clients of the contracts send it: integers as numbers, where JavaScript has them exactly. */
export function asNumber(id: string): string | number {
  return /^[1-9]\d{0,14}$/.test(id) ? Number(id) : id;
}

/**
 * The id, in the kind of a contract's ids, of a user who has none in the app: the app cannot have it
 * itself. `apiId` is the one of the public API.
 */
export function reservedId(name: Door, apiId: string): string {
  if (name === "direct") return `-${apiId}`;
  if (name === "conversations" || name === "broadcast") return `ffffffff${Number(apiId).toString(16).padStart(16, "0")}`;
  return `czzzzzzzz${apiId.padStart(16, "0")}`;
}

/** The id of nobody. An app may have any id, so that only one of the other kind names nobody there. */
export function nobody(name: Door): string {
  return USERS_ARE_OF_AN_APP ? reservedId(name, NOBODY) : NOBODY;
}

/** An id of Parlance that nobody has. */
const NOBODY = "999999999999";

/** The id by which a client of this viewer names the person: an app's clients and others have different ones. */
export function idFor(viewer: Person, person: Person, name: Door): string {
  if (!viewer.app) return person.apiId;
  return person.app === viewer.app ? person.id : reservedId(name, person.apiId);
}

/** A new user: tests share the server, and each has users of its own. */
export async function register(first: string): Promise<Person> {
  return USERS_ARE_OF_AN_APP ? ofApp(first) : account(first);
}

/** A new user of the app, who exists as soon as a token comes. */
async function ofApp(first: string): Promise<Person> {
  return withToken("app", idOfKind(base.info().file), first);
}

/** The user who has this id in an app: that of the environment, or the second one, of the file. */
export async function withToken(app: "app" | "second", id: string, first: string): Promise<Person> {
  const username = `${first}-${crypto.randomUUID().slice(0, 8)}`;
  const claims = { username, name: `${first} ${username.slice(-4)}`, email: `${username}@example.org` };
  const token = mint({ sub: id, ...claims }, app === "second" ? { key: process.env.PARLANCE_SECOND_SECRET } : {});
  const { id: apiId } = (await call("main", { token }, "GET", "/api/v1/me")).body;
  return { ...claims, id, app, apiId, password: "", token };
}

/** An id of the kind that the servers of a contract have. Integers are those that accounts have, too. */
function idOfKind(file: string): string {
  const hex = crypto.randomUUID().replaceAll("-", "");
  if (/conversations|broadcast/.test(file)) return hex.slice(0, 24);
  if (/groups/.test(file)) return `c${hex.slice(0, 24)}`;
  if (/rooms/.test(file)) return crypto.randomUUID();
  return String(randomInt(1, 10_000_000));
}

/**
 * The e-mail address of a user in a payload. Users of an app see those of their app; with an account one sees
 * one's own only, and the value for a hidden one in place of all others.
 */
export function shownEmail({ app, email }: Person, hidden: null | ""): unknown {
  return app ? email : { asymmetricMatch: (shown: unknown) => shown === email || shown === hidden };
}

const anyAddress = { asymmetricMatch: (shown: unknown) => shown === null || typeof shown === "string" };

/**
 * A payload as somebody else gets it, who may not see the same addresses. Who sees which one is tested in
 * server/tests/api/app_doors.rs.
 */
export function toOthers(payload: Payload): Payload {
  if (Array.isArray(payload)) return payload.map(toOthers);
  if (payload === null || typeof payload !== "object") return payload;
  return Object.fromEntries(
    Object.entries(payload).map(([name, value]) => [name, name === "email" ? anyAddress : toOthers(value)]),
  );
}

/** A new user with an account, also where the others are an app's. */
export async function account(first: string): Promise<Person> {
  const username = `${first}-${crypto.randomUUID().slice(0, 8)}`;
  const account = { username, password: `${crypto.randomUUID()}!`, name: `${first} ${username.slice(-4)}`, email: `${username}@example.org` };
  const { status, body } = await call("main", undefined, "POST", "/api/v1/auth/register", account);
  expect(status, JSON.stringify(body)).toBe(201);
  return { ...account, id: body.user.id, apiId: body.user.id, token: body.accessToken };
}

/**
 * Ends all connections of a user, with the session of an account. An app's user has no session here, and
 * ends with the entry of the app's directory.
 */
export async function shutOut(who: Person, admin: Person): Promise<void> {
  if (!who.app) return api(who, "POST", "/auth/logout");
  await api(admin, "DELETE", `/apps/${who.app}/users/${who.id}`);
}

/** The other side of the direct conversations in which markers are sent, one per worker. */
let markerPeer: Promise<Person> | undefined;

/**
 * Makes the server emit an event with this text to all sockets of the user: a message of the user's
 * own, in a new conversation of a kind that the contract shows. Its body ends with "!".
 */
async function emitMarker(name: Door, who: Person, text: string): Promise<void> {
  const isDirect = name === "direct" || name === "broadcast";
  const what = isDirect
    ? { kind: "direct", memberIds: [(await (markerPeer ??= register("marker"))).apiId] }
    : { kind: "group", title: text, memberIds: [] };
  const { id } = await api(who, "POST", "/conversations", what);
  await say(who, id, `${text}!`);
}

/** The administrator that the server's start has made, or a user of the app whose token says `role: "admin"`. */
async function administrator(): Promise<Person> {
  const named = { username: "admin", password: "", name: "Administrator", email: "" };
  if (USERS_ARE_OF_AN_APP) {
    const token = mint({ sub: "ad00000000000000000000ad", name: named.name, role: "admin" });
    const { id: apiId } = (await call("main", { token }, "GET", "/api/v1/me")).body;
    return { ...named, id: "ad00000000000000000000ad", app: "app", apiId, token };
  }
  const id = process.env.PARLANCE_ADMIN_ID;
  if (!id) throw new Error("PARLANCE_ADMIN_ID is not set: see end2end/server.ts");
  return { ...named, id, apiId: id, token: mint({ sub: id }) };
}

interface Fixtures {
  ada: Person;
  grace: Person;
  linus: Person;
  /** Shares no conversation with the others. */
  outsider: Person;
  admin: Person;
  /** The `io` of the documents' snippets. Its sockets are closed after the test. */
  io: (url: string, options?: Options) => Socket;
  /** A connected client of a contract, with the `auth` of its document. */
  open: (name: Door, who: Person, options?: Options) => Promise<Client>;
  /** The message of the `connect_error` that a client gets. */
  refused: (name: Door, auth: Record<string, unknown>, options?: Options) => Promise<string>;
}

export const test = base.extend<Fixtures>({
  ada: async ({}, use) => use(await register("ada")),
  grace: async ({}, use) => use(await register("grace")),
  linus: async ({}, use) => use(await register("linus")),
  outsider: async ({}, use) => use(await register("mallory")),
  admin: async ({}, use) => use(await administrator()),
  io: async ({}, use) => {
    const sockets: Socket[] = [];
    await use((url, options) => {
      const socket = io(url, { forceNew: true, ...options });
      sockets.push(socket);
      return socket;
    });
    sockets.forEach((socket) => socket.disconnect());
  },
  open: async ({ io }, use) => {
    const clients: Client[] = [];
    await use(async (name, who, options) => {
      const socket = io(door(name) + NAMESPACES[name], { auth: auth(name, who), reconnection: false, ...options });
      const client = new Client(socket, (text) => emitMarker(name, who, text), door(name));
      clients.push(client);
      await connected(client.socket);
      // The server answers an event only after it has subscribed the socket: no event is missed from here on.
      await client.ask("are you there?");
      await client.receives(ERROR_EVENTS[name]);
      return client;
    });
    await Promise.all(clients.map((client) => client.checked()));
  },
  refused: async ({ io }, use) =>
    use(async (name, auth, options) => {
      const socket = io(door(name) + NAMESPACES[name], { auth, reconnection: false, ...options });
      const refusal = await connected(socket).then(
        () => undefined,
        (error: Error) => error.message,
      );
      expect(refusal, "the connection is refused").toBeDefined();
      return refusal as string;
    }),
});

/** Waits until the socket is connected; rejects with its `connect_error`. */
export function connected(socket: Socket): Promise<void> {
  return new Promise((resolve, reject) => {
    socket.once("connect", resolve);
    socket.once("connect_error", reject);
  });
}
