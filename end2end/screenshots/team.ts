import { type Socket, io } from "socket.io-client";
import type { TestFile } from "../files";

/** What somebody says, and what follows from it. */
export interface Line {
  who: string;
  /** Minutes before `NOW`. */
  ago: number;
  text: string;
  files?: TestFile[];
  /** Emoji, each with who reacts. */
  reactions?: Record<string, string[]>;
  /** The text of an earlier message that this answers. */
  answers?: string;
  /** Replies in the thread of this message. */
  thread?: Line[];
  pinnedBy?: string;
  savedBy?: string;
  /** The text that the message had first. */
  before?: string;
}

export interface Talk {
  kind: "direct" | "group" | "channel";
  title?: string;
  description?: string;
  private?: boolean;
  /** The first creates the conversation. */
  people: string[];
  lines: Line[];
  /** Who has read all but so many of the messages. */
  unread?: Record<string, number>;
  favoriteOf?: string[];
}

export const PASSWORD = "a password of the team";

/** Writes a story over the public API. */
export class Team {
  private readonly tokens = new Map<string, string>();
  private readonly ids = new Map<string, string>();
  private readonly said: [string, number][] = [];

  constructor(private readonly url: string) {}

  async register(people: Record<string, string>): Promise<void> {
    for (const [username, name] of Object.entries(people)) {
      const { user, accessToken } = await this.request("POST", "/auth/register", { username, name, password: PASSWORD });
      this.tokens.set(username, accessToken);
      this.ids.set(username, user.id);
    }
  }

  async tell(talk: Talk): Promise<string> {
    const [first, ...others] = talk.people as [string, ...string[]];
    const { id } = await this.as(first, "POST", "/conversations", {
      kind: talk.kind,
      memberIds: others.map((name) => this.ids.get(name)),
      title: talk.title,
      description: talk.description,
      private: talk.private,
    });
    const known = new Map<string, string>();
    for (const line of talk.lines) await this.say(id, line, known);
    const { position } = await this.as(first, "GET", `/conversations/${id}`);
    for (const person of talk.people) {
      const read = position - (talk.unread?.[person] ?? 0);
      if (read > 0) await this.as(person, "POST", `/conversations/${id}/read`, { position: read });
    }
    for (const person of talk.favoriteOf ?? []) await this.as(person, "PUT", `/me/favorites/${id}`);
    return id;
  }

  /** Connects these people, who are online from now on. Ends their connections. */
  async connect(people: string[]): Promise<() => void> {
    const sockets = people.map((name) => io(this.url, { auth: { token: this.tokens.get(name) }, transports: ["websocket"] }));
    const ready = (socket: Socket) => new Promise<void>((resolve) => socket.once("ready", () => resolve()));
    await Promise.all(sockets.map(ready));
    return () => sockets.forEach((socket) => socket.disconnect());
  }

  times(): [string, number][] {
    return this.said;
  }

  private async say(conversation: string, line: Line, known: Map<string, string>, threadId?: string): Promise<void> {
    const replyToId = line.answers === undefined ? undefined : known.get(line.answers);
    if (line.answers !== undefined && !replyToId) throw new Error(`nobody has said ${line.answers}`);
    const path = `/conversations/${conversation}/messages`;
    const attachmentIds: string[] = [];
    for (const file of line.files ?? []) attachmentIds.push(await this.upload(line.who, file));
    const { id } = await this.as(line.who, "POST", path, { body: line.before ?? line.text, replyToId, threadId, attachmentIds });
    if (line.before) await this.as(line.who, "PATCH", `/messages/${id}`, { body: line.text });
    known.set(line.text, id);
    this.said.push([id, line.ago]);
    for (const [emoji, people] of Object.entries(line.reactions ?? {})) {
      for (const person of people) await this.as(person, "PUT", `/messages/${id}/reactions/${encodeURIComponent(emoji)}`);
    }
    for (const reply of line.thread ?? []) await this.say(conversation, reply, known, id);
    if (line.pinnedBy) await this.as(line.pinnedBy, "PUT", `/messages/${id}/pin`);
    if (line.savedBy) await this.as(line.savedBy, "PUT", `/me/saved/${id}`);
  }

  private async upload(who: string, { name, mimeType, buffer }: TestFile): Promise<string> {
    const base64 = (text: string) => Buffer.from(text).toString("base64");
    const answer = await fetch(`${this.url}/api/v1/uploads`, {
      method: "POST",
      headers: {
        authorization: `Bearer ${this.tokens.get(who)}`,
        "content-type": "application/offset+octet-stream",
        "tus-resumable": "1.0.0",
        "upload-length": String(buffer.length),
        "upload-metadata": `filename ${base64(name)},filetype ${base64(mimeType)}`,
      },
      body: new Uint8Array(buffer),
    });
    const { id } = (await answer.json()) as { id: string };
    while ((await this.as(who, "GET", `/uploads/${id}`)).state !== "ready") await new Promise((resolve) => setTimeout(resolve, 50));
    return id;
  }

  private as(who: string, method: string, path: string, body?: object): Promise<any> {
    return this.request(method, path, body, this.tokens.get(who));
  }

  private async request(method: string, path: string, body?: object, token?: string): Promise<any> {
    const answer = await fetch(`${this.url}/api/v1${path}`, {
      method,
      headers: { "content-type": "application/json", ...(token && { authorization: `Bearer ${token}` }) },
      body: body && JSON.stringify(body),
    });
    const text = await answer.text();
    if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${text}`);
    return text ? JSON.parse(text) : undefined;
  }
}
