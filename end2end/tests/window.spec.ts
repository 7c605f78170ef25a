import type { Page } from "@playwright/test";
import { bodies, readAll, row, say, sidebarRow, startConversation, timeline, write } from "../conversation";
import { type Person, expect, openPage, test } from "../people";

/** At most so many rows are in the document, also while it grows at one end. */
const MAX_ROWS = 220;
const MAX_NODES = 3_000;
/** Pixels: rows are not a whole number high with every font, and each change of the window rounds where it scrolls to. */
const MAX_ROUNDED = 3;

async function sayMany(person: Person, id: string, count: number): Promise<void> {
  for (let at = 1; at <= count; at++) await say(person, id, at % 7 ? `Message ${at}` : `Message ${at}\n${"more ".repeat(at % 50)}`);
}

interface Watched {
  /** Pixels that the message in view was moved by, at most. */
  moved: number;
  rows: number;
  nodes: number;
  /** The first lines of all messages that were in the document. */
  seen: string[];
}

/**
 * Scrolls a step towards the past or the present, and measures in each of the next frames how far the first message
 * in view moves by itself: it should not. `until` is the text of a message that ends the way when it is in view.
 */
async function scrollThrough(page: Page, direction: "up" | "down", until: string): Promise<Watched> {
  return timeline(page).evaluate(
    async (node, { direction, until }) => {
      const rows = () => [...node.querySelectorAll<HTMLElement>("[data-message]")];
      const title = (row: HTMLElement) => row.querySelector(".body")!.textContent!.split("\n")[0];
      // A frame is painted after all animation frame callbacks have run.
      const frame = () => new Promise((resolve) => requestAnimationFrame(() => setTimeout(resolve)));
      const result = { moved: 0, rows: 0, nodes: 0, seen: [] as string[] };
      const seen = new Set<string>();
      const deadline = performance.now() + 45_000;
      for (;;) {
        if (performance.now() > deadline) throw new Error(`${until} did not come into view`);
        node.scrollTop += direction === "up" ? -700 : 700;
        const { top, bottom } = node.getBoundingClientRect();
        const watched = rows().find((row) => row.getBoundingClientRect().top >= top);
        if (!watched) throw new Error("no message in view");
        const before = watched.getBoundingClientRect().top;
        for (let frames = 0; frames < 4; frames++) {
          await frame();
          if (!watched.isConnected) throw new Error("the message in view was dropped");
          result.moved = Math.max(result.moved, Math.abs(watched.getBoundingClientRect().top - before));
          result.rows = Math.max(result.rows, rows().length);
        }
        for (const row of rows()) seen.add(title(row));
        const walker = document.createTreeWalker(node, NodeFilter.SHOW_ALL);
        let nodes = 0;
        while (walker.nextNode()) nodes++;
        result.nodes = Math.max(result.nodes, nodes);
        const end = rows().find((row) => title(row) === until)?.getBoundingClientRect();
        if (end && end.bottom > top && end.top < bottom) break;
      }
      result.seen = [...seen];
      return result;
    },
    { direction, until },
  );
}

/** The offset of a message from the upper edge of the timeline. */
async function offset(page: Page, text: string): Promise<number> {
  return (await row(page, text).boundingBox())!.y - (await timeline(page).boundingBox())!.y;
}

/**
 * Measures how far a message moves while `work` is done, in frames as they are painted: by an observer that is called
 * in each frame, after that of the page, which puts back what it would otherwise see moved.
 */
async function movedDuring(page: Page, text: string, work: () => Promise<void>): Promise<number> {
  const watched = row(page, text);
  await watched.evaluate((row) => {
    const top = () => row.getBoundingClientRect().top;
    const state = { moved: 0, frames: 0, before: top() };
    const clock = document.body.appendChild(document.createElement("i"));
    Object.assign(clock.style, { position: "fixed", visibility: "hidden" });
    new ResizeObserver(() => {
      state.moved = Math.max(state.moved, Math.abs(top() - state.before));
      state.frames++;
    }).observe(clock);
    const tick = () => {
      clock.style.width = `${1 + (state.frames % 2)}px`;
      if (row.isConnected) requestAnimationFrame(tick);
      else clock.remove();
    };
    tick();
    Object.assign(row, { state });
  });
  await work();
  const { moved, frames } = await watched.evaluate(async (row) => {
    await new Promise((resolve) => requestAnimationFrame(() => setTimeout(resolve)));
    return (row as unknown as { state: { moved: number; frames: number } }).state;
  });
  expect(frames, "frames that were looked at").toBeGreaterThan(1);
  return moved;
}

