/** REST requests: expired tokens, rate limits, and lost answers. */
import { expect, test } from "@playwright/test";
import { delay } from "../src/backoff.js";
import { ParlanceError } from "../src/errors.js";
import { Rest } from "../src/rest.js";
import { Session } from "../src/session.js";
import { WebStorage } from "../src/storage.js";
import type { Outgoing } from "../src/outgoing.js";

type Answer = [status: number, body: unknown, headers?: Record<string, string>] | Error;

/** A server with prepared answers. */
function fakeServer(...answers: Answer[]) {
  const requests: { method: string; path: string; token: string | null; body: unknown }[] = [];
  const waits: number[] = [];
  const send = (async (url: URL, { method, headers, body }: RequestInit) => {
    const token = new Headers(headers).get("authorization");
    requests.push({ method: method!, path: url.pathname + url.search, token, body: body ? JSON.parse(String(body)) : undefined });
    const answer = answers.shift() ?? [500, {}];
    if (answer instanceof Error) throw answer;
    const [status, content, more] = answer;
    return new Response(content === undefined ? null : JSON.stringify(content), { status, headers: more });
  }) as typeof fetch;
  const tokens = ["first", "second", "third"];
  let at = 0;
  const rest = new Rest({
    url: "http://chat.example",
    token: (refused) => (refused === tokens[at] ? tokens[++at]! : tokens[at]!),
    fetch: send,
    wait: async (millis) => void waits.push(millis),
  });
  return { rest, requests, waits, send };
}

const problem = (code: string) => ({ code, detail: "No.", errors: [{ field: "body", reason: "is bad" }] });
const codeOf = (error: ParlanceError) => error.code;

test("a refused token is replaced once", async () => {
  const { rest, requests } = fakeServer([401, problem("unauthenticated")], [200, { id: "1" }], [401, problem("unauthenticated")], [401, problem("unauthenticated")]);
  expect(await rest.request("GET", "/me", { query: { limit: 5 } })).toEqual({ id: "1" });
  expect(await rest.request("GET", "/me").catch(codeOf)).toBe("unauthenticated");
  expect(requests.map(({ token }) => token)).toEqual(["Bearer first", "Bearer second", "Bearer second", "Bearer third"]);
  expect(requests[0]!.path).toBe("/api/v1/me?limit=5");
});

test("too_many_requests is retried, and not before `retryAfter`", async () => {
  const { rest, waits } = fakeServer([429, problem("too_many_requests"), { "retry-after": "7" }], [200, {}], [201, {}]);
  await rest.request("POST", "/conversations", { body: {} });
  expect(waits.length).toBe(1);
  expect(waits[0]).toBeGreaterThanOrEqual(7_000);
});

test("a lost answer is retried only for idempotent requests", async () => {
  for (const trouble of [new TypeError("fetch failed"), [503, problem("unavailable"), { "retry-after": "1" }] as Answer]) {
    const read = fakeServer(trouble, [200, { ok: 1 }]);
    expect(await read.rest.request("GET", "/me")).toEqual({ ok: 1 });
    const write = fakeServer(trouble, [200, { ok: 1 }]);
    expect(await write.rest.request("POST", "/me").catch(codeOf)).toBe(trouble instanceof Error ? "lost" : "unavailable");
    expect(write.requests.length).toBe(1);
    const named = fakeServer(trouble, [200, { ok: 1 }]);
    expect(await named.rest.request("POST", "/me", { repeatable: true })).toEqual({ ok: 1 });
  }
});

test("a permanent failure is reported after five tries", async () => {
  const { rest, requests, waits } = fakeServer(...Array(9).fill([502, "no problem of ours"]));
  expect(await rest.request("GET", "/me").catch(codeOf)).toBe("unavailable");
  expect([requests.length, waits.length]).toEqual([5, 4]);
});

test("an error response has a code, a detail and the invalid fields", async () => {
  const { rest, requests } = fakeServer([422, problem("invalid")], [204, undefined], [418, problem("teapot")]);
  const error = await rest.request("POST", "/x", { body: { a: 1 } }).catch((thrown: ParlanceError) => thrown) as ParlanceError;
  expect(error).toBeInstanceOf(ParlanceError);
  expect([error.code, error.message, error.fields]).toEqual(["invalid", "No.", [{ field: "body", reason: "is bad" }]]);
  expect(requests[0]!.body).toEqual({ a: 1 });
  expect(await rest.request("DELETE", "/x")).toBeUndefined();
  expect(await rest.request("POST", "/x").catch(codeOf)).toBe("internal");
});

