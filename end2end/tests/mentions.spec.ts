// The list of people above a box while a name is written after an `@`.
import AxeBuilder from "@axe-core/playwright";
import { type Page } from "@playwright/test";
import { bodies, clickAction, composer, say, startConversation } from "../conversation";
import { expect, openPage, test } from "../people";
import { choose, replyBox, threadPane } from "../threads";

const list = (page: Page) => page.getByRole("listbox", { name: "People" });
const options = (page: Page) => list(page).getByRole("option");

for (const [scheme, width, height] of [["light", 1440, 900], ["dark", 390, 844]] as const) {
  test(`a member is mentioned from the list, ${scheme} at ${width} px`, async ({ ada, grace, linus }, testInfo) => {
    const id = await startConversation(ada, [grace, linus], { kind: "group", title: "Names" });
    await say(linus, id, "I have written last");
    const { page } = ada;
    await page.emulateMedia({ colorScheme: scheme });
    await page.setViewportSize({ width, height });
    // Grace is here, and nobody else.
    await openPage(grace.page, `/c/${id}`);
    await openPage(page, `/c/${id}`);
    await expect(page.getByRole("toolbar", { name: "Formatting" })).toBeVisible();
    const box = composer(page);
    await box.focus();
    await page.keyboard.type("Hello @");
    await expect(options(page)).toHaveCount(2);
    await expect(options(page).nth(0)).toContainText(grace.name);
    await expect(options(page).nth(1)).toContainText(linus.name);
    const active = await box.getAttribute("aria-activedescendant");
    await expect(page.locator(`[id="${active}"]`)).toHaveAttribute("aria-selected", "true");
    const [above, below] = [await list(page).boundingBox(), await box.boundingBox()];
    expect(above!.y + above!.height, "it does not cover the box").toBeLessThanOrEqual(below!.y);
    const { violations } = await new AxeBuilder({ page }).include(".composer").analyze();
    expect(violations.map(({ id, nodes }) => [id, nodes.map((node) => node.html)])).toEqual([]);
    await testInfo.attach("people", { body: await page.screenshot({ path: testInfo.outputPath("people.png") }), contentType: "image/png" });
    await page.keyboard.press("ArrowDown");
    await page.keyboard.press("Enter");
    await expect(box).toHaveValue(`Hello @${linus.username} `);
    await expect(list(page)).toHaveCount(0);
    await expect(box).not.toHaveAttribute("aria-activedescendant", /./);
    await page.keyboard.press("Enter");
    await expect(bodies(page).last().locator(".mention")).toHaveAttribute("data-user", linus.id);
  });
}

test("the list is found by name and closed by Escape, and offers members only", async ({ ada, grace, linus }) => {
  const id = await startConversation(ada, [grace], { kind: "group", title: "Names" });
  const { page } = ada;
  await openPage(page, `/c/${id}`);
  await expect(page.getByRole("toolbar", { name: "Formatting" })).toBeVisible();
  const box = composer(page);
  await box.focus();
  await page.keyboard.type("@HOPP");
  await expect(options(page)).toHaveText([new RegExp(grace.name)]);
  await page.keyboard.press("Escape");
  await expect(list(page)).toHaveCount(0);
  await page.keyboard.type("er");
  await expect(list(page), "it stays closed for this name").toHaveCount(0);
  await expect(box).toHaveValue("@HOPPer");
  await box.fill("");
  const asked = page.waitForResponse((response) => response.url().includes("/members?"));
  await page.keyboard.type(`@${linus.username.slice(0, 5)}`);
  await asked;
  await expect(list(page), "nobody learns of others here").toHaveCount(0);
  await box.fill("");
  await page.getByRole("button", { name: "Mention somebody" }).click();
  await options(page).first().click();
  await expect(box).toHaveValue(`@${grace.username} `);
  await expect(box).toBeFocused();
});

