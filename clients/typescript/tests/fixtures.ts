/**
 * Playwright fixtures: the users ada, grace and linus, each with an account, a session, a client
 * and a network.
 */
import { test as base } from "@playwright/test";
import { Parlance, type ParlanceOptions, Session, type Status } from "../src/index.js";
import type { Head, Id, Message } from "../src/types.js";
import { Proxy } from "./proxy.js";

export interface TestUser {
  id: Id;
  name: string;
  login: { login: string; password: string };
  session: Session;
  /** Proxy between the user's clients and the server. */
  network: Proxy;
  /** Creates a client over the user's network; it is closed with the test. */
  client(options?: Partial<ParlanceOptions>): Parlance;
}

export const url = (): string => process.env.PARLANCE_URL!;

async function createUser(name: string, server: string, clients: Parlance[]): Promise<TestUser> {
  // Other tests use the same server: every test has accounts of its own.
  const username = `${name}-${crypto.randomUUID().slice(0, 8)}`;
  const login = { login: username, password: `${crypto.randomUUID()}!` };
  const session = await Session.register(server, { username, password: login.password, name });
  const network = await Proxy.start(server);
  return {
    ...{ id: session.user.id, name, login, session, network },
    client: (options = {}) => {
      const client = new Parlance(network.url, { token: session.token, ...options });
      clients.push(client);
      return client;
    },
  };
}

/** Creates users on a server, and closes their clients after `use`. */
export async function withUsers(
  server: string,
  names: string[],
  use: (users: TestUser[]) => Promise<void>,
): Promise<void> {
  const clients: Parlance[] = [];
  const users = await Promise.all(names.map((name) => createUser(name, server, clients)));
  try {
    await use(users);
  } finally {
    for (const client of clients) client.close();
    await Promise.all(users.map(({ network }) => network[Symbol.asyncDispose]()));
  }
}

interface TestUsers {
  ada: TestUser;
  grace: TestUser;
  linus: TestUser;
}

const user = (name: string) => async ({}: object, use: (user: TestUser) => Promise<void>) => {
  await withUsers(url(), [name], ([one]) => use(one!));
};

export const test = base.extend<TestUsers>({ ada: user("ada"), grace: user("grace"), linus: user("linus") });

/** Creates a group over REST. */
export async function createGroup(owner: TestUser, ...others: TestUser[]): Promise<Id> {
  const client = owner.client();
  const wanted = { kind: "group", title: "Engines", memberIds: others.map(({ id }) => id) } as const;
  return (await client.createConversation(wanted)).id;
}

/** Sends a message over REST, without the client's outbox. */
export async function sendOverRest(user: TestUser, conversationId: Id, body: string): Promise<Message> {
  const answer = await fetch(`${url()}/api/v1/conversations/${conversationId}/messages`, {
    method: "POST",
    headers: { "content-type": "application/json", authorization: `Bearer ${await user.session.token()}` },
    body: JSON.stringify({ body }),
  });
  if (answer.status !== 201) throw new Error(await answer.text());
  return answer.json();
}

/** Bodies of all messages of a conversation, as a new client reads them. */
export async function storedBodies(user: TestUser, conversationId: Id): Promise<string[]> {
  const client = user.client();
  await client.connect();
  const history = client.history(conversationId);
  await history.latest(100);
  for (let [gap] = history.gaps; gap; [gap] = history.gaps) await history.fill(gap);
  client.close();
  return bodies(history.messages);
}

/** Options of a client that reconnects within 100 ms. */
export const FAST_RECONNECT = { socket: { reconnectionDelay: 50, reconnectionDelayMax: 100 } };

/** Resolves when the client next has that status. */
export function nextStatus(client: Parlance, wanted: Status): Promise<void> {
  return new Promise((done) => {
    const stop = client.on("status", (status) => {
      if (status !== wanted) return;
      stop();
      done();
    });
  });
}

export const bodies = (messages: readonly Message[]): string[] =>
  messages.filter(({ kind }) => kind === "text").map(({ body }) => body);

/** Bodies of the messages that a client emits as created, in order; the array grows. */
export function receivedBodies(client: Parlance, conversationId: Id): string[] {
  const received: string[] = [];
  client.on("message", ({ conversationId: id, kind, body }, change) => {
    if (id === conversationId && kind === "text" && change === "created") received.push(body);
  });
  return received;
}

export function numbers(count: number, prefix = ""): string[] {
  return Array.from({ length: count }, (_, index) => `${prefix}${index + 1}`);
}

export function conversationOf(client: Parlance, conversationId: Id): Head {
  return client.conversations.get(conversationId)!;
}

export { expect } from "@playwright/test";
