// Polls: asked from the composer, voted in by two people, closed.
import AxeBuilder from "@axe-core/playwright";
import type { Locator, Page } from "@playwright/test";
import { composer, row, startConversation, untilListening, write } from "../conversation";
import { sockets } from "../network";
import { NO_NETWORK, type Person, browserOf, expect, openPage, reload, test } from "../people";

const QUESTION = "Which day suits you?";
const form = (page: Page) => page.getByRole("dialog", { name: "New poll" });
const ballot = (page: Page) => row(page, QUESTION).getByRole("group", { name: /^Choose/ });
const option = (page: Page, name: string) => ballot(page).locator(".poll-option", { hasText: name });
const choice = (page: Page, name: string) => option(page, name).locator("input");
const numbers = (page: Page, name: string) => option(page, name).locator(".poll-numbers > [aria-hidden]");
const said = (page: Page) => ballot(page).getByRole("status");
const button = (place: Locator, name: string) => place.getByRole("button", { name, exact: true });

async function expectNoViolations(page: Page): Promise<void> {
  // A dialog that fades in has less contrast.
  await page.evaluate(() => {
    const ending = document.getAnimations().filter((it) => it.effect?.getComputedTiming().endTime !== Infinity);
    return Promise.all(ending.map((it) => it.finished));
  });
  const { violations } = await new AxeBuilder({ page }).analyze();
  expect(violations.map(({ id, nodes }) => [id, nodes.map((node) => node.html)])).toEqual([]);
}

async function ask(person: Person, id: string, poll: object): Promise<string> {
  const answer = await person.api.post(`/api/v1/conversations/${id}/messages`, { data: { body: QUESTION, poll } });
  expect(answer.status(), await answer.text()).toBe(201);
  return (await answer.json()).id;
}

const DAYS = { options: ["Monday", "Tuesday", "Friday"] };

