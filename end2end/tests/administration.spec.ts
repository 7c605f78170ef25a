// The pages of administrators, which work without scripts.
import AxeBuilder from "@axe-core/playwright";
import type { Page } from "@playwright/test";
import { browserOf, expect, test } from "../people";

test.use({ javaScriptEnabled: false });

const administrator = () => ({ username: "admin", password: process.env.PARLANCE_ADMIN_PASSWORD ?? "" });

async function expectNoViolations(page: Page): Promise<void> {
  const { violations } = await new AxeBuilder({ page }).analyze();
  expect(violations.map(({ id, nodes }) => [id, nodes.map((node) => node.html)])).toEqual([]);
}

/** What of the page is wider than the window or its card, and which texts or buttons lie on each other. */
function overlaps(page: Page): Promise<string[]> {
  return page.evaluate(() => {
    const faults: string[] = [];
    if (document.documentElement.scrollWidth > window.innerWidth) faults.push(`the page is ${document.documentElement.scrollWidth} wide`);
    for (const row of document.querySelectorAll(".row-list > li")) {
      const parts = [...row.querySelectorAll(".grow, .tag, .icon, .button")].filter((it) => it.checkVisibility());
      const boxes = parts.map((it) => it.getBoundingClientRect());
      const around = row.closest(".card")!.getBoundingClientRect();
      boxes.forEach((box, index) => {
        if (box.right > around.right || box.left < around.left) faults.push(`outside: ${parts[index].textContent}`);
        if (parts[index].matches(".grow") && box.width < 80) faults.push(`no room: ${parts[index].textContent}`);
        boxes.slice(index + 1).forEach((other, next) => {
          const apart = box.right <= other.left || other.right <= box.left || box.bottom <= other.top || other.bottom <= box.top;
          const inside = parts[index].contains(parts[index + 1 + next]);
          if (!apart && !inside) faults.push(`${parts[index].textContent} on ${parts[index + 1 + next].textContent}`);
        });
      });
    }
    return faults;
  });
}

for (const [width, height] of [[390, 844], [768, 1024], [1440, 900]] as const) {
  for (const colorScheme of ["light", "dark"] as const) {
    test(`names and actions have room, ${colorScheme} at ${width} px`, async ({ ada, browser, consoleErrors }, testInfo) => {
      const name = `${"Wide".repeat(17)} ${ada.username.slice(-8)}`;
      expect((await ada.api.patch("/api/v1/me", { data: { name } })).status()).toBe(200);
      // Axe runs a script of its own.
      const office = await browserOf({ browser, consoleErrors }, administrator(), { colorScheme, viewport: { width, height } });
      const page = await office.newPage();
      await page.goto("/administration/people");
      expect(await overlaps(page)).toEqual([]);
      await page.goto(`/administration/people?query=${encodeURIComponent(name)}`);
      await page.getByText(name).click();
      await page.getByText("Block…").click();
      expect(await overlaps(page)).toEqual([]);
      await expectNoViolations(page);
      await testInfo.attach("people", { body: await page.screenshot({ fullPage: true }), contentType: "image/png" });
      await page.goto("/administration/invites");
      await page.getByLabel("Note (optional)").fill("Note".repeat(48));
      await page.getByLabel("People who may use it").fill("3");
      await page.getByRole("button", { name: "Make the link" }).click();
      expect(await overlaps(page)).toEqual([]);
      await expectNoViolations(page);
      await page.getByRole("button", { name: /^End: NoteNote/ }).first().click();
      await office.close();
    });
  }
}

test("what is done to an account is asked first, and leads back to it", async ({ ada, browser, consoleErrors }) => {
  const office = await browserOf({ browser, consoleErrors }, administrator(), { javaScriptEnabled: false });
  const page = await office.newPage();
  const list = `/administration/people?query=${ada.username}`;
  await page.goto(list);
  const account = page.locator("summary").filter({ hasText: ada.username });
  for (const [action, told] of [
    ["Make an administrator", "Administrator"],
    ["Make a member", ""],
    ["Sign out", ""],
    ["Block", "Blocked"],
    ["Unblock", ""],
  ]) {
    await account.click();
    const button = page.getByRole("button", { name: `${action}: ${ada.name}` });
    await expect(button, "not without a question").toBeHidden();
    await page.getByText(`${action}…`).click();
    await button.click();
    await expect(page).toHaveURL(`${list}#user-${ada.id}`);
    await expect(account).toBeFocused();
    await expect(account.locator(".tag")).toHaveText(told ? [told] : []);
  }
  await office.close();
});

test("a form that is refused shows why where it was filled in", async ({ ada, browser, consoleErrors }) => {
  const office = await browserOf({ browser, consoleErrors }, administrator(), { javaScriptEnabled: false, viewport: { width: 390, height: 844 } });
  const page = await office.newPage();
  const list = `/administration/people?query=${ada.username}`;
  await page.goto(list);
  await page.getByText("Make an account").click();
  await page.getByLabel("Username").fill("Bad Name");
  await page.getByRole("button", { name: "Make account" }).click();
  await expect(page).toHaveURL(list);
  await expect(page.getByLabel("Username")).toBeFocused();
  await expect(page.locator(".field-wrong .hint")).toBeInViewport();
  await expect(page.locator(".field-wrong .hint")).toContainText("2 to 32");
  await expect(page.getByLabel("Username")).toHaveValue("Bad Name");

  await page.goto("/administration/invites");
  for (const [label, value, told] of [
    ["Days for which it is valid", "0", "Must be 1 to 365."],
    ["Days for which it is valid", "400", "Must be 1 to 365."],
    ["People who may use it", "99999999999", "Must be 1 to 10000."],
  ]) {
    await page.getByLabel("Note (optional)").fill("Kept");
    await page.getByLabel(label).fill(value);
    await page.getByRole("button", { name: "Make the link" }).click();
    await expect(page).toHaveURL("/administration/invites");
    await expect(page.locator(".field-wrong .hint")).toHaveText(told);
    await expect(page.getByLabel(label)).toBeFocused();
    await expect(page.getByLabel(label)).toHaveValue(value);
    await expect(page.getByLabel("Note (optional)")).toHaveValue("Kept");
    await page.getByLabel(label).fill("7");
  }
  await office.close();
});

test("the page of an invitation names its address to nobody, and its form works", async ({ browser, consoleErrors, page, expectedErrors }) => {
  expectedErrors.push(/status of 4\d\d/, /was preloaded using link preload but not used/);
  const office = await browserOf({ browser, consoleErrors }, administrator());
  const invites = await office.newPage();
  await invites.goto("/administration/invites");
  await invites.getByRole("button", { name: "Make the link" }).click();
  const link = await invites.getByLabel("Give this link on. It is shown this one time.").inputValue();
  const referers: string[] = [];
  page.on("request", async (request) => referers.push((await request.allHeaders()).referer ?? ""));
  await page.goto(link);
  await page.getByLabel("Username").fill(`new-${crypto.randomUUID().slice(0, 8)}`);
  await page.getByLabel("Password").fill("a tin roof in the rain");
  await page.getByRole("button", { name: "Create account" }).click();
  await expect(page).toHaveURL("/");
  expect(referers.filter((it) => it.includes("/invite/"))).toEqual([]);
  await office.close();
});
