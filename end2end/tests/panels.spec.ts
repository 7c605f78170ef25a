import AxeBuilder from "@axe-core/playwright";
import { bodies, composer, readAll, row, say, sidebarRow, startConversation, write } from "../conversation";
import { browserOf, expect, openPage, test } from "../people";
import { choose, reply, threadBodies } from "../threads";

for (const [width, height] of [[1440, 900], [390, 844]] as const) {
  test(`what is pinned is found again by everybody, at ${width} px`, async ({ ada, grace }, testInfo) => {
    await grace.page.setViewportSize({ width, height });
    const id = await startConversation(ada, [grace], { kind: "channel", title: `Pins ${ada.username}` });
    await say(ada, id, "The rules");
    for (let at = 1; at <= 60; at++) await say(ada, id, `Message ${at}`);
    await openPage(ada.page, `/c/${id}`);
    await openPage(grace.page, `/c/${id}`);
    await ada.api.put(`/api/v1/messages/${(await say(ada, id, "Newest")).id}/pin`);
    const button = grace.page.getByRole("button", { name: /^Pinned messages/ });
    await expect(button).toHaveAccessibleName("Pinned messages, 1");
    await choose(ada.page, "Message 60", "Pin");
    await expect(button).toHaveAccessibleName("Pinned messages, 2");
    const answer = await ada.api.get(`/api/v1/conversations/${id}/messages?around=1&limit=1`);
    const first = (await answer.json()).items.find((message: { body: string }) => message.body === "The rules");
    await ada.api.put(`/api/v1/messages/${first.id}/pin`);
    await expect(button).toHaveAccessibleName("Pinned messages, 3");

    await button.click();
    const panel = grace.page.getByRole("complementary", { name: "Pinned messages" });
    await expect(panel.locator(".item-body")).toHaveText(["The rules", "Message 60", "Newest"]);
    // Not in a channel, for a member.
    await expect(panel.getByRole("button", { name: "Unpin" })).toHaveCount(0);
    await testInfo.attach(`pins-${width}`, { body: await grace.page.screenshot(), contentType: "image/png" });
    const found = await new AxeBuilder({ page: grace.page }).analyze();
    expect(found.violations.map((violation) => [violation.id, violation.nodes.map((node) => node.html)])).toEqual([]);
    await panel.getByRole("button", { name: /The rules/ }).click();
    if (width < 1088) await expect(panel).toHaveCount(0);
    await expect(row(grace.page, "The rules")).toBeInViewport();

    await choose(ada.page, "Message 60", "Unpin");
    await expect(button).toHaveAccessibleName("Pinned messages, 2");
  });
}

test("saved messages are for oneself, in every tab, and lead back", async ({ ada, grace, browser, consoleErrors }) => {
  const id = await startConversation(ada, [grace], { kind: "group", title: `Saved ${ada.username}` });
  await say(grace, id, "Worth keeping");
  const root = await say(grace, id, "A root");
  await reply(grace, id, root.id, "In a thread");
  for (let at = 1; at <= 60; at++) await say(grace, id, `Message ${at}`);
  const answer = await ada.api.get(`/api/v1/threads/${root.id}/messages`);
  const inThread = (await answer.json()).items[0];
  const other = await (await browserOf({ browser, consoleErrors }, ada)).newPage();
  await readAll(ada, id);
  await openPage(ada.page, `/c/${id}`);
  await openPage(other, "/saved");
  await expect(other.getByText("Nothing saved")).toBeVisible();
  await choose(ada.page, "Message 60", "Save");
  const list = other.getByRole("region", { name: "Saved messages" });
  await expect(list.locator(".item-body")).toHaveText(["Message 60"]);
  await ada.api.put(`/api/v1/me/saved/${inThread.id}`);
  await expect(list.locator(".item-body")).toHaveText(["In a thread", "Message 60"]);
  await list.getByRole("link", { name: /In a thread/ }).click();
  await expect(threadBodies(other)).toHaveText(["A root", "In a thread"]);
  await other.getByRole("link", { name: "Saved", exact: true }).click();
  await list.getByRole("button", { name: "Remove from saved" }).last().click();
  await expect(list.locator(".item-body")).toHaveText(["In a thread"]);
  await row(ada.page, "Message 60").locator(".body").hover();
  await row(ada.page, "Message 60").getByRole("button", { name: "More actions" }).click();
  await expect(ada.page.getByRole("menuitem", { name: "Save", exact: true })).toBeVisible();
  await other.context().close();
});

test("marked as unread, a conversation stays so until it is opened again", async ({ ada, grace, browser, consoleErrors }) => {
  const id = await startConversation(ada, [grace], { kind: "group", title: `Unread ${ada.username}` });
  const elsewhere = await startConversation(ada, [grace]);
  for (const text of ["One", "Two", "Three"]) await say(grace, id, text);
  const other = await (await browserOf({ browser, consoleErrors }, ada)).newPage();
  await openPage(other, "/");
  await openPage(ada.page, `/c/${id}`);
  const name = `Unread ${ada.username}`;
  await expect(sidebarRow(other, name).locator(".badge")).toHaveCount(0);
  await choose(ada.page, "Two", "Mark unread from here");
  await expect(ada.page.locator(".unread-line + li")).toContainText("Two");
  await expect(sidebarRow(ada.page, name).locator(".badge")).toContainText("2");
  await expect(sidebarRow(other, name).locator(".badge")).toContainText("2");
  // What comes is unread, too, although it is in view.
  await say(grace, id, "Four");
  await expect(sidebarRow(ada.page, name).locator(".badge")).toContainText("3");
  await ada.page.goto(`/c/${elsewhere}`);
  await expect(sidebarRow(ada.page, name).locator(".badge")).toContainText("3");
  await sidebarRow(ada.page, name).click();
  await expect(ada.page.locator(".unread-line + li")).toContainText("Two");
  await expect(sidebarRow(ada.page, name).locator(".badge")).toHaveCount(0);
  await expect(sidebarRow(other, name).locator(".badge")).toHaveCount(0);
  await other.context().close();
});

