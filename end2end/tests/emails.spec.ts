// E-mails through a real mail server: forgotten passwords, proofs of addresses, invitations and notes of sign-ins.
import AxeBuilder from "@axe-core/playwright";
import { execFile } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import type { Browser, BrowserContext, Page } from "@playwright/test";
import { type Deployment, deploy } from "../contracts/deployment";
import { expect, signIn, test, watch } from "../people";
import { PROGRAM, freePorts } from "../server";
import { type MailServer, linkOf, withMailServer } from "../smtp";

const PASSWORD = "correct horse battery";
const NEW = "a tin roof in the rain";

type Use = (server: Deployment, mail: MailServer) => Promise<void>;

/** A server of this test, with its mail server. */
async function deployWithMail(settings: Record<string, string>, use: Use): Promise<void> {
  const [port] = await freePorts(1);
  const { LEPTOS_SITE_ROOT } = process.env;
  await withMailServer(port, (mail) =>
    deploy(
      { RATE_LIMIT: "off", CONTRACTS: "off", ...(LEPTOS_SITE_ROOT && { LEPTOS_SITE_ROOT }), ...mail.settings, PORT: String(port), ...settings },
      (server) => use(server, mail),
    ),
  );
}

async function visitor(browser: Browser, server: Deployment, errors: string[], options = {}): Promise<BrowserContext> {
  const context = await browser.newContext({ baseURL: server.url, ...options });
  watch(context, "page", errors);
  return context;
}

/** Registers through the page, and confirms the address by the link in the mail. */
async function registerAndConfirm(page: Page, mail: MailServer, username: string): Promise<string> {
  const email = `${username}@example.org`;
  await page.goto("/register");
  await page.getByLabel("Username").fill(username);
  await page.getByLabel("E-mail (optional)").fill(email);
  await page.getByLabel("Password").fill(PASSWORD);
  await page.getByRole("button", { name: "Create account" }).click();
  await expect(page).toHaveURL("/");
  const sent = await mail.next(email);
  expect(sent.secure).toBe(true);
  expect(sent.text).toContain("Auto-Submitted: auto-generated");
  await page.goto(linkOf(sent, "confirm-email"));
  await page.getByRole("button", { name: "Confirm" }).click();
  await expect(page.getByText("Your e-mail address is confirmed.")).toBeVisible();
  return email;
}

async function expectNoViolations(page: Page): Promise<void> {
  const { violations } = await new AxeBuilder({ page }).analyze();
  expect(violations.map(({ id, nodes }) => [id, nodes.map((node) => node.html)])).toEqual([]);
}

test("a forgotten password is replaced by a link that is mailed, without scripts too", async ({ browser, consoleErrors, expectedErrors }) => {
  expectedErrors.push(/status of 404/);
  await deployWithMail({}, async (server, mail) => {
    const home = await visitor(browser, server, consoleErrors);
    const email = await registerAndConfirm(await home.newPage(), mail, "ada");

    const away = await visitor(browser, server, consoleErrors, { javaScriptEnabled: false, viewport: { width: 390, height: 844 } });
    const page = await away.newPage();
    const ask = async (login: string) => {
      await page.goto("/sign-in");
      await page.getByRole("link", { name: "Forgot your password?" }).click();
      await page.getByLabel("Username or e-mail").fill(login);
      await page.getByRole("button", { name: "Send the link" }).click();
      await expect(page.getByRole("heading", { name: "Look at your mail" })).toBeVisible();
      return page.locator("main").innerHTML();
    };
    // The same words, whoever it is.
    expect(await ask("nobody@example.org")).toBe(await ask("ada"));
    const link = linkOf(await mail.next(email), "reset");
    expect(mail.mails).toEqual([]);
    await page.goto(link);
    await page.getByLabel("New password").fill(NEW);
    await page.getByRole("button", { name: "Save and sign in" }).click();
    await expect(page).toHaveURL("/");
    // Everywhere else its user is signed out, and the link is used up.
    const elsewhere = await home.newPage();
    await elsewhere.goto("/");
    await expect(elsewhere).toHaveURL(/sign-in/);
    await elsewhere.goto(link);
    await expect(elsewhere.getByRole("alert")).toContainText("it was used, or it is too old");
    // The sign-in came from a device that the account did not know.
    const note = await mail.next(email);
    expect(note.text).toContain("Subject: A sign-in from a new device");
    expect(note.text).toContain("127.0.0.1");
  });
});

