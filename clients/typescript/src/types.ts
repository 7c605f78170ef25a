/** Types of the REST API and of the events. */

/** Decimal digits. */
export type Id = string;

/** RFC 3339, in UTC. */
export type Time = string;

export type PresenceStatus = "online" | "away" | "offline";
export type PresenceChoice = "online" | "away" | "invisible";
export type ConversationKind = "direct" | "group" | "channel" | "announcements";
export type MemberRole = "owner" | "admin" | "member";

/** `system` messages are written by the server. */
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

/** The message that is replied to, in its current version. */
export interface Reply {
  id: Id;
  position: number;
  sender: Sender;
  body: string;
  /** As that of a message. */
  preview?: string;
  deletedAt: Time | null;
}

/** A part of a body that is shown otherwise than as text; the server decides what is one. */
export interface Entity {
  /** `emoji`: the whole body, which is 1 to 12 emoji. */
  type: "link" | "mention" | "emoji";
  /** Where it begins and ends: `body.slice(start, end)`. */
  start: number;
  end: number;
  /** The user whom a mention means. */
  userId?: Id;
  /** Of a mention of many, in its place: all members, or those who were online. */
  who?: "all" | "here";
}

/** A file of a message: an upload, or a link, of which only name and address are known. What does not apply is absent. */
export interface Attachment {
  id: string;
  name: string;
  url: string;
  kind: AttachmentKind;
  contentType?: string;
  size?: number;
  /** Of a picture or video, in pixels. */
  width?: number;
  height?: number;
  /** Of video and audio, in milliseconds. */
  duration?: number;
  /** Of a voice message: at most 100 amplitudes of a byte each, in base64. */
  waveform?: string;
  /** A tiny picture to show until a thumbnail is there, as a `data:` address. */
  placeholder?: string;
  /** From small to large. */
  thumbnails?: Thumbnail[];
}

/** What a page says of itself that a link of a message leads to. All but `url` and `host` are the page's own words. */
export interface LinkPreview {
  id: Id;
  /** As the message has it. */
  url: string;
  /** Where the page was found. */
  host: string;
  site?: string;
  title?: string;
  description?: string;
  /** From the server, as WebP. */
  picture?: { url: string; width: number; height: number };
}

export type AttachmentKind = "image" | "video" | "audio" | "file";

export interface Thumbnail {
  url: string;
  width: number;
  height: number;
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
  /** Sequence number of the message's last change. */
  seq: number;
  sender: Sender;
  kind: MessageKind;
  /** Empty after deletion. */
  body: string;
  /** The body as HTML, with the elements of docs/markdown.md; absent where it shows as the plain text does. */
  html?: string;
  /** The first 200 characters of the text in one line, without Markdown; absent where the body has none. */
  preview?: string;
  /** In the order of the text; absent without any. */
  entities?: Entity[];
  /** Names of those whom the body mentions, and of the first 10 who reacted with each emoji; absent without any. */
  names?: Record<Id, string>;
  replyTo: Reply | null;
  attachments: Attachment[];
  /** At most 3, some seconds after the message; absent without any. */
  linkPreviews?: LinkPreview[];
  /** The same as HTML, with the elements of docs/link-previews.md. */
  linkPreviewsHtml?: string;
  reactions: Reaction[];
  /** Whether an administrator sent it in that role. */
  official?: boolean;
  /** The root of the thread that this is a reply in; absent on a message in no thread. */
  threadId?: Id;
  /** Dense over the replies in the thread, from 1. */
  threadPosition?: number;
  /** Whether the reply is in the main line of the conversation as well. */
  alsoToConversation?: boolean;
  /** Of a root, its thread; of a reply that arrives or changes, the thread that it is in. */
  thread?: Thread;
  /** Absent on a message that is not pinned. */
  pinned?: Pin;
  /** Of a message that was forwarded: who has said it first, and when. */
  forwarded?: Forwarded;
  /** Of a message that asks something. */
  poll?: Poll;
  clientId: string | null;
  createdAt: Time;
  editedAt: Time | null;
  deletedAt: Time | null;
}

