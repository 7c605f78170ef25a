// What a person has written is theirs, until they send it or let it go.
import { bodies, clickAction, composer, messageBodies, row, say, sidebarRow, startConversation, timeline, write } from "../conversation";
import { type Person, expect, openPage, reload, test } from "../people";

const editBox = (person: Person) => person.page.getByRole("textbox", { name: "Edit message" });
const preview = (person: Person) => person.page.locator(".reply-preview");

test("an edit in progress survives reactions, edits by others, another conversation and a reload", async ({ ada, grace, linus }) => {
  const id = await startConversation(ada, [grace]);
  await startConversation(ada, [linus]);
  const mine = await say(ada, id, "Frist");
  const { page } = ada;
  await openPage(page, `/c/${id}`);
  await clickAction(page, "Frist", "Edit");
  await editBox(ada).press("End");
  await editBox(ada).pressSequentially(" things");
  await editBox(ada).press("ArrowLeft");
  const box = await editBox(ada).elementHandle();

  await grace.api.put(`/api/v1/messages/${mine.id}/reactions/${encodeURIComponent("👍")}`);
  await expect(page.getByRole("group", { name: "Reactions" })).toHaveText("👍1");
  await ada.api.patch(`/api/v1/messages/${mine.id}`, { data: { body: "Changed elsewhere" } });
  await expect(sidebarRow(page, grace.name)).toContainText("Changed elsewhere");
  await expect(editBox(ada)).toHaveValue("Frist things");
  expect(await box!.evaluate((box: HTMLTextAreaElement) => [box.isConnected, document.activeElement === box, box.selectionStart])).toEqual(
    [true, true, "Frist thing".length],
  );

  await sidebarRow(page, linus.name).click();
  await expect(editBox(ada)).toHaveCount(0);
  await sidebarRow(page, grace.name).click();
  await expect(editBox(ada)).toHaveValue("Frist things");
  await reload(page);
  await expect(editBox(ada)).toHaveValue("Frist things");
  await editBox(ada).fill("First things");
  await editBox(ada).press("Enter");
  await expect(bodies(page)).toHaveText(["First things"]);
  await reload(page);
  await expect(bodies(page)).toHaveText(["First things"]);
  await expect(editBox(ada)).toHaveCount(0);
});

test("an edit that is begun at another message comes back after it", async ({ ada, grace }) => {
  const id = await startConversation(ada, [grace]);
  await say(ada, id, "one");
  await say(ada, id, "two");
  await openPage(ada.page, `/c/${id}`);
  await clickAction(ada.page, "one", "Edit");
  await editBox(ada).fill("one, by half");
  await clickAction(ada.page, "two", "Edit");
  await editBox(ada).fill("two, changed");
  await editBox(ada).press("Enter");
  await expect(editBox(ada)).toHaveValue("one, by half");
  await editBox(ada).press("Escape");
  await expect(bodies(ada.page)).toHaveText(["one", "two, changed"]);
  await reload(ada.page);
  await expect(editBox(ada)).toHaveCount(0);
});

test("an edit of a message that is deleted meanwhile keeps its text", async ({ ada, grace, expectedErrors }) => {
  expectedErrors.push(/status of 4\d\d/);
  const id = await startConversation(ada, [grace]);
  const mine = await say(ada, id, "Soon gone");
  await openPage(ada.page, `/c/${id}`);
  await clickAction(ada.page, "Soon gone", "Edit");
  await editBox(ada).fill("A long improvement");
  await ada.api.delete(`/api/v1/messages/${mine.id}`);
  await expect(sidebarRow(ada.page, grace.name)).toContainText("Message deleted");
  await editBox(ada).press("Enter");
  await expect(timeline(ada.page).getByRole("alert")).toBeVisible();
  await expect(editBox(ada)).toHaveValue("A long improvement");
  await editBox(ada).press("Escape");
  await expect(bodies(ada.page)).toHaveText(["This message was deleted."]);
});

test("an edit far up in the past is found from the end", async ({ ada, grace }) => {
  const id = await startConversation(ada, [grace]);
  await say(ada, id, "The first of many");
  await openPage(ada.page, `/c/${id}`);
  await clickAction(ada.page, "The first of many", "Edit");
  await editBox(ada).fill("The first of very many");
  for (let at = 0; at < 160; at++) await say(grace, id, `Message ${at}`);
  await reload(ada.page);
  await expect(ada.page.getByText("You have begun to edit a message.")).toBeVisible();
  await ada.page.getByRole("button", { name: "Show it" }).click();
  await expect(editBox(ada)).toHaveValue("The first of very many");
  await expect(editBox(ada)).toBeInViewport();
  await expect(ada.page.getByText("You have begun to edit a message.")).toHaveCount(0);
});

