// REST API: pages of messages, search, and the unread count.
import { authenticate } from "./accounts.js";
import { unreadOf } from "./conversations.js";
import { page, search } from "./messages.js";
import { ApiError, unauthenticated, toApiError } from "./api-error.js";

const MESSAGES = /^\/conversations\/(\d+)\/messages$/;
const PREFIX = "/api/v1";

export async function handleRequest(request, response) {
  // Engine.IO handles these requests with a listener of its own.
  if (request.url.startsWith("/socket.io/")) return;
  try {
    sendJson(response, 200, await route(request));
  } catch (error) {
    const { status, code, message: detail } = toApiError(error);
    sendJson(response, status, { status, code, detail });
  }
}

async function route(request) {
  const url = new URL(request.url, "http://localhost");
  if (url.pathname === "/health/ready") return { status: "ready" };
  const user = await authenticateRequest(request);
  const path = url.pathname.startsWith(PREFIX) ? url.pathname.slice(PREFIX.length) : url.pathname;
  const conversation = MESSAGES.exec(path);
  if (conversation) {
    const before = Number(url.searchParams.get("before") ?? Number.MAX_SAFE_INTEGER);
    return page(user.id, conversation[1], before, limitOf(url));
  }
  if (path === "/search") return search(user.id, url.searchParams.get("q") ?? "", limitOf(url));
  if (path === "/unread") return { total: await unreadOf(user.id) };
  throw new ApiError("not_found", "There is nothing here.", 404);
}

function authenticateRequest(request) {
  const [scheme, token] = (request.headers.authorization ?? "").split(" ");
  if (scheme.toLowerCase() !== "bearer" || !token) throw unauthenticated();
  return authenticate(token);
}

function limitOf(url) {
  const limit = Number(url.searchParams.get("limit") ?? 50);
  if (!Number.isInteger(limit) || limit < 1 || limit > 100) throw new ApiError("invalid", "limit is 1 to 100.");
  return limit;
}

function sendJson(response, status, body) {
  const text = JSON.stringify(body);
  response.writeHead(status, { "Content-Type": "application/json", "Content-Length": Buffer.byteLength(text) });
  response.end(text);
}
