// Conversations of a user with unread counts and last messages, and read positions.
import { rows } from "./database.js";
import { notFound } from "./api-error.js";

const MINE = `
  select c.id, c.kind, c.title, c.description, c.private, c.position, c.seq, c.member_count,
    c.created_at, m.role, m.read_position,
    (select count(*) from mentions x where x.user_id = $1 and x.conversation_id = c.id
      and x.position > m.read_position) as mentions,
    p.id as peer_id, p.username as peer_username, p.name as peer_name, p.avatar_url as peer_avatar_url,
    last.id as last_id, last.kind as last_kind, left(last.body, 200) as last_body,
    last.created_at as last_created_at, last.deleted_at as last_deleted_at, s.id as sender_id,
    s.username as sender_username, s.name as sender_name, s.avatar_url as sender_avatar_url
  from members m
  join conversations c on c.id = m.conversation_id
  left join messages last on last.conversation_id = c.id and last.position = c.position
  left join users s on s.id = last.sender_id
  left join users p on c.kind = 'direct'
    and p.id = case when c.low_user_id = $1 then c.high_user_id else c.low_user_id end
  where m.user_id = $1 and m.left_at is null
  order by coalesce(last.created_at, c.created_at) desc`;

const READ = `
  update members m set read_position = greatest(m.read_position, least($3, c.position)),
    delivered_position = greatest(m.delivered_position, least($3, c.position))
  from conversations c
  where c.id = m.conversation_id and m.conversation_id = $1 and m.user_id = $2 and m.left_at is null
  returning m.read_position, m.delivered_position, c.position,
    (select count(*) from mentions x where x.user_id = $2 and x.conversation_id = $1
      and x.position > m.read_position) as mentions`;

const UNREAD = `
  select coalesce(sum(c.position - m.read_position), 0) as total
  from members m join conversations c on c.id = m.conversation_id
  where m.user_id = $1 and m.left_at is null`;

export async function conversationsOf(userId) {
  return (await rows("conversations", MINE, [userId])).map(conversation);
}

/** Moves a read position forward. Returns it, and the unread counts of the conversation. */
export async function read(userId, conversationId, position) {
  const [moved] = await rows("read", READ, [conversationId, userId, position]);
  if (!moved) throw notFound();
  const readPosition = Number(moved.read_position);
  return {
    readPosition,
    deliveredPosition: Number(moved.delivered_position),
    unread: Number(moved.position) - readPosition,
    mentions: Number(moved.mentions),
  };
}

/** Number of unread messages over all conversations. */
export async function unreadOf(userId) {
  const [{ total }] = await rows("unread", UNREAD, [userId]);
  return Number(total);
}

function conversation(row) {
  const position = Number(row.position);
  const readPosition = Number(row.read_position);
  return {
    id: row.id,
    kind: row.kind,
    title: row.title,
    description: row.description,
    private: row.private,
    position,
    seq: Number(row.seq),
    memberCount: Number(row.member_count),
    createdAt: row.created_at,
    role: row.role,
    peer: row.peer_id && user(row, "peer"),
    readPosition,
    unread: position - readPosition,
    mentions: Number(row.mentions),
    lastMessage: row.last_id && {
      id: row.last_id,
      position,
      sender: user(row, "sender"),
      kind: row.last_kind,
      body: row.last_body,
      createdAt: row.last_created_at,
      deletedAt: row.last_deleted_at,
    },
  };
}

function user(row, prefix) {
  return {
    id: row[`${prefix}_id`],
    username: row[`${prefix}_username`],
    name: row[`${prefix}_name`],
    avatarUrl: row[`${prefix}_avatar_url`],
  };
}