/** What the root of a thread shows of it. Of two states, the one with the higher `seq` is newer. */
export interface Thread {
  /** The id of the root. */
  id: Id;
  conversationId: Id;
  position: number;
  seq: number;
  /** Without deleted replies. */
  replyCount: number;
  lastReplyAt: Time | null;
  /** Who has written the newest replies, at most 5. */
  participants: Sender[];
}

/** The user's part of a thread. */
export interface ThreadState {
  conversationId: Id;
  threadId: Id;
  following: boolean;
  readPosition: number;
  unread: number;
  mentions: number;
}

/** Who has said a forwarded message first, and when. `GET /origins` says where, to those who may see it. */
export interface Forwarded {
  from: Sender;
  at: Time;
}

/** The pin of a message, which everybody in its conversation sees. */
export interface Pin {
  by: Sender;
  at: Time;
}

/** A message that the user has saved, which only they know. */
export interface SavedMessage {
  /** As it is now: the tombstone, if it was deleted. */
  message: Message;
  savedAt: Time;
}

/** A file that no message has yet. */
export interface Upload {
  id: Id;
  name: string;
  url: string;
  /** Bytes that were announced, and that the server has. */
  size: number;
  offset: number;
  /** A message can have it once it is ready. */
  state: "uploading" | "processing" | "ready";
  kind: "image" | "video" | "audio" | "file";
  contentType: string | null;
  contentSize: number | null;
  width: number | null;
  height: number | null;
  duration: number | null;
  /** Of a voice message: at most 100 amplitudes of a byte each, in base64. */
  waveform: string | null;
  placeholder: string | null;
  thumbnails: { url: string; width: number; height: number }[];
  clientId: string | null;
  createdAt: Time;
  expiresAt: Time;
}

/** What the user has begun to write in a conversation or a thread, on all of their devices. */
export interface Draft {
  conversationId: Id;
  /** The root of the thread; absent for the main line. */
  threadId?: Id;
  /** Empty without `replyTo` and `uploads`: there is no draft any more. */
  body: string;
  replyTo: Reply | null;
  /** The tab or device that has written it last. */
  editorId: string | null;
  /** Number of its last change in the user's personal sequence. */
  seq: number;
  updatedAt: Time;
  /** Its files, ready or on their way; absent without any. */
  uploads?: Upload[];
}

export interface DraftChange {
  body: string;
  replyToId?: Id;
  threadId?: Id;
  /** The `seq` of the draft that was changed; 0 if none was known. */
  base: number;
  /** What the same editor has written is no conflict for it. */
  editorId?: string;
  /** All files of the draft: at most 10 uploads of the user's that no message has; absent, they stay as they are. */
  attachmentIds?: Id[];
}

/** `saved` is false when another device has changed the draft since `base`: `draft` is what that one wrote. */
export interface DraftSaved {
  saved: boolean;
  draft: Draft;
}

/** A message that is sent at its time. */
export interface ScheduledMessage {
  id: Id;
  conversationId: Id;
  threadId?: Id;
  alsoToConversation?: boolean;
  /** Empty once it was sent or cancelled. */
  body: string;
  replyTo: Reply | null;
  sendAt: Time;
  state: "scheduled" | "failed" | "sent" | "cancelled";
  /** Why the send was refused. */
  failure: { code: ErrorCode; detail: string } | null;
  /** The message that it has become. */
  messageId: Id | null;
  clientId: string | null;
  /** Number of its last change in the user's personal sequence. */
  seq: number;
  createdAt: Time;
  /** The files that will go with it; absent without any, and once it was sent or cancelled. */
  uploads?: Upload[];
}

export interface NewScheduledMessage {
  /** May be empty if there are files. */
  body: string;
  replyToId?: Id;
  threadId?: Id;
  alsoToConversation?: boolean;
  /** 30 seconds to 366 days from now. */
  sendAt: Time;
  clientId?: string;
  /** The `seq` of the draft that it was written as, which is removed, but for files that the message has not. */
  draftSeq?: number;
  /** At most 10 uploads of the user's that are ready and that no message has. */
  attachmentIds?: Id[];
}

