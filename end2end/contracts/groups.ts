import { type Answer, type Client, type Payload, type Person, call, expect, shownEmail } from "./doors";

export const ISO = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/;

/** The error for outsiders on a socket, for existing and missing groups alike. */
export const NOT_A_MEMBER = { message: "You are not a member of this group", code: "FORBIDDEN" };

/** An id that does not exist. */
export const NOWHERE = "999999999999";

type Open = (door: "groups", who: Person) => Promise<Client>;

/** A connected client in the group's room. */
export async function enter(open: Open, who: Person, groupId: string): Promise<Client> {
  const client = await open("groups", who);
  expect(await client.ask("join_group", groupId)).toMatchObject({ success: true, groupId });
  client.discard();
  return client;
}

/** Calls the contract's REST API. */
export function rest(
  who: Pick<Person, "token"> | undefined,
  method: string,
  path: string,
  body?: unknown,
  headers?: Record<string, string>,
): Promise<Answer> {
  return call("groups", who, method, path, body, headers);
}

/** The `data` of a successful answer. */
export async function done(status: number, answer: Promise<Answer>): Promise<Payload> {
  const { body, ...rest } = await answer;
  expect(rest.status, JSON.stringify(body)).toBe(status);
  expect(body).toMatchObject({ success: true, message: expect.any(String), timestamp: expect.stringMatching(ISO) });
  return body.data;
}

/** The `error` of a failed answer. */
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

/** A user in the contract's shape. */
export function shown(who: Person) {
  return { id: who.id, name: who.name, email: shownEmail(who, "") };
}

/** A message in the contract's shape, over sockets and REST alike. */
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