for (const [colorScheme, width, height] of [["light", 1440, 900], ["dark", 390, 844]] as const) {
  test(`a poll is asked, voted in and closed, ${colorScheme} at ${width} px`, async ({ ada, grace, browser, consoleErrors }, testInfo) => {
    test.setTimeout(120_000);
    const hasTouch = width < 500;
    const id = await startConversation(ada, [grace], { kind: "group", title: "Plans" });
    const options = { viewport: { width, height }, colorScheme, ...(hasTouch && { hasTouch, isMobile: true }) };
    const context = await browserOf({ browser, consoleErrors }, ada, options);
    const page = await context.newPage();
    await openPage(page, `/c/${id}`);
    await openPage(grace.page, `/c/${id}`);
    const tab = await grace.context.newPage();
    await openPage(tab, `/c/${id}`);

    // The form: Enter goes on, lines become options, and what is missing is said.
    await composer(page).click();
    await page.getByRole("button", { name: "New poll" }).click();
    await expect(form(page).getByRole("textbox", { name: "Question" })).toBeFocused();
    await button(form(page), "Send poll").click();
    await expect(form(page).getByRole("alert")).toHaveText("Write a question.");
    await form(page).getByRole("textbox", { name: "Question" }).fill(QUESTION);
    await expect(form(page).getByRole("alert")).toHaveCount(0);
    const first = form(page).getByRole("textbox", { name: "Option 1" });
    await first.fill("Monday");
    await first.press("Enter");
    const second = form(page).getByRole("textbox", { name: "Option 2" });
    await expect(second).toBeFocused();
    await second.evaluate((field) => {
      const clipboardData = new DataTransfer();
      clipboardData.setData("text/plain", "- Tuesday\n- Friday\n");
      field.dispatchEvent(new ClipboardEvent("paste", { clipboardData, bubbles: true, cancelable: true }));
    });
    await expect(form(page).getByRole("textbox", { name: "Option 3" })).toHaveValue("Friday");
    await form(page).getByRole("checkbox", { name: "Several options may be chosen" }).check();
    await testInfo.attach("form", { body: await page.screenshot(), contentType: "image/png" });
    await expectNoViolations(page);
    await button(form(page), "Send poll").click();
    await expect(form(page)).toBeHidden();
    for (const it of [page, grace.page, tab]) await expect(ballot(it)).toHaveAccessibleName(`Choose any ${QUESTION}`);

    // Two people, and two tabs of one of them.
    await (hasTouch ? choice(page, "Monday").tap() : choice(page, "Monday").check());
    await expect(said(page)).toHaveText("Your vote: Monday.");
    // A finger that votes asks for nothing else.
    if (hasTouch) await expect(page.getByRole("group", { name: "Message actions" })).toHaveCount(0);
    await expect(numbers(grace.page, "Monday")).toHaveText("1 · 100%");
    await choice(grace.page, "Monday").check();
    await choice(grace.page, "Friday").check();
    await expect(said(grace.page)).toHaveText("Your vote: Monday, Friday.");
    for (const it of [page, grace.page, tab]) {
      await expect(numbers(it, "Monday")).toHaveText("2 · 100%");
      await expect(numbers(it, "Friday")).toHaveText("1 · 50%");
    }
    await expect(choice(tab, "Friday")).toBeChecked();
    await expect(choice(page, "Friday")).not.toBeChecked();
    await expectNoViolations(page);
    await testInfo.attach("voted", { body: await page.screenshot(), contentType: "image/png" });

    await button(ballot(grace.page), "Take back my vote").click();
    for (const it of [page, tab]) await expect(numbers(it, "Friday")).toHaveText("0 · 0%");
    await expect(choice(tab, "Monday")).not.toBeChecked();
    await choice(tab, "Tuesday").check();
    await expect(choice(grace.page, "Tuesday")).toBeChecked();
    // What was said of another choice is no more.
    await expect(said(grace.page)).toHaveText("");

    await button(ballot(page), "Who voted").click();
    const voters = page.getByRole("dialog", { name: "Who voted" });
    await expect(voters.getByRole("listitem")).toHaveText([new RegExp(`${ada.name}.*Monday`), new RegExp(`${grace.name}.*Tuesday`)]);
    await expectNoViolations(page);
    await page.keyboard.press("Escape");
    await expect(voters).toBeHidden();

    // As it was, after a reload.
    await reload(tab);
    await expect(choice(tab, "Tuesday")).toBeChecked();
    await expect(button(ballot(grace.page), "Close poll")).toHaveCount(0);
    await button(ballot(page), "Close poll").click();
    await button(ballot(page), "Close").click();
    for (const it of [page, grace.page]) {
      await expect(said(it)).toHaveText("The poll is closed. Most votes: Monday, Tuesday (1 vote).");
      await expect(choice(it, "Friday")).toBeDisabled();
    }
    await expectNoViolations(grace.page);
    await context.close();
  });
}

test("the keyboard chooses, and a row keeps the focus while others vote", async ({ ada, grace }) => {
  const id = await startConversation(ada, [grace], { kind: "group", title: "Plans" });
  const message = await ask(ada, id, DAYS);
  const { page } = grace;
  await openPage(page, `/c/${id}`);
  await choice(page, "Monday").focus();
  // Options that are read with the arrow keys are no votes.
  const votes: string[] = [];
  page.on("request", (request) => request.url().endsWith("/vote") && votes.push(request.postData() ?? ""));
  await page.keyboard.press("ArrowDown", { delay: 600 });
  await expect(choice(page, "Tuesday")).toBeChecked();
  await page.keyboard.press("ArrowDown", { delay: 600 });
  await expect(choice(page, "Friday")).toBeChecked();
  await page.keyboard.press("Enter");
  await expect(said(page)).toHaveText("Your vote: Friday.");
  await expect(choice(page, "Friday")).toBeFocused();
  expect(votes).toEqual(['{"options":[3]}']);
  const voted = await ada.api.put(`/api/v1/messages/${message}/vote`, { data: { options: [1] } });
  expect(voted.status()).toBe(200);
  await expect(numbers(page, "Monday")).toHaveText("1 · 50%");
  await expect(choice(page, "Friday")).toBeFocused();
  const mine = await (await grace.api.get(`/api/v1/me/votes?messageIds=${message}`)).json();
  expect(mine.items[0]).toMatchObject({ options: [3], poll: { voterCount: 2 } });
});

