// Commands: what a text that begins with a slash does in place of being sent.
import AxeBuilder from "@axe-core/playwright";
import { type Page } from "@playwright/test";
import { bodies, boxNote, clickAction, composer, messageBodies, row, say, sidebarRow, startConversation, untilListening } from "../conversation";
import { NO_NETWORK, type Person, expect, openPage, test } from "../people";
import { chunkFiles } from "../transfers";

const list = (page: Page, name = "Commands") => page.getByRole("listbox", { name });
const options = (page: Page, name?: string) => list(page, name).getByRole("option");
const said = (page: Page) => boxNote(page.locator(".composer-box").first());
const ALL = ["me", "shrug", "remind", "poll", "away", "active", "invite", "topic", "mute", "unmute", "leave", "help"];

async function open(person: Person, id: string): Promise<ReturnType<typeof composer>> {
  await openPage(person.page, `/c/${id}`);
  await untilListening(person.page);
  await composer(person.page).focus();
  return composer(person.page);
}

/** Writes a text in the box, and Enter, without taking what the list offers. */
async function enter(page: Page, text: string): Promise<void> {
  await composer(page).fill(text);
  await page.keyboard.press("Enter");
}

const reminders = async (person: Person) => (await (await person.api.get("/api/v1/me/reminders")).json()).items;

for (const [scheme, width, height] of [["light", 1440, 900], ["dark", 390, 844]] as const) {
  test(`commands are listed and run by the keyboard, ${scheme} at ${width} px`, async ({ ada, grace }, testInfo) => {
    const id = await startConversation(ada, [grace], { kind: "group", title: "Commands" });
    const { page } = ada;
    await page.emulateMedia({ colorScheme: scheme });
    await page.setViewportSize({ width, height });
    const box = await open(ada, id);
    await page.keyboard.type("/");
    await expect(options(page)).toHaveText(ALL.map((name) => new RegExp(`^/${name} `)));
    const active = await box.getAttribute("aria-activedescendant");
    await expect(page.locator(`[id="${active}"]`)).toHaveAttribute("aria-selected", "true");
    const found = await new AxeBuilder({ page }).include(".composer").analyze();
    expect(found.violations.map(({ id, nodes }) => [id, nodes.map((node) => node.html)])).toEqual([]);
    await testInfo.attach("list", { body: await page.screenshot({ path: testInfo.outputPath("list.png") }), contentType: "image/png" });
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(width);
    await page.keyboard.type("mu");
    await expect(options(page)).toHaveText([/^\/mute .*\[for 1h\]/]);
    await page.keyboard.press("Enter");
    await expect(box).toHaveValue("/mute ");
    await page.keyboard.type("for 1h");
    await page.keyboard.press("Enter");
    await expect(box).toHaveValue("");
    await expect(said(page)).toHaveText("Muted for 1 hour.");
    await expect(box).toBeFocused();
    const told = await new AxeBuilder({ page }).include(".composer").analyze();
    expect(told.violations.map(({ id, nodes }) => [id, nodes.map((node) => node.html)])).toEqual([]);
    await testInfo.attach("told", { body: await page.screenshot({ path: testInfo.outputPath("told.png") }), contentType: "image/png" });
    await page.keyboard.type("x");
    await expect(said(page)).toHaveText("");
    await enter(page, "/mute for ever and ever and ever");
    await expect(said(page)).toHaveText("Say how long: /mute for 1h");
    await expect(box).toHaveValue("/mute for ever and ever and ever");
    const refused = await new AxeBuilder({ page }).include(".composer").analyze();
    expect(refused.violations.map(({ id, nodes }) => [id, nodes.map((node) => node.html)])).toEqual([]);
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(width);
    // `/help` lists them, too.
    await enter(page, "/help");
    await expect(options(page)).toHaveCount(ALL.length);
    await page.keyboard.press("Escape");
    await expect(list(page)).toHaveCount(0);
    expect(await messageBodies(grace, id)).toEqual([]);
  });
}

