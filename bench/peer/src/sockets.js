// The socket events: each is answered, and told to those whom it concerns.
import { authenticate } from "./accounts.js";
import { conversationsOf, read, unreadOf } from "./conversations.js";
import { send } from "./messages.js";
import { Presence } from "./presence.js";
import { Refusal, NOT_FOUND, refusalOf } from "./refusal.js";

const roomOf = (conversationId) => `conversation:${conversationId}`;
// In a conversation of more people nobody looks at who is there.
const MOST_SHOWN = 200;

const ownRoomOf = (userId) => `user:${userId}`;

export function serveSockets(io) {
  const presence = new Presence(io);

  io.use(async (socket, next) => {
    try {
      socket.data.user = await authenticate(socket.handshake.auth.token);
      next();
    } catch (error) {
      const { code, message } = refusalOf(error);
      next(new Error(`${code}: ${message}`));
    }
  });

  io.on("connection", (socket) => {
    const { user } = socket.data;
    const settled = settle(socket, presence).catch((error) => {
      refusalOf(error);
      socket.disconnect(true);
    });
    listen(socket, {
      "message:send": async (payload) => {
        const { message, deduplicated } = await send(user, payload);
        if (!deduplicated) {
          const { conversationId, seq } = message;
          io.to(roomOf(conversationId)).emit("message:created", { type: "message:created", conversationId, seq, message });
        }
        return { message, deduplicated };
      },
      "conversation:read": async ({ conversationId, position }) => {
        const { unread, mentions, ...positions } = await read(user.id, conversationId, position);
        io.to(roomOf(conversationId)).emit("receipt:updated", { type: "receipt:updated", conversationId, userId: user.id, ...positions });
        const total = await unreadOf(user.id);
        io.to(ownRoomOf(user.id)).emit("unread", { type: "unread", total, conversationId, unread, mentions });
        return { unread: { id: conversationId, unread, mentions } };
      },
      "typing:start": (payload) => type(socket, payload, true),
      "typing:stop": (payload) => type(socket, payload, false),
    });
    socket.on("disconnecting", async () => {
      await settled;
      if (socket.data.rooms) presence.disconnect(user.id, socket.data.rooms);
    });
  });
}

/** The socket's place in the audience, and what it hears first. */
async function settle(socket, presence) {
  const { user } = socket.data;
  const conversations = await conversationsOf(user.id);
  if (!socket.connected) return;
  socket.join([ownRoomOf(user.id), ...conversations.map(({ id }) => roomOf(id))]);
  const shown = conversations.filter(({ memberCount }) => memberCount <= MOST_SHOWN);
  const rooms = shown.map(({ id }) => roomOf(id));
  socket.data.rooms = rooms;
  presence.connect(user.id, rooms);
  const people = presence.in(rooms).map((userId) => ({ userId, status: "online" }));
  socket.emit("ready", { type: "ready", user, conversations, presence: people });
}

function type(socket, { conversationId }, typing) {
  const room = roomOf(conversationId);
  if (!socket.rooms.has(room)) throw NOT_FOUND();
  socket.to(room).volatile.emit("typing", { type: "typing", conversationId, userId: socket.data.user.id, typing });
  return {};
}

function listen(socket, handlers) {
  for (const [event, handle] of Object.entries(handlers)) {
    socket.on(event, async (payload, acknowledge) => {
      let answer;
      try {
        if (typeof payload !== "object" || payload === null) throw new Refusal("invalid", "Send one object.");
        answer = { ok: true, ...(await handle(payload)) };
      } catch (error) {
        const { code, message: detail } = refusalOf(error);
        answer = { ok: false, error: { code, detail } };
      }
      acknowledge?.(answer);
    });
  }
}
