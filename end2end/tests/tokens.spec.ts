// Tokens for programs: made on the page, used by a program whose message others see live, and deleted.
import AxeBuilder from "@axe-core/playwright";
import type { Page } from "@playwright/test";
import { expect, openPage, test } from "../people";

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
    const created = await ada.api.post("/api/v1/conversations", {
      data: { kind: "group", title, memberIds: [grace.id] },
    });
    const { id } = await created.json();
    await ada.page.emulateMedia({ colorScheme });
    await ada.page.setViewportSize({ width, height });
    await openPage(ada.page, "/settings");
    await ada.page.getByRole("link", { name: "Tokens for programs" }).click();
    await expect(ada.page.getByText("There are none.")).toBeVisible();
    await expectNoViolations(ada.page);
    await expectToFit(ada.page);

    await ada.page.getByLabel("Name", { exact: true }).fill("Nightly build");
    await ada.page.getByLabel(/^Write/).check();
    await ada.page.getByLabel(title).check();
    await ada.page.getByLabel("Present password").fill("not the password");
    await ada.page.getByRole("button", { name: "Make the token" }).click();
    await expect(ada.page.getByText("Is wrong.")).toBeVisible();
    // What was filled in is still there.
    await expect(ada.page.getByLabel("Name", { exact: true })).toHaveValue("Nightly build");
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
      await expect(page.getByRole("log").getByText("The build is green.")).toBeVisible();
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
  await page.getByLabel("Name", { exact: true }).focus();
  await page.keyboard.type("Keys");
  // Past the four scopes and the days.
  for (let steps = 0; steps < 5; steps++) await page.keyboard.press("Tab");
  await expect(page.getByLabel("Days for which it is valid")).toBeFocused();
  await page.getByLabel("Present password").focus();
  await page.keyboard.type(ada.password);
  await page.keyboard.press("Enter");
  await expect(page.getByRole("heading", { name: "The token “Keys”" })).toBeVisible();
});