test("texts of commands are sent, and nothing else that is one", async ({ ada, grace }) => {
  const id = await startConversation(ada, [grace], { kind: "group", title: "Texts" });
  const { page } = ada;
  const box = await open(ada, id);
  await enter(page, "/me uses snake_case");
  await expect(bodies(page).last().locator("em")).toHaveText("uses snake_case");
  await enter(page, "/shrug who knows");
  await expect(bodies(page).last()).toHaveText("who knows ¯\\_(ツ)_/¯");
  await enter(page, "//away");
  await expect(bodies(page).last()).toHaveText("/away");
  await enter(page, "/usr/bin/env");
  await expect(bodies(page).last()).toHaveText("/usr/bin/env");
  await enter(page, "/me");
  await expect(said(page)).toHaveText("Write what you do: /me waves");
  await enter(page, " /lunch at noon");
  await expect(said(page)).toHaveText("There is no command /lunch. Send it once more to send it as text.");
  await expect(box).toHaveValue(" /lunch at noon");
  // Another text is asked again, by the button as well.
  await box.fill("/lunch at one");
  await page.getByRole("button", { name: "Send", exact: true }).click();
  await expect(said(page)).toHaveText(/no command \/lunch/);
  await page.getByRole("button", { name: "Send", exact: true }).click();
  await expect(bodies(page).last()).toHaveText("/lunch at one");
  await expect(box).toHaveValue("");
  await expect(said(page)).toHaveText("");
  await expect
    .poll(() => messageBodies(grace, id))
    .toEqual(["_uses snake_case_", "who knows ¯\\_(ツ)_/¯", "/away", "/usr/bin/env", "/lunch at one"]);
});

test("presence is chosen by a command", async ({ ada, grace }) => {
  const id = await startConversation(ada, [grace]);
  await openPage(grace.page, `/c/${id}`);
  const presence = grace.page.locator(".conversation-header, header").filter({ hasText: ada.name }).first();
  await open(ada, id);
  await expect(presence).toContainText("Online");
  await enter(ada.page, "/AWAY");
  await expect(said(ada.page)).toHaveText("You are shown as away.");
  await expect(presence).toContainText("Away");
  await enter(ada.page, "/active");
  await expect(said(ada.page)).toHaveText("You are shown as online.");
  await expect(presence).toContainText("Online");
  expect(await messageBodies(grace, id)).toEqual([]);
});

test("a reminder is of the last message, or of the one that is quoted", async ({ ada, grace }) => {
  const id = await startConversation(ada, [grace], { kind: "group", title: "Reminders" });
  const first = await say(grace, id, "the first");
  const last = await say(grace, id, "the last");
  const { page } = ada;
  const box = await open(ada, id);
  await page.keyboard.type("/rem");
  await page.keyboard.press("Enter");
  await expect(box).toHaveValue("/remind ");
  await expect(options(page, "Times")).toHaveText(["In 20 minutes", "In 1 hour", "In 3 hours", /^Tomorrow at/, /^Monday at/]);
  await page.keyboard.type("hour");
  await expect(options(page, "Times")).toHaveText(["In 1 hour", "In 3 hours"]);
  await page.keyboard.press("ArrowDown");
  await page.keyboard.press("Enter");
  await expect(box).toHaveValue("/remind In 3 hours ");
  await page.keyboard.press("Enter");
  await expect(said(page)).toHaveText(/^You will be reminded (today|tomorrow) at \d\d:\d\d\.$/);
  await expect(box).toHaveValue("");
  const [reminder] = await reminders(ada);
  expect(reminder.messageId).toBe(last.id);
  expect(Math.abs(Date.parse(reminder.remindAt) - Date.now() - 3 * 3_600_000)).toBeLessThan(60_000);
  await clickAction(page, "the first", "Reply");
  await enter(page, "/remind me tomorrow");
  await expect(said(page)).toHaveText(/^You will be reminded tomorrow at/);
  await expect(page.locator(".composer").getByText("the first")).toHaveCount(0);
  expect((await reminders(ada)).map((it: { messageId: string }) => it.messageId).sort()).toEqual([first.id, last.id].sort());
  await enter(page, "/remind some day");
  await expect(said(page)).toHaveText(/^Say when:/);
  await expect(box).toHaveValue("/remind some day");
  expect(await reminders(grace)).toEqual([]);
});

