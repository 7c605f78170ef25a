import type { Page } from "@playwright/test";
import { bodies, composer, readAll, row, say, sidebarRow, startConversation, timeline, write } from "../conversation";
import { type Person, expect, openPage, test } from "../people";

async function sayMany(person: Person, id: string, first: number, last: number): Promise<void> {
  for (let at = first; at <= last; at++) await say(person, id, `Message ${at}`);
}

const line = (page: Page) => timeline(page).locator(".unread-line");
const toFirst = (page: Page) => page.getByRole("button", { name: /new, go to the first$/ });
const toNewest = (page: Page) => page.getByRole("button", { name: /^Jump to the newest message/ });

/** The number in the body of the last message that counts as seen: 40 pixels of it are in view, or all of it. */
async function lastInView(page: Page): Promise<number> {
  return timeline(page).evaluate((node) => {
    const { bottom } = node.getBoundingClientRect();
    const rows = [...node.querySelectorAll("[data-message]")];
    const seen = rows.filter((row) => {
      const { top, height } = row.getBoundingClientRect();
      return top + Math.min(height, 40) <= bottom + 1;
    });
    return Number(/\d+/.exec(seen.at(-1)!.querySelector(".body")!.textContent!)![0]);
  });
}

/** Whether the page is looked at, as it tells scripts. */
async function setHidden(page: Page, hidden: boolean): Promise<void> {
  await page.evaluate((hidden) => {
    Object.defineProperty(document, "visibilityState", { configurable: true, get: () => (hidden ? "hidden" : "visible") });
    Object.defineProperty(document, "hasFocus", { configurable: true, value: () => !hidden });
    document.dispatchEvent(new Event("visibilitychange", { bubbles: true }));
    window.dispatchEvent(new Event(hidden ? "blur" : "focus"));
  }, hidden);
}

/** The line, and one message before it, are in view in the upper half of the timeline. */
async function expectAtLine(page: Page, before: string, after: string): Promise<void> {
  await expect(line(page)).toBeInViewport();
  await expect(row(page, before)).toBeInViewport();
  await expect(row(page, after)).toBeInViewport();
  const view = (await timeline(page).boundingBox())!;
  expect((await line(page).boundingBox())!.y).toBeLessThan(view.y + view.height / 2);
}

