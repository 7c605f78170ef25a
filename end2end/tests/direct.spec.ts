import { clickAction, bodies, composer, expectTick, sidebarRow, row, say, startConversation, timeline, write } from "../conversation";
import { expect, test, openPage } from "../people";

test("two people find each other and talk, live", async ({ ada, grace }) => {
  await openPage(ada.page, "/");
  await openPage(grace.page, "/");
  await ada.page.getByRole("navigation").getByRole("link", { name: "New conversation" }).click();
  const dialog = ada.page.getByRole("dialog", { name: "New conversation" });
  await dialog.getByRole("combobox", { name: "People" }).fill(grace.username);
  await dialog.getByRole("option", { name: grace.name }).click();
  await dialog.getByRole("button", { name: "Start" }).click();
  await expect(dialog).toBeHidden();
  await expect(ada.page.getByRole("heading", { name: grace.name })).toBeVisible();
  await expect(ada.page).toHaveURL(/\/c\/\d+$/);
  await expect(timeline(ada.page).getByText("No messages yet", { exact: true })).toBeVisible();

  await write(ada.page, "Hello Grace");
  await expect(sidebarRow(grace.page, ada.name)).toContainText("Hello Grace");
  await sidebarRow(grace.page, ada.name).click();
  await expect(bodies(grace.page)).toHaveText(["Hello Grace"]);

  await composer(grace.page).fill("Hello Ada,");
  await composer(grace.page).press("Shift+Enter");
  await composer(grace.page).pressSequentially("how are you?");
  await composer(grace.page).press("Enter");
  await expect(bodies(ada.page)).toHaveText(["Hello Grace", "Hello Ada,\nhow are you?"], { useInnerText: true });
  await expect(sidebarRow(ada.page, grace.name)).toContainText("Hello Ada, how are you?");
});

test("typing is shown to the other one, and gone when it stops", async ({ ada, grace }) => {
  const id = await startConversation(ada, [grace]);
  await openPage(ada.page, `/c/${id}`);
  await openPage(grace.page, `/c/${id}`);
  const typing = grace.page.getByText(`${ada.name} is typing…`);
  await composer(ada.page).pressSequentially("Let me th");
  await expect(typing).toBeVisible();
  await expect(sidebarRow(grace.page, ada.name)).toContainText("typing…");
  await composer(ada.page).fill("");
  await expect(typing).toHaveCount(0);

  await composer(ada.page).pressSequentially("think");
  await expect(typing).toBeVisible();
  await composer(ada.page).press("Enter");
  await expect(bodies(grace.page)).toHaveText(["think"]);
  await expect(typing).toHaveCount(0);
  await expect(ada.page.getByText("is typing…")).toHaveCount(0);
});

test("ticks go from sent to delivered to read", async ({ ada, grace }) => {
  const id = await startConversation(ada, [grace]);
  await openPage(ada.page, `/c/${id}`);
  await write(ada.page, "Are you there?");
  await expectTick(ada.page, "Are you there?", "Sent");
  await openPage(grace.page, "/");
  await expectTick(ada.page, "Are you there?", "Delivered");
  await sidebarRow(grace.page, ada.name).click();
  await expectTick(ada.page, "Are you there?", "Read");
  await write(ada.page, "Good");
  await expectTick(ada.page, "Good", "Read");
});

test("what is unread is counted in the sidebar and in the title, until it is read", async ({ ada, grace }) => {
  const id = await startConversation(ada, [grace]);
  await openPage(grace.page, "/");
  await expect(grace.page).toHaveTitle("Parlance");
  await say(ada, id, "one");
  await say(ada, id, "two");
  await expect(sidebarRow(grace.page, ada.name)).toContainText("2 unread");
  await expect(grace.page).toHaveTitle("(2) Parlance");
  await grace.page.reload();
  await expect(sidebarRow(grace.page, ada.name)).toContainText("2 unread");
  await expect(grace.page).toHaveTitle("(2) Parlance");

  await sidebarRow(grace.page, ada.name).click();
  await expect(timeline(grace.page).getByText("New messages")).toBeVisible();
  await expect(sidebarRow(grace.page, ada.name)).not.toContainText("unread");
  await expect(grace.page).toHaveTitle(`${ada.name} · Parlance`);

  await say(ada, id, "three");
  await expect(bodies(grace.page)).toHaveText(["one", "two", "three"]);
  await expect(sidebarRow(grace.page, ada.name), "what is before one's eyes is read").not.toContainText("unread");
});

test("presence: online, away, invisible, gone and last seen", async ({ ada, grace }) => {
  const id = await startConversation(ada, [grace]);
  await openPage(ada.page, `/c/${id}`);
  const seen = ada.page.getByRole("region", { name: grace.name }).locator("header");
  await expect(seen).toContainText("Offline");
  await openPage(grace.page, "/");
  await expect(seen).toContainText("Online");
  await expect(sidebarRow(ada.page, grace.name)).toContainText("Online");

  const choose = async (choice: string) => {
    await grace.page.getByLabel("You", { exact: true }).click();
    await grace.page.getByRole("button", { name: choice }).click();
  };
  await choose("Away");
  await expect(seen).toContainText("Away");
  await choose("Invisible");
  await expect(seen).not.toContainText(/Away|Online/);
  await choose("Online");
  await expect(seen).toContainText("Online");

  await grace.page.close();
  await expect(seen).toContainText(/Last seen \d\d:\d\d/);
  await expect(sidebarRow(ada.page, grace.name)).toContainText("Offline");
});

