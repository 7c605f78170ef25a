import AxeBuilder from "@axe-core/playwright";
import type { Page } from "@playwright/test";
import { bodies, composer, row, say, sidebarRow, startConversation, write } from "../conversation";
import { box, go, palette, panel, results } from "../finding";
import { NO_NETWORK, type Person, expect, openPage, test } from "../people";

const card = (page: Page) => page.getByRole("dialog", { name: "Profile" });

/** Searches for what is typed into the box. */
async function search(page: Page, text: string): Promise<void> {
  await box(page).fill(text);
  await box(page).press("Enter");
}

/** A conversation with so many numbered messages of one person. */
async function longConversation(ada: Person, grace: Person, count: number): Promise<string> {
  const id = await startConversation(ada, [grace], { kind: "group", title: `Long ${crypto.randomUUID().slice(0, 8)}` });
  for (let number = 1; number <= count; number++) await say(grace, id, `entry number ${number}`);
  return id;
}

for (const [name, viewport] of [
  ["a phone", { width: 390, height: 844 }],
  ["a wide page", { width: 1440, height: 900 }],
] as const) {
  test.describe(`on ${name}`, () => {
    const isPhone = viewport.width < 768;

    test("a search leads to the message in its place, and its results stay", async ({ ada, grace }) => {
      const elsewhere = await longConversation(ada, grace, 10);
      const first = await say(grace, elsewhere, "the Zeppelin has landed");
      for (let number = 0; number < 60; number++) await say(grace, elsewhere, `after it ${number}`);
      const here = await startConversation(ada, [grace]);
      await say(ada, here, "a zeppelin, here");
      const { page } = ada;
      await page.setViewportSize(viewport);
      await openPage(page, `/c/${here}`);
      await page.getByRole("button", { name: "Search this conversation" }).click();
      await expect(box(page)).toBeFocused();
      await search(page, "zeppelin");
      await expect(panel(page).getByRole("status").filter({ hasText: "1 message" })).toBeVisible();
      await expect(results(page)).toHaveCount(1);
      await panel(page).getByRole("button", { name: /^Only in/ }).click();
      await expect(results(page)).toHaveCount(2);
      await expect(panel(page).getByText("2 messages")).toBeVisible();
      const found = results(page).filter({ hasText: "has landed" });
      await expect(found.locator("mark")).toHaveText("Zeppelin");
      await expect(found).toContainText(grace.name);
      await found.click();
      await expect(page).toHaveURL(new RegExp(`/c/${elsewhere}`));
      await expect(page.locator(`#m-${first.id}`)).toBeInViewport();
      await expect(page.locator(`#m-${first.id}`)).toHaveClass(/marked/);
      if (isPhone) {
        await expect(box(page)).toBeHidden();
        await page.getByRole("button", { name: "Back to the results" }).click();
      }
      await expect(results(page)).toHaveCount(2);
      await expect(found).toHaveAttribute("aria-current", "true");
      // Back in the browser's history: the conversation before, with the results. On a phone it closes them first (`back.spec.ts`).
      if (!isPhone) {
        await page.goBack();
        await expect(page).toHaveURL(new RegExp(`/c/${here}$`));
        await expect(results(page)).toHaveCount(2);
      }
      await panel(page).getByRole("button", { name: "Close", exact: true }).click();
      await expect(panel(page)).toHaveCount(0);
    });

    test("the palette goes to a conversation, a person, a command", async ({ ada, grace, linus }) => {
      await startConversation(ada, [grace]);
      const { page } = ada;
      await page.setViewportSize(viewport);
      await openPage(page, "/");
      await page.getByRole("button", { name: "Find or go to…" }).click();
      const input = palette(page).getByRole("combobox");
      await expect(input).toBeFocused();
      await input.fill(grace.name.toLowerCase());
      await expect(palette(page).getByRole("option", { selected: true })).toContainText(grace.name);
      await input.press("Enter");
      await expect(page.getByRole("heading", { name: grace.name })).toBeVisible();
      // Nobody has written to linus yet.
      await page.keyboard.press("Control+k");
      await palette(page).getByRole("combobox").fill(linus.username);
      await palette(page).getByRole("option", { name: linus.name }).click();
      await expect(page.getByRole("heading", { name: linus.name })).toBeVisible();
      await expect(palette(page)).toBeHidden();
      await page.keyboard.press("Control+k");
      await palette(page).getByRole("combobox").fill("keyboard");
      await palette(page).getByRole("option", { name: "Keyboard shortcuts" }).click();
      await expect(page.getByRole("dialog", { name: "Keyboard shortcuts" })).toBeVisible();
    });

    test("a card is opened from a face or a name, and leads to a conversation", async ({ ada, grace }) => {
      const id = await startConversation(ada, [grace], { kind: "group", title: "Faces" });
      await say(grace, id, "hello");
      const { page } = ada;
      await page.setViewportSize(viewport);
      await openPage(page, `/c/${id}`);
      const name = page.locator(".by").getByRole("button", { name: grace.name });
      await name.click();
      await expect(card(page)).toBeVisible();
      await expect(card(page)).toContainText(`@${grace.username}`);
      const edge = (await card(page).boundingBox())!;
      const bottom = async () => card(page).evaluate((it) => Math.round(it.getBoundingClientRect().bottom));
      if (isPhone) await expect.poll(bottom, "a sheet").toBe(viewport.height);
      else expect(edge.x, "beside the name").toBeGreaterThan((await name.boundingBox())!.x);
      await page.keyboard.press("Escape");
      await expect(card(page)).toBeHidden();
      await row(page, "hello").focus();
      await page.keyboard.press("p");
      await expect(card(page)).toBeVisible();
      await card(page).getByRole("button", { name: "Message", exact: true }).click();
      await expect(page.getByRole("heading", { name: grace.name })).toBeVisible();
      await page.getByRole("button", { name: "Profile" }).click();
      await card(page).getByRole("button", { name: "Their messages" }).click();
      await expect(box(page)).toHaveValue(`from:${grace.username}`);
      await expect(results(page)).toHaveCount(1);
    });

    test("channels are found and joined, and people found", async ({ ada, grace }) => {
      const tag = crypto.randomUUID().slice(0, 8);
      const first = await startConversation(grace, [], { kind: "channel", title: `Kitchen ${tag}` });
      await startConversation(grace, [], { kind: "channel", title: `Cellar ${tag}` });
      await grace.api.patch(`/api/v1/conversations/${first}`, { data: { description: "What is for lunch" } });
      const { page } = ada;
      await page.setViewportSize(viewport);
      await openPage(page, "/");
      await go(page, "browse");
      await page.keyboard.press("Enter");
      const channels = page.getByRole("dialog", { name: "Channels" });
      await channels.getByRole("searchbox").fill(tag);
      const list = channels.getByRole("list", { name: "Channels" }).getByRole("listitem");
      await expect(list).toHaveCount(2);
      const kitchen = list.filter({ hasText: "Kitchen" });
      await expect(kitchen).toContainText("1 member · What is for lunch");
      // A look at it first.
      await kitchen.getByRole("button", { name: /^Kitchen/ }).click();
      await expect(page.getByRole("heading", { name: `Kitchen ${tag}` })).toBeVisible();
      await page.getByRole("button", { name: "Join", exact: true }).click();
      await write(page, "I am in");
      await page.keyboard.press("Control+k");
      await palette(page).getByRole("combobox").fill("browse");
      await page.keyboard.press("Enter");
      await channels.getByRole("searchbox").fill(tag);
      await expect(list).toHaveCount(1);
      await channels.getByRole("button", { name: "Joined" }).click();
      await expect(list).toContainText([`Kitchen ${tag}`]);
      await channels.getByRole("button", { name: "To join" }).click();
      await channels.getByRole("button", { name: `Join Cellar ${tag}` }).click();
      await expect(page.getByRole("heading", { name: `Cellar ${tag}` })).toBeVisible();
      await expect(page.getByText("2 members")).toBeVisible();

      await page.keyboard.press("Control+k");
      await palette(page).getByRole("combobox").fill("directory");
      await page.keyboard.press("Enter");
      const people = page.getByRole("dialog", { name: "People" });
      await people.getByRole("searchbox").fill(grace.username);
      await people.getByRole("button", { name: grace.name }).click();
      await expect(card(page)).toContainText(`@${grace.username}`);
    });
  });
}

