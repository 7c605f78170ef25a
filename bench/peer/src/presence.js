// Who is there, in each conversation. Changes are told together, a second's worth at a time, so that
// many who come at once are one event.
const TOGETHER = 1000;

export class Presence {
  #devices = new Map();
  #there = new Map();
  #changed = new Map();
  #timer = null;

  constructor(io) {
    this.io = io;
  }

  connect(userId, rooms) {
    const devices = (this.#devices.get(userId) ?? 0) + 1;
    this.#devices.set(userId, devices);
    if (devices > 1) return;
    for (const room of rooms) {
      const there = this.#there.get(room);
      if (there) there.add(userId);
      else this.#there.set(room, new Set([userId]));
    }
    this.#tell(userId, rooms);
  }

  disconnect(userId, rooms) {
    const devices = this.#devices.get(userId) - 1;
    if (devices > 0) {
      this.#devices.set(userId, devices);
      return;
    }
    this.#devices.delete(userId);
    for (const room of rooms) {
      const there = this.#there.get(room);
      there?.delete(userId);
      if (there?.size === 0) this.#there.delete(room);
    }
    this.#tell(userId, rooms);
  }

  /** Whoever is there in any of these. */
  in(rooms) {
    const people = new Set();
    for (const room of rooms) {
      for (const userId of this.#there.get(room) ?? []) people.add(userId);
    }
    return [...people];
  }

  #tell(userId, rooms) {
    for (const room of rooms) {
      const changed = this.#changed.get(room);
      if (changed) changed.add(userId);
      else this.#changed.set(room, new Set([userId]));
    }
    this.#timer ??= setTimeout(() => this.#flush(), TOGETHER);
  }

  #flush() {
    this.#timer = null;
    const changed = this.#changed;
    this.#changed = new Map();
    for (const [room, users] of changed) {
      const people = [...users].map((userId) => ({ userId, status: this.#devices.has(userId) ? "online" : "offline" }));
      this.io.to(room).volatile.emit("presence", { type: "presence", people });
    }
  }
}
