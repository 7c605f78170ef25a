// Presence of the members of each conversation. Changes are collected for a second and emitted as one
// event per conversation, so that many who connect at once are one event.
const FLUSH_INTERVAL_MS = 1000;

export class Presence {
  #connections = new Map();
  #online = new Map();
  #changed = new Map();
  #timer = null;

  constructor(io) {
    this.io = io;
  }

  connect(userId, rooms) {
    const connections = (this.#connections.get(userId) ?? 0) + 1;
    this.#connections.set(userId, connections);
    if (connections > 1) return;
    for (const room of rooms) {
      const online = this.#online.get(room);
      if (online) online.add(userId);
      else this.#online.set(room, new Set([userId]));
    }
    this.#scheduleFlush(userId, rooms);
  }

  disconnect(userId, rooms) {
    const connections = this.#connections.get(userId) - 1;
    if (connections > 0) {
      this.#connections.set(userId, connections);
      return;
    }
    this.#connections.delete(userId);
    for (const room of rooms) {
      const online = this.#online.get(room);
      online?.delete(userId);
      if (online?.size === 0) this.#online.delete(room);
    }
    this.#scheduleFlush(userId, rooms);
  }

  /** Users who are online in any of these rooms. */
  onlineIn(rooms) {
    const users = new Set();
    for (const room of rooms) {
      for (const userId of this.#online.get(room) ?? []) users.add(userId);
    }
    return [...users];
  }

  #scheduleFlush(userId, rooms) {
    for (const room of rooms) {
      const changed = this.#changed.get(room);
      if (changed) changed.add(userId);
      else this.#changed.set(room, new Set([userId]));
    }
    this.#timer ??= setTimeout(() => this.#flush(), FLUSH_INTERVAL_MS);
  }

  #flush() {
    this.#timer = null;
    const changed = this.#changed;
    this.#changed = new Map();
    for (const [room, users] of changed) {
      const people = [...users].map((userId) => ({ userId, status: this.#connections.has(userId) ? "online" : "offline" }));
      this.io.to(room).volatile.emit("presence", { type: "presence", people });
    }
  }
}
