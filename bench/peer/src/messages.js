// Messages: idempotent sends, pages, and search.
import { UNIQUE_VIOLATION, rows } from "./database.js";
import { notFound, ApiError } from "./api-error.js";

// One statement, and so one transaction and one round trip: checks the membership, looks for an earlier
// send with the same client id, takes the next position and sequence number under the conversation's
// row lock, inserts the message, and moves the sender's read position. The row lock is held until the
// commit.
const SEND = `
  with member as (
    select from members where conversation_id = $1 and user_id = $2 and left_at is null
  ), earlier as (
    select id, position, seq, body, kind, reply_to_id, created_at from messages
    where conversation_id = $1 and sender_id = $2 and client_id = $6
  ), place as (
    update conversations set position = position + 1, seq = seq + 1
    where id = $1 and exists (select from member) and not exists (select from earlier)
    returning position, seq
  ), sent as (
    insert into messages (conversation_id, position, created_seq, seq, sender_id, kind, body,
      reply_to_id, client_id)
    select $1, position, seq, seq, $2, $3, $4, $5, $6 from place
    returning id, position, seq, body, kind, reply_to_id, created_at
  ), marked as (
    update members set read_position = place.position, delivered_position = place.position
    from place where conversation_id = $1 and user_id = $2
  )
  select *, false as deduplicated from sent union all select *, true from earlier`;

const REPLIED = `
  select m.id, m.position, m.body, m.deleted_at as "deletedAt",
    json_build_object('id', u.id::text, 'username', u.username, 'name', u.name, 'avatarUrl', u.avatar_url) as sender
  from messages m join users u on u.id = m.sender_id
  where m.id = $1 and m.conversation_id = $2`;

const MESSAGE = `
  select m.id, m.conversation_id, m.position, m.seq, m.kind, m.body, m.official, m.client_id,
    m.created_at, m.edited_at, m.deleted_at, u.id as sender_id, u.username, u.name, u.avatar_url,
    r.id as reply_id, r.position as reply_position, r.body as reply_body,
    r.deleted_at as reply_deleted_at, ru.id as reply_sender_id, ru.username as reply_username,
    ru.name as reply_name, ru.avatar_url as reply_avatar_url,
    (select json_agg(json_build_object('id', a.id::text, 'name', a.name, 'url', a.url) order by a.position)
      from attachments a where a.message_id = m.id) as attachments,
    (select json_agg(json_build_object('emoji', x.emoji, 'count', x.count, 'userIds', x.user_ids)
        order by x.first_at, x.emoji)
      from (select emoji, count(*) as count, min(created_at) as first_at,
          json_agg(user_id::text order by created_at, user_id) as user_ids
        from reactions where message_id = m.id group by emoji) x) as reactions
  from messages m
  join users u on u.id = m.sender_id
  left join messages r on r.id = m.reply_to_id
  left join users ru on ru.id = r.sender_id`;

// No row at all for a user who is not a member; one row of nulls for an empty page.
const PAGE = `
  select page.* from members k left join lateral (${MESSAGE}
    where m.conversation_id = $1 and m.position < $3 order by m.position desc limit $4
  ) page on true
  where k.conversation_id = $1 and k.user_id = $2 and k.left_at is null`;

const SEARCH = `${MESSAGE}
  where m.id in (
    select id from messages where lower(body) like lower($2) and conversation_id = any(array(
      select conversation_id from members where user_id = $1 and left_at is null
    ))
    order by created_at desc, id desc limit $3
  )
  order by m.created_at desc, m.id desc`;

/** Stores a message; a retry with the same client id returns the first success. */
export async function send(user, { conversationId, body, kind = "text", replyToId = null, clientId = null }) {
  if (typeof body !== "string" || body.trim() === "") throw new ApiError("invalid", "A message has a body.");
  const replyTo = replyToId && (await repliedTo(replyToId, conversationId));
  const values = [conversationId, user.id, kind, body, replyToId, clientId];
  let row;
  try {
    [row] = await rows("send", SEND, values);
  } catch (error) {
    if (error.code !== UNIQUE_VIOLATION) throw error;
    // A concurrent send with the same client id has committed: the second try finds it.
    [row] = await rows("send", SEND, values);
  }
  if (!row) throw notFound();
  if (row.deduplicated && (row.body !== body || row.kind !== kind || row.reply_to_id !== replyToId)) {
    throw new ApiError("conflict", "This clientId was used for another message.", 409);
  }
  const message = {
    id: row.id,
    conversationId,
    position: Number(row.position),
    seq: Number(row.seq),
    sender: { id: user.id, username: user.username, name: user.name, avatarUrl: user.avatarUrl },
    kind,
    body,
    replyTo,
    attachments: [],
    reactions: [],
    official: false,
    clientId,
    createdAt: row.created_at,
    editedAt: null,
    deletedAt: null,
  };
  return { message, deduplicated: row.deduplicated };
}

/** Up to `limit` messages before a position, oldest first, and the cursor of the next page. */
export async function page(userId, conversationId, before, limit) {
  const found = await rows("page", PAGE, [conversationId, userId, before, limit + 1]);
  if (found.length === 0) throw notFound();
  const messages = found.filter((row) => row.id !== null).map(message);
  const hasMore = messages.length > limit;
  if (hasMore) messages.pop();
  const items = messages.reverse();
  return { items, nextCursor: hasMore ? String(items[0].position) : null };
}

/** Up to `limit` messages that contain the text, newest first. */
export async function search(userId, text, limit) {
  const pattern = `%${text.replace(/[\\%_]/g, "\\$&")}%`;
  const found = await rows("search", SEARCH, [userId, pattern, limit + 1]);
  const items = found.slice(0, limit).map(message);
  return { items, nextCursor: found.length > limit ? items.at(-1).id : null };
}

async function repliedTo(id, conversationId) {
  const [replied] = await rows("replied", REPLIED, [id, conversationId]);
  if (!replied) throw new ApiError("invalid", "replyToId names no message of this conversation.");
  return { ...replied, position: Number(replied.position) };
}

function message(row) {
  return {
    id: row.id,
    conversationId: row.conversation_id,
    position: Number(row.position),
    seq: Number(row.seq),
    sender: { id: row.sender_id, username: row.username, name: row.name, avatarUrl: row.avatar_url },
    kind: row.kind,
    body: row.body,
    replyTo: row.reply_id && {
      id: row.reply_id,
      position: Number(row.reply_position),
      sender: {
        id: row.reply_sender_id,
        username: row.reply_username,
        name: row.reply_name,
        avatarUrl: row.reply_avatar_url,
      },
      body: row.reply_body,
      deletedAt: row.reply_deleted_at,
    },
    attachments: row.attachments ?? [],
    reactions: row.reactions ?? [],
    official: row.official,
    clientId: row.client_id,
    createdAt: row.created_at,
    editedAt: row.edited_at,
    deletedAt: row.deleted_at,
  };
}
