import { randomUUID } from "node:crypto";
import { io, type Socket } from "socket.io-client";
import start from "../server";
import { expect, test } from "./doors";
import { type Answer, type ProxyName, send, withProxy } from "./proxies";

/** Real proxies, set up as docs/proxies.md says: signing in, sending, and live events of both transports through them. */

test.describe.configure({ mode: "default" });

interface Account {
  username: string;
  password: string;
  token: string;
}

/** Runs with a server that trusts the proxies of this machine. */
async function withServer(settings: Record<string, string>, use: (server: string) => Promise<void>): Promise<void> {
  const shared = { ...process.env };
  delete process.env.PARLANCE_URL;
  Object.assign(process.env, { TRUSTED_PROXIES: "127.0.0.1", ...settings });
  const stop = await start();
  try {
    await use(process.env.PARLANCE_URL!);
  } finally {
    await stop?.();
    for (const name of Object.keys(process.env)) if (!(name in shared)) delete process.env[name];
    Object.assign(process.env, shared);
  }
}

const json = { "content-type": "application/json" };

async function register(url: string): Promise<Account> {
  const account = { username: `p${randomUUID().slice(0, 8)}`, password: randomUUID() };
  const answer = await send(`${url}/api/v1/auth/register`, { method: "POST", headers: json, body: JSON.stringify(account) });
  expect(answer.status, answer.body).toBe(201);
  return { ...account, token: JSON.parse(answer.body).accessToken };
}

/** Signs in as a form without scripts does, from this page. */
function submitSignIn(url: string, { username, password }: Account, origin = url): Promise<Answer> {
  const body = new URLSearchParams({ login: username, password, next: "" }).toString();
  const headers = { origin, accept: "text/html", "content-type": "application/x-www-form-urlencoded" };
  return send(`${url}/form/sign-in`, { method: "POST", headers, body, from: "127.0.0.7" });
}

/** What a browser without Fetch Metadata does at `url`, with the cookie that it gets. */
async function signsIn(url: string, account: Account): Promise<void> {
  const signedIn = await submitSignIn(url, account);
  expect(signedIn.status, signedIn.body).toBe(302);
  // The other one is that of the device.
  const set = (signedIn.headers["set-cookie"] as string[]).find((it) => it.includes("_session_")) ?? "";
  const isSecure = url.startsWith("https:");
  expect(set).toMatch(isSecure ? /^__Host-parlance_session_.*; Secure/ : /^parlance_session_/);
  const cookie = set.split(";")[0];
  const rename = (headers: Record<string, string>) =>
    send(`${url}/api/v1/me`, { method: "PATCH", headers: { ...json, cookie, ...headers }, body: '{"name":"Ada"}' });
  expect((await rename({ origin: url })).status).toBe(200);
  // Credentials for the proxy neither hide the cookie nor let a stranger in.
  const basic = `Basic ${btoa("user:password")}`;
  expect((await rename({ origin: url, authorization: basic })).status).toBe(200);
  const strangers: Record<string, string>[] = [{ origin: "https://evil.example" }, { origin: "https://evil.example", authorization: basic }];
  for (const headers of strangers) {
    const refused = await rename(headers);
    expect(refused.status).toBe(403);
    expect(JSON.parse(refused.body).detail).toContain("https://evil.example");
    expect(JSON.parse(refused.body).detail).toContain(new URL(url).host);
  }
  const sessions = JSON.parse((await send(`${url}/api/v1/me/sessions`, { headers: { cookie } })).body);
  const current = sessions.items.find((it: { current: boolean }) => it.current);
  expect(current.address).toBe("127.0.0.7");
}

