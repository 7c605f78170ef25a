import { expect, test as base } from "@playwright/test";
import { io, type ManagerOptions, type Socket, type SocketOptions } from "socket.io-client";
import { Client, type Payload } from "./client";
import { mint } from "./tokens";

export { Client, expect, type Payload };
export { badTokens, mint, refreshToken, strangersToken } from "./tokens";

export const DOORS = ["groups", "rooms", "direct", "conversations", "broadcast"] as const;
export type Door = (typeof DOORS)[number];

type Options = Partial<ManagerOptions & SocketOptions>;

/** Somebody with an account. */
export interface Person {
  id: string;
  username: string;
  password: string;
  name: string;
  email: string;
  token: string;
}

/** The root of a door on its own port, or the main address. */
export function door(name: Door | "main"): string {
  const variable = name === "main" ? "PARLANCE_URL" : `PARLANCE_${name.toUpperCase()}_URL`;
  const url = process.env[variable];
  if (!url) throw new Error(`${variable} is not set: see end2end/server.ts`);
  return url;
}

/** The namespace of each document's own client code. */
export const NAMESPACES: Record<Door, string> = {
  groups: "/",
  rooms: "/chat/",
  direct: "/",
  conversations: "/chat",
  broadcast: "/",
};

/** What a client of the document hands over to say who it is. */
export function auth(name: Door, { id, token }: Pick<Person, "id" | "token">): Record<string, unknown> {
  return name === "rooms" ? { token: `Bearer ${token}`, userId: id } : { token };
}

export interface Answer {
  status: number;
  body: Payload;
  headers: Headers;
}

/** Calls REST of a door, or of the main address. A body that is a string goes out as it is. */
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
  return { status: answer.status, body: isJson ? JSON.parse(text) : text, headers: answer.headers };
}

/** The public API, as this person; what it answers when all goes well. */
export async function api(who: Person, method: string, path: string, body?: unknown): Promise<Payload> {
  const answer = await call("main", who, method, `/api/v1${path}`, body);
  expect(answer.status, `${method} ${path}: ${JSON.stringify(answer.body)}`).toBeLessThan(300);
  return answer.body;
}

/** A group of the first one, with the others as members; its id. */
export async function group(owner: Person, ...others: Person[]): Promise<string> {
  const memberIds = others.map((other) => other.id);
  return (await api(owner, "POST", "/conversations", { kind: "group", title: "Compilers", memberIds })).id;
}

/** The direct conversation of two; its id. */
export async function direct(one: Person, other: Person): Promise<string> {
  return (await api(one, "POST", "/conversations", { kind: "direct", memberIds: [other.id] })).id;
}

/** Writes through the public API. */
export async function say(who: Person, conversation: string, body: string): Promise<Payload> {
  return api(who, "POST", `/conversations/${conversation}/messages`, { body });
}

/** Somebody new: others share the server, and every test has people of its own. */
export async function register(first: string): Promise<Person> {
  const username = `${first}-${crypto.randomUUID().slice(0, 8)}`;
  const account = { username, password: `${crypto.randomUUID()}!`, name: `${first} ${username.slice(-4)}`, email: `${username}@example.org` };
  const { status, body } = await call("main", undefined, "POST", "/api/v1/auth/register", account);
  expect(status, JSON.stringify(body)).toBe(201);
  return { ...account, id: body.user.id, token: body.accessToken };
}

function administrator(): Person {
  const id = process.env.PARLANCE_ADMIN_ID;
  if (!id) throw new Error("PARLANCE_ADMIN_ID is not set: see end2end/server.ts");
  return { id, username: "admin", password: "", name: "Administrator", email: "", token: mint({ sub: id }) };
}

interface Fixtures {
  ada: Person;
  grace: Person;
  linus: Person;
  /** Who shares no conversation with anybody. */
  outsider: Person;
  admin: Person;
  /** The `io` of the documents' snippets; what it opens is closed after the test. */
  io: (url: string, options?: Options) => Socket;
  /** A connected client at a door, as the document connects. */
  open: (name: Door, who: Person, options?: Options) => Promise<Client>;
  /** What a client is told that is not let in. */
  refused: (name: Door, auth: Record<string, unknown>, options?: Options) => Promise<string>;
}

export const test = base.extend<Fixtures>({
  ada: async ({}, use) => use(await register("ada")),
  grace: async ({}, use) => use(await register("grace")),
  linus: async ({}, use) => use(await register("linus")),
  outsider: async ({}, use) => use(await register("mallory")),
  admin: async ({}, use) => use(administrator()),
  io: async ({}, use) => {
    const sockets: Socket[] = [];
    await use((url, options) => {
      const socket = io(url, { forceNew: true, ...options });
      sockets.push(socket);
      return socket;
    });
    sockets.forEach((socket) => socket.disconnect());
  },
  open: async ({ io }, use) =>
    use(async (name, who, options) => {
      const client = new Client(io(door(name) + NAMESPACES[name], { auth: auth(name, who), reconnection: false, ...options }));
      await connected(client.socket);
      return client;
    }),
  refused: async ({ io }, use) =>
    use(async (name, auth, options) => {
      const socket = io(door(name) + NAMESPACES[name], { auth, reconnection: false, ...options });
      const refusal = await connected(socket).then(
        () => undefined,
        (error: Error) => error.message,
      );
      expect(refusal, "is not let in").toBeDefined();
      return refusal as string;
    }),
});

/** Waits until the socket is connected, or fails as it is refused. */
export function connected(socket: Socket): Promise<void> {
  return new Promise((resolve, reject) => {
    socket.once("connect", resolve);
    socket.once("connect_error", reject);
  });
}
