// Socket.IO events: each is acknowledged, and emitted to the rooms that it concerns.
import { authenticate } from "./accounts.js";
import { conversationsOf, read, unreadOf } from "./conversations.js";
import { send } from "./messages.js";
import { Presence } from "./presence.js";
import { ApiError, notFound, toApiError } from "./api-error.js";

const roomOf = (conversationId) => `conversation:${conversationId}`;
// Larger conversations have no presence.
const MAX_MEMBERS_WITH_PRESENCE = 200;

const userRoomOf = (userId) => `user:${userId}`;

export function serveSockets(io) {
  const presence = new Presence(io);

  io.use(async (socket, next) => {
    try {
      socket.data.user = await authenticate(socket.handshake.auth.token);
      next();
    } catch (error) {
      const { code, message } = toApiError(error);
      next(new Error(`${code}: ${message}`));
    }
  });

  io.on("connection", (socket) => {
    const { user } = socket.data;
    const joined = joinRooms(socket, presence).catch((error) => {
      toApiError(error);
      socket.disconnect(true);
    });
    registerHandlers(socket, {
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
        io.to(userRoomOf(user.id)).emit("unread", { type: "unread", total, conversationId, unread, mentions });
        return { unread: { id: conversationId, unread, mentions } };
      },
      "typing:start": (payload) => setTyping(socket, payload, true),
      "typing:stop": (payload) => setTyping(socket, payload, false),
    });
    socket.on("disconnecting", async () => {
      await joined;
      if (socket.data.rooms) presence.disconnect(user.id, socket.data.rooms);
    });
  });
}

/** Joins the rooms of the user's conversations, and emits `ready`. */
async function joinRooms(socket, presence) {
  const { user } = socket.data;
  const conversations = await conversationsOf(user.id);
  if (!socket.connected) return;
  socket.join([userRoomOf(user.id), ...conversations.map(({ id }) => roomOf(id))]);
  const shown = conversations.filter(({ memberCount }) => memberCount <= MAX_MEMBERS_WITH_PRESENCE);
  const rooms = shown.map(({ id }) => roomOf(id));
  socket.data.rooms = rooms;
  presence.connect(user.id, rooms);
  const people = presence.onlineIn(rooms).map((userId) => ({ userId, status: "online" }));
  socket.emit("ready", { type: "ready", user, conversations, presence: people });
}

function setTyping(socket, { conversationId }, typing) {
  const room = roomOf(conversationId);
  if (!socket.rooms.has(room)) throw notFound();
  socket.to(room).volatile.emit("typing", { type: "typing", conversationId, userId: socket.data.user.id, typing });
  return {};
}

function registerHandlers(socket, handlers) {
  for (const [event, handle] of Object.entries(handlers)) {
    socket.on(event, async (payload, acknowledge) => {
      let answer;
      try {
        if (typeof payload !== "object" || payload === null) throw new ApiError("invalid", "Send one object.");
        answer = { ok: true, ...(await handle(payload)) };
      } catch (error) {
        const { code, message: detail } = toApiError(error);
        answer = { ok: false, error: { code, detail } };
      }
      acknowledge?.(answer);
    });
  }
}
