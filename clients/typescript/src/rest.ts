/** Requests over HTTP: with a fresh token, and again when the server asks for patience. */
import { type Wait, delay } from "./backoff.js";
import { ParlanceError, refusal } from "./errors.js";

/** Answers with an access token. `refused` is the one that the server did not take. */
export type TokenSource = (refused?: string) => string | Promise<string>;

export interface RestNeeds {
  url: string;
  token: TokenSource;
  fetch: typeof fetch;
  wait: Wait;
}

export interface RequestOptions {
  body?: unknown;
  query?: Record<string, string | number>;
  /** Whether doing it twice does no harm: what was lost on its way is then asked again. */
  repeatable?: boolean;
}

const TRIES = 5;
const TIMEOUT = 30_000;

export class Rest {
  readonly #needs: RestNeeds;

  constructor(needs: RestNeeds) {
    this.#needs = needs;
  }

  /** `path` is below `/api/v1`. */
  async request<T>(method: string, path: string, options: RequestOptions = {}): Promise<T> {
    // The protocol says so; a `POST` is repeatable only when it carries a `clientId`.
    const { repeatable = method !== "POST" } = options;
    let refused: string | undefined;
    for (let tries = 1; ; tries++) {
      const token = await this.#needs.token(refused);
      const error = await this.#try(method, path, options, token);
      if (!(error instanceof ParlanceError)) return error.answer as T;
      const isUndone = error.code === "too_many_requests" || (repeatable && error.mayPass);
      if (error.code === "unauthenticated" && refused === undefined) {
        refused = token;
      } else if (isUndone && tries < TRIES) {
        await this.#needs.wait(delay(tries, error.retryAfter));
      } else {
        throw error;
      }
    }
  }

  async #try(method: string, path: string, options: RequestOptions, token: string) {
    const { body, query } = options;
    const url = new URL(`/api/v1${path}`, this.#needs.url);
    for (const [name, value] of Object.entries(query ?? {})) url.searchParams.set(name, String(value));
    try {
      const response = await this.#needs.fetch(url, {
        method,
        headers: { authorization: `Bearer ${token}`, ...(body === undefined ? {} : { "content-type": "application/json" }) },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
        signal: AbortSignal.timeout(TIMEOUT),
      });
      return await read(response);
    } catch (error) {
      return new ParlanceError("lost", `${url.origin} can't be reached: ${String(error)}`);
    }
  }
}

/** What a response says: an answer, or why there is none. */
export async function read(response: Response): Promise<{ answer: unknown } | ParlanceError> {
  const text = await response.text();
  if (response.ok) return { answer: text === "" ? undefined : JSON.parse(text) };
  const seconds = Number.parseInt(response.headers.get("retry-after") ?? "", 10);
  let problem: unknown;
  try {
    problem = JSON.parse(text);
  } catch {
    problem = { detail: `HTTP ${response.status}` };
  }
  // Something between us and the server may have answered: it knows no codes.
  const otherwise = response.status === 429 ? "too_many_requests" : response.status >= 502 ? "unavailable" : "internal";
  return refusal(problem, Number.isNaN(seconds) ? undefined : seconds, otherwise);
}