for (const [width, height] of [
  [1440, 900],
  [390, 844],
]) {
  test(`a conversation opens where reading stopped, and is read as far as it is seen, at ${width} px`, async ({ ada, grace }) => {
    test.setTimeout(120_000);
    const { page } = ada;
    await page.setViewportSize({ width, height });
    const title = `Long ${ada.username}`;
    const id = await startConversation(ada, [grace], { kind: "group", title });
    await sayMany(grace, id, 1, 100);
    await readAll(ada, id);
    await sayMany(grace, id, 101, 220);
    const other = await startConversation(ada, [grace], { kind: "group", title: `Other ${ada.username}` });
    await say(grace, other, "Elsewhere");
    const visit = async (name: string) => {
      if (width < 768) await page.getByRole("link", { name: "Back" }).click();
      await sidebarRow(page, name).click();
    };

    await test.step("the server renders the messages around the first unread one", async () => {
      const html = await (await ada.context.request.get(`/c/${id}`)).text();
      expect(html).toContain("Message 101<");
      expect(html).toContain("New messages");
      expect(html).not.toContain(`class="body">Message 220<`);
    });

    await test.step("it lands on the line", async () => {
      await openPage(page, `/c/${id}`);
      await expectAtLine(page, "Message 100", "Message 101");
    });

    await test.step("what is below the fold stays unread", async () => {
      const seen = await lastInView(page);
      expect(seen).toBeLessThan(200);
      await expect(toNewest(page)).toHaveAccessibleName(`Jump to the newest message, ${220 - seen} unread`);
      const answer = await ada.api.get(`/api/v1/conversations/${id}`);
      await expect.poll(async () => (await (await ada.api.get(`/api/v1/conversations/${id}`)).json()).unread).toBe(220 - seen);
      expect(answer.ok()).toBe(true);
      await expect(toFirst(page)).toHaveCount(0);
    });

    await test.step("and is read where one scrolls, to the end", async () => {
      await timeline(page).evaluate((node) => (node.scrollTop += 600));
      await page.waitForTimeout(300);
      const seen = await lastInView(page);
      await expect(toNewest(page)).toHaveAccessibleName(`Jump to the newest message, ${220 - seen} unread`);
      await toNewest(page).click();
      await expect(row(page, "Message 220")).toBeInViewport();
      await expect(toNewest(page)).toHaveCount(0);
      await expect(toFirst(page), "the way back to what was passed by").toHaveText(new RegExp(`^${220 - seen} new`));
      await toFirst(page).click();
      await expectAtLine(page, `Message ${seen}`, `Message ${seen + 1}`);
      await expect(toFirst(page)).toHaveCount(0);
      await toNewest(page).click();
      await expect(row(page, "Message 220")).toBeInViewport();
      await expect.poll(async () => (await (await ada.api.get(`/api/v1/conversations/${id}`)).json()).unread).toBe(0);
    });

    await test.step("the line is gone when one returns", async () => {
      await visit(`Other ${ada.username}`);
      await expect(bodies(page)).toHaveText(["Elsewhere"]);
      await visit(title);
      await expect(row(page, "Message 220")).toBeInViewport();
      await expect(line(page)).toHaveCount(0);
    });

    await test.step("what comes meanwhile is behind the line, in a conversation that was open before", async () => {
      await visit(`Other ${ada.username}`);
      await expect(bodies(page)).toHaveText(["Elsewhere"]);
      await sayMany(grace, id, 221, 290);
      if (width >= 768) await expect(sidebarRow(page, title)).toContainText("70 unread");
      await visit(title);
      await expectAtLine(page, "Message 220", "Message 221");
      expect(await lastInView(page)).toBeLessThan(290);
    });
  });
}

test("a few unread messages are all in view, with the line, at the end", async ({ ada, grace }) => {
  const id = await startConversation(ada, [grace]);
  await sayMany(grace, id, 1, 60);
  await readAll(ada, id);
  await sayMany(grace, id, 61, 63);
  const { page } = ada;
  await openPage(page, `/c/${id}`);
  await expect(line(page)).toBeInViewport();
  await expect(row(page, "Message 63")).toBeInViewport();
  await expect(toNewest(page)).toHaveCount(0);
  await expect(sidebarRow(page, grace.name)).not.toContainText("unread");
  await say(grace, id, "Message 64");
  await expect(row(page, "Message 64"), "it follows what comes").toBeInViewport();
  await expect(sidebarRow(page, grace.name)).not.toContainText("unread");
});

test("the line stands where reading stopped while the window was hidden", async ({ ada, grace }) => {
  const id = await startConversation(ada, [grace]);
  await sayMany(grace, id, 1, 5);
  const { page } = ada;
  await openPage(page, `/c/${id}`);
  await expect(row(page, "Message 5")).toBeInViewport();
  await expect(sidebarRow(page, grace.name)).not.toContainText("unread");
  const textAfterLine = () => line(page).evaluate((line) => line.nextElementSibling!.querySelector(".body")!.textContent);

  await setHidden(page, true);
  await sayMany(grace, id, 6, 8);
  await expect(sidebarRow(page, grace.name)).toContainText("3 unread");
  expect(await textAfterLine()).toBe("Message 6");
  await setHidden(page, false);
  await expect(sidebarRow(page, grace.name)).not.toContainText("unread");
  await expect(line(page), "it stays").toBeInViewport();
  await say(grace, id, "Message 9");
  await expect(row(page, "Message 9")).toBeInViewport();
  expect(await textAfterLine(), "also when more is read").toBe("Message 6");

  await setHidden(page, true);
  await sayMany(grace, id, 10, 11);
  await expect(sidebarRow(page, grace.name)).toContainText("2 unread");
  expect(await textAfterLine(), "and moves once all was read").toBe("Message 10");
  await setHidden(page, false);
  await write(page, "I have read it");
  await expect(line(page), "whoever answers has read").toHaveCount(0);
});