test("the keyboard alone finds a message, and gives the focus back", async ({ ada, grace }) => {
  const id = await startConversation(ada, [grace], { kind: "group", title: "Keys" });
  await say(grace, id, "plan one, see https://example.org/x");
  await say(grace, id, "plan two");
  await say(ada, id, "plan three");
  const { page } = ada;
  const { keyboard } = page;
  await openPage(page, `/c/${id}`);
  await composer(page).focus();
  await keyboard.press("Control+Shift+f");
  await expect(box(page)).toBeFocused();
  const suggestions = panel(page).getByRole("listbox", { name: "Suggestions" });
  await expect(suggestions.getByRole("option")).toHaveCount(9);
  await keyboard.type("fr");
  await expect(suggestions.getByRole("option")).toHaveCount(1);
  await keyboard.press("ArrowDown");
  await keyboard.press("Enter");
  await expect(box(page)).toHaveValue("from:");
  await keyboard.type(grace.username);
  const person = suggestions.getByRole("option", { name: grace.name });
  await expect(person).toBeVisible();
  await keyboard.press("ArrowDown");
  await expect(person).toHaveAttribute("aria-selected", "true");
  await keyboard.press("Enter");
  await expect(box(page)).toHaveValue(`from:${grace.username} `);
  await expect(results(page)).toHaveText([/plan two/, /plan one/]);
  await keyboard.type("has:l");
  await keyboard.press("ArrowDown");
  await keyboard.press("Enter");
  await expect(results(page)).toHaveText([/plan one/]);
  await keyboard.type("plan");
  await expect(results(page).locator("mark")).toHaveText("plan");
  await box(page).fill("plan");
  await expect(results(page)).toHaveCount(3);
  await keyboard.press("ArrowDown");
  await expect(results(page).nth(0)).toBeFocused();
  await keyboard.press("End");
  await expect(results(page).nth(2)).toBeFocused();
  await keyboard.press("Enter");
  await expect(row(page, "plan one, see https://example.org/x")).toHaveClass(/marked/);
  await expect(results(page).nth(2)).toBeFocused();
  await keyboard.press("Home");
  await keyboard.press("ArrowUp");
  await expect(box(page)).toBeFocused();
  await keyboard.press("Escape");
  await expect(panel(page)).toHaveCount(0);
  await expect(composer(page)).toBeFocused();
  await keyboard.press("Control+k");
  await expect(palette(page).getByRole("combobox")).toBeFocused();
  await keyboard.press("Escape");
  await expect(composer(page)).toBeFocused();
});

