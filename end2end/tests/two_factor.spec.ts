// Two-factor authentication: set up with an authenticator app, and signed in with in another browser.
import AxeBuilder from "@axe-core/playwright";
import type { Page } from "@playwright/test";
import { code } from "../authenticator";
import { browserOf, expect, openPage, type Person, signIn, test } from "../people";

const SETTINGS = "/settings/two-factor";

async function expectNoViolations(page: Page): Promise<void> {
  const { violations } = await new AxeBuilder({ page }).analyze();
  expect(violations.map(({ id, nodes }) => [id, nodes.map((node) => node.html)])).toEqual([]);
}

/** Nothing of the page is wider than the screen. */
async function expectToFit(page: Page): Promise<void> {
  const [needed, there] = await page.evaluate(() => [document.documentElement.scrollWidth, innerWidth]);
  expect(needed).toBeLessThanOrEqual(there);
}

/** Turns it on, with a code of now. */
async function setUp({ page, password }: Person): Promise<{ secret: string; recoveryCodes: string[] }> {
  await page.goto(SETTINGS);
  await page.getByLabel("Present password").fill(password);
  await page.getByRole("button", { name: "Continue" }).click();
  const secret = await page.getByRole("code").innerText();
  await page.getByLabel("Code", { exact: true }).fill(code(secret));
  await page.getByRole("button", { name: "Turn on" }).click();
  const recoveryCodes = (await page.locator("pre").innerText()).split("\n");
  expect(recoveryCodes).toHaveLength(10);
  return { secret, recoveryCodes };
}

for (const [colorScheme, width, height] of [
  ["light", 1440, 900],
  ["dark", 390, 844],
] as const) {
  test(`it is set up, and asked for in another browser, ${colorScheme} at ${width} px`, async ({ ada, browser, consoleErrors, page }) => {
    for (const it of [ada.page, page]) {
      await it.emulateMedia({ colorScheme });
      await it.setViewportSize({ width, height });
    }
    const elsewhere = await browserOf({ browser, consoleErrors }, ada);
    await openPage(ada.page, "/settings");
    await expect(ada.page.getByText("Off. With it")).toBeVisible();
    await ada.page.getByRole("link", { name: "Two-factor authentication" }).click();
    await ada.page.getByLabel("Present password").fill("not the password");
    await ada.page.getByRole("button", { name: "Continue" }).click();
    await expect(ada.page.getByText("Is wrong.")).toBeVisible();
    await ada.page.getByLabel("Present password").fill(ada.password);
    await expectNoViolations(ada.page);
    await ada.page.getByRole("button", { name: "Continue" }).click();
    await expect(ada.page.getByRole("img", { name: "QR code of the secret" })).toBeVisible();
    await expectNoViolations(ada.page);
    await expectToFit(ada.page);
    const secret = await ada.page.getByRole("code").innerText();
    const first = code(secret);
    await ada.page.getByLabel("Code", { exact: true }).fill(first);
    await ada.page.getByRole("button", { name: "Turn on" }).click();
    await expect(ada.page.getByRole("heading", { name: "Your recovery codes" })).toBeVisible();
    await expectNoViolations(ada.page);
    await expectToFit(ada.page);
    await ada.page.reload();
    await expect(ada.page.getByRole("heading", { name: "Your recovery codes" })).toHaveCount(0);
    const other = await elsewhere.newPage();
    await other.goto("/");
    await expect(other).toHaveURL(/sign-in/);
    await elsewhere.close();

    await page.goto("/sign-in?next=%2Fsettings");
    await signIn(page, ada);
    await expect(page).toHaveURL("/sign-in/code?next=%2Fsettings");
    await expect(page.getByLabel("Code", { exact: true })).toBeFocused();
    await expectNoViolations(page);
    await expectToFit(page);
    await page.getByLabel("Code", { exact: true }).fill(first);
    await page.getByRole("button", { name: "Sign in" }).click();
    await expect(page.getByText("Is wrong, or was used before.")).toBeVisible();
    await expect(page.getByLabel("Code", { exact: true })).toBeFocused();
    await expectNoViolations(page);
    await page.getByLabel("Code", { exact: true }).fill(code(secret, 1));
    await page.getByRole("button", { name: "Sign in" }).click();
    await expect(page).toHaveURL("/settings");
    await expect(page.getByText("On: signing in asks for")).toBeVisible();
    // The first browser has stayed signed in.
    await ada.page.goto("/settings/password");
    await expect(ada.page.getByLabel("Present password")).toBeVisible();
  });
}

test("a recovery code stands in for the app, with the keyboard alone", async ({ ada, page }) => {
  const { recoveryCodes } = await setUp(ada);
  await page.goto("/sign-in?next=%2Fsettings%2Fpassword");
  await page.getByLabel("Username or e-mail").focus();
  await page.keyboard.type(ada.username);
  await page.keyboard.press("Tab");
  await page.keyboard.type(ada.password);
  await page.keyboard.press("Enter");
  await expect(page.getByLabel("Code", { exact: true })).toBeFocused();
  for (let steps = 0; steps < 3; steps++) await page.keyboard.press("Tab");
  await expect(page.getByRole("link", { name: "Use a recovery code" })).toBeFocused();
  await page.keyboard.press("Enter");
  await expect(page.getByLabel("Recovery code")).toBeFocused();
  await page.keyboard.type(recoveryCodes[0].toUpperCase());
  await page.keyboard.press("Enter");
  await expect(page).toHaveURL("/settings/password");
  await page.goto(SETTINGS);
  await expect(page.getByText("9 recovery codes are left.")).toBeVisible();
});

test("it is turned off with password and code", async ({ ada, page }) => {
  const { recoveryCodes } = await setUp(ada);
  const change = async (typed: string, button: string) => {
    await ada.page.getByLabel("Present password").fill(ada.password);
    await ada.page.getByLabel("Code", { exact: true }).fill(typed);
    await ada.page.getByRole("button", { name: button }).click();
  };
  await change(recoveryCodes[0], "New recovery codes");
  const [renewed] = (await ada.page.locator("pre").innerText()).split("\n");
  expect(recoveryCodes).not.toContain(renewed);
  await change(recoveryCodes[1], "Turn off");
  await expect(ada.page.getByText("Is wrong, or was used before.")).toBeVisible();
  await expectNoViolations(ada.page);
  await change(renewed, "Turn off");
  await expect(ada.page.getByText("Two-factor authentication is off.")).toBeVisible();
  await page.goto("/sign-in?next=%2Fsettings%2Fpassword");
  await signIn(page, ada);
  await expect(page).toHaveURL("/settings/password");
});

test("an administrator resets it, and its user reads that", async ({ ada, browser, consoleErrors, page }) => {
  await setUp(ada);
  const office = await browserOf(
    { browser, consoleErrors },
    { username: "admin", password: process.env.PARLANCE_ADMIN_PASSWORD ?? "" },
  );
  const people = await office.newPage();
  await people.goto(`/administration/people?query=${ada.username}`);
  await people.getByText(ada.name).click();
  await people.getByText("Reset two-factor…").click();
  await expectNoViolations(people);
  await people.getByRole("button", { name: `Reset two-factor: ${ada.name}` }).click();
  await expect(people.getByText("Reset two-factor…")).toHaveCount(0);
  await office.close();
  await page.goto("/sign-in?next=%2Fsettings");
  await signIn(page, ada);
  await expect(page.getByText("An administrator turned your two-factor authentication off")).toBeVisible();
});