test("a button leads to the first unread message, from above and from below", async ({ ada, grace }) => {
  test.setTimeout(120_000);
  const title = `Long ${ada.username}`;
  const id = await startConversation(ada, [grace], { kind: "group", title });
  await sayMany(grace, id, 1, 150);
  await readAll(ada, id);
  const { page } = ada;
  await openPage(page, `/c/${id}`);
  await expect(row(page, "Message 150")).toBeInViewport();
  await timeline(page).evaluate((node) => (node.scrollTop -= 1_500));
  await expect(toNewest(page)).toBeVisible();
  await expect(toFirst(page)).toHaveCount(0);

  await test.step("below, by keyboard", async () => {
    await sayMany(grace, id, 151, 230);
    await expect(toFirst(page)).toHaveText(/^80 new/);
    await expect(toNewest(page)).toHaveAccessibleName("Jump to the newest message, 80 unread");
    await toFirst(page).focus();
    await page.keyboard.press("Enter");
    await expectAtLine(page, "Message 150", "Message 151");
    await expect(toFirst(page)).toHaveCount(0);
    await expect(timeline(page)).toBeFocused();
    expect(await lastInView(page)).toBeLessThan(230);
  });

  await test.step("above, after a jump over it", async () => {
    await toNewest(page).click();
    await expect(row(page, "Message 230")).toBeInViewport();
    await timeline(page).evaluate((node) => (node.scrollTop -= 4_000));
    await setHidden(page, true);
    await sayMany(grace, id, 231, 300);
    await expect(toNewest(page)).toHaveAccessibleName("Jump to the newest message, 70 unread");
    await toNewest(page).click();
    await setHidden(page, false);
    await expect(row(page, "Message 300")).toBeInViewport();
    await expect(toFirst(page)).toHaveText(/^70 new/);
    await toFirst(page).click();
    await expectAtLine(page, "Message 230", "Message 231");
    await expect(toFirst(page)).toHaveCount(0);
  });
});