test("results page without end", async ({ ada, grace }) => {
  const id = await longConversation(ada, grace, 95);
  const { page } = ada;
  await openPage(page, `/c/${id}`);
  await page.keyboard.press("Control+Shift+f");
  await search(page, "entry number");
  await expect(panel(page).getByText("95 messages")).toBeVisible();
  await expect(results(page).first()).toContainText("entry number 95");
  await expect(async () => {
    await results(page).last().scrollIntoViewIfNeeded();
    await expect(results(page)).toHaveCount(95, { timeout: 500 });
  }).toPass();
  await expect(results(page).last()).toContainText("entry number 1");
});

test("what is pinned or in a thread is found, and where nothing is found the page helps", async ({ ada, grace, expectedErrors }) => {
  // The search that is too long.
  expectedErrors.push(/status of 422/);
  const id = await startConversation(ada, [grace], { kind: "group", title: "Threads" });
  const root = await say(grace, id, "lunch today?");
  await say(grace, id, "nothing else");
  await grace.api.put(`/api/v1/messages/${root.id}/pin`);
  const { page } = ada;
  await openPage(page, `/c/${id}`);
  await row(page, "nothing else").focus();
  await page.keyboard.press("/");
  await search(page, "is:pinned");
  await expect(results(page)).toHaveText([/lunch today/]);
  await search(page, "is:thread");
  await expect(panel(page).getByText("Nothing found for “is:thread”")).toBeVisible();
  await page.getByRole("button", { name: "Search this conversation" }).click();
  await search(page, "lunch from:me");
  await panel(page).getByRole("button", { name: "Search for “lunch” without filters" }).click();
  await expect(results(page)).toHaveText([/lunch today/]);
  await search(page, "x".repeat(201));
  await expect(panel(page).getByRole("alert")).toContainText("What is searched for must have 1 to 200 characters.");
});

test("a filter that means nothing is told beside the results, with what may be meant", async ({ ada, grace }) => {
  const title = `Motors ${crypto.randomUUID().slice(0, 8)}`;
  const id = await startConversation(ada, [grace], { kind: "group", title });
  await say(grace, id, "**lunch** ||at noon||, see https://example.org/x");
  await say(grace, id, "lunch is over");
  const { page } = ada;
  await openPage(page, `/c/${id}`);
  await page.keyboard.press("Control+Shift+f");
  await search(page, "lunch has:links");
  const problems = panel(page).locator(".search-problem");
  await expect(problems).toHaveText([/^has:links “has:” takes link, file, image or reaction\./]);
  await expect(results(page)).toHaveCount(2);
  const found = await new AxeBuilder({ page }).include(".search-panel").analyze();
  expect(found.violations.map(({ id, nodes }) => [id, nodes.map(({ html }) => html)])).toEqual([]);
  await problems.getByRole("button", { name: "has:link", exact: true }).click();
  await expect(box(page)).toHaveValue("lunch has:link");
  await expect(problems).toHaveCount(0);
  // Without Markdown, and without what is hidden.
  await expect(results(page)).toHaveCount(1);
  await expect(results(page)).toContainText("lunch [spoiler], see https://example.org/x");
  await search(page, "lunch on:tomorrow");
  await expect(problems).toContainText("takes a day");
  await search(page, `in:${title.slice(-8)}`);
  await expect(problems).toContainText("You are in no conversation that is called");
  await problems.getByRole("button", { name: title }).click();
  await expect(problems).toHaveCount(0);
  await expect(results(page)).toHaveCount(2);
  await search(page, "lunch on:today");
  await expect(results(page)).toHaveCount(2);
  await expect(problems).toHaveCount(0);
});