/** A message that the user wants to come back to. */
export interface Reminder {
  messageId: Id;
  conversationId: Id;
  /** As it is now: the tombstone, if it was deleted. Null where the user may not see it any more. */
  message: Message | null;
  remindAt: Time;
  state: "waiting" | "due" | "completed";
  /** Number of its last change in the user's personal sequence. */
  seq: number;
  createdAt: Time;
}

/** Whether the user has muted a conversation. */
export interface Mute {
  conversationId: Id;
  /** False when it was taken back, when its time is over, and when the user has left the conversation. */
  muted: boolean;
  /** When it ends by itself, which no event tells. Null for one without an end, and where `muted` is false. */
  until: Time | null;
  /** Number of its last change in the user's personal sequence; 0 where there has never been one. */
  seq: number;
}

/** Of a message that asks something: the body is the question. */
export interface Poll {
  /** 2 to 20. Votes name them by their places, from 1. `votes` is null where numbers are not shown yet. */
  options: { text: string; votes: number | null }[];
  /** How many of them a vote may have. */
  maxChoices: number;
  /** Whether nobody sees who has voted what. */
  anonymous: boolean;
  /** To whom numbers are shown before the end: everybody, or those who have voted. */
  results: "always" | "afterVote";
  closesAt: Time | null;
  /** Nothing changes after it. */
  closedAt: Time | null;
  voterCount: number;
  /** Of two states of a poll, the one with the higher number is newer. */
  revision: number;
}

export interface NewPoll {
  options: string[];
  maxChoices?: number;
  anonymous?: boolean;
  results?: "always" | "afterVote";
  /** 30 seconds to 366 days from now. */
  closesAt?: Time;
}

/** The user's own vote, and the poll with the numbers that they may see. */
export interface PollVote {
  messageId: Id;
  conversationId: Id;
  /** Places of the options, ascending. Empty without a vote. */
  options: number[];
  poll: Poll;
  /** Number of its last change in the user's personal sequence; 0 where there has never been one. */
  seq: number;
}

export interface Voter {
  user: Sender;
  options: number[];
  votedAt: Time;
}

export interface LastMessage {
  id: Id;
  position: number;
  sender: Sender;
  kind: MessageKind;
  body: string;
  /** As that of a message. */
  preview?: string;
  createdAt: Time;
  deletedAt: Time | null;
}

/** A conversation as everybody sees it who may. */
export interface Conversation {
  id: Id;
  kind: ConversationKind;
  title: string | null;
  description: string | null;
  private: boolean;
  /** Position of the newest message; 0 without messages. */
  position: number;
  /** Sequence number of the newest change. */
  seq: number;
  memberCount: number;
  /** The address of its picture on the server; absent without one. */
  pictureUrl?: string;
  createdAt: Time;
}

/** A conversation as one of its members sees it. */
export interface Head extends Conversation {
  /** Null in a public channel that the user has not joined. */
  role: MemberRole | null;
  /** The other user of a direct conversation. */
  peer: User | null;
  readPosition: number;
  /** Without messages that are in threads only. */
  unread: number;
  unreadInThreads: number;
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
  /** Members besides the user. */
  memberIds?: Id[];
  title?: string;
  description?: string;
  private?: boolean;
  /** Idempotency key: a retry with the same one creates no second conversation. Generated by default. */
  clientId?: string;
}

/** Answer to a registration, a login or a refresh. */
export interface SignedIn {
  user: User;
  accessToken: string;
  /** Can be used once. */
  refreshToken: string;
  /** Seconds until the access token expires. */
  expiresIn: number;
  /** Whether the user has to set a second factor up before anything else, which this client does not. */
  twoFactorSetupRequired: boolean;
  /** With `rememberDevice`: goes with later passwords, and stands in for a code. */
  deviceToken?: string;
}

/** Error codes of the server. */
export type ErrorCode =
  | "unauthenticated"
  | "two_factor_required"
  | "two_factor_setup_required"
  | "email_unconfirmed"
  | "forbidden"
  | "not_found"
  | "invalid"
  | "conflict"
  | "too_many_requests"
  | "too_large"
  | "storage_full"
  | "unavailable"
  | "internal";
