import { expect } from "@playwright/test";

/** A conversation with every kind of change in it, made over the public API without any client. */

export const url = (): string => process.env.PARLANCE_URL!;

export interface Person {
  id: string;
  username: string;
  password: string;
  token: string;
}

export async function call(who: Person | undefined, method: string, path: string, body?: unknown): Promise<any> {
  const answer = await fetch(`${url()}/api/v1${path}`, {
    method,
    headers: { "content-type": "application/json", ...(who && { authorization: `Bearer ${who.token}` }) },
    body: body === undefined ? undefined : JSON.stringify(body),
  });
  const text = await answer.text();
  expect(answer.status, `${method} ${path}: ${text}`).toBeLessThan(300);
  return text === "" ? undefined : JSON.parse(text);
}

export async function register(name: string): Promise<Person> {
  const username = `${name}-${crypto.randomUUID().slice(0, 8)}`;
  const password = crypto.randomUUID();
  const { user, accessToken } = await call(undefined, "POST", "/auth/register", { username, password });
  return { id: user.id, username, password, token: accessToken };
}

export interface Scene {
  ada: Person;
  grace: Person;
  linus: Person;
  /** The conversation with every kind of change. */
  conversation: string;
  /** What ada knew before the changes. */
  seqs: Record<string, number>;
}

/** The changes that the feed has. */
export const CHANGES = [
  "conversation:created",
  "conversation:removed",
  "conversation:updated",
  "member:added",
  "member:removed",
  "member:updated",
  "message:created",
  "message:deleted",
  "message:updated",
];

/** Three people, two conversations that ada knows, and what happens while she is away. */
export async function scene(): Promise<Scene> {
  const [ada, grace, linus] = await Promise.all([register("ada"), register("grace"), register("linus")]);
  const group = (title: string, ...members: Person[]) =>
    call(grace, "POST", "/conversations", { kind: "group", title, memberIds: members.map(({ id }) => id) });
  const known = await group("Engines", ada);
  const lost = await group("Looms", ada);
  const path = `/conversations/${known.id}`;
  const say = (body: string) => call(grace, "POST", `${path}/messages`, { body });
  const edited = await say("tow");
  const deleted = await say("three");
  const seqs = { [known.id]: deleted.seq, [lost.id]: lost.seq };

  await say("one");
  await call(grace, "PATCH", `/messages/${edited.id}`, { body: "two" });
  await call(grace, "DELETE", `/messages/${deleted.id}`);
  await call(grace, "PATCH", path, { title: "Analytical engines" });
  const guest = await register("guest");
  await call(grace, "POST", `${path}/members`, { userIds: [linus.id, guest.id] });
  await call(grace, "DELETE", `${path}/members/${guest.id}`);
  await call(grace, "PATCH", `${path}/members/${ada.id}`, { role: "admin" });
  await call(grace, "DELETE", `/conversations/${lost.id}/members/${ada.id}`);
  await group("Numbers", ada, linus);
  await call(ada, "POST", "/conversations", { kind: "direct", memberIds: [linus.id] });
  return { ada, grace, linus, conversation: known.id, seqs };
}

/** The types of events, each once, in order of name. */
export function types(events: { type: string }[]): string[] {
  return [...new Set(events.map(({ type }) => type))].sort();
}
