// Drafts follow a person to every device, and none takes the words of another.
import AxeBuilder from "@axe-core/playwright";
import type { Page } from "@playwright/test";
import { clickAction, composer, messageBodies, say, sidebarRow, startConversation } from "../conversation";
import { sockets } from "../network";
import { NO_NETWORK, browserOf, expect, openPage, test } from "../people";
import { replyBox } from "../threads";

const link = (page: Page) => page.getByRole("link", { name: "Drafts & scheduled" });
const conflict = (page: Page) => page.getByLabel("Your other draft");

/** A draft as the server has it. */
async function drafts(person: { api: { get: (path: string) => Promise<{ json: () => Promise<unknown> }> } }): Promise<string[]> {
  const { items } = (await (await person.api.get("/api/v1/me/drafts")).json()) as { items: { body: string }[] };
  return items.map((draft) => draft.body);
}

test("a draft and its reply are on the other device, both ways, and gone when it was sent", async ({ ada, grace, browser, consoleErrors }) => {
  const id = await startConversation(ada, [grace]);
  await say(grace, id, "What do you think?");
  const device = await browserOf({ browser, consoleErrors }, ada);
  const other = await device.newPage();
  const { page } = ada;
  for (const it of [page, other]) await openPage(it, `/c/${id}`);
  await clickAction(page, "What do you think?", "Reply");
  await composer(page).pressSequentially("A long text");
  await expect(composer(other)).toHaveValue("A long text");
  await expect(other.locator(".reply-preview")).toContainText("What do you think?");
  await composer(other).press("End");
  await composer(other).pressSequentially(", and more");
  await expect(composer(page)).toHaveValue("A long text, and more");
  await composer(page).press("Enter");
  await expect(composer(other)).toHaveValue("");
  await expect(other.locator(".reply-preview")).toHaveCount(0);
  await expect.poll(() => messageBodies(grace, id)).toEqual(["What do you think?", "A long text, and more"]);
  await expect.poll(() => drafts(ada)).toEqual([]);
  expect(await drafts(grace)).toEqual([]);
  await device.close();
});

test("a draft of a thread is on the other device", async ({ ada, grace, browser, consoleErrors }) => {
  const id = await startConversation(ada, [grace]);
  const root = await say(grace, id, "A question");
  const device = await browserOf({ browser, consoleErrors }, ada);
  const other = await device.newPage();
  for (const it of [ada.page, other]) await openPage(it, `/c/${id}/t/${root.id}`);
  await replyBox(ada.page).pressSequentially("An answer");
  await expect(replyBox(other)).toHaveValue("An answer");
  await replyBox(other).press("Enter");
  await expect(replyBox(ada.page)).toHaveValue("");
  await device.close();
});

test("what was written offline and elsewhere is both kept, until the user decides", async ({ ada, grace, browser, consoleErrors, expectedErrors }) => {
  expectedErrors.push(NO_NETWORK);
  const id = await startConversation(ada, [grace]);
  const device = await browserOf({ browser, consoleErrors }, ada);
  const other = await device.newPage();
  const network = await sockets(ada.page);
  for (const it of [ada.page, other]) await openPage(it, `/c/${id}`);
  await composer(ada.page).fill("Common");
  await expect(composer(other)).toHaveValue("Common");
  for (const choice of ["Use it", "Discard"]) {
    await network.offline(true);
    await composer(ada.page).fill(`Here, ${choice}`);
    await composer(other).fill(`There, ${choice}`);
    await expect.poll(() => drafts(ada)).toEqual([`There, ${choice}`]);
    await network.offline(false);
    await expect(conflict(ada.page)).toContainText(`There, ${choice}`);
    await expect(composer(ada.page)).toHaveValue(`Here, ${choice}`);
    await expect(composer(other)).toHaveValue(`There, ${choice}`);
    await ada.page.getByRole("button", { name: choice, exact: true }).click();
    await expect(conflict(ada.page)).toHaveCount(0);
    const kept = choice === "Use it" ? `There, ${choice}` : `Here, ${choice}`;
    for (const it of [ada.page, other]) await expect(composer(it)).toHaveValue(kept);
    await expect.poll(() => drafts(ada)).toEqual([kept]);
  }
  await device.close();
});

