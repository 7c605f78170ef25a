// Single sign-on with a certified provider: the first sign-in, the second, linking, groups, and signing out on both sides.
import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import AxeBuilder from "@axe-core/playwright";
import type { Browser, BrowserContext, Page } from "@playwright/test";
import { deploy } from "../contracts/deployment";
import { expect, openPage, test, watch } from "../people";
import { freePorts } from "../server";

const PASSWORD = "correct horse battery";

async function expectNoViolations(page: Page): Promise<void> {
  const { violations } = await new AxeBuilder({ page }).analyze();
  expect(violations.map(({ id, nodes }) => [id, nodes.map((node) => node.html)])).toEqual([]);
}

/** Runs a server and its provider, which people call "Acme", while `use` runs. */
async function withProvider(use: (url: string) => Promise<void>): Promise<void> {
  const [port, providerPort] = await freePorts(2);
  const [url, issuer] = [`http://127.0.0.1:${port}`, `http://127.0.0.1:${providerPort}`];
  const folder = mkdtempSync(join(tmpdir(), "parlance-sso-"));
  const file = join(folder, "sso.toml");
  writeFileSync(
    file,
    `[providers.acme]
label = "Acme"
issuer = "${issuer}"
client_id = "parlance"
client_secret = "a secret of the tests, with a + and a /"
scopes = ["profile", "email", "groups"]
admin_groups = ["chiefs"]
signs_out = true
`,
  );
  const program = join(__dirname, "../oidc_provider.mjs");
  const provider = spawn(process.execPath, [program, issuer, url, "acme"], { stdio: "ignore" });
  const { LEPTOS_SITE_ROOT } = process.env;
  const settings = { HOST: "127.0.0.1", PORT: String(port), PUBLIC_URL: url, SSO_FILE: file, RATE_LIMIT: "off", CONTRACTS: "off" };
  try {
    await untilUp(issuer, provider);
    await deploy({ ...settings, ...(LEPTOS_SITE_ROOT && { LEPTOS_SITE_ROOT }) }, () => use(url));
  } finally {
    provider.kill();
    rmSync(folder, { recursive: true, force: true });
  }
}

async function untilUp(issuer: string, provider: ChildProcess): Promise<void> {
  for (const until = Date.now() + 20_000; Date.now() < until; await sleep(100)) {
    if (provider.exitCode !== null) throw new Error("oidc-provider ended: npm install has it");
    const answer = await fetch(`${issuer}/.well-known/openid-configuration`).catch(() => undefined);
    if (answer?.ok) return;
  }
  throw new Error("oidc-provider did not start");
}

async function contextOf(browser: Browser, url: string, errors: string[]): Promise<BrowserContext> {
  const context = await browser.newContext({ baseURL: url });
  watch(context, "somebody", errors);
  // The provider's own pages ask for a font.
  await context.route(/fonts\.googleapis\.com/, (route) => route.fulfill({ contentType: "text/css", body: "" }));
  return context;
}

/** Signs in at the provider, and consents where it asks. */
async function signInThere(page: Page, login: string): Promise<void> {
  await page.getByPlaceholder("Enter any login").fill(login);
  await page.getByPlaceholder("and password").fill("any");
  await page.getByRole("button", { name: "Sign-in" }).click();
  await page.getByRole("button", { name: "Continue" }).click();
}