test("who has read a message, and when", async ({ ada, grace, linus }) => {
  const id = await startConversation(ada, [grace, linus], { kind: "group", title: `Readers ${ada.username}` });
  await openPage(ada.page, `/c/${id}`);
  await write(ada.page, "Who reads this?");
  await openPage(grace.page, `/c/${id}`);
  await expect(bodies(grace.page)).toHaveText(["Who reads this?"]);
  await expect
    .poll(async () => {
      const answer = await ada.api.get(`/api/v1/conversations/${id}/members`);
      const members = (await answer.json()).items as { user: { id: string }; readPosition: number }[];
      return members.find((member) => member.user.id === grace.id)?.readPosition;
    })
    .toBe(1);
  await choose(ada.page, "Who reads this?", "Who has read it");
  const dialog = ada.page.getByRole("dialog", { name: "Who has read it" });
  await expect(dialog.getByText("Read by 1 of 2")).toBeVisible();
  await expect(dialog.getByRole("listitem")).toHaveCount(1);
  await expect(dialog.getByRole("listitem")).toContainText(grace.name);
  await expect(dialog.getByRole("listitem").locator("time")).toBeVisible();
  await ada.page.keyboard.press("Escape");
  await expect(dialog).toBeHidden();
  await expect(composer(ada.page)).toBeVisible();
});

test("the members of a large channel are shown in pages, and found by name", async ({ ada, grace, linus }, testInfo) => {
  test.setTimeout(240_000);
  const others = Array.from({ length: 105 }, (_, at) => `${ada.username}-m${String(at).padStart(3, "0")}`);
  const id = await startConversation(ada, [grace], { kind: "channel", title: `Many ${ada.username}` });
  await ada.api.patch(`/api/v1/conversations/${id}`, { data: { description: "First line.\nSecond line, in full." } });
  const ids: string[] = [];
  for (let at = 0; at < others.length; at += 5) {
    const register = async (username: string) => {
      const answer = await ada.api.post("/api/v1/auth/register", { data: { username, password: "a long password", name: username } });
      expect(answer.status(), await answer.text()).toBe(201);
      return (await answer.json()).user.id as string;
    };
    ids.push(...(await Promise.all(others.slice(at, at + 5).map(register))));
  }
  for (let at = 0; at < ids.length; at += 50) {
    const added = await ada.api.post(`/api/v1/conversations/${id}/members`, { data: { userIds: ids.slice(at, at + 50) } });
    expect(added.ok(), await added.text()).toBe(true);
  }
  await openPage(ada.page, `/c/${id}`);
  await ada.page.getByRole("button", { name: "Members" }).click();
  const panel = ada.page.getByRole("complementary", { name: "Members" });
  await expect(panel.getByText("Second line, in full.")).toBeVisible();
  await expect(panel.getByText("Public channel · 107 members")).toBeVisible();
  const people = panel.locator(".row-item");
  await expect(people).toHaveCount(100);
  await panel.getByRole("button", { name: "Show more" }).click();
  await expect(people).toHaveCount(107);
  await expect(panel.getByRole("button", { name: "Show more" })).toHaveCount(0);
  await panel.getByRole("searchbox", { name: "Find a member" }).fill("M104");
  await expect(people).toHaveCount(1);
  await expect(people).toContainText(others[104]);
  await expect(people).toContainText("Offline");
  await testInfo.attach("members", { body: await ada.page.screenshot(), contentType: "image/png" });
  await people.getByLabel("Change this member").click();
  await people.getByRole("button", { name: "Remove" }).click();
  await expect(panel.getByText("Nobody here has that name.")).toBeVisible();
  await panel.getByRole("searchbox", { name: "Find a member" }).fill("");
  await expect(people).toHaveCount(106);
  await panel.getByRole("combobox", { name: "Add people" }).fill(linus.username);
  await panel.getByRole("option", { name: new RegExp(linus.username) }).click();
  await panel.getByRole("button", { name: "Add", exact: true }).click();
  await expect(people).toHaveCount(107);
});

test("what is pinned is marked where it was said", async ({ ada, grace }) => {
  const id = await startConversation(ada, [grace], { kind: "group", title: `Marked ${ada.username}` });
  const said = await say(ada, id, "The rules");
  await say(ada, id, "No rule");
  await openPage(grace.page, `/c/${id}`);
  const mark = row(grace.page, "The rules").getByTitle("Pinned");
  await expect(row(grace.page, "The rules")).toBeVisible();
  await expect(mark).toHaveCount(0);
  await ada.api.put(`/api/v1/messages/${said.id}/pin`);
  await expect(mark).toBeVisible();
  await expect(mark).toHaveText("Pinned");
  await expect(grace.page.getByTitle("Pinned", { exact: true })).toHaveCount(1);
  await ada.api.delete(`/api/v1/messages/${said.id}/pin`);
  await expect(mark).toHaveCount(0);
});