test("a storage that was cleared makes no other device of this one", async ({ ada, grace }) => {
  const id = await startConversation(ada, [grace]);
  const { page } = ada;
  await openPage(page, `/c/${id}`);
  await composer(page).fill("Lunch");
  await expect.poll(() => drafts(ada)).toEqual(["Lunch"]);
  await page.evaluate(() => localStorage.clear());
  await composer(page).press("End");
  await composer(page).pressSequentially(" at noon");
  await expect.poll(() => drafts(ada)).toEqual(["Lunch at noon"]);
  await expect(conflict(page)).toHaveCount(0);
  await expect(composer(page)).toHaveValue("Lunch at noon");
});

test("what is written last as the page goes is on the server", async ({ ada, grace }) => {
  const id = await startConversation(ada, [grace]);
  await openPage(ada.page, `/c/${id}`);
  await composer(ada.page).fill("First");
  await expect.poll(() => drafts(ada)).toEqual(["First"]);
  await composer(ada.page).fill("First, and last");
  await ada.page.goto("about:blank");
  await expect.poll(() => drafts(ada)).toEqual(["First, and last"]);
});

for (const [colorScheme, width, height] of [["light", 1440, 900], ["dark", 390, 844]] as const) {
  test(`the list of drafts opens, sends and deletes, ${colorScheme} at ${width} px`, async ({ ada, grace, linus }) => {
    const { page } = ada;
    await page.emulateMedia({ colorScheme });
    await page.setViewportSize({ width, height });
    const id = await startConversation(ada, [grace]);
    const second = await startConversation(ada, [linus]);
    await openPage(page, "/");
    await expect(sidebarRow(page, grace.name)).toBeVisible();
    // The list is there before there is anything in it: nothing moves when there is.
    const place = await link(page).boundingBox();
    for (const [where, body] of [[id, "To Grace"], [second, "To Linus"]]) {
      await ada.api.put(`/api/v1/conversations/${where}/draft`, { data: { body, base: 0 } });
    }
    expect(await link(page).boundingBox()).toEqual(place);
    await link(page).click();
    const items = page.getByRole("tabpanel").getByRole("listitem");
    await expect(items).toHaveCount(2);
    await expect(items.first()).toContainText(linus.name);
    const { violations } = await new AxeBuilder({ page }).analyze();
    expect(violations.map(({ id, nodes }) => [id, nodes.map((node) => node.html)])).toEqual([]);
    // By keys.
    await page.getByRole("tab", { name: /^Drafts/ }).press("ArrowRight");
    await expect(page.getByRole("tab", { name: "Scheduled" })).toBeFocused();
    await expect(page.getByText("Nothing scheduled")).toBeVisible();
    await page.keyboard.press("ArrowLeft");
    await items.filter({ hasText: "To Linus" }).getByRole("button", { name: "Send", exact: true }).click();
    await expect.poll(() => messageBodies(linus, second)).toEqual(["To Linus"]);
    await expect(items).toHaveCount(1);
    await items.getByRole("link").click();
    await expect(composer(page)).toHaveValue("To Grace");
    await openPage(page, "/later");
    await items.getByRole("button", { name: "Delete" }).click();
    await expect(items).toHaveCount(1);
    await items.getByRole("button", { name: "Really delete?" }).click();
    await expect(page.getByText("No drafts")).toBeVisible();
    expect(await drafts(ada)).toEqual([]);
  });
}

test("the palette leads to the list", async ({ ada }) => {
  await openPage(ada.page, "/");
  await ada.page.keyboard.press("Control+k");
  await ada.page.getByRole("dialog", { name: "Go to" }).getByRole("combobox").fill("drafts");
  await expect(ada.page.getByRole("option", { name: /Drafts & scheduled/ })).toBeVisible();
  await ada.page.keyboard.press("Enter");
  await expect(ada.page.getByRole("heading", { name: "Drafts & scheduled" })).toBeVisible();
  await expect(ada.page).toHaveURL(/\/later$/);
});

test("a draft that is a reply without a text says so", async ({ ada, grace }) => {
  const id = await startConversation(ada, [grace]);
  const said = await say(grace, id, "What do you think?");
  await ada.api.put(`/api/v1/conversations/${id}/draft`, { data: { body: "", replyToId: said.id, base: 0 } });
  await openPage(ada.page, "/later");
  await expect(ada.page.getByRole("tabpanel")).toContainText(`Reply to ${grace.name}, no text yet`);
});
