import {
  type APIRequestContext,
  type BrowserContext,
  type BrowserContextOptions,
  type Page,
  type PlaywrightTestArgs,
  type PlaywrightTestOptions,
  type PlaywrightWorkerArgs,
  type WebSocket,
  expect,
  test as base,
} from "@playwright/test";

/** A user with an account and a browser context, signed in. */
export interface Person {
  username: string;
  password: string;
  name: string;
  id: string;
  accessToken: string;
  /** The public API, called as this person. */
  api: APIRequestContext;
  context: BrowserContext;
  page: Page;
}

interface People {
  /** Errors and warnings on a page's console, and uncaught exceptions. A test that ends with any fails. */
  consoleErrors: string[];
  /** Patterns of those that the test itself causes, such as a refused password or a lost connection. */
  expectedErrors: RegExp[];
  ada: Person;
  grace: Person;
  linus: Person;
}

type Needs = PlaywrightTestArgs & PlaywrightTestOptions & PlaywrightWorkerArgs & Pick<People, "consoleErrors">;

const NAMES = { ada: "Ada Lovelace", grace: "Grace Hopper", linus: "Linus Torvalds" };

/** Chromium's messages for a request, a chunk that is fetched ahead, or a WebSocket without network. */
export const NO_NETWORK =
  /ERR_INTERNET_DISCONNECTED|ERR_FAILED|ERR_ABORTED|ERR_NETWORK_CHANGED|Failed to fetch|WebSocket connection to/;

/** Collects every warning, error and uncaught exception of every page of a context. */
export function watch(context: BrowserContext, who: string, consoleErrors: string[]): void {
  context.on("console", (message) => {
    if (message.type() === "error" || message.type() === "warning") {
      consoleErrors.push(`${who}: ${message.type()}: ${message.text()} (${message.location().url})`);
    }
  });
  context.on("weberror", (error) => consoleErrors.push(`${who}: uncaught: ${error.error().stack ?? error.error()}`));
}

/** Opens a page, and waits until it is hydrated, connected, and has received `ready`. */
export async function openPage(page: Page, path: string): Promise<void> {
  await untilReady(page, () => page.goto(path));
}

export async function reload(page: Page): Promise<void> {
  await untilReady(page, () => page.reload());
}

/**
 * Waits until the page that `navigate` opens has received `ready`, over any of its sockets: a page that
 * is loaded again while it starts may have opened one before.
 */
export async function untilReady(page: Page, navigate: () => Promise<unknown>): Promise<void> {
  let listen: (socket: WebSocket) => void = () => {};
  const ready = new Promise<void>((resolve) => {
    listen = (socket) =>
      socket.on("framereceived", ({ payload }) => {
        if (payload.toString().startsWith('42["ready"')) resolve();
      });
  });
  page.on("websocket", listen);
  await navigate();
  await ready;
  page.off("websocket", listen);
}

/** Signs in through the form of the page. */
export async function signIn(page: Page, person: Pick<Person, "username" | "password">): Promise<void> {
  await page.getByLabel("Username or e-mail").fill(person.username);
  await page.getByLabel("Password").fill(person.password);
  await page.getByRole("button", { name: "Sign in" }).click();
}

/** Another browser context of a user, signed in, without a page. */
export async function browserOf(
  { browser, consoleErrors }: Pick<Needs, "browser" | "consoleErrors">,
  person: Pick<Person, "username" | "password">,
  options: BrowserContextOptions = {},
): Promise<BrowserContext> {
  // A test without JavaScript means its own page, not those of the other users.
  const context = await browser.newContext({ javaScriptEnabled: true, ...options });
  watch(context, person.username, consoleErrors);
  // The request of the sign-in form.
  const answer = await context.request.post("/form/sign-in", {
    headers: { accept: "text/html" },
    form: { login: person.username, password: person.password, next: "" },
    maxRedirects: 0,
  });
  expect(answer.headers().location, await answer.text()).toBe("/");
  return context;
}

function person(first: keyof typeof NAMES) {
  return async (
    { browser, playwright, baseURL, consoleErrors }: Needs,
    use: (person: Person) => Promise<void>,
  ) => {
    // Tests share the server, and each has users of its own.
    const tag = crypto.randomUUID().slice(0, 8);
    const account = { username: `${first}-${tag}`, password: `${crypto.randomUUID()}!`, name: `${NAMES[first]} ${tag}` };
    const visitor = await playwright.request.newContext({ baseURL });
    const answer = await visitor.post("/api/v1/auth/register", { data: account });
    expect(answer.status(), await answer.text()).toBe(201);
    const { user, accessToken } = await answer.json();
    await visitor.dispose();

    const api = await playwright.request.newContext({
      baseURL,
      extraHTTPHeaders: { authorization: `Bearer ${accessToken}` },
    });
    const context = await browserOf({ browser, consoleErrors }, account);
    await use({ ...account, id: user.id, accessToken, api, context, page: await context.newPage() });
    await context.close();
    await api.dispose();
  };
}

export const test = base.extend<People>({
  expectedErrors: async ({}, use) => use([]),
  consoleErrors: [
    async ({ expectedErrors }, use, { retry }) => {
      const consoleErrors: string[] = [];
      await use(consoleErrors);
      // A trace, which a second run records, asks for pictures of `blob:` addresses. The page does not.
      const expected = retry ? [...expectedErrors, /^\S+ error: Connecting to 'blob:/] : expectedErrors;
      const unexpected = consoleErrors.filter((error) => !expected.some((pattern) => pattern.test(error)));
      expect(unexpected, "no errors on the console").toEqual([]);
    },
    { auto: true },
  ],
  // The page of tests without users is watched as well.
  context: async ({ context, consoleErrors }, use) => {
    watch(context, "page", consoleErrors);
    await use(context);
  },
  ada: person("ada"),
  grace: person("grace"),
  linus: person("linus"),
});

export { expect };
