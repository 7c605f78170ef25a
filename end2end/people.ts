import {
  type APIRequestContext,
  type BrowserContext,
  type BrowserContextOptions,
  type Page,
  type PlaywrightTestArgs,
  type PlaywrightTestOptions,
  type PlaywrightWorkerArgs,
  expect,
  test as base,
} from "@playwright/test";

/** Somebody with an account and a browser of their own, signed in. */
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
  /** What a page said to its console, or failed with: a test that ends with any has failed. */
  complaints: string[];
  /** Those complaints that the test itself provokes: a refused password, a lost connection. */
  provoked: RegExp[];
  ada: Person;
  grace: Person;
  linus: Person;
}

type Needs = PlaywrightTestArgs & PlaywrightTestOptions & PlaywrightWorkerArgs & Pick<People, "complaints">;

const NAMES = { ada: "Ada Lovelace", grace: "Grace Hopper", linus: "Linus Torvalds" };

/** What Chromium says when a request or a WebSocket finds no network. */
export const NO_NETWORK = /ERR_INTERNET_DISCONNECTED|ERR_FAILED|ERR_ABORTED|ERR_NETWORK_CHANGED|WebSocket connection to/;

/** Notes every warning, error and uncaught exception of every page of a context. */
export function watch(context: BrowserContext, who: string, complaints: string[]): void {
  context.on("console", (message) => {
    if (message.type() === "error" || message.type() === "warning") {
      complaints.push(`${who}: ${message.type()}: ${message.text()} (${message.location().url})`);
    }
  });
  context.on("weberror", (error) => complaints.push(`${who}: uncaught: ${error.error().stack ?? error.error()}`));
}

/** Opens a page, and waits until it lives: hydrated, connected, and told what there is. */
export async function visit(page: Page, path: string): Promise<void> {
  await alive(page, () => page.goto(path));
}

export async function reload(page: Page): Promise<void> {
  await alive(page, () => page.reload());
}

async function alive(page: Page, navigate: () => Promise<unknown>): Promise<void> {
  const ready = new Promise<void>((resolve) => {
    page.once("websocket", (socket) => {
      socket.on("framereceived", ({ payload }) => {
        if (payload.toString().startsWith('42["ready"')) resolve();
      });
    });
  });
  await navigate();
  await ready;
}

/** Through the page, as a person would. */
export async function signIn(page: Page, person: Pick<Person, "username" | "password">): Promise<void> {
  await page.getByLabel("Username or e-mail").fill(person.username);
  await page.getByLabel("Password").fill(person.password);
  await page.getByRole("button", { name: "Sign in" }).click();
}

/** Another browser of somebody: as their first one, but without a page. */
export async function browserOf(
  { browser, complaints }: Pick<Needs, "browser" | "complaints">,
  person: Pick<Person, "username" | "password">,
  options: BrowserContextOptions = {},
): Promise<BrowserContext> {
  // A test without scripts means its own page, not those of the others.
  const context = await browser.newContext({ javaScriptEnabled: true, ...options });
  watch(context, person.username, complaints);
  // What the form of the sign-in page sends.
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
    { browser, playwright, baseURL, complaints }: Needs,
    use: (person: Person) => Promise<void>,
  ) => {
    // Others share the server: every test has people of its own.
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
    const context = await browserOf({ browser, complaints }, account);
    await use({ ...account, id: user.id, accessToken, api, context, page: await context.newPage() });
    await context.close();
    await api.dispose();
  };
}

export const test = base.extend<People>({
  provoked: async ({}, use) => use([]),
  complaints: [
    async ({ provoked }, use) => {
      const complaints: string[] = [];
      await use(complaints);
      const unforeseen = complaints.filter((complaint) => !provoked.some((pattern) => pattern.test(complaint)));
      expect(unforeseen, "the console stays silent").toEqual([]);
    },
    { auto: true },
  ],
  // The single page of tests that need nobody is watched as well.
  context: async ({ context, complaints }, use) => {
    watch(context, "page", complaints);
    await use(context);
  },
  ada: person("ada"),
  grace: person("grace"),
  linus: person("linus"),
});

export { expect };
