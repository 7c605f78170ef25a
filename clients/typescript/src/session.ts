/** A session: signing in, and an access token that is always fresh. */
import { ParlanceError, asError } from "./errors.js";
import { read } from "./rest.js";
import type { SignedIn, User } from "./types.js";

export interface SessionOptions {
  fetch?: typeof fetch;
  /**
   * Called with every new pair of tokens: to keep them for the next start. A refresh token is good
   * once; using an old one again ends the session.
   */
  renewed?: (signedIn: SignedIn) => void;
}

/** So many milliseconds before its end a token is no longer used. */
const MARGIN = 60_000;

export class Session {
  readonly #url: string;
  readonly #options: SessionOptions;
  #signedIn: SignedIn;
  #expiresAt = 0;
  #refreshing: Promise<string> | undefined;

  /** Goes on with tokens that were kept. */
  constructor(url: string, signedIn: SignedIn, options: SessionOptions = {}) {
    this.#url = url;
    this.#options = options;
    // How old it is, nobody knows; the server will say so.
    this.#signedIn = signedIn;
    this.#expiresAt = Infinity;
  }

  /** With a username or an e-mail address. */
  static async signIn(url: string, who: { login: string; password: string }, options?: SessionOptions): Promise<Session> {
    return Session.#begin(url, "login", who, options);
  }

  static async register(
    url: string,
    who: { username: string; password: string; name?: string; email?: string },
    options?: SessionOptions,
  ): Promise<Session> {
    return Session.#begin(url, "register", who, options);
  }

  static async #begin(url: string, how: string, who: object, options: SessionOptions = {}): Promise<Session> {
    const session = new Session(url, await post(url, how, who, options.fetch), options);
    session.#keep(session.#signedIn);
    return session;
  }

  get user(): User {
    return this.#signedIn.user;
  }

  /** What `new Parlance(url, { token: session.token })` asks for. */
  readonly token = (refused?: string): string | Promise<string> => {
    const { accessToken } = this.#signedIn;
    if (accessToken !== refused && Date.now() < this.#expiresAt - MARGIN) return accessToken;
    // One at a time: the refresh token is good once.
    this.#refreshing ??= this.#refresh().finally(() => (this.#refreshing = undefined));
    return this.#refreshing;
  };

  async #refresh(): Promise<string> {
    const { refreshToken } = this.#signedIn;
    this.#keep(await post(this.#url, "refresh", { refreshToken }, this.#options.fetch));
    return this.#signedIn.accessToken;
  }

  #keep(signedIn: SignedIn): void {
    this.#signedIn = signedIn;
    this.#expiresAt = Date.now() + signedIn.expiresIn * 1000;
    this.#options.renewed?.(signedIn);
  }
}

async function post(url: string, path: string, body: object, send: typeof fetch = fetch): Promise<SignedIn> {
  let answer;
  try {
    const response = await send(new URL(`/api/v1/auth/${path}`, url), {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(body),
      signal: AbortSignal.timeout(30_000),
    });
    answer = await read(response);
  } catch (error) {
    throw asError(error);
  }
  if (answer instanceof ParlanceError) throw answer;
  return answer.answer as SignedIn;
}
