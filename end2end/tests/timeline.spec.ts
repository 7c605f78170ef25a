import type { Page } from "@playwright/test";
import { bodies, composer, readAll, row, say, sidebarRow, startConversation, timeline, write } from "../conversation";
import { type Person, expect, test, openPage } from "../people";

async function sayMany(person: Person, id: string, count: number) {
  for (let at = 1; at <= count; at++) await say(person, id, `Message ${at}`);
}

/**
 * Scrolls up to near the oldest loaded message, and measures in every frame, until older ones have loaded, how far the
 * topmost visible message moves. It should not move.
 */
async function scrollIntoThePast(page: Page, fromStart: number): Promise<{ moved: number; texts: string[] }> {
  return timeline(page).evaluate(async (node, fromStart) => {
    const rows = () => [...node.querySelectorAll<HTMLElement>("[data-message]")];
    const [before] = rows();
    node.scrollTop = -(node.scrollHeight - node.clientHeight - fromStart);
    const edge = node.getBoundingClientRect().top;
    const watched = rows().find((row) => row.getBoundingClientRect().top >= edge);
    if (!watched) throw new Error("no message in view");
    const top = watched.getBoundingClientRect().top;
    // A frame is painted after all animation frame callbacks have run.
    const frame = () => new Promise((resolve) => requestAnimationFrame(() => setTimeout(resolve)));
    let moved = 0;
    const until = performance.now() + 10_000;
    for (let settled = 0; settled < 10 && performance.now() < until; ) {
      await frame();
      if (!watched.isConnected) throw new Error("the message in view was made anew");
      moved = Math.max(moved, Math.abs(watched.getBoundingClientRect().top - top));
      if (rows()[0] !== before) settled++;
    }
    return { moved, texts: rows().map((row) => row.querySelector(".body")!.textContent!) };
  }, fromStart);
}

test("three hundred messages: into the past without a jump, to a quoted one, and back", async ({ ada, grace }) => {
  const id = await startConversation(ada, [grace]);
  await sayMany(grace, id, 300);
  const answer = await grace.api.get(`/api/v1/conversations/${id}/messages?around=5&limit=1`);
  const [old] = (await answer.json()).items;
  await grace.api.post(`/api/v1/conversations/${id}/messages`, {
    data: { body: "As I said", replyToId: old.id },
  });
  await readAll(ada, id);
  await openPage(ada.page, `/c/${id}`);
  await expect(bodies(ada.page).last()).toHaveText("As I said");
  await expect(bodies(ada.page).last()).toBeInViewport();
  const newest = ada.page.getByRole("button", { name: /^Jump to the newest message/ });
  await expect(newest).toHaveCount(0);

  await test.step("scrolling up loads what is older, and moves nothing", async () => {
    expect(await bodies(ada.page).count(), "the first page is a page").toBeLessThanOrEqual(100);
    const seen = new Set<string>();
    while (!seen.has("Message 1")) {
      const { moved, texts } = await scrollIntoThePast(ada.page, 200);
      expect(moved, "pixels that the message in view was moved by").toBeLessThanOrEqual(1);
      const known = seen.size;
      for (const text of texts) seen.add(text);
      expect(seen.size).toBeGreaterThan(known);
    }
    const expected = [...Array(300).keys()].map((at) => `Message ${at + 1}`);
    expect(seen).toEqual(new Set([...expected, "As I said"]));
  });

  await test.step("what arrives while reading the past moves nothing, and is announced", async () => {
    const watched = row(ada.page, "Message 20");
    await watched.evaluate((row) => row.scrollIntoView({ block: "start" }));
    await expect(newest).toBeVisible();
    const before = await watched.boundingBox();
    await say(grace, id, "Something new");
    await expect(newest).toHaveAccessibleName("Jump to the newest message, 1 unread");
    expect(Math.abs((await watched.boundingBox())!.y - before!.y)).toBeLessThanOrEqual(1);
  });

  await test.step("the button leads to the newest message, which is read then", async () => {
    await newest.click();
    await expect(row(ada.page, "Something new")).toBeInViewport();
    await expect(newest).toHaveCount(0);
    await expect(sidebarRow(ada.page, grace.name)).not.toContainText("unread");
  });

  await test.step("a quote leads to a message that was not loaded yet", async () => {
    await openPage(ada.page, `/c/${id}`);
    await expect(row(ada.page, "Message 5")).toHaveCount(0);
    await row(ada.page, "As I said").getByRole("button", { name: /In reply to/ }).click();
    await expect(row(ada.page, "Message 5")).toBeInViewport();
    await expect(row(ada.page, "Message 5")).toHaveClass(/marked/);
    await newest.click();
    await expect(row(ada.page, "Something new")).toBeInViewport();
    await expect(newest).toHaveCount(0);
  });

  await test.step("whoever writes while reading the past sees what they wrote", async () => {
    await row(ada.page, "As I said").getByRole("button", { name: /In reply to/ }).click();
    await expect(row(ada.page, "Message 5")).toBeInViewport();
    await write(ada.page, "I remember");
    await expect(row(ada.page, "I remember")).toBeInViewport();
    await expect(newest).toHaveCount(0);
  });

  await test.step("scrolling down from the past loads up to the newest", async () => {
    await row(ada.page, "As I said").getByRole("button", { name: /In reply to/ }).click();
    await expect(row(ada.page, "Message 5")).toBeInViewport();
    await expect
      .poll(
        async () => {
          await timeline(ada.page).evaluate((node) => (node.scrollTop = 0));
          return row(ada.page, "I remember").count();
        },
        { timeout: 20_000 },
      )
      .toBe(1);
    const count = await bodies(ada.page).count();
    const expected = [...Array(300).keys()].map((at) => `Message ${at + 1}`);
    await expect(bodies(ada.page)).toHaveText([...expected, "As I said", "Something new", "I remember"].slice(-count));
  });
});