test("a link to a message opens around it, for members only", async ({ ada, grace, linus, expectedErrors }) => {
  test.setTimeout(120_000);
  expectedErrors.push(/404/);
  const title = `Long ${ada.username}`;
  const id = await startConversation(ada, [grace], { kind: "group", title });
  await sayMany(grace, id, 1, 200);
  const answer = await grace.api.get(`/api/v1/conversations/${id}/messages?around=42&limit=10`);
  const { items } = (await answer.json()) as { items: { id: string; body: string }[] };
  const old = items.find(({ body }) => body === "Message 42")!;
  const elsewhere = await startConversation(ada, [grace], { kind: "group", title: `Other ${ada.username}` });
  const path = `/c/${id}/m/${old.id}`;
  const { page } = ada;

  await test.step("rendered by the server, highlighted and in view", async () => {
    const html = await (await ada.context.request.get(path)).text();
    expect(html).toContain("Message 42<");
    expect(html).not.toContain(`class="body">Message 200<`);
    await openPage(page, path);
    await expect(row(page, "Message 42")).toBeInViewport();
    await expect(row(page, "Message 42")).toHaveClass(/marked/);
    await expect(row(page, "Message 41")).toBeInViewport();
    expect(new URL(page.url()).pathname).toBe(path);
    await expect(page.getByRole("heading", { name: title })).toBeVisible();
  });

  await test.step("from a message elsewhere, and with the browser's buttons", async () => {
    await say(grace, elsewhere, `See ${new URL(path, page.url())}`);
    await sidebarRow(page, `Other ${ada.username}`).click();
    await timeline(page).getByRole("link").click();
    await expect(row(page, "Message 42")).toBeInViewport();
    await expect(row(page, "Message 42")).toHaveClass(/marked/);
    expect(new URL(page.url()).pathname).toBe(path);
    await page.goBack();
    await expect(bodies(page)).toHaveText([/^See /]);
    await page.goForward();
    await expect(row(page, "Message 42")).toBeInViewport();
    expect(page.context().pages().length, "in the same tab").toBe(1);
  });

  await test.step("within the open conversation", async () => {
    await toNewest(page).click();
    await expect(row(page, "Message 200")).toBeInViewport();
    await say(grace, id, `See ${new URL(path, page.url())}`);
    await timeline(page).getByRole("link").last().click();
    await expect(row(page, "Message 42")).toBeInViewport();
  });

  await test.step("nobody else learns that it exists", async () => {
    const unknown = await linus.context.request.get("/c/99999999");
    const refused = await linus.context.request.get(path);
    expect(refused.status()).toBe(404);
    expect(unknown.status()).toBe(404);
    await linus.page.goto(path);
    await expect(linus.page.getByText("This conversation can't be found")).toBeVisible();
    expect(await refused.text()).not.toContain("Message 42");
    await linus.page.goto("/c/99999999");
    await expect(linus.page.getByText("This conversation can't be found")).toBeVisible();
    const own = await startConversation(linus, [ada], { kind: "group", title: "Own" });
    await say(linus, own, "Still here");
    const foreign = await linus.context.request.get(`/c/${own}/m/${old.id}`);
    expect(foreign.status(), "through a conversation of one's own").toBe(404);
    expect(await foreign.text()).not.toContain("Message 42");
    // The conversation is there, and says that the message is not.
    await linus.page.goto(`/c/${own}/m/${old.id}`);
    await expect(linus.page.getByRole("dialog")).toContainText("There is no such message.");
    await linus.page.getByRole("dialog").getByRole("button", { name: "Close" }).click();
    await expect(bodies(linus.page)).toHaveText(["Still here"]);
  });
});

test("what a jump passes by stays unread", async ({ ada, grace }) => {
  test.setTimeout(120_000);
  const title = `Long ${ada.username}`;
  const id = await startConversation(ada, [grace], { kind: "group", title });
  await sayMany(grace, id, 1, 150);
  await readAll(ada, id);
  const answer = await grace.api.get(`/api/v1/conversations/${id}/messages?around=42&limit=10`);
  const { items } = (await answer.json()) as { items: { id: string; body: string }[] };
  const old = items.find(({ body }) => body === "Message 42")!;
  const elsewhere = await startConversation(ada, [grace], { kind: "group", title: `Other ${ada.username}` });
  const { page } = ada;
  await openPage(page, `/c/${id}`);
  await expect(row(page, "Message 150"), "the newest are remembered").toBeInViewport();
  await say(grace, elsewhere, `See ${new URL(`/c/${id}/m/${old.id}`, page.url())}`);
  await sidebarRow(page, `Other ${ada.username}`).click();
  await sayMany(grace, id, 151, 155);
  const badge = sidebarRow(page, title).locator(".badge");
  await expect(badge).toContainText("5");
  await timeline(page).getByRole("link").click();
  await expect(row(page, "Message 42")).toBeInViewport();
  await page.waitForTimeout(1_000);
  await expect(badge).toContainText("5");
  expect((await (await ada.api.get(`/api/v1/conversations/${id}`)).json()).unread).toBe(5);
});

