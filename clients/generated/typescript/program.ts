/** A program over the client that openapi-typescript generates (`api.ts`) for openapi-fetch. */
import createClient, { type Client } from "openapi-fetch";
import type { components, paths } from "./api";

type Schemas = components["schemas"];
export type ApiEvent = Schemas["Event"];

/** What the program has read. */
export interface Reading {
  conversations: Schemas["Head"][];
  messages: Schemas["Message"][];
  members: Schemas["Member"][];
  users: Schemas["User"][];
  synced: ApiEvent[];
  changes: ApiEvent[];
}

interface Task {
  url: string;
  login: string;
  password: string;
  conversation: string;
  /** The last `seq` that the program knows of each conversation. */
  seqs: Record<string, number>;
}

/** Items of a page: few, so that every list has several. */
const LIMIT = 2;

export async function read({ url, login, password, conversation, seqs }: Task): Promise<Reading> {
  const api = createClient<paths>({ baseUrl: url });
  const signedIn = success(await api.POST("/api/v1/auth/login", { body: { login, password } }));
  const headers = { authorization: `Bearer ${signedIn.accessToken}` };
  const client = createClient<paths>({ baseUrl: url, headers });
  const path = { id: conversation };
  return {
    conversations: await everyItem(async (query) => success(await client.GET("/api/v1/conversations", { params: { query } }))),
    messages: await everyItem(async (query) =>
      success(await client.GET("/api/v1/conversations/{id}/messages", { params: { path, query } })),
    ),
    members: await everyItem(async (query) =>
      success(await client.GET("/api/v1/conversations/{id}/members", { params: { path, query } })),
    ),
    users: await everyItem(async (query) => success(await client.GET("/api/v1/users", { params: { query } }))),
    synced: await sync(client, { ...seqs }),
    changes: await changes(client, conversation, seqs[conversation] ?? 0),
  };
}

/** The body of an answer, or its problem as an error. */
function success<T>({ data, error }: { data?: T; error?: Schemas["Problem"] }): T {
  if (data === undefined) throw new Error(error?.detail ?? "no answer");
  return data;
}

type Page<T> = { items: T[]; nextCursor: string | null };

async function everyItem<T>(ask: (query: { limit: number; cursor?: string }) => Promise<Page<T>>): Promise<T[]> {
  const items: T[] = [];
  for (let cursor: string | undefined; ; ) {
    const page = await ask({ limit: LIMIT, cursor });
    items.push(...page.items);
    if (page.nextCursor === null) return items;
    cursor = page.nextCursor;
  }
}

async function sync(client: Client<paths>, seqs: Record<string, number>): Promise<ApiEvent[]> {
  const events: ApiEvent[] = [];
  for (let hasMore = true; hasMore; ) {
    const answer = success(await client.POST("/api/v1/sync", { body: { conversations: seqs } }));
    events.push(...answer.items);
    for (const event of answer.items) {
      if ("seq" in event) seqs[event.conversationId] = event.seq;
    }
    hasMore = answer.hasMore;
  }
  return events;
}

async function changes(client: Client<paths>, id: string, after: number): Promise<ApiEvent[]> {
  const events: ApiEvent[] = [];
  for (let hasMore = true; hasMore; ) {
    const params = { path: { id }, query: { after, limit: LIMIT } };
    const answer = success(await client.GET("/api/v1/conversations/{id}/changes", { params }));
    events.push(...answer.items);
    for (const event of answer.items) {
      if ("seq" in event) after = event.seq;
    }
    hasMore = answer.hasMore;
  }
  return events;
}

/** What an event is about, as the compiler knows from its `type`: an event without a case does not compile. */
export function subject(event: ApiEvent): string {
  switch (event.type) {
    case "ready":
      return event.user.id;
    case "user:updated":
      return event.profile.id;
    case "message:created":
    case "message:updated":
    case "message:deleted":
      return event.message.id;
    case "conversation:created":
    case "conversation:updated":
      return event.conversation.id;
    case "conversation:removed":
    case "unread":
      return event.conversationId;
    case "member:added":
    case "member:updated":
      return event.member.user.id;
    case "member:removed":
    case "typing":
    case "presence":
    case "receipt:updated":
      return event.userId;
    case "thread":
      return event.threadId;
    case "saved":
      return event.messageId;
    case "favorites":
      return String(event.favorites.length);
    case "announcement":
      return event.id;
    case "draft":
      return event.draft.conversationId;
    case "scheduled":
      return event.scheduled.id;
    case "reminder":
      return event.reminder.messageId;
    case "mute":
      return event.mute.conversationId;
    case "vote":
      return event.vote.messageId;
    case "personal":
      return String(event.personalSeq);
    default:
      return event satisfies never;
  }
}
