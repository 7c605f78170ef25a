/** Socket.IO events of the server, and requests with their acknowledgements. */
import type {
  Account,
  Conversation,
  Draft,
  Favorite,
  Head,
  Id,
  Member,
  Message,
  MessageKind,
  Mute,
  NewPoll,
  PollVote,
  Presence,
  PresenceChoice,
  Reminder,
  SavedMessage,
  ScheduledMessage,
  Sender,
  ThreadState,
  Time,
} from "./types.js";

interface InSequence<Type extends string> {
  type: Type;
  conversationId: Id;
  /** Number of the change: dense over all changes of a conversation, from 1. */
  seq: number;
}

export interface MessageCreated extends InSequence<"message:created"> {
  message: Message;
}

/** The message was edited, or its reactions changed. */
export interface MessageUpdated extends InSequence<"message:updated"> {
  message: Message;
}

/** The message was deleted; a tombstone stays in its place. */
export interface MessageDeleted extends InSequence<"message:deleted"> {
  message: Message;
}

/** The user has become a member. */
export interface ConversationCreated extends InSequence<"conversation:created"> {
  conversation: Head;
}

export interface ConversationUpdated extends InSequence<"conversation:updated"> {
  conversation: Conversation;
}

/** The user is no longer a member, or the conversation was deleted. */
export type ConversationRemoved = InSequence<"conversation:removed">;

export interface MemberAdded extends InSequence<"member:added"> {
  member: Member;
}

export interface MemberUpdated extends InSequence<"member:updated"> {
  member: Member;
}

export interface MemberRemoved extends InSequence<"member:removed"> {
  userId: Id;
}

/** A change of a conversation, with a sequence number. */
export type Change =
  | MessageCreated
  | MessageUpdated
  | MessageDeleted
  | ConversationCreated
  | ConversationUpdated
  | ConversationRemoved
  | MemberAdded
  | MemberUpdated
  | MemberRemoved;

export interface Ready {
  type: "ready";
  user: Account;
  conversations: Head[];
  /** Presence of the users that are not offline. */
  presence: Presence[];
}

export interface ReceiptUpdated {
  type: "receipt:updated";
  conversationId: Id;
  userId: Id;
  readPosition: number;
  deliveredPosition: number;
}

export interface Typing {
  type: "typing";
  conversationId: Id;
  userId: Id;
  typing: boolean;
  /** The thread; absent for the main line. */
  threadId?: Id;
}

export interface PresenceChanged extends Presence {
  type: "presence";
}

export interface UserUpdated {
  type: "user:updated";
  profile: Sender;
}

export interface UnreadChanged {
  type: "unread";
  total: number;
  conversationId: Id;
  unread: number;
  mentions: number;
  /** The position after which the messages count. */
  readPosition?: number;
  /** Whether the user has marked messages as unread: `readPosition` may then be lower than before. */
  markedUnread?: boolean;
}

export interface FavoritesChanged {
  type: "favorites";
  favorites: Favorite[];
}

/** The user's part of a thread has changed, otherwise than by a reply of somebody else. */
export interface ThreadChanged extends ThreadState {
  type: "thread";
}

/** A message was saved by the user, or taken off their list. */
export interface SavedChanged {
  type: "saved";
  messageId: Id;
  saved: SavedMessage | null;
}

/** A draft was written, removed or sent. */
export interface DraftChanged {
  type: "draft";
  draft: Draft;
}

/** A message was scheduled, changed, cancelled, sent or refused. */
export interface ScheduledChanged {
  type: "scheduled";
  scheduled: ScheduledMessage;
}

/** A reminder was set or completed, or its time has come. */
export interface ReminderChanged {
  type: "reminder";
  reminder: Reminder;
}

/** A conversation was muted or unmuted. That the time of a mute is over is not told. */
export interface MuteChanged {
  type: "mute";
  mute: Mute;
}

/** The user has voted in a poll, or taken their vote back. */
export interface VoteChanged {
  type: "vote";
  vote: PollVote;
}