for (const [colorScheme, width, height] of [["light", 1280, 800], ["dark", 390, 844]] as const) {
  test(`an address is changed, and both are told, ${colorScheme} at ${width} px`, async ({ browser, consoleErrors }) => {
    await deployWithMail({}, async (server, mail) => {
      const context = await visitor(browser, server, consoleErrors, { colorScheme, viewport: { width, height } });
      const page = await context.newPage();
      const email = await registerAndConfirm(page, mail, "ada");
      await page.goto("/settings/email");
      await expect(page.getByText(`${email}, confirmed.`)).toBeVisible();
      await expectNoViolations(page);
      await page.getByLabel("E-mail", { exact: true }).fill("new@example.org");
      await page.getByLabel("Present password").fill("not the password");
      await page.keyboard.press("Enter");
      await expect(page.getByText("Is wrong.")).toBeVisible();
      await page.getByLabel("Present password").fill(PASSWORD);
      await page.keyboard.press("Enter");
      await expect(page.getByRole("status")).toContainText("A mail to confirm the new address is on its way.");
      await expect(page.getByText("new@example.org takes its place once it is confirmed.")).toBeVisible();
      await expectNoViolations(page);
      expect((await mail.next(email)).text).toContain("Subject: Your e-mail address is being changed");
      const first = linkOf(await mail.next("new@example.org"), "confirm-email");
      await page.getByRole("button", { name: "Send the mail to confirm it" }).click();
      await expect(page.getByRole("status")).toContainText("A mail is on its way.");
      const second = linkOf(await mail.next("new@example.org"), "confirm-email");
      expect(second).not.toBe(first);
      await page.goto(second);
      await expectNoViolations(page);
      await page.getByRole("button", { name: "Confirm" }).click();
      await expect(page.getByText("Your e-mail address is confirmed.")).toBeVisible();
      await page.goto("/settings/email");
      await expect(page.getByText("new@example.org, confirmed.")).toBeVisible();
      await page.getByLabel("Send me a mail when somebody signs in").uncheck();
      await page.getByRole("button", { name: "Save" }).last().click();
      await expect(page.getByLabel("Send me a mail when somebody signs in")).not.toBeChecked();
    });
  });
}

test("where hosts are asked for, an account waits for the proof of its address", async ({ browser, consoleErrors }) => {
  await deployWithMail({ REGISTRATION_DOMAINS: "example.org" }, async (server, mail) => {
    const page = await (await visitor(browser, server, consoleErrors)).newPage();
    await page.goto("/register");
    await page.getByLabel("Username").fill("ada");
    await page.getByLabel("E-mail").fill("ada@example.org");
    await page.getByLabel("Password").fill(PASSWORD);
    await page.getByRole("button", { name: "Create account" }).click();
    await expect(page.getByText("A mail to confirm your address is on its way.")).toBeVisible();
    await expectNoViolations(page);
    await page.goto("/");
    await expect(page).toHaveURL(/sign-in/);
    await page.goto(linkOf(await mail.next("ada@example.org"), "confirm-email"));
    await page.getByRole("button", { name: "Confirm" }).click();
    await page.getByRole("link", { name: "Sign in" }).click();
    await signIn(page, { username: "ada", password: PASSWORD });
    await expect(page).toHaveURL("/");
    // The server ends before its pages would.
    await page.context().close();
  });
});

test("an invitation is mailed, and a mail server that is away or refuses is waited for", async ({ browser, consoleErrors }) => {
  test.slow();
  await deployWithMail({ REGISTRATION: "invitation" }, async (server, mail) => {
    const office = await (await visitor(browser, server, consoleErrors)).newPage();
    const first = /http:\S+\/invite\/\S+/.exec(server.log());
    await office.goto((first as RegExpExecArray)[0]);
    await office.getByLabel("Username").fill("grace");
    await office.getByLabel("Password").fill(PASSWORD);
    await office.getByRole("button", { name: "Create account" }).click();
    await expect(office).toHaveURL("/");
    await office.goto("/administration/invites");
    await expectNoViolations(office);
    const invite = async (email: string) => {
      await office.getByLabel("Mail it to (optional)").fill(email);
      await office.getByRole("button", { name: "Make the link" }).click();
      await expect(office.getByText(`mailed to ${email}`)).toBeVisible();
    };
    // Refused for now, and sent later.
    mail.refusals.push(451);
    await invite("ada@example.org");
    const invited = await mail.next("ada@example.org", 60_000);
    // Refused for good.
    mail.refusals.push(550);
    await invite("nobody@example.org");
    await expect.poll(() => server.log(), { timeout: 20_000 }).toContain("the mail server answers 550");
    // Away, over a restart of the server.
    await mail.away();
    await invite("linus@example.org");
    await server.restart("SIGINT");
    await mail.back();
    await mail.next("linus@example.org", 120_000);
    expect(mail.mails).toEqual([]);

    const page = await (await visitor(browser, server, consoleErrors)).newPage();
    await page.goto(linkOf(invited, "invite"));
    await page.getByLabel("Username").fill("ada");
    await page.getByLabel("E-mail (optional)").fill("ada@example.org");
    await page.getByLabel("Password").fill(PASSWORD);
    await page.getByRole("button", { name: "Create account" }).click();
    await expect(page).toHaveURL("/");
    await page.goto("/settings/email");
    await expect(page.getByText("ada@example.org, confirmed.")).toBeVisible();
  });
});

test("the operator sees whether e-mail works", async ({}) => {
  const [port] = await freePorts(1);
  await withMailServer(port, async (mail) => {
    const { PATH, HOME } = process.env;
    await deploy({ CONTRACTS: "off", ...mail.settings }, async (server) => {
      expect(await (await fetch(`${server.url}/health/ready`)).json()).toMatchObject({ emails: "ok" });
    });
    const dataDir = mkdtempSync(join(tmpdir(), "parlance-mail-test-"));
    const env = { PATH, HOME, ...mail.settings, DATA_DIR: dataDir };
    const sent = await promisify(execFile)(PROGRAM, ["mail", "test", "ada@example.org"], { env });
    expect(sent.stdout).toContain("The mail server has taken a mail to ada@example.org.");
    expect((await mail.next("ada@example.org")).text).toContain("Subject: A test of e-mail");
    mail.refusals.push(550);
    await expect(promisify(execFile)(PROGRAM, ["mail", "test", "ada@example.org"], { env })).rejects.toThrow(/answers 550/);
    rmSync(dataDir, { recursive: true, force: true });
  });
});
