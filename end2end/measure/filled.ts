import { spawnSync } from "node:child_process";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Browser } from "@playwright/test";
import { type Person, browserOf, test as base } from "../people";

type Account = Pick<Person, "username" | "password" | "name" | "id" | "accessToken">;

/** What `fill.sql` has made. */
interface Filled {
  people: Record<"ada" | "grace" | "linus", Account>;
  /** The group of 100,000 messages, and the channel of 10,000 people. */
  long: string;
  everybody: string;
  /** A message at the beginning of the long group. */
  old: string;
}

const NAMES = { ada: "Ada Lovelace", grace: "Grace Hopper", linus: "Linus Torvalds" };

async function register(username: string, name: string): Promise<Account> {
  const account = { username: `${username}-${crypto.randomUUID().slice(0, 8)}`, password: `${crypto.randomUUID()}!`, name };
  const answer = await fetch(`${process.env.PARLANCE_URL}/api/v1/auth/register`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(account),
  });
  const { user, accessToken } = await answer.json();
  return { ...account, id: user.id, accessToken };
}

/** Fills the server's private Postgres, once. A server of `PARLANCE_URL` needs `PARLANCE_DATA_DIR` for that. */
async function fill(): Promise<Filled> {
  const folder = process.env.PARLANCE_DATA_DIR!;
  const file = join(folder, "filled.json");
  if (existsSync(file)) return JSON.parse(readFileSync(file, "utf8"));
  const people = {
    ada: await register("ada", NAMES.ada),
    grace: await register("grace", NAMES.grace),
    linus: await register("linus", NAMES.linus),
  };
  const begun = Date.now();
  const variables = Object.entries(people).map(([name, { id }]) => `--set=${name}=${id}`);
  const socket = join(folder, "postgres/cluster");
  const options = ["--no-psqlrc", "--quiet", "--no-align", "--tuples-only", `--host=${socket}`, "--username=parlance", "--dbname=parlance"];
  const psql = spawnSync("psql", [...options, ...variables, `--file=${join(__dirname, "fill.sql")}`], { encoding: "utf8" });
  if (psql.status !== 0) throw new Error(`psql: ${psql.error ?? psql.stderr}`);
  const [long, everybody, old] = psql.stdout.trim().split("\n").pop()!.split("|");
  console.log(`filled in ${((Date.now() - begun) / 1000).toFixed(0)} s`);
  const filled = { people, long, everybody, old };
  writeFileSync(file, JSON.stringify(filled));
  return filled;
}

function person(name: keyof Filled["people"]) {
  return async (
    { browser, playwright, baseURL, consoleErrors, filled }: {
      browser: Browser;
      playwright: typeof import("playwright-core");
      baseURL: string | undefined;
      consoleErrors: string[];
      filled: Filled;
    },
    use: (person: Person) => Promise<void>,
  ) => {
    const { username, password } = filled.people[name];
    // The token of the registration may have expired.
    const visitor = await playwright.request.newContext({ baseURL });
    const answer = await visitor.post("/api/v1/auth/login", { data: { login: username, password } });
    const { accessToken } = await answer.json();
    await visitor.dispose();
    const account = { ...filled.people[name], accessToken };
    const extraHTTPHeaders = { authorization: `Bearer ${accessToken}` };
    const api = await playwright.request.newContext({ baseURL, extraHTTPHeaders });
    const context = await browserOf({ browser, consoleErrors }, account, { viewport: { width: 1440, height: 900 } });
    await use({ ...account, api, context, page: await context.newPage() });
    await context.close();
    await api.dispose();
  };
}

export const test = base.extend<{ filled: Filled }>({
  // Beside the time of the test: some minutes on a busy machine.
  filled: [async ({}, use) => use(await fill()), { timeout: 900_000 }],
  ada: person("ada"),
  grace: person("grace"),
  linus: person("linus"),
});
