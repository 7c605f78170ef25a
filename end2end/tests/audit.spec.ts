// The audit log: an administrator finds who blocked whom, without scripts too, and others find no such page.
import AxeBuilder from "@axe-core/playwright";
import type { Page } from "@playwright/test";
import { browserOf, expect, test } from "../people";

const AUDIT = "/administration/audit";
const administrator = () => ({ username: "admin", password: process.env.PARLANCE_ADMIN_PASSWORD ?? "" });

async function expectNoViolations(page: Page): Promise<void> {
  const { violations } = await new AxeBuilder({ page }).analyze();
  expect(violations.map(({ id, nodes }) => [id, nodes.map((node) => node.html)])).toEqual([]);
}

/** Nothing of the page is wider than the screen. */
async function expectToFit(page: Page): Promise<void> {
  const [needed, there] = await page.evaluate(() => [document.documentElement.scrollWidth, innerWidth]);
  expect(needed).toBeLessThanOrEqual(there);
}

test("an administrator finds who ended whose sessions, on a computer and on a phone", async ({
  ada,
  browser,
  consoleErrors,
  expectedErrors,
}) => {
  expectedErrors.push(/status of 404/);
  const refused = await ada.page.goto(AUDIT);
  expect(refused?.status()).toBe(404);
  const office = await browserOf({ browser, consoleErrors }, administrator());
  const page = await office.newPage();
  await page.goto(`/administration/people?query=${ada.username}`);
  const account = page.locator("details", { hasText: ada.username }).first();
  await account.locator("summary").first().click();
  await account.getByText("Sign out…").click();
  await account.getByRole("button", { name: /^Sign out: / }).click();
  await page.getByRole("link", { name: "Audit log" }).click();
  await page.getByText("Find entries").click();
  await page.getByLabel("To whom (username)").fill(ada.username);
  await page.getByLabel("Action").selectOption("user");
  await page.getByRole("button", { name: "Find" }).click();
  await expect(page.getByText(`admin ended all sessions of ${ada.username}`)).toBeVisible();
  await page.getByText("Details").first().click();
  await expect(page.getByText("user.sessions_ended", { exact: true }).last()).toBeVisible();
  await expectNoViolations(page);
  for (const width of [390, 1440]) {
    await page.setViewportSize({ width, height: 800 });
    await expectToFit(page);
  }
  await page.getByLabel("Address or network").fill("nowhere");
  await page.getByRole("button", { name: "Find" }).click();
  await expect(page.getByRole("alert")).toContainText("network");
  await expect(page.getByLabel("To whom (username)")).toHaveValue(ada.username);
});