test("days stand between messages, as the reader's clock has them", async ({ ada, grace }) => {
  const id = await startConversation(ada, [grace]);
  await say(grace, id, "one");
  await say(grace, id, "two");
  await openPage(ada.page, `/c/${id}`);
  const days = timeline(ada.page).locator(".day");
  await expect(days).toHaveText(["Today"]);
  await ada.page.clock.setFixedTime(Date.now() + 24 * 60 * 60 * 1000);
  await openPage(ada.page, `/c/${id}`);
  await expect(days).toHaveText(["Yesterday"]);
});

test("messages of one sender stand together under one name", async ({ ada, grace, linus }) => {
  const id = await startConversation(ada, [grace, linus], { kind: "group", title: `Choir ${ada.username}` });
  await say(grace, id, "do");
  await say(grace, id, "re");
  await say(linus, id, "mi");
  await say(grace, id, "fa");
  await openPage(ada.page, `/c/${id}`);
  await expect(bodies(ada.page)).toHaveText(["do", "re", "mi", "fa"]);
  await expect(timeline(ada.page).locator(".sender")).toHaveText([grace.name, linus.name, grace.name]);
  await say(grace, id, "sol");
  await expect(bodies(ada.page)).toHaveText(["do", "re", "mi", "fa", "sol"]);
  await expect(timeline(ada.page).locator(".sender")).toHaveCount(3);
});

