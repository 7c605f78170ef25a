/** Session: sign-in, and an access token that is refreshed before it expires. */
import { ParlanceError, asError } from "./errors.js";
import { readResponse } from "./rest.js";
import type { SignedIn, User } from "./types.js";

export interface SessionOptions {
  fetch?: typeof fetch;
  /**
   * Called with every new pair of tokens, to store them for the next start. A refresh token can be
   * used once; using an old one again ends the session.
   */
  renewed?: (signedIn: SignedIn) => void;
}

/** Milliseconds before its expiry from which on a token is refreshed. */
const EXPIRY_MARGIN = 60_000;

export class Session {
  readonly #url: string;
  readonly #options: SessionOptions;
  #signedIn: SignedIn;
  #expiresAt = 0;
  #refreshing: Promise<string> | undefined;

  /** Continues a session with stored tokens. */
  constructor(url: string, signedIn: SignedIn, options: SessionOptions = {}) {
    this.#url = url;
    this.#options = options;
    // The age of a stored access token is unknown: it is used until the server refuses it.
    this.#signedIn = signedIn;
    this.#expiresAt = Infinity;
  }

  /**
   * Signs in with a username or an e-mail address. Where the account has a second factor, it rejects with the code
   * `two_factor_required`, and `signInWithCode` goes on with the `ticket` of the error.
   */
  static async signIn(url: string, who: { login: string; password: string; deviceToken?: string }, options?: SessionOptions): Promise<Session> {
    return Session.#begin(url, "login", who, options);
  }

  /**
   * The second step: `code` is of the authenticator app, or a recovery code. With `rememberDevice`, `deviceToken` of the
   * session goes with later sign-ins, which ask for no code for some days.
   */
  static async signInWithCode(
    url: string,
    answer: { ticket: string; code: string; rememberDevice?: boolean },
    options?: SessionOptions,
  ): Promise<Session> {
    return Session.#begin(url, "two-factor", answer, options);
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

  get deviceToken(): string | undefined {
    return this.#signedIn.deviceToken;
  }

  /** Pass it as `token`: `new Parlance(url, { token: session.token })`. */
  readonly token = (refused?: string): string | Promise<string> => {
    const { accessToken } = this.#signedIn;
    if (accessToken !== refused && Date.now() < this.#expiresAt - EXPIRY_MARGIN) return accessToken;
    // Concurrent callers share one refresh, because the refresh token can be used once.
    this.#refreshing ??= this.#refresh().finally(() => (this.#refreshing = undefined));
    return this.#refreshing;
  };

  async #refresh(): Promise<string> {
    const { refreshToken } = this.#signedIn;
    this.#keep(await post(this.#url, "refresh", { refreshToken }, this.#options.fetch));
    return this.#signedIn.accessToken;
  }

  #keep(signedIn: SignedIn): void {
    const { deviceToken } = this.#signedIn;
    this.#signedIn = deviceToken === undefined ? signedIn : { ...signedIn, deviceToken };
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
    answer = await readResponse(response);
  } catch (error) {
    throw asError(error);
  }
  if (answer instanceof ParlanceError) throw answer;
  return answer.answer as SignedIn;
}