/** Two sockets of one account; each sends, and both hear it. */
async function hears(url: string, { token }: Account, transports: string[], expected: string): Promise<void> {
  // The certificate is the proxy's own.
  const options = { auth: { token }, transports, tryAllTransports: true, rejectUnauthorized: false, forceNew: true, family: 4 };
  const sockets: Socket[] = [io(url, options as object), io(url, options as object)];
  try {
    const ready = (socket: Socket) =>
      new Promise<void>((resolve, reject) => socket.once("ready", () => resolve()).once("connect_error", reject));
    await Promise.all(sockets.map(ready));
    const created = await send(`${url}/api/v1/conversations`, {
      method: "POST",
      headers: { ...json, authorization: `Bearer ${token}` },
      body: JSON.stringify({ kind: "group", title: "Proxied" }),
    });
    const { id } = JSON.parse(created.body);
    for (const [sender, other] of [sockets, [...sockets].reverse()]) {
      const body = randomUUID();
      const heard = new Promise<void>((resolve) =>
        other.on("message:created", ({ message }) => message.body === body && resolve()),
      );
      const sent = await sender.timeout(10_000).emitWithAck("message:send", { conversationId: id, body, clientId: body });
      expect(sent).toMatchObject({ ok: true });
      await heard;
    }
    expect(sockets[0].io.engine.transport.name).toBe(expected);
  } finally {
    for (const socket of sockets) socket.disconnect();
  }
}

const FORWARDING: ProxyName[] = ["nginx", "caddy", "haproxy"];

test("proxies as documented: forms, origins, addresses, WebSockets and long polling", async () => {
  test.setTimeout(120_000);
  await withServer({}, async (server) => {
    for (const name of FORWARDING) {
      await test.step(name, () =>
        withProxy(name, server, async (url) => {
          const account = await register(url);
          await signsIn(url, account);
          await hears(url, account, ["websocket"], "websocket");
          await hears(url, account, ["polling"], "polling");
          await hears(url, account, ["polling", "websocket"], "websocket");
        }),
      );
    }
  });
});

test("a proxy that knows no WebSockets and hides the host: clients poll, and browsers sign in", async ({ browser }) => {
  await withServer({}, (server) =>
    withProxy("bare nginx", server, async (url) => {
      const account = await register(url);
      await hears(url, account, ["polling", "websocket"], "polling");
      await hears(url, account, ["websocket", "polling"], "polling");
      // Without Fetch Metadata nothing says that the page is ours: the answer has both addresses.
      const refused = await submitSignIn(url, account);
      expect(refused.status).toBe(403);
      expect(refused.body).toContain(url);
      expect(refused.body).toContain(new URL(server).host);
      await signsInWithChromium(browser, url, account);
    }),
  );
});

test("a proxy that writes Forwarded, and hands on what a client writes of the other kind", async () => {
  await withServer({ PROXY_HEADERS: "forwarded" }, (server) =>
    withProxy("haproxy with Forwarded", server, async (url) => {
      const account = await register(url);
      await signsIn(url, account);
      await hears(url, account, ["websocket"], "websocket");
      const headers = { authorization: `Bearer ${account.token}`, origin: "https://evil.example", "x-forwarded-host": "evil.example" };
      const answer = await send(`${url}/api/v1/me`, { headers });
      expect(answer.headers["access-control-allow-origin"]).toBeUndefined();
    }),
  );
});

test("a browser signs in and talks over HTTPS", async ({ browser }) => {
  await withServer({}, (server) =>
    withProxy("caddy", server, async (url) => signsInWithChromium(browser, url, await register(url))),
  );
});

async function signsInWithChromium(
  browser: import("@playwright/test").Browser,
  url: string,
  { username, password }: Account,
): Promise<void> {
  const context = await browser.newContext({ ignoreHTTPSErrors: true });
  const page = await context.newPage();
  await page.goto(`${url}/sign-in`);
  await page.getByLabel("Username or e-mail").fill(username);
  await page.getByLabel("Password").fill(password);
  const connected = new Promise<void>((ready) => {
    page.on("response", async (response) => {
      if (response.url().includes("transport=polling") && response.request().method() === "GET") {
        if ((await response.text().catch(() => "")).includes('42["ready"')) ready();
      }
    });
    page.on("websocket", (socket) =>
      socket.on("framereceived", ({ payload }) => payload.toString().startsWith('42["ready"') && ready()),
    );
  });
  await page.getByRole("button", { name: "Sign in" }).click();
  await page.waitForURL(`${url}/`);
  await connected;
  await context.close();
}