test("replies, reactions, edits and deletions are seen by both", async ({ ada, grace }) => {
  const id = await startConversation(ada, [grace]);
  await openPage(ada.page, `/c/${id}`);
  await openPage(grace.page, `/c/${id}`);
  const both = [ada.page, grace.page];

  await test.step("a reply quotes what it answers", async () => {
    await write(ada.page, "Tea or coffee?");
    await clickAction(grace.page, "Tea or coffee?", "Reply");
    await expect(composer(grace.page)).toBeFocused();
    await write(grace.page, "Coffee");
    for (const page of both) {
      const quote = row(page, "Coffee").getByRole("button", { name: /In reply to/ });
      await expect(quote).toContainText(`${ada.name}Tea or coffee?`);
      await quote.click();
      await expect(row(page, "Tea or coffee?")).toHaveClass(/marked/);
    }
  });

  await test.step("reactions are counted, and taken back", async () => {
    await clickAction(grace.page, "Tea or coffee?", "React");
    await grace.page.locator(".emoji-grid").getByRole("button", { name: "party popper", exact: true }).first().click();
    const chip = (page: typeof ada.page) => row(page, "Tea or coffee?").getByRole("group", { name: "Reactions" });
    for (const page of both) await expect(chip(page)).toHaveText("🎉1");
    await expect(chip(ada.page).getByRole("button")).toHaveAccessibleName(`🎉 ${grace.name}`);
    await chip(ada.page).getByRole("button").click();
    for (const page of both) await expect(chip(page)).toHaveText("🎉2");
    await expect(chip(ada.page).getByRole("button")).toHaveAttribute("aria-pressed", "true");
    await chip(ada.page).getByRole("button").click();
    for (const page of both) await expect(chip(page)).toHaveText("🎉1");
    await chip(grace.page).getByRole("button").click();
    for (const page of both) await expect(chip(page)).toHaveCount(0);
  });

  await test.step("an edit says so, and keeps what was said before", async () => {
    await clickAction(grace.page, "Coffee", "Edit");
    const edit = grace.page.getByRole("textbox", { name: "Edit message" });
    await expect(edit).toHaveValue("Coffee");
    await edit.fill("Coffee, please");
    await edit.press("Enter");
    for (const page of both) await expect(row(page, "Coffee, please")).toContainText("edited");
    await row(ada.page, "Coffee, please").getByRole("button", { name: /^Edited/ }).click();
    const history = ada.page.getByRole("dialog", { name: "Earlier wordings" });
    await expect(history.getByRole("listitem")).toContainText(["Coffee"]);
    await ada.page.keyboard.press("Escape");
    await expect(history).toBeHidden();
  });

  await test.step("nobody can edit or delete what another one said", async () => {
    await row(ada.page, "Coffee, please").locator(".bubble").hover();
    const actions = row(ada.page, "Coffee, please").getByRole("group", { name: "Message actions" });
    await actions.getByRole("button", { name: "More actions" }).click();
    await expect(ada.page.getByRole("menuitem")).toHaveText([
      "Reply",
      "Reply in a thread",
      "Copy text",
      "Copy link",
      "Mark unread from here",
      "Pin",
      "Save",
      "Who has read it",
      "Forward…",
      "Select",
      "Remind me…",
    ]);
    await ada.page.keyboard.press("Escape");
  });

  await test.step("a deletion leaves a tombstone", async () => {
    await clickAction(grace.page, "Coffee, please", "Delete");
    const question = grace.page.getByRole("dialog", { name: "Delete this message?" });
    await question.getByRole("button", { name: "Cancel" }).click();
    await expect(question).toBeHidden();
    await expect(row(grace.page, "Coffee, please")).toBeVisible();
    await clickAction(grace.page, "Coffee, please", "Delete");
    await question.getByRole("button", { name: "Delete" }).click();
    for (const page of both) {
      await expect(bodies(page)).toHaveText(["Tea or coffee?", "This message was deleted."]);
      await expect(page.getByText("Coffee, please")).toHaveCount(0);
    }
    await expect(sidebarRow(ada.page, grace.name)).toContainText("Message deleted");
  });
});

test("a message is text, whatever it looks like", async ({ ada, grace }) => {
  const id = await startConversation(ada, [grace]);
  await openPage(ada.page, `/c/${id}`);
  await openPage(grace.page, `/c/${id}`);
  const text = '<img src=x onerror="alert(1)"> & <b>bold</b> https://example.org/a?b=c&d';
  await write(ada.page, text);
  await expect(bodies(grace.page)).toHaveText([text]);
  await expect(bodies(grace.page).getByRole("link")).toHaveAttribute("href", "https://example.org/a?b=c&d");
  await grace.page.reload();
  await expect(bodies(grace.page)).toHaveText([text]);
});