for (const [colorScheme, width, height] of [
  ["light", 1440, 900],
  ["dark", 390, 844],
] as const) {
  test(`people come by a provider, ${colorScheme} at ${width} px`, async ({ browser, consoleErrors }) => {
    await withProvider(async (url) => {
      const context = await contextOf(browser, url, consoleErrors);
      const page = await context.newPage();
      await page.emulateMedia({ colorScheme });
      await page.setViewportSize({ width, height });
      await page.goto("/sign-in?next=%2Fsettings");
      await expectNoViolations(page);
      const link = page.getByRole("link", { name: "Sign in with Acme" });
      // By keyboard alone.
      await link.focus();
      await page.keyboard.press("Enter");
      await signInThere(page, "mary");
      await expect(page).toHaveURL(`${url}/settings`);
      await expect(page.getByText("by Acme").first()).toBeVisible();
      await expect(page.getByLabel("Name", { exact: true })).toHaveValue("Mary");
      await page.goto("/settings/single-sign-on");
      await expect(page.getByText("mary@parlance.chat")).toBeVisible();
      await expectNoViolations(page);

      // Signed out here and there, and in again: the same account.
      await openPage(page, "/");
      await context.request.post("/form/sign-out", { headers: { accept: "text/html" }, maxRedirects: 0 });
      await page.goto("/sso/acme/sign-out");
      await page.getByRole("button", { name: "Yes, sign me out" }).click();
      await expect(page).toHaveURL(`${url}/sign-in`);
      await page.getByRole("link", { name: "Sign in with Acme" }).click();
      await signInThere(page, "mary");
      await expect(page).toHaveURL(`${url}/`);
      const accounts = await context.request.get("/api/v1/users?query=mary");
      expect((await accounts.json()).items).toHaveLength(1);
      await context.close();
    });
  });
}

test("somebody with a password links an account, and signs in with it", async ({ browser, consoleErrors }) => {
  await withProvider(async (url) => {
    const context = await contextOf(browser, url, consoleErrors);
    const page = await context.newPage();
    await page.goto("/register");
    await page.getByLabel("Username").fill("ada");
    await page.getByLabel("Password").fill(PASSWORD);
    await page.getByRole("button", { name: "Create account" }).click();
    await expect(page).toHaveURL(`${url}/`);
    await page.goto("/settings/single-sign-on");
    await page.getByLabel("Present password").fill("not the password");
    await page.getByRole("button", { name: "Link Acme" }).click();
    await expect(page.getByText("Is wrong.")).toBeVisible();
    await page.getByLabel("Present password").fill(PASSWORD);
    await page.getByRole("button", { name: "Link Acme" }).click();
    await signInThere(page, "countess");
    await expect(page.getByRole("status")).toHaveText(/The account is linked/);
    await expect(page.getByText("countess@parlance.chat")).toBeVisible();
    await expectNoViolations(page);

    const elsewhere = await contextOf(browser, url, consoleErrors);
    const other = await elsewhere.newPage();
    await other.goto("/sign-in?next=%2Fsettings");
    await other.getByRole("link", { name: "Sign in with Acme" }).click();
    await signInThere(other, "countess");
    await expect(other).toHaveURL(`${url}/settings`);
    await expect(other.getByText("by Acme").first()).toBeVisible();
    const me = await elsewhere.request.get("/api/v1/me");
    expect((await me.json()).username).toBe("ada");

    // Who signs out at the provider is signed out here, by its back channel.
    await other.goto("/sso/acme/sign-out");
    await other.getByRole("button", { name: "Yes, sign me out" }).click();
    await expect.poll(async () => (await elsewhere.request.get("/api/v1/me")).status()).toBe(401);
    // With the password, Ada is still here.
    expect((await context.request.get("/api/v1/me")).status()).toBe(200);

    await page.goto("/settings/single-sign-on?unlink=yes");
    await page.getByRole("radio").check();
    await page.getByLabel("Present password").fill(PASSWORD);
    await page.getByRole("button", { name: "Unlink" }).click();
    await expect(page.getByRole("status")).toHaveText(/not linked any more/);
    await elsewhere.close();
    await context.close();
  });
});

test("a group makes an administrator", async ({ browser, consoleErrors }) => {
  await withProvider(async (url) => {
    const context = await contextOf(browser, url, consoleErrors);
    const page = await context.newPage();
    await page.goto("/sign-in");
    await page.getByRole("link", { name: "Sign in with Acme" }).click();
    await signInThere(page, "chief-engineer");
    await expect(page).toHaveURL(`${url}/`);
    await page.goto("/administration/people");
    await expect(page.getByRole("heading", { name: "People" })).toBeVisible();
    await context.close();
  });
});
