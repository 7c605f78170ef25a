import { type Client, DOORS, type Door, type Payload, type Person, direct, expect, group } from "./doors";

/** A conversation and its other member. */
export interface Place {
  conversation: string;
  peer: Person;
}

type Emitted = [event: string, ...payload: Payload[]];

/** The operations that all contracts have, in the names of one. */
interface ContractTerms {
  /** The kind of conversation to test with; some contracts show only one. */
  shows: "direct" | "group";
  join: (at: Place) => Emitted | undefined;
  send: (at: Place, text: string, key?: string) => Emitted;
  /** The event of a message, and the message in its payload, with its text. */
  message: string;
  of: (payload: Payload) => { id: Payload; text: string };
  /** The message in the acknowledgement of a send. */
  sent: (ack: Payload) => { id: Payload };
  /** What the sending socket receives of a message, in this order: always the same. */
  atSender: string[];
  /** The same of a retry, which writes no second message. */
  atRetry: string[];
  /** Every documented event of a client, with a valid payload about these messages. */
  events: (at: Place, about: { mine: string; theirs: string }) => Emitted[];
  /** History over REST: the path, and the texts in the answer. */
  history: (at: Place) => string;
  texts: (body: Payload) => string[];
  /** The `connect_error` without a token, and with an invalid one. */
  noToken: string;
  badToken: string;
}

const TERMS: Record<Door, ContractTerms> = {
  groups: {
    shows: "group",
    join: (at) => ["join_group", at.conversation],
    send: (at, content, clientId) => ["send_message", { groupId: at.conversation, content, clientId }],
    message: "message_received",
    of: (message) => ({ id: message.id, text: message.content }),
    sent: (ack) => ack.message,
    atSender: ["ack", "message_received"],
    atRetry: ["ack"],
    events: (at) => [
      ["join_group", at.conversation],
      ["send_message", { groupId: at.conversation, content: "x" }],
      ["typing_start", { groupId: at.conversation }],
      ["typing_stop", { groupId: at.conversation }],
      ["get_group_messages", { groupId: at.conversation }],
      ["leave_group", at.conversation],
    ],
    history: (at) => `/api/chat/${at.conversation}/messages`,
    texts: (body) => body.data.messages.map((message: Payload) => message.content),
    noToken: "Authentication token required",
    badToken: "Invalid authentication token",
  },
  rooms: {
    shows: "group",
    join: (at) => ["chat:join", at.conversation],
    send: (at, content, clientId) => ["chat:send_message", { roomId: at.conversation, content, clientId }],
    message: "chat:message",
    of: (message) => ({ id: message.id, text: message.content }),
    sent: (ack) => ack.message,
    atSender: ["ack", "chat:message"],
    atRetry: ["ack"],
    events: (at, { mine }) => [
      ["chat:join", at.conversation],
      ["chat:send_message", { roomId: at.conversation, content: "x" }],
      ["chat:typing", { roomId: at.conversation, isTyping: true }],
      ["chat:presence", "online"],
      ["chat:update_message", { messageId: mine, content: "x" }],
      ["chat:delete_message", mine],
      ["chat:start_direct", at.peer.id],
      ["chat:toggle_favorite", { id: at.conversation, type: "ROOM" }],
      ["chat:leave", at.conversation],
    ],
    history: (at) => `/api/v2/chat/messages?roomId=${at.conversation}`,
    texts: (body) => body.messages.map((message: Payload) => message.content),
    noToken: "Authentication error: token is required",
    badToken: "Authentication error: invalid or expired token",
  },
  direct: {
    shows: "direct",
    join: (at) => ["join_conversation", { conversationId: Number(at.conversation) }],
    send: (at, content, clientId) => [
      "send_message",
      { receiverId: Number(at.peer.id), conversationId: Number(at.conversation), content, clientId },
    ],
    message: "new_message",
    of: (message) => ({ id: message.id, text: message.content }),
    sent: (ack) => ack.data,
    atSender: ["ack", "new_message"],
    atRetry: ["ack"],
    events: (at) => [
      ["join_conversation", { conversationId: Number(at.conversation) }],
      ["send_message", { receiverId: Number(at.peer.id), conversationId: Number(at.conversation), content: "x" }],
      ["typing", { conversationId: Number(at.conversation) }],
      ["stop_typing", { conversationId: Number(at.conversation) }],
      ["mark_as_read", { conversationId: Number(at.conversation) }],
      ["join_personal_room"],
      ["leave_conversation", { conversationId: Number(at.conversation) }],
    ],
    history: (at) => `/api/chat/conversations/${at.conversation}/messages`,
    texts: (body) => body.data.messages.map((message: Payload) => message.content),
    noToken: "Authentication error: No token provided",
    badToken: "Authentication error: Invalid token",
  },
  conversations: {
    shows: "group",
    join: (at) => ["joinRoom", { conversationId: at.conversation }],
    send: (at, content, tempId) => ["sendMessage", { conversationId: at.conversation, content, tempId }],
    message: "newMessage",
    of: ({ message }) => ({ id: message._id, text: message.content }),
    sent: (ack) => ({ id: ack.message._id }),
    atSender: ["messageSent", "ack", "newMessage"],
    atRetry: ["messageSent", "ack"],
    events: (at, { theirs }) => [
      ["createConversation", { type: "group", participants: [at.peer.id], name: "x" }],
      ["joinRoom", { conversationId: at.conversation }],
      ["sendMessage", { conversationId: at.conversation, content: "x", type: "text" }],
      ["typing", { conversationId: at.conversation }],
      ["stopTyping", { conversationId: at.conversation }],
      ["markAsRead", { conversationId: at.conversation, messageId: theirs }],
      ["markConversationAsRead", { conversationId: at.conversation }],
      ["getOnlineUsers"],
    ],
    history: (at) => `/chats/conversations/${at.conversation}/messages`,
    texts: (body) => body.map((message: Payload) => message.content).reverse(),
    noToken: "Unauthorized",
    badToken: "Unauthorized",
  },
  broadcast: {
    shows: "direct",
    join: () => undefined,
    send: (at, message, clientId) => ["send_message", { receiverId: at.peer.id, message, clientId }],
    message: "new_message",
    of: ({ data }) => ({ id: data._id, text: data.message }),
    sent: (ack) => ({ id: ack.data._id }),
    atSender: ["ack", "message_sent"],
    atRetry: ["ack", "message_sent"],
    events: (at, { theirs }) => [
      ["send_message", { receiverId: at.peer.id, message: "x" }],
      ["typing_start", { receiverId: at.peer.id }],
      ["typing_stop", { receiverId: at.peer.id }],
      ["mark_message_read", { messageId: theirs }],
      ["admin_broadcast", { message: "x", messageType: "text" }],
      ["admin_message_user", { userId: at.peer.id, message: "x", messageType: "text" }],
      ["join_conversation", { conversationId: at.conversation }],
      ["leave_conversation", { conversationId: at.conversation }],
    ],
    history: (at) => `/api/v0/chat/conversation/${at.conversation}/messages`,
    texts: (body) => body.data.map((message: Payload) => message.message),
    noToken: "Authentication token required",
    badToken: "Authentication failed",
  },
};

