import { row, say, sidebarRow, startConversation, write } from "../conversation";
import { type Person, expect, openPage, reload, test } from "../people";

async function change(person: Person, message: { id: string }, body?: string): Promise<void> {
  const path = `/api/v1/messages/${message.id}`;
  const answer = await (body === undefined ? person.api.delete(path) : person.api.patch(path, { data: { body } }));
  expect(answer.ok(), await answer.text()).toBe(true);
}

test("a deleted message is not unread any more, live and after a reload", async ({ ada, grace }) => {
  const id = await startConversation(ada, [grace]);
  await openPage(grace.page, "/");
  const said = [];
  for (const body of ["one", "two", "three"]) said.push(await say(ada, id, body));
  const shown = sidebarRow(grace.page, ada.name);
  await expect(shown).toContainText("3 unread");
  await change(ada, said[1]!);
  await expect(shown).toContainText("2 unread");
  await expect(grace.page).toHaveTitle("(2) Parlance");
  await reload(grace.page);
  await expect(shown).toContainText("2 unread");
  await change(ada, said[2]!);
  await expect(shown).toContainText("1 unread");
  await change(ada, said[0]!);
  await expect(shown).not.toContainText("unread");
  await expect(grace.page).toHaveTitle("Parlance");
  await say(ada, id, "four");
  await expect(shown).toContainText("1 unread");
  await shown.click();
  await expect(shown).not.toContainText("unread");
  await expect(grace.page).toHaveTitle(`${ada.name} · Parlance`);
});

test("a mention comes and goes with edits and with the deletion", async ({ ada, grace }) => {
  const id = await startConversation(ada, [grace], { kind: "group", title: "Engines" });
  await openPage(grace.page, "/");
  const message = await say(ada, id, "nobody in particular");
  const shown = sidebarRow(grace.page, "Engines");
  const mention = shown.getByText("@", { exact: true });
  await expect(shown).toContainText("1 unread");
  await expect(mention).toHaveCount(0);
  await change(ada, message, `look, @${grace.username}`);
  await expect(mention).toBeVisible();
  await change(ada, message, "nobody again");
  await expect(mention).toHaveCount(0);
  await expect(shown).toContainText("1 unread");
  await change(ada, message, `look, @${grace.username}`);
  await expect(mention).toBeVisible();
  await change(ada, message);
  await expect(mention).toHaveCount(0);
  await expect(shown).not.toContainText("unread");
});

test("a new name is shown on old messages, in menus and quotes, live", async ({ ada, grace, linus }) => {
  const group = await startConversation(ada, [grace, linus], { kind: "group", title: "Engines" });
  await startConversation(ada, [grace]);
  const old = await say(grace, group, "an old message");
  const reply = { body: "a reply", replyToId: old.id };
  await ada.api.post(`/api/v1/conversations/${group}/messages`, { data: reply });
  await openPage(ada.page, `/c/${group}`);
  await openPage(grace.page, "/settings");
  await expect(row(ada.page, "an old message")).toContainText(grace.name);
  await expect(sidebarRow(ada.page, grace.name)).toBeVisible();

  const name = `Rear Admiral ${grace.username.slice(-8)}`;
  await grace.page.getByLabel("Name", { exact: true }).fill(name);
  await grace.page.getByRole("button", { name: "Save" }).click();
  await expect(row(ada.page, "an old message")).toContainText(name);
  await expect(row(ada.page, "a reply")).toContainText(name);
  await expect(sidebarRow(ada.page, name)).toBeVisible();
  await expect(ada.page.getByText(grace.name)).toHaveCount(0);
  await grace.page.getByLabel("You", { exact: true }).click();
  await expect(grace.page.getByText(name).first()).toBeVisible();
  await write(ada.page, "welcome");
  await expect(row(ada.page, "welcome")).toBeVisible();
});

test("one's address is shared when its box is checked", async ({ ada, grace }) => {
  await ada.api.patch("/api/v1/me", { data: { email: `${ada.username}@example.org` } });
  const shown = async () => (await (await grace.api.get(`/api/v1/users/${ada.id}`)).json()).email;
  expect(await shown()).toBeUndefined();
  await openPage(ada.page, "/settings");
  const box = ada.page.getByLabel("Everybody here may see my e-mail address");
  await expect(box).not.toBeChecked();
  await box.check();
  await ada.page.getByRole("button", { name: "Save" }).click();
  await expect(ada.page.getByText("Saved.")).toBeVisible();
  expect(await shown()).toBe(`${ada.username}@example.org`);
  await reload(ada.page);
  await expect(box).toBeChecked();
  await box.uncheck();
  await ada.page.getByRole("button", { name: "Save" }).click();
  await expect(ada.page.getByText("Saved.")).toBeVisible();
  expect(await shown()).toBeUndefined();
});