test("a session refreshes its token before expiry and after a refusal, one refresh at a time", async () => {
  const signedIn = (n: number, expiresIn: number) => ({ user: { id: "1" }, accessToken: `a${n}`, refreshToken: `r${n}`, expiresIn });
  const { send, requests } = fakeServer([200, signedIn(1, 30)], [200, signedIn(2, 900)], [200, signedIn(3, 900)], [401, problem("unauthenticated")]);
  const kept: string[] = [];
  const session = await Session.signIn("http://chat.example", { login: "ada", password: "…" }, { fetch: send, renewed: (it) => kept.push(it.refreshToken) });
  expect(session.user.id).toBe("1");
  // A token that expires within a minute is refreshed at once.
  expect(await Promise.all([session.token(), session.token()])).toEqual(["a2", "a2"]);
  expect(await session.token()).toBe("a2");
  expect(await session.token("a1")).toBe("a2");
  expect(await Promise.all([session.token("a2"), session.token("a2")])).toEqual(["a3", "a3"]);
  expect(requests.map(({ path, body }) => [path.split("/").at(-1), (body as { refreshToken?: string }).refreshToken])).toEqual([
    ["login", undefined],
    ["refresh", "r1"],
    ["refresh", "r2"],
  ]);
  expect(kept).toEqual(["r1", "r2", "r3"]);
  expect(await Promise.resolve(session.token("a3")).catch(codeOf)).toBe("unauthenticated");
});

test("a sign-in that asks for a code goes on with its ticket", async () => {
  const signedIn = { user: { id: "1" }, accessToken: "a", refreshToken: "r", expiresIn: 900 };
  const { send, requests } = fakeServer([401, { ...problem("two_factor_required"), ticket: "t" }], [200, signedIn]);
  const refusal = await Session.signIn("http://chat.example", { login: "ada", password: "…" }, { fetch: send }).catch((error: unknown) => error);
  const { code, ticket } = refusal as ParlanceError;
  expect([code, ticket]).toEqual(["two_factor_required", "t"]);
  const session = await Session.signInWithCode("http://chat.example", { ticket: ticket ?? "", code: "123456" }, { fetch: send });
  expect(await session.token()).toBe("a");
  expect(requests.map(({ path, body }) => [path, body]).at(-1)).toEqual(["/api/v1/auth/two-factor", { ticket: "t", code: "123456" }]);
});

test("delays grow up to 30 s, and have full jitter", () => {
  const longest = Array.from({ length: 9 }, (_, failures) => delay(failures, 0, () => 1));
  expect(longest).toEqual([500, 1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000, 30_000]);
  expect([delay(3, 0, () => 0), delay(3, 2, () => 0), delay(1_000, 2, () => 0.5)]).toEqual([0, 2_000, 17_000]);
});

test("WebStorage keeps each message under its own key, and leaves other keys alone", () => {
  const map = new Map([["theirs", "1"]]);
  const keyValues = {
    get length() {
      return map.size;
    },
    key: (index: number) => [...map.keys()][index] ?? null,
    getItem: (key: string) => map.get(key) ?? null,
    setItem: (key: string, value: string) => void map.set(key, value),
    removeItem: (key: string) => void map.delete(key),
  };
  const outgoing = (clientId: string, order: number) => ({ clientId, order, body: "…", conversationId: "7" }) as Outgoing;
  const [ada, grace] = [new WebStorage(keyValues, "parlance:1"), new WebStorage(keyValues, "parlance:2")];
  ada.save(outgoing("b", 2));
  ada.save(outgoing("a", 1));
  grace.save(outgoing("c", 3));
  map.set("parlance:1:outbox:broken", "{");
  expect(new WebStorage(keyValues, "parlance:1").load().map(({ clientId }) => clientId)).toEqual(["a", "b"]);
  ada.remove("a");
  expect(ada.load().map(({ clientId }) => clientId)).toEqual(["b"]);
  expect([...map.keys()].sort()).toEqual(["parlance:1:outbox:b", "parlance:1:outbox:broken", "parlance:2:outbox:c", "theirs"]);
});