test("a reply keeps its quote with its text", async ({ ada, grace, linus }) => {
  const id = await startConversation(ada, [grace]);
  await startConversation(ada, [linus]);
  await say(grace, id, "What do you think?");
  await say(ada, id, "Mine");
  await openPage(ada.page, `/c/${id}`);
  await clickAction(ada.page, "What do you think?", "Reply");
  await composer(ada.page).pressSequentially("I think");
  await sidebarRow(ada.page, linus.name).click();
  await expect(preview(ada)).toHaveCount(0);
  await expect(composer(ada.page)).toHaveValue("");
  await sidebarRow(ada.page, grace.name).click();
  await expect(preview(ada)).toContainText("What do you think?");
  await reload(ada.page);
  await expect(preview(ada)).toContainText("What do you think?");
  await expect(composer(ada.page)).toHaveValue("I think");
  await clickAction(ada.page, "Mine", "Edit");
  await editBox(ada).press("Escape");
  await expect(preview(ada), "an edit takes no quote away").toContainText("What do you think?");
  await composer(ada.page).press("Enter");
  await expect(row(ada.page, "I think").getByRole("button", { name: /In reply to/ })).toContainText("What do you think?");
  await expect(preview(ada)).toHaveCount(0);
  await reload(ada.page);
  await expect(preview(ada)).toHaveCount(0);
});

test("a text that was refused can be edited, and what is in the composer stays", async ({ ada, grace }) => {
  const id = await startConversation(ada, [grace]);
  await say(grace, id, "How long?");
  await openPage(ada.page, `/c/${id}`);
  await clickAction(ada.page, "How long?", "Reply");
  const long = "n".repeat(10_001);
  await write(ada.page, long);
  const failed = timeline(ada.page).getByRole("alert");
  await expect(failed).toContainText("10000 characters");
  await composer(ada.page).fill("a second thought");
  await failed.getByRole("button", { name: "Edit" }).click();
  await expect(composer(ada.page)).toHaveValue(`${long}\na second thought`);
  await expect(preview(ada)).toContainText("How long?");
  await expect(failed).toHaveCount(0);
  await reload(ada.page);
  await expect(composer(ada.page)).toHaveValue(`${long}\na second thought`);
  await composer(ada.page).fill("shorter");
  await composer(ada.page).press("Enter");
  await expect(row(ada.page, "shorter").getByRole("button", { name: /In reply to/ })).toContainText("How long?");
  await expect.poll(() => messageBodies(grace, id)).toEqual(["How long?", "shorter"]);
});

test("an answer to what is deleted meanwhile is copied, or sent without the quote", async ({ ada, grace }) => {
  const id = await startConversation(ada, [grace]);
  const doomed = await say(grace, id, "Forget this");
  await openPage(ada.page, `/c/${id}`);
  await clickAction(ada.page, "Forget this", "Reply");
  await composer(ada.page).fill("Never\never");
  await grace.api.delete(`/api/v1/messages/${doomed.id}`);
  await expect(preview(ada)).toContainText("This message was deleted.");
  await composer(ada.page).press("Enter");
  const failed = timeline(ada.page).getByRole("alert");
  await ada.context.grantPermissions(["clipboard-read", "clipboard-write"]);
  await failed.getByRole("button", { name: "Copy" }).click();
  expect(await ada.page.evaluate(() => navigator.clipboard.readText())).toBe("Never\never");
  await failed.getByRole("button", { name: "Send without the quote" }).click();
  await expect.poll(() => messageBodies(grace, id)).toContain("Never\never");
  await expect(failed).toHaveCount(0);
  const answer = timeline(ada.page).locator("li.message").last();
  await expect(answer.locator(".body")).toHaveText("Never\never", { useInnerText: true });
  await expect(answer.getByRole("button", { name: /In reply to/ })).toHaveCount(0);
});

test("a full storage takes nothing from a draft but its life after the page", async ({ ada, grace, linus }) => {
  const id = await startConversation(ada, [grace]);
  await startConversation(ada, [linus]);
  await openPage(ada.page, `/c/${id}`);
  await ada.page.evaluate(() => {
    Storage.prototype.setItem = () => {
      throw new DOMException("full", "QuotaExceededError");
    };
  });
  await composer(ada.page).fill("kept in memory");
  await sidebarRow(ada.page, linus.name).click();
  await expect(composer(ada.page)).toHaveValue("");
  await sidebarRow(ada.page, grace.name).click();
  await expect(composer(ada.page)).toHaveValue("kept in memory");
});
