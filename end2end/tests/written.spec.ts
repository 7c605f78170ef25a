// What a person has written is theirs, until they send it or let it go.
import { bodies, boxNote, clickAction, composer, messageBodies, row, say, sidebarRow, startConversation, timeline, write } from "../conversation";
import { type Person, expect, openPage, reload, test } from "../people";

const editBox = (person: Person) => person.page.getByRole("textbox", { name: "Edit message" });
/** Lets an edit go that has changed something. */
async function letGo(person: Person): Promise<void> {
  await editBox(person).press("Escape");
  await person.page.getByRole("button", { name: "Throw away" }).click();
}

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
  await letGo(ada);
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
  await letGo(ada);
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
  // Nothing that anybody would see: only the server knows.
  const refused = "\u200b\u2060";
  await write(ada.page, refused);
  const failed = timeline(ada.page).getByRole("alert");
  await expect(failed).toContainText("empty");
  await composer(ada.page).fill("a second thought");
  await failed.getByRole("button", { name: "Edit" }).click();
  await expect(composer(ada.page)).toHaveValue(`${refused}\na second thought`);
  await expect(preview(ada)).toContainText("How long?");
  await expect(failed).toHaveCount(0);
  await reload(ada.page);
  await expect(composer(ada.page)).toHaveValue(`${refused}\na second thought`);
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

test("what is typed while an edit is saved is edited on, and Enter twice saves once", async ({ ada, grace }) => {
  const id = await startConversation(ada, [grace]);
  await say(ada, id, "mine");
  const { page } = ada;
  await openPage(page, `/c/${id}`);
  let saves = 0;
  let release = () => {};
  const held = new Promise<void>((resolve) => (release = resolve));
  await page.route(/\/api\/v1\/messages\//, async (route) => {
    saves += 1;
    await held;
    await route.continue();
  });
  await clickAction(page, "mine", "Edit");
  await editBox(ada).fill("mine, changed");
  await editBox(ada).press("Enter");
  await editBox(ada).press("Enter");
  await editBox(ada).pressSequentially(" and more");
  release();
  await expect(sidebarRow(page, grace.name)).toContainText("mine, changed");
  await expect(editBox(ada)).toHaveValue("mine, changed and more");
  expect(saves).toBe(1);
  await editBox(ada).press("Enter");
  await expect(editBox(ada)).toHaveCount(0);
  await expect(bodies(page)).toHaveText(["mine, changed and more"]);
});

test("a form in a dialog is left by its own buttons and Escape only", async ({ ada, grace, linus }) => {
  const id = await startConversation(ada, [grace], { kind: "group", title: "Mine" });
  await startConversation(ada, [linus]);
  const { page } = ada;
  await openPage(page, `/c/${id}`);
  await page.getByLabel("More", { exact: true }).click();
  await page.getByRole("menuitem", { name: "Name and description" }).click();
  const dialog = page.getByRole("dialog", { name: "Name and description" });
  const name = dialog.getByLabel("Name", { exact: true });
  await name.fill("A long new name");
  const box = (await name.boundingBox())!;
  const middle = box.y + box.height / 2;
  await test.step("a selection is dragged out of it", async () => {
    await page.mouse.move(box.x + 100, middle);
    await page.mouse.down();
    await page.mouse.move(5, middle, { steps: 4 });
    await page.mouse.up();
    await expect(name).toHaveValue("A long new name");
  });
  await test.step("a press beside it", async () => {
    await page.mouse.click(5, middle);
    await expect(name).toHaveValue("A long new name");
  });
  await test.step("keys that move between conversations", async () => {
    for (const key of ["Alt+ArrowDown", "Alt+ArrowUp"]) await page.keyboard.press(key);
    await expect(page).toHaveURL(`/c/${id}`);
    await expect(name).toHaveValue("A long new name");
  });
  await page.keyboard.press("Escape");
  await expect(dialog).toBeHidden();
  await page.getByLabel("You", { exact: true }).click();
  await page.getByRole("button", { name: "Keyboard shortcuts" }).click();
  await expect(page.getByRole("dialog", { name: "Keyboard shortcuts" })).toBeVisible();
  await page.mouse.click(5, 5);
  await expect(page.getByRole("dialog", { name: "Keyboard shortcuts" }), "nothing is written in it").toBeHidden();
});

