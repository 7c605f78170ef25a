// The palette: everything is gone to from one box.
import { bodies, composer, row, say, sidebarRow, startConversation } from "../conversation";
import { box, go, palette, results } from "../finding";
import { NO_NETWORK, expect, openPage, test } from "../people";

test("names are found without their accents and with typing errors, by the server and by the page", async ({
  ada,
  grace,
  expectedErrors,
}) => {
  expectedErrors.push(NO_NETWORK);
  const tag = crypto.randomUUID().slice(0, 8);
  const name = `Zdeněk Čapek ${tag}`;
  await grace.api.patch("/api/v1/me", { data: { name } });
  const id = await startConversation(ada, [grace], { kind: "group", title: `Łódź ${tag}` });
  const { page } = ada;
  await openPage(page, `/c/${id}`);
  await page.waitForLoadState("networkidle");

  await composer(page).fill("@capek");
  const mention = page.getByRole("listbox", { name: "People" }).getByRole("option", { name });
  await expect(mention).toBeVisible();
  await composer(page).fill("@cpaek");
  await expect(mention).toBeVisible();
  await composer(page).press("Tab");
  await expect(composer(page)).toHaveValue(`@${grace.username} `);
  await composer(page).fill("@cpaek");
  await expect(mention).toBeVisible();
  await composer(page).press("Enter");
  await expect(row(page, "@cpaek"), "Enter mentions nobody who was not chosen").toBeVisible();

  await go(page, "directory");
  await page.keyboard.press("Enter");
  const people = page.getByRole("dialog", { name: "People" });
  for (const typed of [`capek ${tag}`, `cpaek ${tag}`]) {
    await people.getByRole("searchbox").fill(typed);
    await expect(people.getByRole("button", { name })).toBeVisible();
  }
  await page.keyboard.press("Escape");

  const first = palette(page).getByRole("option").first();
  await go(page, `ldoz ${tag}`);
  await expect(palette(page).getByText("Did you mean")).toBeVisible();
  await expect(palette(page).getByRole("option").last()).toContainText(`Łódź ${tag}`);
  await expect(first, "Enter opens nobody who may be meant").toContainText("Search messages");
  await page.keyboard.press("Escape");
  // Offline, so that the page itself must find it.
  await ada.context.setOffline(true);
  await go(page, `lodz ${tag}`);
  await expect(first).toContainText(`Łódź ${tag}`);
  await ada.context.setOffline(false);
});

test("Ctrl-K opens the palette again right after Escape", async ({ ada }) => {
  const { page } = ada;
  await openPage(page, "/");
  await page.waitForLoadState("networkidle");
  for (let round = 0; round < 10; round++) {
    await go(page, "gr");
    await expect(palette(page).getByRole("combobox")).toHaveValue("gr");
    await page.keyboard.press("Escape");
  }
  await expect(palette(page)).toHaveCount(0);
});

test("what is used is first, and messages and the search are in the palette", async ({ ada, grace, linus }) => {
  const first = await startConversation(ada, [grace], { kind: "group", title: "Rocket club" });
  const second = await startConversation(ada, [linus], { kind: "group", title: "Rocket fuel" });
  await say(grace, first, "the countdown begins");
  await say(linus, second, "newer");
  const { page } = ada;
  await openPage(page, "/");
  // What listens to the key comes after `ready`.
  await page.waitForLoadState("networkidle");
  const options = palette(page).getByRole("option");
  await go(page, "rocket");
  await expect(options.first()).toContainText("Rocket fuel");
  await options.filter({ hasText: "Rocket club" }).click();
  await expect(page).toHaveURL(new RegExp(`/c/${first}$`));
  await expect(palette(page)).toHaveCount(0);
  await go(page, "rocket");
  await expect(options.first()).toContainText("Rocket club");
  await page.keyboard.press("Escape");
  await go(page, "countdown");
  await expect(options.filter({ hasText: "the countdown begins" })).toBeVisible();
  await options.filter({ hasText: "Search messages for “countdown”" }).click();
  await expect(box(page)).toHaveValue("countdown");
  await expect(results(page)).toHaveText([/the countdown begins/]);
  await expect(sidebarRow(page, "Rocket club")).toBeVisible();
  await expect(bodies(page)).toHaveText(["the countdown begins"]);
});

for (const [width, height] of [
  [1440, 900],
  [390, 844],
]) {
  test(`Enter opens whom only the server knows, at ${width} px`, async ({ ada, grace, linus }) => {
    const topic = `Topic ${ada.username}`;
    const channel = await startConversation(grace, [], { kind: "channel", title: topic });
    const { page } = ada;
    await page.setViewportSize({ width, height });
    await openPage(page, "/");
    await page.waitForLoadState("networkidle");
    const active = palette(page).getByRole("option", { selected: true });

    await test.step("after the answer", async () => {
      await go(page, topic);
      await expect(active).toContainText(topic);
      await page.keyboard.press("Enter");
      await expect(page).toHaveURL(new RegExp(`/c/${channel}$`));
    });

    await test.step("before it", async () => {
      await page.goBack();
      await expect(page).toHaveURL(/\/$/);
      await page.route("**/api/v1/find?*", async (route) => {
        await page.waitForTimeout(500);
        await route.continue();
      });
      await go(page, linus.name);
      await expect(active).toContainText("Search messages");
      await page.keyboard.press("Enter");
      await expect(palette(page)).toBeHidden();
      await expect(page.getByRole("heading", { level: 2, name: linus.name })).toBeVisible();
    });

    await test.step("who is found stays while the next letter is asked for", async () => {
      await go(page, grace.name.slice(0, -1));
      const found = palette(page).getByRole("option").filter({ hasText: `@${grace.username}` });
      await expect(found).toBeVisible();
      await page.keyboard.type(grace.name.slice(-1));
      expect(await found.isVisible()).toBe(true);
      await page.keyboard.press("Enter");
      await expect(page.getByRole("heading", { level: 2, name: grace.name })).toBeVisible();
    });

    await test.step("the search is there where nobody is found", async () => {
      await go(page, `nobody ${ada.username}`);
      await expect(active).toContainText("Search messages");
      await page.keyboard.press("Enter");
      await expect(box(page)).toHaveValue(`nobody ${ada.username}`);
    });
  });
}
