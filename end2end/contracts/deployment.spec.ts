import { type Deployment, deploy, deployTwo } from "./deployment";
import { Client, type Payload, connected, expect, mint, test } from "./doors";
import { freePorts } from "../server";

async function post(url: string, token: string | undefined, body: object): Promise<{ status: number; headers: Headers; body: Payload }> {
  const headers = { "content-type": "application/json", ...(token && { authorization: `Bearer ${token}` }) };
  const answer = await fetch(url, { method: "POST", headers, body: JSON.stringify(body) });
  return { status: answer.status, headers: answer.headers, body: await answer.json() };
}

async function register({ url }: Deployment, username = "ada"): Promise<{ id: string; token: string }> {
  const account = { username, name: "Ada Lovelace", password: crypto.randomUUID() };
  const { body } = await post(`${url}/api/v1/auth/register`, undefined, account);
  return { id: body.user.id, token: body.accessToken };
}

/** More requests than a limit of one per second admits. */
const many = <T>(ask: () => Promise<T>): Promise<T[]> => Promise.all(Array.from({ length: 20 }, ask));

const algorithm = (token: string) => JSON.parse(Buffer.from(token.split(".")[0], "base64url").toString()).alg;

test("the settings of the document run the door groups, with limits and a log [groups-C4 groups-C7 groups-F7 groups-F10]", async ({ io }) => {
  const [socketPort] = await freePorts(1);
  const settings = {
    SOCKET_PORT: String(socketPort),
    FRONTEND_URL: "http://localhost:3000",
    REDIS_URL: "redis://localhost:6379",
    PRIVATE_KEY_PATH: process.env.PRIVATE_KEY_PATH ?? "",
    PUBLIC_KEY_PATH: process.env.PUBLIC_KEY_PATH ?? "",
    RATE_LIMIT_MESSAGES_BURST: "3",
    RATE_LIMIT_MESSAGES_PER_SECOND: "1",
    RUST_LOG: "server=debug,warn",
  };
  await deploy(settings, async (server) => {
    expect((await (await fetch(`${server.url}/health/ready`)).json()).bus).toMatch(/^(ok|down)$/);
    const { id, token } = await register(server);
    expect(algorithm(token)).toBe("RS256");
    const door = `http://127.0.0.1:${socketPort}`;
    const { body } = await post(`${door}/api/groups`, mint({ id, type: "access" }, { alg: "RS256" }), { name: "Engines" });
    const groupId = body.data.id;

    const extraHeaders = { origin: "http://localhost:3000" };
    const client = new Client(io(door, { auth: { token }, extraHeaders }));
    await connected(client.socket);
    const acks = await many(() => client.ask("send_message", { groupId, content: "x" }));
    expect(acks.filter((ack) => ack.success).length).toBeGreaterThanOrEqual(3);
    expect(acks.find((ack) => !ack.success).message).toMatch(/^Too many requests/);
    await client.receives("error", ({ message }) => /^Too many requests/.test(message));
    const answers = await many(() => post(`${door}/api/chat/messages`, token, { groupId, content: "x" }));
    const limited = answers.filter((answer) => answer.status !== 201)[0];
    expect([limited.status, limited.body.error]).toEqual([429, { code: "TOO_MANY_REQUESTS" }]);
    expect(Number(limited.headers.get("retry-after"))).toBeGreaterThan(0);

    client.close();
    for (const line of ["a socket connected", "send_message", "Too many requests", "a socket ended"]) {
      await expect.poll(server.log, line).toContain(line);
    }
  });
});

test("the settings of the document run the door conversations, with limits [conversations-B5 conversations-B7 conversations-C2]", async ({ io }) => {
  const settings = {
    MONGO_URI: "mongodb://localhost:27017/chat",
    JWT_SECRET: "your-super-secret-jwt-key-change-this",
    FRONTEND_URL: "http://localhost:5173",
    CONTRACTS: "conversations",
    RATE_LIMIT_MESSAGES_BURST: "1",
    RATE_LIMIT_MESSAGES_PER_SECOND: "1",
  };
  await deploy(settings, async (server) => {
    expect(server.log()).toContain("MONGO_URI");
    const { id } = await register(server);
    const token = mint({ sub: id }, { key: settings.JWT_SECRET });
    const path = "/contracts/conversations/socket.io";
    const options = { path, auth: { token }, transports: ["polling"] };
    const foreign = io(`${server.url}/chat`, { ...options, extraHeaders: { origin: "https://elsewhere.example" } });
    await expect(connected(foreign)).rejects.toThrow();
    const client = new Client(io(`${server.url}/chat`, { ...options, extraHeaders: { origin: settings.FRONTEND_URL } }));
    await connected(client.socket);
    const { conversation } = await client.ask("createConversation", { type: "channel", participants: [], name: "News" });
    const sent = { conversationId: conversation._id, content: "x" };
    const acks = await many(() => client.ask("sendMessage", sent));
    expect(acks[0].success).toBe(true);
    expect(acks.find((ack) => !ack.success).message).toMatch(/^Too many requests/);
    await client.receives("exception", ({ message }) => /^Too many requests/.test(message));
  });
});

test("people at several servers are in one room [rooms-B7 groups-F10]", async ({ io }) => {
  const settings = { JWT_SECRET: "your-super-secret-jwt-key-change-this", CONTRACTS: "rooms", RATE_LIMIT: "off" };
  await deployTwo(settings, async (one, other) => {
    const joined = async ({ url }: Deployment) => (await (await fetch(`${url}/health/ready`)).json()).otherNodes;
    for (const server of [one, other]) await expect.poll(() => joined(server)).toBe(1);
    const [ada, grace] = [await register(one, "ada"), await register(other, "grace")];
    const room = { name: "Engines", participants: [grace.id] };
    const { body } = await post(`${one.url}/contracts/rooms/api/v2/chat/rooms`, ada.token, room);
    const enter = async ({ url }: Deployment, { id, token }: typeof ada) => {
      const auth = { token: `Bearer ${token}`, userId: id };
      const client = new Client(io(`${url}/chat/`, { path: "/contracts/rooms/socket.io", transports: ["websocket"], auth }));
      await connected(client.socket);
      return client;
    };
    const here = await enter(one, ada);
    const there = await enter(other, grace);
    await here.receives("chat:presence_update", { userId: grace.id, status: "online" });
    await Promise.all(
      Array.from({ length: 20 }, (_, n) => {
        const from = n % 2 ? here : there;
        return from.ask("chat:send_message", { roomId: body.id, content: String(n) });
      }),
    );
    const heard = async (client: Client) => {
      const ids: string[] = [];
      while (ids.length < 20) ids.push((await client.receives("chat:message")).id);
      return ids;
    };
    expect(await heard(here)).toEqual(await heard(there));
    here.socket.emit("chat:typing", { roomId: body.id, isTyping: true });
    await there.receives("chat:typing_status", { userId: ada.id, isTyping: true });
    here.close();
    await there.receives("chat:presence_update", { userId: ada.id, status: "offline" });
    there.close();
  });
});