test("a long conversation keeps its rows few and its place to the pixel", async ({ ada, grace }) => {
  test.setTimeout(180_000);
  const id = await startConversation(ada, [grace], { kind: "group", title: `Long ${ada.username}` });
  await sayMany(grace, id, 500);
  const answer = await grace.api.get(`/api/v1/conversations/${id}/messages?around=9&limit=1`);
  const [old] = (await answer.json()).items;
  await grace.api.post(`/api/v1/conversations/${id}/messages`, { data: { body: "As I said", replyToId: old.id } });
  await readAll(ada, id);
  const other = await startConversation(ada, [grace], { kind: "group", title: `Other ${ada.username}` });
  await say(grace, other, "Elsewhere");
  const { page } = ada;
  await openPage(page, `/c/${id}`);
  await expect(bodies(page).last()).toHaveText("As I said");
  await expect(bodies(page).last()).toBeInViewport();
  const all = [...Array(500).keys()].map((at) => `Message ${at + 1}`);
  const newest = page.getByRole("button", { name: /^Jump to the newest message/ });

  await test.step("to the start, with every message on the way", async () => {
    const { moved, rows, nodes, seen } = await scrollThrough(page, "up", "Message 1");
    expect(moved, "pixels").toBeLessThanOrEqual(MAX_ROUNDED);
    expect(rows).toBeLessThanOrEqual(MAX_ROWS);
    expect(nodes).toBeLessThan(MAX_NODES);
    expect(new Set(seen)).toEqual(new Set([...all, "As I said"]));
    await expect(row(page, "As I said"), "the far end is dropped").toHaveCount(0);
  });

  await test.step("and back to the end", async () => {
    const { moved, rows, nodes, seen } = await scrollThrough(page, "down", "As I said");
    expect(moved, "pixels").toBeLessThanOrEqual(MAX_ROUNDED);
    expect(rows).toBeLessThanOrEqual(MAX_ROWS);
    expect(nodes).toBeLessThan(MAX_NODES);
    expect(new Set(seen)).toEqual(new Set([...all, "As I said"]));
    await expect(row(page, "Message 1"), "the far end is dropped").toHaveCount(0);
    await timeline(page).evaluate((node) => (node.scrollTop = 0));
    await expect(newest).toHaveCount(0);
  });

  await test.step("a quote leads to a message that has no row, and the button back", async () => {
    const before = page.getByRole("button", { name: /In reply to/ });
    await before.click();
    await expect(row(page, "Message 9")).toBeInViewport();
    await expect(row(page, "Message 9")).toHaveClass(/marked/);
    await expect(newest).toBeVisible();
    await newest.click();
    await expect(row(page, "As I said")).toBeInViewport();
    await expect(newest).toHaveCount(0);
  });

  await test.step("what arrives while away from the end moves nothing, and has no row yet", async () => {
    await scrollThrough(page, "up", "Message 251");
    const moved = await movedDuring(page, "Message 251", async () => {
      await say(grace, id, "Something new");
      await expect(newest).toHaveAccessibleName("Jump to the newest message, 1 unread");
    });
    expect(moved, "pixels").toBeLessThanOrEqual(1);
    await expect(row(page, "Something new")).toHaveCount(0);
  });

  await test.step("the place is remembered, whatever happens meanwhile", async () => {
    const before = await offset(page, "Message 251");
    await sidebarRow(page, `Other ${ada.username}`).click();
    await expect(bodies(page)).toHaveText(["Elsewhere"]);
    await say(grace, id, "While you were elsewhere");
    await expect(sidebarRow(page, `Long ${ada.username}`)).toContainText("2 unread");
    await sidebarRow(page, `Long ${ada.username}`).click();
    await expect(row(page, "Message 251")).toBeInViewport();
    expect(Math.abs((await offset(page, "Message 251")) - before), "pixels").toBeLessThanOrEqual(1);
    await expect(newest).toHaveAccessibleName("Jump to the newest message, 2 unread");
  });

  await test.step("a reaction to a message below or above moves nothing", async () => {
    const rowsInPage = page.locator("[data-message]");
    for (const which of [rowsInPage.first(), rowsInPage.last()]) {
      const message = await which.getAttribute("data-message");
      const moved = await movedDuring(page, "Message 251", async () => {
        await grace.api.put(`/api/v1/messages/${message}/reactions/👍`);
        await expect(which.getByRole("group", { name: "Reactions" })).toBeAttached();
      });
      expect(moved, "pixels").toBeLessThanOrEqual(1);
    }
  });

  await test.step("whoever writes is at the end", async () => {
    await write(page, "Here I am");
    await expect(row(page, "Here I am")).toBeInViewport();
    await expect(row(page, "While you were elsewhere")).toBeInViewport();
    await expect(newest).toHaveCount(0);
    await sidebarRow(page, `Other ${ada.username}`).click();
    await expect(bodies(page)).toHaveText(["Elsewhere"]);
    await sidebarRow(page, `Long ${ada.username}`).click();
    await expect(row(page, "Here I am")).toBeInViewport();
  });
});

