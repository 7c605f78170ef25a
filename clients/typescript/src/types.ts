/** The nouns of Parlance, as the API prints them. */

/** A string of digits. */
export type Id = string;

/** RFC 3339, in UTC. */
export type Time = string;

export type PresenceStatus = "online" | "away" | "offline";
export type PresenceChoice = "online" | "away" | "invisible";
export type ConversationKind = "direct" | "group" | "channel";
export type MemberRole = "owner" | "admin" | "member";

/** `system` is written by the server itself. */
export type MessageKind = "text" | "image" | "file" | "audio" | "video" | "system";

export interface User {
  id: Id;
  username: string;
  name: string;
  avatarUrl: string | null;
  role: "admin" | "member";
  presence: PresenceStatus;
  lastSeenAt: Time | null;
}

export interface Account extends User {
  email: string | null;
  presenceChoice: PresenceChoice;
}

export interface Sender {
  id: Id;
  username: string;
  name: string;
  avatarUrl: string | null;
}

/** The message that another one answers, as it is now. */
export interface Reply {
  id: Id;
  position: number;
  sender: Sender;
  body: string;
  deletedAt: Time | null;
}

export interface Attachment {
  id: string;
  name: string;
  url: string;
}

export interface Reaction {
  emoji: string;
  count: number;
  userIds: Id[];
}

export interface Message {
  id: Id;
  conversationId: Id;
  /** Dense over the messages of a conversation, from 1. */
  position: number;
  /** The number of the last change to this message, among all changes of the conversation. */
  seq: number;
  sender: Sender;
  kind: MessageKind;
  /** Empty once deleted. */
  body: string;
  replyTo: Reply | null;
  attachments: Attachment[];
  reactions: Reaction[];
  /** Whether an administrator wrote it with the authority of one. */
  official?: boolean;
  clientId: string | null;
  createdAt: Time;
  editedAt: Time | null;
  deletedAt: Time | null;
}

export interface LastMessage {
  id: Id;
  position: number;
  sender: Sender;
  kind: MessageKind;
  body: string;
  createdAt: Time;
  deletedAt: Time | null;
}

/** A conversation, as everybody who may see it has it. */
export interface Conversation {
  id: Id;
  kind: ConversationKind;
  title: string | null;
  description: string | null;
  private: boolean;
  /** The position of the newest message; 0 when there is none. */
  position: number;
  /** The number of the newest change. */
  seq: number;
  memberCount: number;
  createdAt: Time;
}

/** A conversation, as one of its members has it: a line of their sidebar. */
export interface Head extends Conversation {
  /** Absent in a public channel that one may join. */
  role: MemberRole | null;
  /** Of a direct conversation: the other person. */
  peer: User | null;
  readPosition: number;
  unread: number;
  mentions: number;
  lastMessage: LastMessage | null;
}

export interface Member {
  user: User;
  role: MemberRole;
  readPosition: number;
  deliveredPosition: number;
  joinedAt: Time;
}

export interface Presence {
  userId: Id;
  status: PresenceStatus;
  lastSeenAt: Time | null;
}

export type Favorite = { conversation: Head } | { user: User; lastMessage: string | null };

export interface Page<T> {
  items: T[];
  nextCursor: string | null;
}

export interface FieldError {
  field: string;
  reason: string;
}

export interface NewConversation {
  kind: ConversationKind;
  /** Besides oneself. */
  memberIds?: Id[];
  title?: string;
  description?: string;
  private?: boolean;
  /** Filled in where it is absent, so that a retry makes no second conversation. */
  clientId?: string;
}

/** The answer to a registration, a login or a refresh. */
export interface SignedIn {
  user: User;
  accessToken: string;
  /** Good once. */
  refreshToken: string;
  /** Seconds until the access token expires. */
  expiresIn: number;
}
