import { type Answer, type Client, type Payload, type Person, call, expect } from "./doors";

export const ISO = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/;
export const ABSENT = { error: "There is no such conversation." };

type Open = (door: "direct", who: Person) => Promise<Client>;

/** A connected client that is subscribed: it misses no event from here on. */
export async function enter(open: Open, who: Person, conversationId?: number): Promise<Client> {
  const client = await open("direct", who);
  expect(await client.ask("join_personal_room")).toEqual({ success: true });
  if (conversationId !== undefined) {
    expect(await client.ask("join_conversation", { conversationId })).toEqual({ success: true, conversationId });
  }
  return client;
}

/** Calls a route of the contract. Status and body of the answer. */
export async function ask(
  who: Pick<Person, "token"> | undefined,
  method: string,
  path: string,
  body?: unknown,
): Promise<Pick<Answer, "status" | "body">> {
  const answer = await call("direct", who, method, `/api/chat${path}`, body);
  return { status: answer.status, body: answer.body };
}

/** The answer of `POST /send`. */
export async function say(from: Person, to: Person, content: string): Promise<Payload> {
  const answer = await ask(from, "POST", "/send", { receiverId: Number(to.id), content });
  expect(answer.status, JSON.stringify(answer.body)).toBe(201);
  return answer.body.data;
}

/** A user in the contract's shape. */
export function shown(who: Person) {
  return { id: Number(who.id), name: who.name, profile_photo: null, username: who.username, profile_name: who.name };
}