for (const zone of ["Pacific/Kiritimati", "Antarctica/Atlantis"]) {
  test(`the days of a search are those of ${zone}, or of UTC where the server does not know it`, async ({ ada, expectedErrors }) => {
    expectedErrors.push(/422 \(Unprocessable/);
    const id = await startConversation(ada, [], { kind: "group", title: "Clocks" });
    await say(ada, id, "lunch");
    const { page } = ada;
    await page.addInitScript((timeZone) => {
      const options = Intl.DateTimeFormat.prototype.resolvedOptions;
      Intl.DateTimeFormat.prototype.resolvedOptions = function () {
        return { ...options.call(this), timeZone };
      };
    }, zone);
    await openPage(page, `/c/${id}`);
    await page.keyboard.press("Control+Shift+f");
    const zones: (string | null)[] = [];
    page.on("request", (request) => {
      const { pathname, searchParams } = new URL(request.url());
      if (pathname.endsWith("/search")) zones.push(searchParams.get("timeZone"));
    });
    await search(page, "lunch on:today");
    await expect(results(page)).toHaveCount(1);
    await search(page, "lunch on:yesterday");
    await expect(panel(page).getByText(/^Nothing found for/)).toBeVisible();
    // A search may be asked for more than once, but what the server does not know is not named again.
    const asked = zones.filter((it, at) => it !== zones[at - 1]);
    expect(asked).toEqual(zone.startsWith("Pacific") ? [zone] : [zone, null]);
  });
}

test("texts of any script are found, whatever is not seen in them", async ({ ada, grace, expectedErrors }) => {
  expectedErrors.push(NO_NETWORK);
  const id = await startConversation(ada, [grace], { kind: "group", title: "Большой\u00a0зал" });
  await say(grace, id, "Встреча перенесена");
  await say(grace, id, "明天上午九点在会议室开会 🙂");
  const { page } = ada;
  await openPage(page, `/c/${id}`);
  await page.keyboard.press("Control+Shift+f");
  await search(page, "ВСТРЕЧА");
  await expect(results(page).locator("mark")).toHaveText("Встреча");
  await search(page, "会议");
  await expect(results(page).locator("mark")).toHaveText("会议");
  await box(page).fill("in:больш");
  await panel(page).getByRole("option", { name: /Большой/ }).click();
  await expect(results(page)).not.toHaveCount(0);
  // As typed with spaces and marks of other kinds. Offline, so that the page itself must find it.
  await ada.context.setOffline(true);
  await go(page, "БОЛЬ\u200bШОЙ  зал");
  await expect(palette(page).getByRole("option").first()).toContainText("Большой");
  await ada.context.setOffline(false);
});

test("what a date asks for comes from a field", async ({ ada, grace }) => {
  const id = await startConversation(ada, [grace]);
  await say(grace, id, "said today");
  const { page } = ada;
  await openPage(page, `/c/${id}`);
  await page.keyboard.press("Control+Shift+f");
  await box(page).fill("today after:");
  await panel(page).getByLabel("A day").fill("2020-02-29");
  await expect(box(page)).toHaveValue("today after:2020-02-29 ");
  await expect(results(page)).toHaveText([/said today/]);
  await box(page).fill("today before:");
  await panel(page).getByRole("option", { name: /This year/ }).click();
  await expect(panel(page).getByText(/^Nothing found for/)).toBeVisible();
});

test("offline, the page says what it can find, and what it cannot", async ({ ada, grace, expectedErrors }) => {
  expectedErrors.push(NO_NETWORK);
  const id = await startConversation(ada, [grace]);
  await say(grace, id, "hello there");
  const { page } = ada;
  await openPage(page, `/c/${id}`);
  await page.keyboard.press("Control+Shift+f");
  await search(page, "hello");
  await expect(results(page)).toHaveCount(1);
  await ada.context.setOffline(true);
  await expect(panel(page).getByText("You are offline.")).toBeVisible();
  await search(page, "there");
  await expect(panel(page).getByRole("alert")).toContainText("The server could not be reached.");
  await go(page, grace.name.slice(0, 8));
  await expect(palette(page).getByText("only what this page knows is found")).toBeVisible();
  await expect(palette(page).getByRole("option", { name: grace.name }).first()).toBeVisible();
  await page.keyboard.press("Escape");
  await ada.context.setOffline(false);
  await panel(page).getByRole("button", { name: "Try again" }).click();
  await expect(results(page)).toHaveCount(1);
  await expect(panel(page).getByText("You are offline.")).toBeHidden();
});
