/** REST client: adds a fresh token, and retries when that is safe. */
import { type Wait, delay } from "./backoff.js";
import { ParlanceError, parseError } from "./errors.js";

/** Returns an access token. `refused` is the one that the server did not accept. */
export type TokenSource = (refused?: string) => string | Promise<string>;

export interface RestDeps {
  url: string;
  token: TokenSource;
  fetch: typeof fetch;
  wait: Wait;
}

export interface RequestOptions {
  body?: unknown;
  query?: Record<string, string | number>;
  /**
   * Whether the request is idempotent: it is then retried after a lost answer. Default: true for
   * all methods but `POST`.
   */
  repeatable?: boolean;
}

const MAX_TRIES = 5;
const REQUEST_TIMEOUT = 30_000;

export class Rest {
  readonly #deps: RestDeps;

  constructor(deps: RestDeps) {
    this.#deps = deps;
  }

  /** Sends a request to a path below `/api/v1`. Rejects with a `ParlanceError` after at most five tries. */
  async request<T>(method: string, path: string, options: RequestOptions = {}): Promise<T> {
    // By HTTP, all other methods are idempotent; a `POST` is only if it carries a `clientId`.
    const { repeatable = method !== "POST" } = options;
    let refused: string | undefined;
    for (let tries = 1; ; tries++) {
      const token = await this.#deps.token(refused);
      const error = await this.#try(method, path, options, token);
      if (!(error instanceof ParlanceError)) return error.answer as T;
      const isUndone = error.code === "too_many_requests" || (repeatable && error.mayPass);
      if (error.code === "unauthenticated" && refused === undefined) {
        refused = token;
      } else if (isUndone && tries < MAX_TRIES) {
        await this.#deps.wait(delay(tries, error.retryAfter));
      } else {
        throw error;
      }
    }
  }

  async #try(method: string, path: string, options: RequestOptions, token: string) {
    const { body, query } = options;
    const url = new URL(`/api/v1${path}`, this.#deps.url);
    for (const [name, value] of Object.entries(query ?? {})) url.searchParams.set(name, String(value));
    try {
      const response = await this.#deps.fetch(url, {
        method,
        headers: { authorization: `Bearer ${token}`, ...(body === undefined ? {} : { "content-type": "application/json" }) },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
        signal: AbortSignal.timeout(REQUEST_TIMEOUT),
      });
      return await readResponse(response);
    } catch (error) {
      return new ParlanceError("lost", `${url.origin} can't be reached: ${String(error)}`);
    }
  }
}

/** Parsed body of a successful response, or the error of another. */
export async function readResponse(response: Response): Promise<{ answer: unknown } | ParlanceError> {
  const text = await response.text();
  if (response.ok) return { answer: text === "" ? undefined : JSON.parse(text) };
  const seconds = Number.parseInt(response.headers.get("retry-after") ?? "", 10);
  let problem: unknown;
  try {
    problem = JSON.parse(text);
  } catch {
    problem = { detail: `HTTP ${response.status}` };
  }
  // A proxy may have answered, without an error code.
  const fallback = response.status === 429 ? "too_many_requests" : response.status >= 502 ? "unavailable" : "internal";
  return parseError(problem, Number.isNaN(seconds) ? undefined : seconds, fallback);
}