export const EVERY_DOOR = DOORS.map((name) => ({ name, ...TERMS[name] }));
export type EveryDoor = (typeof EVERY_DOOR)[number];

export type Open = (name: Door, who: Person) => Promise<Client>;

/** Creates a conversation of two users of a kind that the contract shows. */
export async function place(at: EveryDoor, me: Person, peer: Person): Promise<Place> {
  const conversation = at.shows === "direct" ? await direct(me, peer) : await group(me, peer);
  return { conversation, peer };
}

/** Joins the conversation's room, where the contract has rooms. */
export async function enter(client: Client, at: EveryDoor, where: Place): Promise<Client> {
  const join = at.join(where);
  if (join) await client.ask(...join);
  return client;
}

/** The messages that a client receives, in order, up to the one with this text. */
export async function messages(client: Client, at: EveryDoor, last: string): Promise<{ id: string; text: string }[]> {
  const messages = [];
  for (;;) {
    const { id, text } = at.of(await client.receives(at.message));
    messages.push({ id: String(id), text });
    if (text === last) return messages;
  }
}

export async function texts(client: Client, at: EveryDoor, last: string): Promise<string[]> {
  return (await messages(client, at, last)).map(({ text }) => text);
}

/** The names of the events that a socket receives until the last of these has come, with "ack" for the acknowledgement. */
export async function orderOf(client: Client, wanted: string[], event: string, payload: Payload): Promise<string[]> {
  const came: string[] = [];
  client.socket.onAny((what: string) => {
    if (wanted.includes(what)) came.push(what);
  });
  client.socket.emit(event, payload, () => came.push("ack"));
  await expect.poll(() => came.length).toBeGreaterThanOrEqual(wanted.length);
  return came;
}
