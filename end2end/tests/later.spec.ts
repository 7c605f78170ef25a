// Scheduled messages and reminders.
import AxeBuilder from "@axe-core/playwright";
import type { Locator, Page } from "@playwright/test";
import { composer, messageBodies, row, say, startConversation } from "../conversation";
import { browserOf, expect, openPage, test } from "../people";

const items = (page: Page) => page.getByRole("tabpanel").getByRole("listitem");
const dialog = (page: Page, name: string) => page.getByRole("dialog", { name, exact: true });

async function expectNoViolations(page: Page): Promise<void> {
  const { violations } = await new AxeBuilder({ page }).analyze();
  expect(violations.map(({ id, nodes }) => [id, nodes.map((node) => node.html)])).toEqual([]);
}

async function choose(place: Locator, button: string): Promise<void> {
  await place.getByRole("button", { name: button, exact: true }).click();
}

for (const [colorScheme, width, height] of [["light", 1440, 900], ["dark", 390, 844]] as const) {
  test(`a message is scheduled, changed, and sent now or not at all, ${colorScheme} at ${width} px`, async ({ ada, grace, browser, consoleErrors, expectedErrors }) => {
    expectedErrors.push(/status of 422/);
    const id = await startConversation(ada, [grace]);
    const device = await browserOf({ browser, consoleErrors }, ada);
    const other = await device.newPage();
    const { page } = ada;
    await page.emulateMedia({ colorScheme });
    await page.setViewportSize({ width, height });
    await openPage(other, `/c/${id}`);
    await openPage(page, `/c/${id}`);
    await composer(page).fill("Good morning");
    await page.getByRole("button", { name: "Send later" }).press("Enter");
    const times = dialog(page, "Send later");
    await expect(times.getByRole("button", { name: "In 1 hour" })).toBeVisible();
    await expect(times.getByRole("button", { name: "Monday at 09:00" })).toBeVisible();
    await expectNoViolations(page);
    await times.getByRole("button", { name: "Tomorrow at 09:00" }).press("Enter");
    await expect(times).toBeHidden();
    await expect(composer(page)).toHaveValue("");
    for (const it of [page, other]) {
      await expect(it.getByText("1 message is scheduled for tomorrow at 09:00.")).toBeVisible();
      await expect(composer(it)).toHaveValue("");
    }
    expect(await messageBodies(grace, id)).toEqual([]);

    await page.getByRole("link", { name: "Show", exact: true }).click();
    await expect(items(page)).toContainText(["Good morning"]);
    await expect(page).toHaveURL("/later?tab=scheduled");
    await openPage(page, "/later?tab=scheduled");
    await expect(items(page)).toContainText(["Good morning"]);
    await page.getByRole("tab", { name: /^Drafts/ }).click();
    await expect(page.getByText("No drafts")).toBeVisible();
    await expect(page).toHaveURL("/later");
    await page.goBack();
    await choose(items(page), "Edit");
    await dialog(page, "Change the message").getByRole("textbox").fill("Good evening");
    await choose(dialog(page, "Change the message"), "Save");
    await expect(items(page)).toContainText(["Good evening"]);
    await choose(items(page), "Change time");
    const moved = dialog(page, "Send at another time");
    await moved.getByLabel("Another time").fill("2020-01-01T09:00");
    await moved.getByRole("button", { name: "Schedule" }).click();
    await expect(moved).toBeVisible();
    await choose(moved, "In 3 hours");
    await expect(moved).toBeHidden();
    await expectNoViolations(page);
    await choose(items(page), "Send now");
    await expect(page.getByText("Nothing scheduled")).toBeVisible();
    await expect.poll(() => messageBodies(grace, id)).toEqual(["Good evening"]);
    await expect(other.getByText(/1 message is scheduled/)).toHaveCount(0);

    const at = new Date(Date.now() + 3_600_000).toISOString();
    const root = await say(grace, id, "A question");
    const never = { body: "Never", sendAt: at, threadId: root.id };
    await ada.api.post(`/api/v1/conversations/${id}/scheduled`, { data: never });
    await expect(items(page)).toContainText(`Thread in ${grace.name}`);
    await choose(items(page), "Edit");
    const edit = dialog(page, "Change the message");
    await edit.getByRole("textbox").fill("x".repeat(10_001));
    await choose(edit, "Save");
    await expect(edit.getByRole("alert")).toHaveText("The text must have at most 10000 characters.");
    await page.keyboard.press("Escape");
    await choose(items(page), "Delete");
    await choose(items(page), "Really delete?");
    await expect(page.getByText("Nothing scheduled")).toBeVisible();
    await expect(await ada.api.get("/api/v1/me/scheduled").then((it) => it.json())).toMatchObject({ items: [] });
    await device.close();
  });
}