for (const [width, height] of [
  [1440, 900],
  [390, 844],
]) {
  test(`the line stays where somebody has marked messages as unread, at ${width} px`, async ({ ada, grace }) => {
    test.setTimeout(120_000);
    const { page } = ada;
    await page.setViewportSize({ width, height });
    const title = `Long ${ada.username}`;
    const id = await startConversation(ada, [grace], { kind: "group", title });
    await sayMany(grace, id, 1, 100);
    await readAll(ada, id);
    const answer = await ada.api.post(`/api/v1/conversations/${id}/unread`, { data: { position: 37 } });
    expect(answer.ok()).toBe(true);
    const unread = async () => (await (await ada.api.get(`/api/v1/conversations/${id}`)).json()).unread as number;
    const marked = await unread();
    await openPage(page, `/c/${id}`);
    await expect(line(page)).toBeInViewport();
    const after = () => line(page).evaluate((node) => node.nextElementSibling!.textContent);
    const first = await after();
    // What is in view is read, and the server says so.
    await expect.poll(unread).toBeLessThan(marked);
    await timeline(page).evaluate((node) => (node.scrollTop += 400));
    const before = await unread();
    await expect.poll(unread).toBeLessThan(before);
    await page.waitForTimeout(1_000);
    expect(await after()).toBe(first);
    await toNewest(page).click();
    await expect.poll(unread).toBe(0);
  });
}

test("who looks at an open channel without joining it sees what is said, as it comes", async ({ ada, grace }) => {
  const id = await startConversation(grace, [], { kind: "channel", title: `Open ${ada.username}` });
  await say(grace, id, "Before");
  const { page } = ada;
  await openPage(page, `/c/${id}`);
  await expect(bodies(page)).toHaveText(["Before"]);
  await expect(page.getByRole("button", { name: "Join" })).toBeVisible();
  const { id: said } = await say(grace, id, "Meanwhile");
  await expect(bodies(page)).toHaveText(["Before", "Meanwhile"]);
  await grace.api.patch(`/api/v1/messages/${said}`, { data: { body: "Corrected" } });
  await expect(bodies(page)).toHaveText(["Before", "Corrected"]);
  await grace.api.delete(`/api/v1/messages/${said}`);
  await expect(row(page, "Corrected")).toHaveCount(0);
  // Who has joined is told.
  await page.getByRole("button", { name: "Join" }).click();
  await expect(composer(page)).toBeVisible();
  await say(grace, id, "Welcome");
  await expect(row(page, "Welcome")).toBeVisible();
  let asked = 0;
  page.on("request", (request) => (asked += Number(request.url().includes(`/conversations/${id}/messages?`))));
  await page.waitForTimeout(5_000);
  expect(asked, "and asks no more").toBe(0);
});

for (const [way, colorScheme, width] of [
  ["is deleted", "light", 1440],
  ["is for its members only", "dark", 390],
] as const) {
  test(`an open channel that ${way} is asked for no more, and its page says so`, async ({ ada, grace, expectedErrors }, testInfo) => {
    expectedErrors.push(/status of 404/);
    const id = await startConversation(grace, [], { kind: "channel", title: `Gone ${ada.username}` });
    await say(grace, id, "Before");
    const { page } = ada;
    await page.emulateMedia({ colorScheme });
    await page.setViewportSize({ width, height: 844 });
    const answers: number[] = [];
    page.on("response", (response) => {
      if (new URL(response.url()).pathname === `/api/v1/conversations/${id}`) answers.push(response.status());
    });
    await openPage(page, `/c/${id}`);
    await expect(row(page, "Before")).toBeVisible();
    await expect.poll(() => answers).toContain(200);
    const gone =
      way === "is deleted"
        ? await grace.api.delete(`/api/v1/conversations/${id}`)
        : await grace.api.patch(`/api/v1/conversations/${id}`, { data: { private: true } });
    expect(gone.ok(), await gone.text()).toBe(true);
    const note = page.getByRole("alert").filter({ hasText: "This channel is no longer open" });
    await expect(note).toBeVisible();
    await expect(page.getByRole("button", { name: "Join" })).toHaveCount(0);
    await testInfo.attach("gone", { body: await page.screenshot(), contentType: "image/png" });
    // It would ask every four seconds.
    await page.waitForTimeout(5_000);
    expect(answers.filter((status) => status === 404)).toHaveLength(1);
  });
}