test("a draft for a conversation that is lost meanwhile is found", async ({ ada, grace, linus, expectedErrors }) => {
  expectedErrors.push(/status of 404/);
  const id = await startConversation(grace, [ada], { kind: "group", title: "Soon gone" });
  await startConversation(ada, [linus]);
  const { page } = ada;
  await openPage(page, `/c/${id}`);
  await composer(page).fill("a long letter");
  await sidebarRow(page, linus.name).click();
  await expect(page.getByRole("heading", { name: linus.name })).toBeVisible();
  await grace.api.delete(`/api/v1/conversations/${id}/members/${ada.id}`);
  await expect(sidebarRow(page, "Not sent")).toBeVisible();
  await reload(page);
  await sidebarRow(page, "Not sent").click();
  const kept = page.getByRole("region", { name: "What you wrote here" });
  await expect(kept.getByRole("listitem")).toContainText("a long letter");
  await kept.getByRole("button", { name: "Discard" }).click();
  await expect(sidebarRow(page, "Not sent")).toHaveCount(0);
});

test("two tabs write one draft, and neither takes the other's", async ({ ada, grace }) => {
  const id = await startConversation(ada, [grace]);
  await say(grace, id, "What do you think?");
  const { page } = ada;
  await openPage(page, `/c/${id}`);
  const other = await ada.context.newPage();
  await openPage(other, `/c/${id}`);
  await clickAction(page, "What do you think?", "Reply");
  await composer(page).pressSequentially("A long text");
  await expect(composer(other)).toHaveValue("A long text");
  await expect(other.locator(".reply-preview")).toContainText("What do you think?");
  await composer(other).press("End");
  await composer(other).pressSequentially(", and more");
  await reload(page);
  await expect(composer(page)).toHaveValue("A long text, and more");
  await composer(page).press("Enter");
  await expect(composer(other)).toHaveValue("");
  await expect(other.locator(".reply-preview")).toHaveCount(0);
  await expect.poll(() => messageBodies(grace, id)).toEqual(["What do you think?", "A long text, and more"]);
});

test("a text that is much too long stays in the composer, and no socket is cut", async ({ ada, grace }) => {
  const id = await startConversation(ada, [grace]);
  const { page } = ada;
  let opened = 0;
  page.on("websocket", () => (opened += 1));
  await openPage(page, `/c/${id}`);
  await expect(page.getByRole("toolbar", { name: "Formatting" })).toBeVisible();
  await composer(page).fill("界".repeat(100_000));
  await composer(page).press("Enter");
  const note = boxNote(page.locator(".composer"));
  await expect(note).toHaveText("This is too long to send.");
  expect((await composer(page).inputValue()).length).toBe(100_000);
  await write(page, "shorter");
  await expect(note).toHaveText("");
  await expect.poll(() => messageBodies(grace, id)).toEqual(["shorter"]);
  expect(opened).toBe(1);
});

test("a conversation that is started by a double click is there once", async ({ ada, grace, linus }) => {
  const { page } = ada;
  await openPage(page, "/");
  await page.route(/\/api\/v1\/conversations$/, async (route) => {
    await new Promise((resolve) => setTimeout(resolve, 500));
    await route.continue();
  });
  await page.getByRole("navigation").getByRole("link", { name: "New conversation" }).click();
  const dialog = page.getByRole("dialog", { name: "New conversation" });
  for (const person of [grace, linus]) {
    await dialog.getByRole("combobox").fill(person.username);
    await dialog.getByRole("option", { name: person.name }).click();
  }
  await dialog.getByLabel("Name", { exact: true }).fill("Only once");
  let answers = 0;
  page.on("response", (response) => (answers += response.url().endsWith("/api/v1/conversations") ? 1 : 0));
  await dialog.getByRole("button", { name: "Start" }).dblclick();
  await expect.poll(() => answers).toBe(2);
  await expect(page.getByRole("heading", { name: "Only once" })).toBeVisible();
  await page.reload();
  await expect(sidebarRow(page, "Only once")).toHaveCount(1);
});

test("a request that nobody answers ends, and its text is kept", async ({ ada, grace, expectedErrors }) => {
  expectedErrors.push(/ERR_ABORTED|ERR_FAILED/);
  const id = await startConversation(ada, [grace]);
  await say(ada, id, "mine");
  const { page } = ada;
  await page.clock.install();
  await openPage(page, `/c/${id}`);
  await page.route(/\/api\/v1\/messages\//, () => {});
  await clickAction(page, "mine", "Edit");
  await editBox(ada).fill("changed");
  await editBox(ada).press("Enter");
  await page.clock.runFor(31_000);
  await expect(page.getByRole("alert")).toHaveText("The server could not be reached. Try again.");
  await expect(editBox(ada)).toHaveValue("changed");
});
