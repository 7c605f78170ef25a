import { type Answer, type Client, type Payload, type Person, call, expect } from "./doors";

export const ISO = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/;

/** What outsiders are told on a socket, of what is there and of what is not. */
export const NOT_A_MEMBER = { message: "You are not a member of this group", code: "FORBIDDEN" };

/** An id that nothing has. */
export const NOWHERE = "999999999999";

type Open = (door: "groups", who: Person) => Promise<Client>;

/** Connected, and in the room of the group. */
export async function enter(open: Open, who: Person, groupId: string): Promise<Client> {
  const client = await open("groups", who);
  expect(await client.ask("join_group", groupId)).toMatchObject({ success: true, groupId });
  client.forget();
  return client;
}

/** Calls REST of the door. */
export function rest(
  who: Pick<Person, "token"> | undefined,
  method: string,
  path: string,
  body?: unknown,
  headers?: Record<string, string>,
): Promise<Answer> {
  return call("groups", who, method, path, body, headers);
}

/** The `data` of what was done. */
export async function done(status: number, answer: Promise<Answer>): Promise<Payload> {
  const { body, ...rest } = await answer;
  expect(rest.status, JSON.stringify(body)).toBe(status);
  expect(body).toMatchObject({ success: true, message: expect.any(String), timestamp: expect.stringMatching(ISO) });
  return body.data;
}

/** The `error` of what was refused. */
export async function failed(status: number, answer: Promise<Answer>, message?: string): Promise<Payload> {
  const { body, ...rest } = await answer;
  expect(rest.status, JSON.stringify(body)).toBe(status);
  expect(body).toEqual({ success: false, message: message ?? expect.any(String), error: expect.anything() });
  expect(rest.headers.get("content-type")).toBe("application/json");
  return body.error;
}

/** Sends through REST. */
export function post(who: Person, groupId: string, content: string, more: object = {}): Promise<Payload> {
  return done(201, rest(who, "POST", "/api/chat/messages", { groupId, content, ...more }));
}

/** Somebody, as the contract shows its users. */
export function shown({ id, name, email }: Person) {
  return { id, name, email };
}

/** A message, as sockets and REST show it. */
export function message(who: Person, groupId: string, content: string) {
  return {
    id: expect.stringMatching(/^\d+$/),
    content,
    type: "TEXT",
    senderId: who.id,
    groupId,
    createdAt: expect.stringMatching(ISO),
    user: shown(who),
    attachments: [],
  };
}
