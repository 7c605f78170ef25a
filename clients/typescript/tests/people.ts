/** Ada, Grace and Linus: each with an account, a session, a client and a network of their own. */
import { test as base } from "@playwright/test";
import { Parlance, type ParlanceOptions, Session } from "../src/index.js";
import type { Head, Id, Message } from "../src/types.js";
import { Proxy } from "./proxy.js";

export interface Person {
  id: Id;
  name: string;
  login: { login: string; password: string };
  session: Session;
  /** Between them and the server. */
  network: Proxy;
  /** A client, over their own network; closed with the test. */
  client(options?: Partial<ParlanceOptions>): Parlance;
}

export const url = (): string => process.env.PARLANCE_URL!;

async function arrive(first: string, server: string, clients: Parlance[]): Promise<Person> {
  // Others share the server: every test has people of its own.
  const username = `${first}-${crypto.randomUUID().slice(0, 8)}`;
  const login = { login: username, password: `${crypto.randomUUID()}!` };
  const session = await Session.register(server, { username, password: login.password, name: first });
  const network = await Proxy.before(server);
  return {
    ...{ id: session.user.id, name: first, login, session, network },
    client: (options = {}) => {
      const client = new Parlance(network.url, { token: session.token, ...options });
      clients.push(client);
      return client;
    },
  };
}

/** People on a server, for the time of `use`. */
export async function people(
  server: string,
  names: string[],
  use: (people: Person[]) => Promise<void>,
): Promise<void> {
  const clients: Parlance[] = [];
  const all = await Promise.all(names.map((name) => arrive(name, server, clients)));
  try {
    await use(all);
  } finally {
    for (const client of clients) client.close();
    await Promise.all(all.map(({ network }) => network[Symbol.asyncDispose]()));
  }
}

interface People {
  ada: Person;
  grace: Person;
  linus: Person;
}

const person = (first: string) => async ({}: object, use: (person: Person) => Promise<void>) => {
  await people(url(), [first], ([one]) => use(one!));
};

export const test = base.extend<People>({ ada: person("ada"), grace: person("grace"), linus: person("linus") });

/** A group that is there before the test begins. */
export async function group(owner: Person, ...others: Person[]): Promise<Id> {
  const client = owner.client();
  const wanted = { kind: "group", title: "Engines", memberIds: others.map(({ id }) => id) } as const;
  return (await client.createConversation(wanted)).id;
}

/** Says something at once, over REST and past all that a client does. */
export async function say(person: Person, conversationId: Id, body: string): Promise<Message> {
  const answer = await fetch(`${url()}/api/v1/conversations/${conversationId}/messages`, {
    method: "POST",
    headers: { "content-type": "application/json", authorization: `Bearer ${await person.session.token()}` },
    body: JSON.stringify({ body }),
  });
  if (answer.status !== 201) throw new Error(await answer.text());
  return answer.json();
}

/** All that a conversation says to a newcomer of a client, in order. */
export async function said(person: Person, conversationId: Id): Promise<string[]> {
  const client = person.client();
  await client.connect();
  const history = client.history(conversationId);
  await history.latest(100);
  for (let [gap] = history.gaps; gap; [gap] = history.gaps) await history.fill(gap);
  client.close();
  return bodies(history.messages);
}

export const bodies = (messages: readonly Message[]): string[] =>
  messages.filter(({ kind }) => kind === "text").map(({ body }) => body);

/** The bodies of what a client was told to be new, in the order of telling. */
export function told(client: Parlance, conversationId: Id): string[] {
  const all: string[] = [];
  client.on("message", ({ conversationId: id, kind, body }, change) => {
    if (id === conversationId && kind === "text" && change === "created") all.push(body);
  });
  return all;
}

export function numbers(count: number, prefix = ""): string[] {
  return Array.from({ length: count }, (_, index) => `${prefix}${index + 1}`);
}

export function headOf(client: Parlance, conversationId: Id): Head {
  return client.conversations.get(conversationId)!;
}

export { expect } from "@playwright/test";
