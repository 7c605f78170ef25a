import type { Page } from "@playwright/test";
import { bodies, composer, sidebarRow, row, messageBodies, say, startConversation, write } from "../conversation";
import { type Person, expect, test, openPage } from "../people";

const NOT_FOUND = /status of 404/;

/** Opens the dialog for a new conversation. */
async function openNew(page: Page) {
  await page.getByRole("navigation").getByRole("link", { name: "New conversation" }).click();
  return page.getByRole("dialog", { name: "New conversation" });
}

function members(page: Page) {
  return page.getByRole("complementary", { name: "Members" });
}

/** Chooses an entry of a member's menu in the panel. */
async function change(page: Page, person: Person, choice: string) {
  const member = members(page).getByRole("listitem").filter({ hasText: person.name });
  await member.getByLabel("Change this member").click();
  await member.getByRole("button", { name: choice }).click();
}

test("three people talk in a group that one has started", async ({ ada, grace, linus }) => {
  const title = `Kernel ${ada.username}`;
  for (const { page } of [ada, grace, linus]) await openPage(page, "/");
  const dialog = await openNew(ada.page);
  const people = dialog.getByRole("combobox", { name: "People" });
  await people.fill(grace.username);
  await dialog.getByRole("option", { name: grace.name }).click();
  await people.fill(linus.name);
  await expect(dialog.getByRole("option")).toHaveCount(1);
  await people.press("Enter");
  await expect(dialog.getByRole("button", { name: /^Remove/ })).toHaveCount(2);
  await dialog.getByRole("textbox", { name: "Name" }).fill(title);
  await dialog.getByRole("button", { name: "Start" }).click();
  await expect(ada.page.getByRole("heading", { name: title })).toBeVisible();

  for (const { page } of [grace, linus]) await sidebarRow(page, title).click();
  for (const { page } of [ada, grace, linus]) await expect(page.getByText("3 members")).toBeVisible();
  await write(ada.page, "Welcome");
  await expect(bodies(grace.page)).toHaveText(["Welcome"]);
  await write(grace.page, "Thank you");
  await expect(bodies(linus.page)).toHaveText(["Welcome", "Thank you"]);
  await write(linus.page, "Talk is cheap");
  for (const { page } of [ada, grace, linus]) {
    await expect(bodies(page)).toHaveText(["Welcome", "Thank you", "Talk is cheap"]);
  }
  await expect(row(ada.page, "Talk is cheap")).toContainText(linus.name);
  await expect(sidebarRow(ada.page, title)).toContainText("Linus: Talk is cheap");
});

test("who is mentioned sees that in the sidebar, and others don't", async ({ ada, grace, linus }) => {
  const title = `Plans ${ada.username}`;
  const id = await startConversation(grace, [ada, linus], { kind: "group", title });
  for (const { page } of [ada, linus]) await openPage(page, "/");
  await say(grace, id, `Look, @${ada.username}: done`);
  for (const { page } of [ada, linus]) await expect(sidebarRow(page, title)).toContainText("1 unread");
  await expect(sidebarRow(ada.page, title)).toContainText("You were mentioned.");
  await expect(sidebarRow(linus.page, title)).not.toContainText("You were mentioned.");
  await sidebarRow(ada.page, title).click();
  await expect(bodies(ada.page).locator(".mention-me")).toHaveText(`@${ada.username}`);
  await expect(sidebarRow(ada.page, title)).not.toContainText("You were mentioned.");
});

