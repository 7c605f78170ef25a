// Tokens for programs: made on the page, used by a program whose message others see live, and deleted.
import AxeBuilder from "@axe-core/playwright";
import type { Page } from "@playwright/test";
import { row, startConversation } from "../conversation";
import { browserOf, expect, openPage, reload, test } from "../people";

const TOKENS = "/settings/tokens";

async function expectNoViolations(page: Page): Promise<void> {
  const { violations } = await new AxeBuilder({ page }).analyze();
  expect(violations.map(({ id, nodes }) => [id, nodes.map((node) => node.html)])).toEqual([]);
}

/** Nothing of the page is wider than the screen. */
async function expectToFit(page: Page): Promise<void> {
  const [needed, there] = await page.evaluate(() => [document.documentElement.scrollWidth, innerWidth]);
  expect(needed).toBeLessThanOrEqual(there);
}

for (const [colorScheme, width, height] of [
  ["light", 1440, 900],
  ["dark", 390, 844],
] as const) {
  test(`a program writes with a token and two people see it, ${colorScheme} at ${width} px`, async ({
    ada,
    grace,
    playwright,
    baseURL,
  }) => {
    const title = `Builds ${ada.username}`;
    const id = await startConversation(ada, [grace], { kind: "group", title });
    await ada.page.emulateMedia({ colorScheme });
    await ada.page.setViewportSize({ width, height });
    await openPage(ada.page, "/settings");
    await ada.page.getByRole("link", { name: "Tokens for programs" }).click();
    await expect(ada.page.getByText("There are none.")).toBeVisible();
    await expectNoViolations(ada.page);
    await expectToFit(ada.page);

    await ada.page.getByLabel("Name of the token").fill("Nightly build");
    await ada.page.getByLabel(/^Write/).check();
    await ada.page.getByLabel(title).check();
    await ada.page.getByLabel("Present password").fill("not the password");
    await ada.page.getByRole("button", { name: "Make the token" }).click();
    await expect(ada.page.getByText("Is wrong.")).toBeVisible();
    // What was filled in is still there.
    await expect(ada.page.getByLabel("Name of the token")).toHaveValue("Nightly build");
    await expect(ada.page.getByLabel(/^Write/)).toBeChecked();
    await expect(ada.page.getByLabel(title)).toBeChecked();
    await ada.page.getByLabel("Present password").fill(ada.password);
    await ada.page.getByRole("button", { name: "Make the token" }).click();
    await expect(ada.page.getByRole("heading", { name: "The token “Nightly build”" })).toBeVisible();
    await expectNoViolations(ada.page);
    await expectToFit(ada.page);
    const token = await ada.page.getByLabel(/It is shown this one time/).inputValue();
    expect(token).toMatch(/^parlance_pat_[A-Za-z0-9_-]{43}$/);
    await expect(ada.page.getByText("read and write, in 1 conversation, never used")).toBeVisible();
    await ada.page.reload();
    await expect(ada.page.getByLabel(/It is shown this one time/)).toHaveCount(0);

    await openPage(grace.page, `/c/${id}`);
    await openPage(ada.page, `/c/${id}`);
    const program = await playwright.request.newContext({
      baseURL,
      extraHTTPHeaders: { Authorization: `Bearer ${token}` },
    });
    const sent = await program.post(`/api/v1/conversations/${id}/messages`, {
      data: { body: "The build is green.", clientId: "1" },
    });
    expect(sent.status()).toBe(201);
    for (const { page } of [ada, grace]) {
      await expect(row(page, "The build is green.")).toBeVisible();
    }
    expect((await program.get("/api/v1/conversations")).status()).toBe(403);

    await ada.page.goto(TOKENS);
    await expect(ada.page.getByText(/last used on/)).toBeVisible();
    await ada.page.getByRole("button", { name: "Delete: Nightly build" }).click();
    await expect(ada.page.getByText("There are none.")).toBeVisible();
    expect((await program.get("/api/v1/me")).status()).toBe(401);
    await program.dispose();
  });
}

test("a token is made by keyboard alone", async ({ ada }) => {
  const { page } = ada;
  await page.goto(TOKENS);
  await page.getByLabel("Name of the token").focus();
  await page.keyboard.type("Keys");
  // Past the four scopes and the days.
  for (let steps = 0; steps < 5; steps++) await page.keyboard.press("Tab");
  await expect(page.getByLabel("Days for which it is valid")).toBeFocused();
  await page.getByLabel("Present password").focus();
  await page.keyboard.type(ada.password);
  await page.keyboard.press("Enter");
  await expect(page.getByRole("heading", { name: "The token “Keys”" })).toBeVisible();
});

const administrator = () => ({ username: "admin", password: process.env.PARLANCE_ADMIN_PASSWORD ?? "" });