test("@all is offered and mentions everybody, and a channel's member is told that nobody is notified", async ({ ada, grace }) => {
  const group = await startConversation(ada, [grace], { kind: "group", title: "Everybody" });
  const { page } = ada;
  await openPage(grace.page, `/c/${group}`);
  await openPage(page, `/c/${group}`);
  await expect(page.getByRole("toolbar", { name: "Formatting" })).toBeVisible();
  const box = composer(page);
  await box.focus();
  await page.keyboard.type("@everyo");
  await expect(options(page)).toHaveCount(1);
  await expect(options(page)).toContainText("Everybody, 1 person");
  await page.keyboard.press("Enter");
  await expect(box).toHaveValue("@everyone ");
  await page.keyboard.type("lunch");
  await page.keyboard.press("Enter");
  for (const person of [ada, grace]) {
    await expect(bodies(person.page).last().locator(".mention")).toHaveAttribute("data-who", "all");
  }
  const unread = await (await grace.api.get("/api/v1/unread")).json();
  expect(unread.conversations.filter((it: { id: string; mentions: number }) => it.id === group && it.mentions > 1)).toEqual([]);

  const channel = await startConversation(ada, [grace], { kind: "channel", title: "Announced" });
  await openPage(grace.page, `/c/${channel}`);
  await expect(grace.page.getByRole("toolbar", { name: "Formatting" })).toBeVisible();
  const theirs = composer(grace.page);
  await theirs.focus();
  await grace.page.keyboard.type("@all");
  const line = grace.page.getByRole("status").filter({ hasText: "Nobody will be notified." });
  await expect(line).toBeVisible();
  await expect(options(grace.page)).toHaveCount(0);
  const { violations } = await new AxeBuilder({ page: grace.page }).include(".composer").analyze();
  expect(violations.map(({ id, nodes }) => [id, nodes.map((node) => node.html)])).toEqual([]);
  await grace.page.keyboard.press("Enter");
  await expect(theirs).toHaveValue("");
  await expect(line).toHaveCount(0);
  await expect(bodies(grace.page).last()).toHaveText("@all");
  await expect(bodies(grace.page).last().locator(".mention")).toHaveCount(0);
});

test("a box says how many it will notify: of a thread, of the conversation as well, and of an edit nobody twice", async ({ ada, grace }) => {
  const id = await startConversation(ada, [grace], { kind: "group", title: `Twelve ${ada.username}` });
  const register = async (_: unknown, at: number) => {
    const username = `${ada.username}-n${at}`;
    const answer = await ada.api.post("/api/v1/auth/register", { data: { username, password: "a long password", name: username } });
    expect(answer.status(), await answer.text()).toBe(201);
    return (await answer.json()).user.id as string;
  };
  const userIds = await Promise.all(Array.from({ length: 10 }, register));
  const added = await ada.api.post(`/api/v1/conversations/${id}/members`, { data: { userIds } });
  expect(added.ok(), await added.text()).toBe(true);
  await say(ada, id, "The root");
  const { page } = ada;
  await openPage(grace.page, `/c/${id}`);
  await openPage(page, `/c/${id}`);
  await expect(page.getByRole("toolbar", { name: "Formatting" })).toBeVisible();
  const said = page.getByRole("status").filter({ hasText: "This will notify" });
  await composer(page).fill("@all, lunch");
  await expect(said).toHaveText("This will notify 11 people.");
  await composer(page).press("Enter");
  await expect(bodies(grace.page).last()).toHaveText("@all, lunch");
  await expect(said).toHaveCount(0);
  const background = (page: Page) => bodies(page).last().locator(".mention").evaluate((it) => getComputedStyle(it).backgroundColor);
  expect(await background(grace.page), "she is meant").not.toBe("rgba(0, 0, 0, 0)");
  expect(await background(page), "who has written it is not").toBe("rgba(0, 0, 0, 0)");

  await clickAction(page, "@all, lunch", "Edit");
  const edit = page.getByRole("textbox", { name: "Edit message" });
  await edit.fill("@all, dinner");
  await expect(said).toHaveCount(0);
  await edit.press("Enter");
  await expect(bodies(grace.page).last()).toHaveText("@all, dinner");

  await choose(page, "The root", "Reply in a thread");
  await replyBox(page).fill("@all, and you");
  await expect(said).toHaveText("This will notify everybody who follows this thread.");
  const also = threadPane(page).getByRole("checkbox", { name: "Also send to the conversation" });
  await also.check();
  await expect(said).toHaveText("This will notify 11 people.");
  await also.uncheck();
  await expect(said).toHaveText("This will notify everybody who follows this thread.");
});