test("a reminder is set from the menu of a message, told when it is due, and done", async ({ ada, grace }) => {
  const id = await startConversation(ada, [grace]);
  const message = await say(grace, id, "Call me back");
  const { page } = ada;
  // The server takes no time that comes so soon: what it would tell is told in its place.
  const sockets: { send: (text: string) => void }[] = [];
  await page.routeWebSocket(/\/socket\.io\//, (socket) => {
    const server = socket.connectToServer();
    socket.onMessage((it) => server.send(it));
    server.onMessage((it) => socket.send(it));
    sockets.push(socket);
  });
  await openPage(page, `/c/${id}`);
  await row(page, "Call me back").locator(".bubble").hover();
  await page.getByRole("button", { name: "More actions" }).click();
  await page.getByRole("menuitem", { name: "Remind me…" }).click();
  await choose(dialog(page, "Remind me"), "In 1 hour");
  await expect(dialog(page, "Remind me")).toBeHidden();
  const [reminder] = (await (await ada.api.get("/api/v1/me/reminders")).json()).items;
  expect(reminder.messageId).toBe(message.id);
  // The menu tells it, and takes it back.
  const menu = async (name: RegExp) => {
    await row(page, "Call me back").locator(".bubble").hover();
    await page.getByRole("button", { name: "More actions" }).click();
    await page.getByRole("menuitem", { name }).click();
  };
  await menu(/^Reminder: today at \d\d:\d\d…|^Reminder: tomorrow/);
  await expect(dialog(page, "Remind me")).toBeVisible();
  await page.keyboard.press("Escape");
  const { remindAt } = reminder;
  await menu(/^Remove the reminder/);
  const reminders = async () => (await (await ada.api.get("/api/v1/me/reminders")).json()).items;
  await expect.poll(reminders).toEqual([]);
  await row(page, "Call me back").locator(".bubble").hover();
  await page.getByRole("button", { name: "More actions" }).click();
  await expect(page.getByRole("menuitem", { name: "Remind me…" })).toBeVisible();
  await page.keyboard.press("Escape");
  await ada.api.put(`/api/v1/me/reminders/${message.id}`, { data: { remindAt } });
  const [again] = await reminders();

  const due = { type: "reminder", reminder: { ...again, state: "due", seq: again.seq + 1 } };
  sockets.at(-1)!.send(`42${JSON.stringify(["reminder", due])}`);
  const notice = page.getByRole("status", { name: "Reminders" });
  await expect(notice).toContainText("Call me back");
  // The server has not counted it: another change has its number.
  await ada.api.put(`/api/v1/conversations/${id}/draft`, { data: { body: "Yes?", base: 0 } });
  await expectNoViolations(page);
  await notice.getByRole("link", { name: "Show" }).click();
  await expect(page).toHaveURL(`/c/${id}/m/${message.id}`);
  await expect(notice.getByRole("link")).toHaveCount(0);

  await page.getByRole("link", { name: "Drafts & scheduled" }).click();
  await page.getByRole("tab", { name: /Reminders/ }).click();
  await expect(items(page)).toContainText(["Due"]);
  await choose(items(page), "Done");
  await expect(page.getByText("No reminders")).toBeVisible();
  await expect(await ada.api.get("/api/v1/me/reminders").then((it) => it.json())).toMatchObject({ items: [] });
});

test("without a text there is nothing to send later, and the box says so", async ({ ada, grace }) => {
  const id = await startConversation(ada, [grace]);
  const { page } = ada;
  await openPage(page, `/c/${id}`);
  const button = page.getByRole("button", { name: "Send later" });
  const note = page.getByText("Write what is to be sent later first.");
  await button.click();
  await expect(note).toBeVisible();
  await expect(composer(page)).toBeFocused();
  await composer(page).pressSequentially("Good morning");
  await expect(note).toHaveCount(0);
  await button.click();
  await expect(dialog(page, "Send later")).toBeVisible();
});
