import AxeBuilder from "@axe-core/playwright";
import { bodies, composer, row, say, sidebarRow, startConversation, timeline, write } from "../conversation";
import { browserOf, expect, NO_NETWORK, openPage, reload, test } from "../people";
import { choose, reply, replyBox, threadBodies, threadLink, threadPane, writeReply } from "../threads";

for (const [width, height] of [[1440, 900], [390, 844]] as const) {
  test(`two people talk in a thread beside the main line, at ${width} px`, async ({ ada, grace }, testInfo) => {
    await ada.page.setViewportSize({ width, height });
    const id = await startConversation(ada, [grace], { kind: "group", title: `Threads ${ada.username}` });
    const root = await say(ada, id, "Who brings the cards?");
    await openPage(ada.page, `/c/${id}`);
    await openPage(grace.page, `/c/${id}`);

    // It begins in the menu of a message.
    await choose(grace.page, "Who brings the cards?", "Reply in a thread");
    await expect(replyBox(grace.page)).toBeFocused();
    await replyBox(grace.page).pressSequentially("I do");
    await replyBox(grace.page).press("Enter");
    await expect(threadBodies(grace.page)).toHaveText(["Who brings the cards?", "I do"]);
    await expect(bodies(grace.page)).toHaveText(["Who brings the cards?"]);

    // The other sees how many there are and that they are unread, and opens it.
    await expect(bodies(ada.page)).toHaveText(["Who brings the cards?"]);
    await expect(threadLink(ada.page, "Who brings the cards?")).toContainText("1 reply");
    await expect(threadLink(ada.page, "Who brings the cards?")).toContainText("1 unread");
    await threadLink(ada.page, "Who brings the cards?").click();
    await expect(threadBodies(ada.page)).toHaveText(["Who brings the cards?", "I do"]);
    await expect(threadPane(ada.page).locator(".unread-line")).toHaveText("New replies");
    await expect(threadLink(ada.page, "Who brings the cards?")).not.toContainText("unread");
    await replyBox(ada.page).fill("And I the coffee");
    await expect(threadPane(grace.page).locator(".typing-line")).toContainText(`${ada.name} is typing`);
    await expect(grace.page.locator("section.pane > .typing-line")).toBeEmpty();
    await replyBox(ada.page).press(width < 500 ? "Control+Enter" : "Enter");
    await expect(threadBodies(grace.page)).toHaveText(["Who brings the cards?", "I do", "And I the coffee"]);
    await expect(threadLink(grace.page, "Who brings the cards?")).toContainText("2 replies");
    await expect(sidebarRow(grace.page, "Threads").getByText("unread")).toHaveCount(0);

    await testInfo.attach(`pane-${width}`, { body: await ada.page.screenshot(), contentType: "image/png" });
    const found = await new AxeBuilder({ page: ada.page }).analyze();
    expect(found.violations.map((violation) => [violation.id, violation.nodes.map((node) => node.html)])).toEqual([]);

    // Escape closes it, and the focus is back where it came from.
    await replyBox(ada.page).focus();
    await ada.page.keyboard.press("Escape");
    await expect(threadPane(ada.page)).toHaveCount(0);
    await expect(threadLink(ada.page, "Who brings the cards?")).toBeFocused();

    // After loading the page anew, the main line is what it was.
    await reload(ada.page);
    await expect(bodies(ada.page)).toHaveText(["Who brings the cards?"]);
    await expect(threadLink(ada.page, "Who brings the cards?")).toContainText("2 replies");
    expect(root.position).toBe(1);
  });
}

