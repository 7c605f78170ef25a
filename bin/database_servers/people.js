// Two people of a Parlance: one with a WebSocket, one with long polling, and what both do.
"use strict";

const assert = require("node:assert/strict");
const { io } = require("socket.io-client");
const { until } = require("./processes");

const PASSWORD = "correct horse battery staple";

async function call(base, method, path, body, token) {
  const response = await fetch(`${base}/api/v1${path}`, {
    method,
    headers: { "content-type": "application/json", ...(token ? { authorization: `Bearer ${token}` } : {}) },
    body: body && JSON.stringify(body),
    signal: AbortSignal.timeout(20_000),
  });
  return { status: response.status, retryAfter: response.headers.get("retry-after"), body: await response.json() };
}

class People {
  /** Registers Ada and Grace, connects both, and makes their group. */
  static async meet(base) {
    const it = new People();
    it.base = base;
    it.heard = { ada: [], grace: [] };
    it.sent = [];
    it.tokens = {};
    it.sockets = {};
    for (const [name, transport] of [["ada", "websocket"], ["grace", "polling"]]) {
      const registered = await call(base, "POST", "/auth/register", { username: name, password: PASSWORD });
      assert.equal(registered.status, 201, JSON.stringify(registered.body));
      await it.signIn(name);
      it.sockets[name] = io(base, { transports: [transport], auth: (next) => next({ token: it.tokens[name] }) });
      it.sockets[name].on("message:created", ({ message }) => it.heard[name].push(message.body));
    }
    await until("both are connected", 10_000, () => Object.values(it.sockets).every((socket) => socket.connected));
    const me = await call(base, "GET", "/me", undefined, it.tokens.grace);
    const group = await call(base, "POST", "/conversations", { kind: "group", title: "Engines", memberIds: [me.body.id] }, it.tokens.ada);
    assert.equal(group.status, 201, JSON.stringify(group.body));
    it.group = group.body.id;
    return it;
  }

  async signIn(name) {
    const signedIn = await call(this.base, "POST", "/auth/login", { login: name, password: PASSWORD });
    assert.equal(signedIn.status, 200, JSON.stringify(signedIn.body));
    this.tokens[name] = signedIn.body.accessToken;
  }

  /** Sends over REST. Returns the answer. */
  async trySend(body) {
    const answer = await call(this.base, "POST", `/conversations/${this.group}/messages`, { body, clientId: body }, this.tokens.ada);
    if (answer.status < 300) this.sent.push(body);
    return answer;
  }

  /** Sends by both ways, and waits until both people have heard it. */
  async talk(text) {
    const rest = `${text}, by REST`;
    const answer = await this.trySend(rest);
    assert.ok(answer.status < 300, JSON.stringify(answer));
    const live = `${text}, by a socket`;
    const payload = { conversationId: this.group, body: live, clientId: live };
    const acknowledged = await this.sockets.grace.timeout(10_000).emitWithAck("message:send", payload);
    assert.equal(acknowledged.ok, true, JSON.stringify(acknowledged));
    this.sent.push(live);
    for (const name of Object.keys(this.heard)) {
      await until(`${name} hears "${text}"`, 10_000, () => [rest, live].every((body) => this.heard[name].includes(body)));
    }
  }

  /** What was acknowledged is in the history, once. */
  async checkHistory() {
    const page = await call(this.base, "GET", `/conversations/${this.group}/messages?limit=100`, undefined, this.tokens.ada);
    const bodies = page.body.items.map((message) => message.body).sort();
    for (const body of this.sent) assert.equal(bodies.filter((it) => it === body).length, 1, `"${body}" in ${bodies}`);
  }

  async ready() {
    return (await fetch(`${this.base}/health/ready`, { signal: AbortSignal.timeout(10_000) })).status;
  }

  leave() {
    for (const socket of Object.values(this.sockets)) socket.disconnect();
  }
}

module.exports = { People };