test("loaded history is not announced, and what is new is", async ({ ada, grace }) => {
  test.setTimeout(120_000);
  const id = await startConversation(ada, [grace]);
  await sayMany(grace, id, 150);
  await readAll(ada, id);
  const { page } = ada;
  await openPage(page, `/c/${id}`);
  const log = timeline(page);
  await expect(log).toHaveAttribute("aria-live", "off");
  await expect(log.getByRole("list").getByRole("listitem").last()).toContainText("Message 150");
  const announcer = page.locator("section.pane > p.sr-only[aria-live=polite]");
  await announcer.evaluate((node) => {
    const texts: string[] = [];
    new MutationObserver(() => texts.push(node.textContent!)).observe(node, { childList: true, subtree: true, characterData: true });
    Object.assign(window, { texts });
  });
  await scrollThrough(page, "up", "Message 1");
  await scrollThrough(page, "down", "Message 150");
  await say(grace, id, "Fresh");
  await expect(announcer).toHaveText(`${grace.name}: Fresh`);
  const texts = await page.evaluate(() => (window as unknown as { texts: string[] }).texts);
  expect(new Set(texts)).toEqual(new Set([`${grace.name}: Fresh`]));
});

test("long messages are folded, and shown in full where they begin", async ({ ada, grace }) => {
  const id = await startConversation(ada, [grace]);
  const lines = (count: number) => Array.from({ length: count }, (_, at) => `Line ${at + 1}`).join("\n");
  for (let at = 1; at <= 20; at++) await say(grace, id, `Message ${at}`);
  await say(grace, id, lines(60));
  const { id: long } = await say(grace, id, lines(200));
  for (let at = 21; at <= 40; at++) await say(grace, id, `Message ${at}`);
  await readAll(ada, id);
  const { page } = ada;
  await openPage(page, `/c/${id}`);
  const message = page.locator(`#m-${long}`);
  const all = page.getByRole("button", { name: "Show all" });
  const less = page.getByRole("button", { name: "Show less" });
  const height = async () => (await message.boundingBox())!.height;
  const top = async () => (await message.boundingBox())!.y - (await timeline(page).boundingBox())!.y;

  await expect(all, "60 lines are shown, 200 are not").toHaveCount(1);
  await expect(message.locator(".body"), "its text is there").toContainText("Line 200");
  const folded = await height();
  await message.evaluate((row) => row.scrollIntoView({ block: "start" }));
  const before = await top();
  await all.click();
  await expect(less).toHaveAttribute("aria-expanded", "true");
  expect(await height()).toBeGreaterThan(folded * 3);
  expect(Math.abs((await top()) - before), "pixels that its beginning has moved").toBeLessThanOrEqual(1);

  await less.evaluate((button) => button.scrollIntoView({ block: "end" }));
  expect(await top(), "its beginning is out of view").toBeLessThan(0);
  await less.click();
  await expect(all).toHaveCount(1);
  expect(await height()).toBe(folded);
  await expect.poll(top, "its beginning is in view again").toBeGreaterThanOrEqual(0);
  await expect(message).toBeInViewport();
});

test("many messages at once are all there, with few rows", async ({ ada, grace }) => {
  const id = await startConversation(ada, [grace]);
  await say(grace, id, "First");
  const { page } = ada;
  await openPage(page, `/c/${id}`);
  await expect(bodies(page)).toHaveText(["First"]);
  const workers = Array.from({ length: 8 }, async (_, worker) => {
    for (let at = 0; at < 50; at++) await say(grace, id, `Burst ${worker * 50 + at}`);
  });
  await Promise.all(workers);
  await say(grace, id, "The last one");
  await expect(row(page, "The last one")).toBeInViewport();
  expect(await page.locator("[data-message]").count()).toBeLessThanOrEqual(MAX_ROWS);
  await expect(row(page, "First"), "the far end is dropped").toHaveCount(0);
  const { seen } = await scrollThrough(page, "up", "First");
  expect(seen.filter((text) => text.startsWith("Burst")).length).toBe(400);
});