/** The personal sequence has come to this number, and changes may have been missed. */
export interface PersonalSequence {
  type: "personal";
  personalSeq: number;
}

/** A change in the user's personal sequence, with its number in `seq` of what has changed. */
export type PersonalChange = DraftChanged | ScheduledChanged | ReminderChanged | MuteChanged | VoteChanged;

/** The answer of `personalChanges`: each changed thing once, in order. */
export interface PersonalChanges {
  items: PersonalChange[];
  /** The number up to which everything is known then. */
  seq: number;
  hasMore: boolean;
}

export interface AnnouncementMade {
  type: "announcement";
  id: Id;
  body: string;
  kind: MessageKind;
  sentBy: Id;
  senderName: string;
  reach: number;
  sentAt: Time;
}

/** Events without a sequence number: only the latest one counts. */
export type Fleeting =
  | ReceiptUpdated
  | Typing
  | PresenceChanged
  | UserUpdated
  | UnreadChanged
  | FavoritesChanged
  | SavedChanged
  | PersonalChange
  | PersonalSequence
  | ThreadChanged
  | AnnouncementMade;

export type ServerEvent = Ready | Change | Fleeting;

/** Sequence number by conversation, up to which changes are known. */
export type Seqs = Record<Id, number>;

/** Payload (`ask`) and acknowledgement (`answer`, besides `ok`) of each request. */
export interface Requests {
  "message:send": {
    ask: { conversationId: Id; body: string; kind?: MessageKind; replyToId?: Id; threadId?: Id; alsoToConversation?: boolean; clientId?: string; draftSeq?: number; attachmentIds?: Id[]; poll?: NewPoll };
    answer: { message: Message; deduplicated: boolean };
  };
  "message:edit": { ask: { id: Id; body: string }; answer: { message: Message } };
  "message:delete": { ask: { id: Id }; answer: { message: Message } };
  "message:pin": { ask: { id: Id }; answer: { message: Message } };
  "message:unpin": { ask: { id: Id }; answer: { message: Message } };
  "message:save": { ask: { id: Id }; answer: { saved: SavedMessage } };
  "message:unsave": { ask: { id: Id }; answer: object };
  "reaction:add": { ask: { messageId: Id; emoji: string }; answer: { message: Message } };
  "reaction:remove": { ask: { messageId: Id; emoji: string }; answer: { message: Message } };
  "poll:vote": { ask: { messageId: Id; options: number[] }; answer: { vote: PollVote } };
  "poll:retract": { ask: { messageId: Id }; answer: { vote: PollVote } };
  "poll:close": { ask: { messageId: Id }; answer: { message: Message } };
  "conversation:read": {
    ask: { conversationId: Id; position: number };
    answer: { unread: { id: Id; unread: number; mentions: number } };
  };
  "conversation:unread": {
    ask: { conversationId: Id; position: number };
    answer: { unread: { id: Id; unread: number; mentions: number } };
  };
  "conversation:delivered": { ask: { conversationId: Id; position: number }; answer: object };
  "thread:read": { ask: { threadId: Id; position: number }; answer: { thread: ThreadState } };
  "thread:follow": { ask: { threadId: Id }; answer: { thread: ThreadState } };
  "thread:unfollow": { ask: { threadId: Id }; answer: { thread: ThreadState } };
  "typing:start": { ask: { conversationId: Id; threadId?: Id }; answer: object };
  "typing:stop": { ask: { conversationId: Id; threadId?: Id }; answer: object };
  "presence:set": { ask: { status: PresenceChoice }; answer: object };
  sync: {
    ask: { conversations: Seqs; since?: string; receipts?: Id[] };
    answer: { changes: Change[]; hasMore: boolean; profiles?: Sender[]; receipts?: Omit<ReceiptUpdated, "type">[]; time?: string };
  };
}

export function isChange(event: ServerEvent): event is Change {
  return "seq" in event && typeof event.seq === "number";
}