test("whoever is removed while looking is told, and hears nothing more", async ({ ada, grace, linus, expectedErrors }) => {
  expectedErrors.push(NOT_FOUND);
  const title = `Secrets ${ada.username}`;
  const id = await startConversation(ada, [grace, linus], { kind: "group", title });
  const direct = await startConversation(ada, [linus]);
  await say(ada, id, "All may know this");
  const frames: string[] = [];
  linus.page.on("websocket", (socket) => socket.on("framereceived", ({ payload }) => frames.push(payload.toString())));
  await openPage(linus.page, `/c/${id}`);
  await expect(bodies(linus.page)).toHaveText(["All may know this"]);
  await openPage(ada.page, `/c/${id}`);
  await ada.page.getByRole("button", { name: "Members" }).click();
  await change(ada.page, linus, "Remove");
  await expect(members(ada.page).getByText(linus.name)).toHaveCount(0);

  await expect(linus.page.getByRole("alert")).toContainText("You are no longer in this conversation");
  await expect(sidebarRow(linus.page, title)).toHaveCount(0);
  await expect(bodies(linus.page)).toHaveCount(0);
  await expect(composer(linus.page)).toHaveCount(0);

  await write(ada.page, "Only Grace may know this");
  await grace.api.put(`/api/v1/messages/${(await say(grace, id, "Nor this")).id}/reactions/👍`);
  // All earlier events of the same socket have arrived, too.
  await say(ada, direct, "Sorry, Linus");
  await expect(sidebarRow(linus.page, ada.name)).toContainText("Sorry, Linus");
  const marker = frames.findIndex((frame) => frame.includes("Sorry, Linus"));
  expect(marker).toBeGreaterThan(-1);
  expect(frames.filter((frame) => /may know this"|Nor this/.test(frame) && !frame.includes("All may"))).toEqual([]);

  await linus.page.goto(`/c/${id}`);
  await expect(linus.page.getByText("This conversation can't be found")).toBeVisible();
});

test("an admin may add people, and everybody may leave", async ({ ada, grace, linus }) => {
  const title = `Crew ${ada.username}`;
  const id = await startConversation(ada, [grace], { kind: "group", title });
  await openPage(ada.page, `/c/${id}`);
  await openPage(grace.page, `/c/${id}`);
  await openPage(linus.page, "/");
  for (const { page } of [ada, grace]) await page.getByRole("button", { name: "Members" }).click();
  const add = members(grace.page).getByRole("combobox", { name: "Add people" });
  await expect(members(grace.page).getByText(ada.name)).toBeVisible();
  await expect(add).toHaveCount(0);
  await change(ada.page, grace, "Make an admin");
  await add.fill(linus.username);
  await members(grace.page).getByRole("option", { name: linus.name }).click();
  await members(grace.page).getByRole("button", { name: "Add", exact: true }).click();
  for (const { page } of [ada, grace]) await expect(members(page).getByText(linus.name)).toBeVisible();
  await sidebarRow(linus.page, title).click();
  await write(linus.page, "Hello");
  await expect(bodies(ada.page)).toHaveText(["Hello"]);

  await linus.page.getByLabel("More", { exact: true }).click();
  await linus.page.getByRole("menuitem", { name: "Leave" }).click();
  await linus.page.getByRole("dialog").getByRole("button", { name: "Leave" }).click();
  await expect(linus.page).toHaveURL("/");
  await expect(sidebarRow(linus.page, title)).toHaveCount(0);
  await expect(members(ada.page).getByText(linus.name)).toHaveCount(0);
  await expect(ada.page.getByText("2 members", { exact: true })).toBeVisible();
});

test("an owner renames a group, and deletes it for everybody", async ({ ada, grace }) => {
  const id = await startConversation(ada, [grace], { kind: "group", title: `Old ${ada.username}` });
  await openPage(ada.page, `/c/${id}`);
  await openPage(grace.page, `/c/${id}`);
  await ada.page.getByLabel("More", { exact: true }).click();
  await ada.page.getByRole("menuitem", { name: "Name and description" }).click();
  const dialog = ada.page.getByRole("dialog", { name: "Name and description" });
  await dialog.getByLabel("Name", { exact: true }).fill(`New ${ada.username}`);
  await dialog.getByLabel("Description").fill("All that is new");
  await dialog.getByRole("button", { name: "Save" }).click();
  await expect(dialog).toBeHidden();
  await expect(grace.page.getByRole("heading", { name: `New ${ada.username}` })).toBeVisible();
  await expect(grace.page.getByText("All that is new")).toBeVisible();

  await grace.page.getByLabel("More", { exact: true }).click();
  await expect(grace.page.getByRole("menuitem", { name: "Leave" })).toBeVisible();
  await expect(grace.page.getByRole("menuitem", { name: "Delete" })).toHaveCount(0);
  await ada.page.getByLabel("More", { exact: true }).click();
  await ada.page.getByRole("menuitem", { name: "Delete" }).click();
  await ada.page.getByRole("dialog").getByRole("button", { name: "Delete" }).click();
  await expect(ada.page).toHaveURL("/");
  await expect(grace.page.getByRole("alert")).toContainText("You are no longer in this conversation");
});

test("a public channel is found, looked at and joined", async ({ ada, grace, linus }) => {
  const title = `Gardening ${ada.username}`;
  await openPage(ada.page, "/");
  const dialog = await openNew(ada.page);
  await dialog.getByRole("checkbox", { name: /^A channel/ }).check();
  await dialog.getByRole("textbox", { name: "Name" }).fill(title);
  await dialog.getByRole("button", { name: "Start" }).click();
  await expect(ada.page.getByRole("heading", { name: title })).toBeVisible();
  await write(ada.page, "Who waters the plants?");

  await openPage(grace.page, "/");
  const found = await openNew(grace.page);
  await found.getByRole("button", { name: `Join ${title}` }).click();
  await expect(bodies(grace.page)).toHaveText(["Who waters the plants?"]);
  await write(grace.page, "I do");
  await expect(bodies(ada.page)).toHaveText(["Who waters the plants?", "I do"]);
  await expect(ada.page.getByText("2 members", { exact: true })).toBeVisible();

  await openPage(linus.page, new URL(ada.page.url()).pathname);
  await expect(bodies(linus.page)).toHaveText(["Who waters the plants?", "I do"]);
  await expect(composer(linus.page)).toHaveCount(0);
  await linus.page.getByRole("button", { name: "Join" }).click();
  await write(linus.page, "So do I");
  await expect(bodies(ada.page)).toHaveText(["Who waters the plants?", "I do", "So do I"]);
});

test("a stranger finds nothing of a private conversation", async ({ ada, grace, linus, expectedErrors }) => {
  expectedErrors.push(NOT_FOUND);
  const title = `Private ${ada.username}`;
  const id = await startConversation(ada, [grace], { kind: "channel", title, private: true });
  await say(ada, id, "For us");
  await openPage(linus.page, `/c/${id}`);
  await expect(linus.page.getByText("This conversation can't be found")).toBeVisible();
  await expect(linus.page).toHaveTitle("Not found · Parlance");
  expect(await (await linus.context.request.get(`/c/${id}`)).text()).not.toContain("For us");
  const found = await openNew(linus.page);
  await expect(found.getByRole("combobox", { name: "People" })).toBeVisible();
  await expect(found.getByText(title)).toHaveCount(0);
  expect(await messageBodies(grace, id)).toEqual(["For us"]);
});
