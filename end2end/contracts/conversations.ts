import { type Answer, type Client, type Payload, type Person, call, expect } from "./doors";

export const ISO = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/;

/** A conversation or message id that does not exist. */
export const NOWHERE = "999999999999";

type Open = (door: "conversations", who: Person) => Promise<Client>;

/** A connected client that is subscribed: it misses no event from here on. */
export async function enter(open: Open, who: Person): Promise<Client> {
  const client = await open("conversations", who);
  await client.ask("getOnlineUsers");
  client.discard();
  return client;
}

/** Calls the contract's REST API, below `/chats`. */
export function rest(
  who: Pick<Person, "token"> | undefined,
  method: string,
  path: string,
  body?: unknown,
): Promise<Answer> {
  return call("conversations", who, method, `/chats${path}`, body);
}

/** The body of a successful answer. */
export async function done(status: number, answer: Promise<Answer>): Promise<Payload> {
  const { body, ...rest } = await answer;
  expect(rest.status, JSON.stringify(body)).toBe(status);
  return body;
}

/** The `message` of a failed answer in the form of Nest. */
export async function failed(status: number, answer: Promise<Answer>): Promise<string | string[]> {
  const { body, ...rest } = await answer;
  expect(rest.status, JSON.stringify(body)).toBe(status);
  expect(body).toEqual({ statusCode: status, message: expect.anything(), error: expect.any(String) });
  expect(rest.headers.get("content-type")).toBe("application/json");
  return body.message;
}

/** Emits an event that must fail, in the acknowledgement and with the event `exception`. Its message. */
export async function refused(client: Client, event: string, ...payload: unknown[]): Promise<string> {
  const ack = await client.ask(event, ...payload);
  expect(ack, `${event} ${JSON.stringify(payload)?.slice(0, 100)}`).toEqual({ success: false, message: expect.any(String) });
  expect(await client.receives("exception")).toEqual({ status: "error", message: ack.message, cause: { pattern: event } });
  return ack.message;
}

/** A user in the contract's shape. */
export function shown({ id, name, username }: Person) {
  return { _id: id, name, username };
}

/** A message with the status "sent", in the contract's shape. */
export function message(who: Person, conversationId: string, content: string) {
  return {
    _id: expect.stringMatching(/^\d+$/),
    sender: shown(who),
    content,
    conversationId,
    type: "text",
    status: "sent",
    attachments: [],
    readBy: [],
    isDeleted: false,
    createdAt: expect.stringMatching(ISO),
    updatedAt: expect.stringMatching(ISO),
  };
}

/** A conversation without messages, in the contract's shape. */
export function conversation(type: string, creator: Person, ...others: Person[]) {
  const people = [creator, ...others];
  return {
    _id: expect.stringMatching(/^\d+$/),
    type,
    participants: people.map(shown),
    createdBy: creator.id,
    admins: type === "direct" ? [] : [creator.id],
    participantMetadata: Object.fromEntries(people.map(({ id }) => [id, { unreadCount: 0 }])),
    isArchived: false,
    createdAt: expect.stringMatching(ISO),
    updatedAt: expect.stringMatching(ISO),
  };
}