test("people are invited and the description is changed, by those who may", async ({ ada, grace, linus, expectedErrors }) => {
  expectedErrors.push(/status of 403/);
  const id = await startConversation(ada, [grace], { kind: "group", title: "Doors" });
  const { page } = ada;
  const box = await open(ada, id);
  await page.keyboard.type(`/invite @${linus.username.slice(0, 9)}`);
  await expect(options(page, "People")).toHaveText([new RegExp(linus.name)]);
  await page.keyboard.press("Enter");
  await expect(box).toHaveValue(`/invite @${linus.username} `);
  await page.keyboard.press("Enter");
  await expect(said(page)).toHaveText(`Added: ${linus.name}`);
  await expect.poll(async () => (await linus.api.get(`/api/v1/conversations/${id}`)).status()).toBe(200);
  await enter(page, "/invite @nobody-of-this-name");
  await expect(said(page)).toHaveText("There is nobody with the username nobody-of-this-name.");
  await enter(page, "/topic What we **plan**");
  await expect(said(page)).toHaveText("The description was changed.");
  await expect.poll(async () => (await (await grace.api.get(`/api/v1/conversations/${id}`)).json()).description).toBe("What we **plan**");
  // Grace may not, and keeps what she has written.
  await open(grace, id);
  await enter(grace.page, "/topic Hers");
  await expect(said(grace.page)).toHaveText(/^Only owners and admins/);
  await expect(composer(grace.page)).toHaveValue("/topic Hers");
  expect(await messageBodies(linus, id)).toEqual([]);
});

test("a conversation is left after a question, and direct ones have no such commands", async ({ ada, grace, expectedErrors }) => {
  // Of the draft, which may be synchronised only when it is left already.
  expectedErrors.push(/status of 404 .*\/draft/);
  const id = await startConversation(grace, [ada], { kind: "group", title: "Left" });
  const direct = await startConversation(ada, [grace]);
  const { page } = ada;
  await open(ada, direct);
  await page.keyboard.type("/");
  await expect(options(page)).toHaveCount(ALL.length - 3);
  for (const text of ["/leave", "/invite @x", "/topic x"]) {
    await enter(page, text);
    await expect(said(page)).toHaveText("Only groups and channels have this command.");
  }
  const box = await open(ada, id);
  await enter(page, "/leave");
  await expect(said(page)).toHaveText("You will not get its messages any more. Send /leave once more to leave.");
  await expect(box).toHaveValue("/leave");
  await page.keyboard.press("Enter");
  await expect(page).toHaveURL("/");
  await expect(sidebarRow(page, "Left")).toHaveCount(0);
  expect((await ada.api.get(`/api/v1/conversations/${id}`)).status()).toBe(404);
  expect(await messageBodies(grace, id)).toEqual([]);
  expect(await messageBodies(grace, direct)).toEqual([]);
});

test("a conversation is muted for a time, and unmuted after it", async ({ ada, grace }) => {
  const id = await startConversation(ada, [grace], { kind: "group", title: "Loud" });
  const { page } = ada;
  await open(ada, id);
  const isMuted = page.locator(".row-muted", { hasText: "Loud" });
  await enter(page, "/mute");
  await expect(said(page)).toHaveText("Muted.");
  await expect(isMuted).toHaveCount(1);
  await enter(page, "/unmute");
  await expect(said(page)).toHaveText("Unmuted.");
  await expect(isMuted).toHaveCount(0);
  await enter(page, "/unmute");
  await expect(said(page)).toHaveText("It is not muted.");
  await page.clock.install();
  await open(ada, id);
  await enter(page, "/mute for 20 minutes");
  await expect(isMuted).toHaveCount(1);
  await page.clock.fastForward("19:00");
  await expect(isMuted).toHaveCount(1);
  await page.clock.fastForward("01:30");
  await expect(isMuted).toHaveCount(0);
  expect(await messageBodies(grace, id)).toEqual([]);
});

