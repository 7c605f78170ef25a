import {
  type BrowserContext,
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
  context: BrowserContext;
  page: Page;
}

interface People {
  /** What a page said to its console, or failed with: a test that ends with any has failed. */
  complaints: string[];
  ada: Person;
  grace: Person;
  linus: Person;
}

type Needs = PlaywrightTestArgs & PlaywrightTestOptions & PlaywrightWorkerArgs & Pick<People, "complaints">;

const NAMES = { ada: "Ada Lovelace", grace: "Grace Hopper", linus: "Linus Torvalds" };

/** Notes every warning, error and uncaught exception of every page of a context. */
export function watch(context: BrowserContext, who: string, complaints: string[]): void {
  context.on("console", (message) => {
    if (message.type() === "error" || message.type() === "warning") {
      complaints.push(`${who}: ${message.type()}: ${message.text()} (${message.location().url})`);
    }
  });
  context.on("weberror", (error) => complaints.push(`${who}: uncaught: ${error.error().stack ?? error.error()}`));
}

/** Through the page, as a person would. */
export async function signIn(page: Page, person: Pick<Person, "username" | "password">): Promise<void> {
  await page.goto("/");
  await page.getByLabel(/username/i).fill(person.username);
  await page.getByLabel(/password/i).fill(person.password);
  await page.getByRole("button", { name: /sign in/i }).click();
  await expect(page.getByLabel(/password/i)).toHaveCount(0);
}

function person(first: keyof typeof NAMES) {
  return async (
    { browser, playwright, baseURL, complaints, contextOptions }: Needs,
    use: (person: Person) => Promise<void>,
  ) => {
    // Others share the server: every test has people of its own.
    const username = `${first}-${crypto.randomUUID().slice(0, 8)}`;
    const password = `${crypto.randomUUID()}!`;
    const request = await playwright.request.newContext({ baseURL });
    const answer = await request.post("/api/v1/auth/register", { data: { username, password, name: NAMES[first] } });
    expect(answer.status(), await answer.text()).toBe(201);
    const { user, accessToken } = await answer.json();
    await request.dispose();

    const context = await browser.newContext({ ...contextOptions, baseURL });
    watch(context, first, complaints);
    const page = await context.newPage();
    await signIn(page, { username, password });
    await use({ username, password, name: NAMES[first], id: user.id, accessToken, context, page });
    await context.close();
  };
}

export const test = base.extend<People>({
  complaints: [
    async ({}, use) => {
      const complaints: string[] = [];
      await use(complaints);
      expect(complaints, "the console stays silent").toEqual([]);
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