test("a reply that is also sent to the conversation is in both places", async ({ ada, grace }) => {
  const id = await startConversation(ada, [grace], { kind: "group", title: `Both ${ada.username}` });
  const root = await say(ada, id, "The root");
  await openPage(grace.page, `/c/${id}`);
  await openPage(ada.page, `/c/${id}`);
  await choose(ada.page, "The root", "Reply in a thread");
  await threadPane(ada.page).getByRole("checkbox", { name: "Also send to the conversation" }).check();
  await writeReply(ada.page, "For all of you");
  await expect(threadPane(ada.page).getByRole("checkbox")).not.toBeChecked();
  await writeReply(ada.page, "For the thread");
  await expect(bodies(grace.page)).toHaveText(["The root", "For all of you"]);
  await row(grace.page, "For all of you").getByRole("button", { name: "In a thread" }).click();
  await expect(threadBodies(grace.page)).toHaveText(["The root", "For all of you", "For the thread"]);
  // Who does not follow it counts nothing of it, until they ask to.
  await reply(ada, id, root.id, "Another one");
  await expect(threadBodies(grace.page)).toHaveCount(4);
  await threadPane(grace.page).getByRole("button", { name: "Follow", exact: true }).click();
  await expect(threadPane(grace.page).getByRole("button", { name: "Unfollow" })).toBeVisible();
  // Who follows it is told to its members, and the number goes with who does.
  const followers = threadPane(grace.page).getByRole("button", { name: "Followers" });
  await expect(followers).toHaveAttribute("aria-expanded", "false");
  await followers.press("Enter");
  await expect(threadPane(grace.page).getByText("2 followers", { exact: true })).toBeVisible();
  const list = threadPane(grace.page).getByRole("list", { name: "Followers" });
  await expect(list.getByRole("button")).toHaveText([ada.name, grace.name]);
  await threadPane(grace.page).getByRole("button", { name: "Unfollow" }).click();
  await expect(list.getByRole("button")).toHaveText([ada.name]);
  await expect(threadPane(grace.page).getByText("1 follower", { exact: true })).toBeVisible();
  await expect(followers).toHaveAttribute("aria-expanded", "true");
  await list.getByRole("button", { name: ada.name }).click();
  await expect(grace.page.getByRole("dialog").filter({ hasText: ada.username })).toBeVisible();
});

test("a long thread loads its replies in pages, and the main line is full in spite of it", async ({ ada, grace }) => {
  test.setTimeout(120_000);
  const id = await startConversation(ada, [grace], { kind: "group", title: `Long ${ada.username}` });
  for (let at = 1; at <= 60; at++) await say(grace, id, `Main ${at}`);
  const root = await say(ada, id, "The long one");
  for (let at = 1; at <= 120; at++) await reply(grace, id, root.id, `Reply ${at}`);
  await say(grace, id, "After all");
  await openPage(ada.page, `/c/${id}`);
  await expect(row(ada.page, "After all")).toBeVisible();
  await expect(row(ada.page, "Main 30")).toHaveCount(1);
  await expect(threadLink(ada.page, "The long one")).toContainText("120 replies");
  // The first message is reached by scrolling, across what is in the thread.
  await expect(async () => {
    await timeline(ada.page).evaluate((node) => node.scrollBy(0, -1500));
    await expect(row(ada.page, "Main 1")).toHaveCount(1, { timeout: 500 });
  }).toPass();
  await timeline(ada.page).evaluate((node) => node.scrollTo(0, 0));
  await threadLink(ada.page, "The long one").click();
  await expect(threadBodies(ada.page).last()).toHaveText("Reply 120");
  const rows = threadPane(ada.page).getByRole("log");
  await expect(async () => {
    await rows.evaluate((node) => node.scrollBy(0, -3000));
    await expect(threadBodies(ada.page).filter({ hasText: /^Reply 1$/ })).toHaveCount(1, { timeout: 500 });
  }).toPass();
  await expect(threadBodies(ada.page)).toHaveCount(121);
});

test("replies wait while there is no network, and are sent once", async ({ ada, grace, expectedErrors }) => {
  expectedErrors.push(NO_NETWORK);
  const id = await startConversation(ada, [grace], { kind: "group", title: `Offline ${ada.username}` });
  const root = await say(ada, id, "The root");
  await reply(grace, id, root.id, "First");
  await openPage(ada.page, `/c/${id}`);
  await threadLink(ada.page, "The root").click();
  await expect(threadBodies(ada.page)).toHaveText(["The root", "First"]);
  await ada.context.setOffline(true);
  await writeReply(ada.page, "Written offline");
  await expect(threadPane(ada.page).getByTitle("Waiting to be sent").or(threadPane(ada.page).getByTitle("Sending"))).toHaveCount(1);
  await reply(grace, id, root.id, "Meanwhile");
  await ada.context.setOffline(false);
  await expect(threadBodies(ada.page)).toHaveText(["The root", "First", "Meanwhile", "Written offline"]);
  await reload(ada.page);
  await threadLink(ada.page, "The root").click();
  await expect(threadBodies(ada.page)).toHaveText(["The root", "First", "Meanwhile", "Written offline"]);
  await expect(bodies(ada.page)).toHaveText(["The root"]);
});