test("a refused vote is taken back, and offline none can be changed", async ({ ada, grace, expectedErrors }) => {
  expectedErrors.push(NO_NETWORK, /status of 409/);
  const id = await startConversation(ada, [grace], { kind: "group", title: "Plans" });
  const message = await ask(ada, id, DAYS);
  const { page } = grace;
  const network = await sockets(page);
  await openPage(page, `/c/${id}`);
  await expect(choice(page, "Monday")).toBeEnabled();
  await page.route("**/vote", (route) => route.fulfill({
    status: 409,
    contentType: "application/problem+json",
    body: JSON.stringify({ type: "about:blank", title: "Conflict", status: 409, detail: "The poll is closed.", code: "conflict" }),
  }));
  await choice(page, "Monday").check();
  await expect(numbers(page, "Monday")).toHaveText("1 · 100%");
  await expect(said(page)).toHaveText("The poll is closed.");
  await expect(numbers(page, "Monday")).toHaveText("0 · 0%");
  await expect(choice(page, "Monday")).not.toBeChecked();
  await page.unroute("**/vote");

  await network.offline(true);
  await expect(ballot(page)).toContainText("You are offline: votes can't be changed now.");
  await expect(choice(page, "Monday")).toBeDisabled();
  const voted = await ada.api.put(`/api/v1/messages/${message}/vote`, { data: { options: [2] } });
  expect(voted.status()).toBe(200);
  await network.offline(false);
  // Who was away has the right numbers.
  await expect(numbers(page, "Tuesday")).toHaveText("1 · 100%");
  await expect(choice(page, "Monday")).toBeEnabled();
});

test("results for those who have voted come with the vote, and nobody is named", async ({ ada, grace }) => {
  const id = await startConversation(ada, [grace], { kind: "group", title: "Plans" });
  await ask(ada, id, { ...DAYS, anonymous: true, results: "afterVote" });
  for (const person of [ada, grace]) await openPage(person.page, `/c/${id}`);
  const name = `Choose one · anonymous · results for those who have voted ${QUESTION}`;
  await expect(ballot(ada.page)).toHaveAccessibleName(name);
  await choice(grace.page, "Tuesday").check();
  await expect(numbers(grace.page, "Tuesday")).toHaveText("1 · 100%");
  // Votes in an anonymous poll are told by the timer.
  await expect(ballot(ada.page)).toContainText("1 person has voted", { timeout: 20_000 });
  await expect(numbers(ada.page, "Tuesday")).toHaveCount(0);
  await expect(button(ballot(grace.page), "Who voted")).toHaveCount(0);
  await choice(ada.page, "Monday").check();
  await expect(numbers(ada.page, "Tuesday")).toHaveText("1 · 50%");
  // Soon, for who has voted before.
  await expect(numbers(grace.page, "Monday")).toHaveText("1 · 50%", { timeout: 20_000 });
});

test("a command opens the form with its question, which stays until it is sent", async ({ ada, grace }) => {
  const id = await startConversation(ada, [grace], { kind: "group", title: "Plans" });
  const { page } = ada;
  await openPage(page, `/c/${id}`);
  await untilListening(page);
  await write(page, `/poll ${QUESTION}`);
  await expect(form(page).getByRole("textbox", { name: "Question" })).toHaveValue(QUESTION);
  await form(page).getByRole("textbox", { name: "Option 1" }).fill("Monday");
  const end = form(page).getByRole("combobox", { name: "Closes" });
  await end.selectOption({ label: "In 3 hours" });
  await page.keyboard.press("Escape");
  await expect(form(page)).toBeHidden();
  await write(page, "/poll");
  await expect(form(page).getByRole("textbox", { name: "Question" })).toHaveValue(QUESTION);
  await form(page).getByRole("textbox", { name: "Option 2" }).fill("Friday");
  await expect(end.locator("option:checked")).toHaveText("In 3 hours");
  await end.selectOption({ label: "In 1 hour" });
  await form(page).getByRole("textbox", { name: "Option 2" }).press("Control+Enter");
  await expect(form(page)).toBeHidden();
  await expect(ballot(page)).toContainText(/closes (today|tomorrow) at/);
});