test("a bot is made with a token, and two people see that it is one", async ({
  ada,
  grace,
  browser,
  consoleErrors,
  playwright,
  baseURL,
  expectedErrors,
}) => {
  expectedErrors.push(/status of 404/);
  const refused = await grace.page.goto("/administration/bots");
  expect(refused?.status()).toBe(404);
  const office = await browserOf({ browser, consoleErrors }, administrator());
  const page = await office.newPage();
  await page.goto("/administration/people");
  await page.getByRole("link", { name: "Bots" }).click();
  await expectNoViolations(page);
  const username = `bot-${ada.username}`.slice(0, 30);
  await page.getByLabel("Username").fill(username);
  await page.getByLabel("Name (optional)").fill("Builds");
  await page.getByRole("button", { name: "Make the bot" }).click();
  await expect(page.getByRole("heading", { name: "Tokens of Builds" })).toBeVisible();
  await expectNoViolations(page);
  await expectToFit(page);
  await page.getByLabel("Name of the token").fill("Server");
  await page.getByLabel(/^Write/).check();
  await page.getByLabel("Present password").fill(administrator().password);
  await page.getByRole("button", { name: "Make the token" }).click();
  const token = await page.getByLabel(/It is shown this one time/).inputValue();
  expect(token).toMatch(/^parlance_bot_[A-Za-z0-9_-]{43}$/);

  const program = await playwright.request.newContext({
    baseURL,
    extraHTTPHeaders: { Authorization: `Bearer ${token}` },
  });
  const me = await (await program.get("/api/v1/me")).json();
  expect(me.bot).toBe(true);
  const id = await startConversation(ada, [grace], { kind: "group", title: "Robots" });
  await ada.api.post(`/api/v1/conversations/${id}/members`, { data: { userIds: [me.id] } });
  await openPage(ada.page, `/c/${id}`);
  await openPage(grace.page, `/c/${id}`);
  await program.post(`/api/v1/conversations/${id}/messages`, { data: { body: "I am a program." } });
  for (const person of [ada, grace]) {
    const message = row(person.page, "I am a program.");
    await expect(message).toBeVisible();
    await expect(message.getByText("Bot", { exact: true })).toBeVisible();
  }
  await reload(grace.page);
  await expect(row(grace.page, "I am a program.").getByText("Bot", { exact: true })).toBeVisible();
  await page.getByRole("button", { name: "Delete: Server" }).click();
  expect((await program.get("/api/v1/me")).status()).toBe(401);
  await program.dispose();
  await office.close();
});

for (const [colorScheme, width, height] of [
  ["light", 1440, 900],
  ["dark", 390, 844],
] as const) {
  test(`what a webhook gets is seen live by two people, ${colorScheme} at ${width} px`, async ({
    ada,
    grace,
    playwright,
    baseURL,
    expectedErrors,
  }) => {
    expectedErrors.push(/status of 403/);
    const id = await startConversation(ada, [grace], { kind: "group", title: "Alarms" });
    const path = `/webhooks/${id}`;
    expect((await grace.page.goto(path))?.status()).toBe(403);
    await ada.page.emulateMedia({ colorScheme });
    await ada.page.setViewportSize({ width, height });
    await ada.page.goto(path);
    await expectNoViolations(ada.page);
    await expectToFit(ada.page);
    await ada.page.getByLabel("Name").fill("Monitoring");
    await ada.page.getByRole("button", { name: "Make the webhook" }).click();
    const address = await ada.page.getByLabel(/It is shown this one time/).inputValue();
    expect(new URL(address).pathname).toMatch(/^\/hooks\/\d+\/[A-Za-z0-9_-]{43}$/);
    await expectNoViolations(ada.page);
    await expectToFit(ada.page);

    await openPage(ada.page, `/c/${id}`);
    await openPage(grace.page, `/c/${id}`);
    const program = await playwright.request.newContext({ baseURL });
    const payload = {
      text: "*Down*: <https://example.org/status|status page>",
      attachments: [{ title: "Disk", fields: [{ title: "Free", value: "2 %" }] }],
    };
    const sent = await program.post(new URL(address).pathname, { data: payload });
    expect(await sent.text()).toBe("ok");
    for (const person of [ada, grace]) {
      const message = person.page.locator("li.message", { hasText: "Down" });
      await expect(message.locator("strong", { hasText: "Down" })).toBeVisible();
      await expect(message.getByRole("link", { name: "status page" })).toBeVisible();
      await expect(message.locator("blockquote")).toContainText("Free: 2 %");
      await expect(message.getByText("Monitoring")).toBeVisible();
    }
    await ada.page.goto(path);
    await ada.page.getByRole("button", { name: "Remove: Monitoring" }).click();
    await expect(ada.page.getByText("There are none.")).toBeVisible();
    const late = await program.post(new URL(address).pathname, { data: payload });
    expect([late.status(), await late.text()]).toEqual([404, "no_service"]);
    await program.dispose();
  });
}