test("commands in a thread are of the thread, and edits and what is sent later run none", async ({ ada, grace }) => {
  const id = await startConversation(ada, [grace], { kind: "group", title: "Threads" });
  const root = await say(ada, id, "as it was");
  const answer = await grace.api.post(`/api/v1/conversations/${id}/messages`, { data: { body: "In a thread", threadId: root.id } });
  const reply = await answer.json();
  const { page } = ada;
  const box = await open(ada, id);
  await box.fill("/leave");
  await page.getByRole("button", { name: "Send later" }).first().click();
  const dialog = page.getByRole("dialog", { name: "Send later" });
  await dialog.getByRole("button", { name: "In 1 hour" }).click();
  await expect(dialog).toContainText("Commands are not sent later. Begin with // to send this as text.");
  await page.keyboard.press("Escape");
  await expect(box).toHaveValue("/leave");
  await box.fill("");
  await clickAction(page, "as it was", "Edit");
  const edit = page.getByRole("textbox", { name: "Edit message" });
  await edit.fill("");
  await edit.press("/");
  await edit.pressSequentially("away");
  await expect(list(page)).toHaveCount(0);
  await edit.press("Enter");
  await expect(bodies(page).first()).toHaveText("/away");
  expect((await (await grace.api.get(`/api/v1/users/${ada.id}`)).json()).presence).toBe("online");
  await row(page, "/away").locator(".thread-link").click();
  const thread = page.getByRole("textbox", { name: "Reply in the thread" });
  await expect(thread).toBeFocused();
  await expect(page.locator(".thread-composer .compose-tools")).toBeAttached();
  await expect(page.locator("#thread-rows").getByText("In a thread")).toBeVisible();
  await thread.fill("/remind 2h");
  await thread.press("Enter");
  await expect(boxNote(page.locator(".thread-composer"))).toHaveText(/^You will be reminded/);
  expect((await reminders(ada))[0].messageId).toBe(reply.id);
  await thread.fill("/shrug");
  await thread.press("Enter");
  await expect(thread).toHaveValue("");
  await expect.poll(() => messageBodies(grace, id)).toEqual(["/away", "In a thread", "¯\\_(ツ)_/¯"]);
});

test("no command is sent as text while what runs it is not there", async ({ ada, grace, expectedErrors }) => {
  expectedErrors.push(NO_NETWORK, /Failed to fetch/);
  const id = await startConversation(ada, [grace]);
  const { page } = ada;
  const { compose } = await chunkFiles(page);
  const file = compose.find((name) => name.includes("split_compose"))!;
  await page.route(new RegExp(`/${file}\\.wasm$`), (route) => route.abort());
  await openPage(page, `/c/${id}`);
  await enter(page, "/away");
  await expect(page.locator(".composer").getByText("Commands are not loaded yet. Try again in a moment.")).toBeVisible();
  await expect(composer(page)).toHaveValue("/away");
  await enter(page, "a text");
  await expect.poll(() => messageBodies(grace, id)).toEqual(["a text"]);
});

test("keys of an input method run no command", async ({ ada, grace }) => {
  const id = await startConversation(ada, [grace]);
  const box = await open(ada, id);
  await box.fill("/away");
  await box.evaluate((box) => {
    box.dispatchEvent(new KeyboardEvent("keydown", { key: "Enter", code: "Enter", isComposing: true, bubbles: true, cancelable: true }));
  });
  await expect(box).toHaveValue("/away");
  await expect(said(ada.page)).toHaveText("");
});

test.describe("without scripts", () => {
  test.use({ javaScriptEnabled: false });

  test("a command is refused, and an escaped one is a text", async ({ ada, grace, page, expectedErrors }) => {
    expectedErrors.push(/status of 4\d\d/, /was preloaded using link preload but not used/);
    const id = await startConversation(ada, [grace]);
    await page.context().addCookies(await ada.context.cookies());
    await page.goto(`/c/${id}`);
    await composer(page).fill("/away");
    await page.getByRole("button", { name: "Send", exact: true }).click();
    await expect(page.getByRole("alert")).toHaveText("Commands need scripts. Begin with // to send this as text.");
    await expect(composer(page)).toHaveValue("/away");
    await composer(page).fill("//away");
    await page.getByRole("button", { name: "Send", exact: true }).click();
    await expect(bodies(page).last()).toHaveText("/away");
    expect(await messageBodies(grace, id)).toEqual(["/away"]);
  });
});