test("everything by keyboard alone", async ({ ada, grace, page }) => {
  const id = await startConversation(ada, [grace]);
  await say(grace, id, "Hello Ada");
  const { keyboard } = page;
  const focus = page.locator(":focus");
  /** Tab, or Shift+Tab, until the focus is there. */
  const tabTo = async (target: ReturnType<Page["locator"]>, key = "Tab") => {
    for (let presses = 0; presses < 30; presses++) {
      if (await target.evaluate((element) => element === document.activeElement)) return;
      await keyboard.press(key);
    }
    throw new Error(`${key} never came to ${target}`);
  };

  await test.step("signs in", async () => {
    await page.goto("/sign-in");
    await tabTo(page.getByLabel("Username or e-mail"));
    await keyboard.type(ada.username);
    await keyboard.press("Tab");
    await keyboard.type(ada.password);
    await keyboard.press("Enter");
    await expect(sidebarRow(page, grace.name)).toBeVisible();
  });

  await test.step("opens a conversation", async () => {
    const palette = page.getByRole("dialog", { name: "Go to" });
    await expect(async () => {
      if (!(await palette.isVisible())) await keyboard.press("Control+k");
      await expect(palette.getByRole("combobox")).toBeFocused({ timeout: 500 });
    }, "the page lives").toPass();
    await keyboard.type(grace.name.toLowerCase());
    await expect(palette.getByRole("option", { name: grace.name }).first()).toHaveAttribute("aria-selected", "true");
    await keyboard.press("Enter");
    await expect(composer(page)).toBeFocused();
    await expect(bodies(page)).toHaveText(["Hello Ada"]);
  });

  await test.step("writes, and edits the last message", async () => {
    await keyboard.type("Hello Grcae");
    await keyboard.press("Enter");
    await expect(bodies(page)).toHaveText(["Hello Ada", "Hello Grcae"]);
    await expect(row(page, "Hello Grcae")).toHaveAttribute("data-message", /\d+/);
    await keyboard.press("ArrowUp");
    await expect(page.getByRole("textbox", { name: "Edit message" })).toBeFocused();
    await keyboard.press("Control+a");
    await keyboard.type("Hello Grace");
    await keyboard.press("Enter");
    await expect(bodies(page)).toHaveText(["Hello Ada", "Hello Grace"]);
    await expect(composer(page)).toBeFocused();
  });

  await test.step("reacts to a message", async () => {
    await tabTo(timeline(page), "Shift+Tab");
    await keyboard.press("ArrowUp");
    await expect(focus).toContainText("Hello Grace");
    await keyboard.press("ArrowUp");
    await expect(row(page, "Hello Ada")).toBeFocused();
    await keyboard.press("Tab");
    await expect(focus).toHaveAccessibleName("React with 👍");
    await tabTo(row(page, "Hello Ada").getByRole("button", { name: "React", exact: true }));
    await keyboard.press("Enter");
    await expect(focus).toHaveAccessibleName("Search emoji");
    await expect(page.locator(".emoji-grid button").first()).toBeVisible();
    await keyboard.press("ArrowDown");
    await expect(focus).toHaveAccessibleName("thumbs up");
    await keyboard.press("ArrowRight");
    await expect(focus).toHaveAccessibleName("red heart");
    await keyboard.press("Enter");
    await expect(row(page, "Hello Ada").getByRole("group", { name: "Reactions" })).toHaveText("❤️1");
    await expect(row(page, "Hello Ada"), "the focus is not lost").toBeFocused();
  });

  await test.step("replies to the focused message", async () => {
    await keyboard.press("r");
    await expect(composer(page)).toBeFocused();
    await keyboard.type("And to you");
    await keyboard.press("Enter");
    await expect(row(page, "And to you").getByRole("button", { name: /In reply to/ })).toContainText("Hello Ada");
  });

  await test.step("opens a dialog and closes it, and is where it was", async () => {
    const opener = page.getByRole("navigation").getByRole("link", { name: "New conversation" });
    await tabTo(opener, "Shift+Tab");
    await keyboard.press("Enter");
    const dialog = page.getByRole("dialog", { name: "New conversation" });
    await expect(dialog).toBeVisible();
    expect(await dialog.evaluate((dialog) => dialog.contains(document.activeElement))).toBe(true);
    for (let presses = 0; presses < 20; presses++) {
      await keyboard.press("Tab");
      const outside = await dialog.evaluate(
        (dialog) => document.activeElement !== document.body && !dialog.contains(document.activeElement),
      );
      expect(outside, "the focus stays inside").toBe(false);
    }
    await keyboard.press("Escape");
    await expect(dialog).toBeHidden();
    await expect(opener).toBeFocused();

    await keyboard.press("?");
    await expect(page.getByRole("dialog", { name: "Keyboard shortcuts" })).toBeVisible();
    await keyboard.press("Escape");
    await expect(opener).toBeFocused();
  });
});
