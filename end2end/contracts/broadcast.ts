import { type Answer, type Client, type Payload, type Person, call, expect, shownEmail } from "./doors";

export const ISO = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/;

type Open = (door: "broadcast", who: Person) => Promise<Client>;

/** A connected client that is subscribed: it misses no event from here on. */
export async function enter(open: Open, who: Person): Promise<Client> {
  const client = await open("broadcast", who);
  expect((await client.ask("nothing of the contract")).success).toBe(false);
  await client.receives("error");
  return client;
}

/** Calls a route of the contract. Status and body of the answer. */
export async function ask(
  who: Pick<Person, "token"> | undefined,
  method: string,
  path: string,
  body?: unknown,
): Promise<Pick<Answer, "status" | "body">> {
  const answer = await call("broadcast", who, method, `/api/v0/chat${path}`, body);
  return { status: answer.status, body: answer.body };
}

/** The answer of `POST /send`. */
export async function say(from: Person, to: Person, message: string, more: object = {}): Promise<Payload> {
  const answer = await ask(from, "POST", "/send", { receiverId: to.id, message, ...more });
  expect(answer.status, JSON.stringify(answer.body)).toBe(200);
  return answer.body.data;
}

/** A user in the contract's shape. */
export function shown(who: Person) {
  return { _id: who.id, name: who.name, email: shownEmail(who, null), profilePhoto: null };
}

export function refusal(status: number, message: unknown) {
  return { status, body: { success: false, message } };
}