test("the threads that one follows are in a list with what is unread, in every tab", async ({ ada, grace, browser, consoleErrors }) => {
  const id = await startConversation(ada, [grace], { kind: "group", title: `List ${ada.username}` });
  const root = await say(ada, id, "A question");
  const other = await (await browserOf({ browser, consoleErrors }, ada)).newPage();
  await openPage(ada.page, "/threads");
  await openPage(other, "/");
  await expect(ada.page.getByText("No threads yet")).toBeVisible();
  await reply(grace, id, root.id, "An answer");
  const main = ada.page.getByRole("region", { name: "Threads" });
  await expect(main.getByRole("link", { name: /A question/ })).toBeVisible();
  await expect(main.getByRole("link", { name: /A question/ })).toContainText("1 unread");
  await reply(grace, id, root.id, "Another answer");
  await expect(main.getByRole("link", { name: /A question/ })).toContainText("2 unread");
  const views = (page: typeof other) => page.getByRole("navigation", { name: "Conversations" }).getByRole("link", { name: /^Threads/ });
  await expect(views(other)).toContainText("1 unread");
  await main.getByRole("link", { name: /A question/ }).click();
  await expect(threadBodies(ada.page)).toHaveText(["A question", "An answer", "Another answer"]);
  await expect(views(ada.page)).not.toContainText("unread");
  await expect(views(other)).not.toContainText("unread");
  await other.context().close();
});

test("a thread is read and answered by keyboard alone", async ({ ada, grace }) => {
  const id = await startConversation(ada, [grace], { kind: "group", title: `Keys ${ada.username}` });
  const root = await say(grace, id, "By keys");
  await reply(grace, id, root.id, "One");
  await openPage(ada.page, `/c/${id}`);
  await expect(composer(ada.page)).toBeFocused();
  await timeline(ada.page).focus();
  await ada.page.keyboard.press("ArrowUp");
  await expect(row(ada.page, "By keys")).toBeFocused();
  while (!(await threadLink(ada.page, "By keys").evaluate((node) => node === document.activeElement))) {
    await ada.page.keyboard.press("Tab");
  }
  await ada.page.keyboard.press("Enter");
  await expect(replyBox(ada.page)).toBeFocused();
  await ada.page.keyboard.type("Two");
  await ada.page.keyboard.press("Enter");
  await expect(threadBodies(ada.page)).toHaveText(["By keys", "One", "Two"]);
  await threadPane(ada.page).getByRole("log").focus();
  await ada.page.keyboard.press("ArrowUp");
  await expect(threadPane(ada.page).locator("li.message", { hasText: "Two" })).toBeFocused();
  // The focused reply is quoted in the box of the pane.
  await ada.page.keyboard.press("r");
  await expect(replyBox(ada.page)).toBeFocused();
  await expect(threadPane(ada.page).locator(".reply-preview")).toContainText("Two");
  await ada.page.keyboard.press("Escape");
  await expect(threadPane(ada.page).locator(".reply-preview")).toHaveCount(0);
  await ada.page.keyboard.press("Escape");
  await expect(threadPane(ada.page)).toHaveCount(0);
  await expect(threadLink(ada.page, "By keys")).toBeFocused();
});

test("a message that was written to the main line stays out of the thread", async ({ ada, grace }) => {
  const id = await startConversation(ada, [grace]);
  await say(ada, id, "Apart");
  await openPage(ada.page, `/c/${id}`);
  await choose(ada.page, "Apart", "Reply in a thread");
  await expect(replyBox(ada.page)).toBeFocused();
  await write(ada.page, "In the main line");
  await expect(bodies(ada.page)).toHaveText(["Apart", "In the main line"]);
  await expect(threadBodies(ada.page)).toHaveText(["Apart"]);
});
