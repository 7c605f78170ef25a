import { type Browser, type Page, expect } from "@playwright/test";
import { readAll, say, sidebarRow, timeline } from "../conversation";
import { openPage } from "../people";
import { MainThread, frameCosts, percentile, rendererMemory } from "./cost";
import { test } from "./filled";

const MAX_NODES = 3_000;
/** Milliseconds of CPU of a task, which a frame waits for. */
const MAX_TASK = 50;
/** MB of the renderer after 10,000 rows were seen. */
const MAX_GROWTH = 150;

interface Scrolled {
  frames: number;
  /** Milliseconds between frames. */
  gaps: number[];
  rows: number;
  nodes: number;
  ms: number;
}

/** Scrolls a step in each frame until so many different rows were in the document, or the edge is reached. */
async function scroll(page: Page, step: number, rows: number): Promise<Scrolled> {
  return timeline(page).evaluate(
    async (node, { step, rows }) => {
      const frame = () => new Promise<number>((resolve) => requestAnimationFrame(resolve));
      const count = () => {
        const walker = document.createTreeWalker(node, NodeFilter.SHOW_ALL);
        let nodes = 0;
        while (walker.nextNode()) nodes++;
        return nodes;
      };
      const [begun, seen, gaps] = [performance.now(), new Set<string>(), [] as number[]];
      let [frames, nodes, still, last] = [0, 0, 0, await frame()];
      while (seen.size < rows && still < 200) {
        const before = node.scrollTop;
        node.scrollTop += step;
        const now = await frame();
        gaps.push(now - last);
        last = now;
        still = node.scrollTop === before ? still + 1 : 0;
        // Not in each frame, of which it would be a part.
        if (frames++ % 8 === 0) {
          nodes = Math.max(nodes, count());
          for (const row of node.querySelectorAll("[data-message]")) seen.add(row.id);
        }
      }
      return { frames, gaps, rows: seen.size, nodes, ms: Math.round(performance.now() - begun) };
    },
    { step, rows },
  );
}

async function report(what: string, browser: Browser, page: Page, work: () => Promise<Scrolled>): Promise<Scrolled> {
  let scrolled: Scrolled | undefined;
  const { longestTask, frames: costs } = await frameCosts(browser, page, async () => (scrolled = await work()));
  const { frames, gaps, rows, nodes, ms } = scrolled!;
  const line = (values: number[]) => [0.5, 0.99, 1].map((part) => percentile(values, part).toFixed(0)).join(", ");
  console.log(
    `${what}: ${rows} rows in ${frames} frames and ${ms} ms; longest task ${longestTask.toFixed(0)} ms of CPU,` +
      ` between two frames p50, p99, longest ${line(costs)} ms, by the clock ${line(gaps)} ms; ${nodes} nodes`,
  );
  expect.soft(longestTask, "the longest task").toBeLessThan(MAX_TASK);
  expect.soft(nodes).toBeLessThan(MAX_NODES);
  return scrolled!;
}

test("opening 100,000 messages", async ({ ada, filled }) => {
  const { page } = ada;
  await openPage(page, "/settings");
  const thread = await MainThread.of(page);
  const begun = Date.now();
  let ms = 0;
  const cpu = await thread.during(async () => {
    await openPage(page, `/c/${filled.long}`);
    ms = Date.now() - begun;
  });
  const nodes = await timeline(page).evaluate((node) => node.querySelectorAll("*").length);
  console.log(`opening 100,000 messages: live after ${ms} ms, ${cpu.toFixed(0)} ms of CPU; ${nodes} elements`);
  expect(nodes).toBeLessThan(MAX_NODES);
});

test("scrolling through 10,000 rows", async ({ browser, ada, filled }) => {
  const { page } = ada;
  await readAll(ada, filled.long);
  await openPage(page, `/c/${filled.long}`);
  const thread = await MainThread.of(page);
  // The first rows take what a page takes anyway.
  await scroll(page, -600, 300);
  await thread.collectGarbage();
  const before = await rendererMemory(browser);
  await report("scrolling up", browser, page, () => scroll(page, -600, 10_000));
  await thread.collectGarbage();
  const after = await rendererMemory(browser);
  console.log(`10,000 rows seen: the renderer grew by ${(after - before).toFixed(0)} MB, from ${before.toFixed(0)}`);
  expect.soft(after - before).toBeLessThan(MAX_GROWTH);
  await report("scrolling down", browser, page, () => scroll(page, 600, 3_000));
});

test("jumping a year back, and returning to the place", async ({ browser, ada, grace, filled }) => {
  const { page } = ada;
  // The sidebar has rows for the newest channels, and none for groups below so many.
  for (const id of [filled.everybody, filled.long]) {
    await say(grace, id, "Now");
    await readAll(ada, id);
  }
  await readAll(ada, filled.long);
  await openPage(page, `/c/${filled.long}`);
  const thread = await MainThread.of(page);
  const target = page.locator(`#m-${filled.old}`);
  const measure = async (what: string, act: () => Promise<unknown>, shown: () => Promise<unknown>) => {
    const begun = Date.now();
    let ms = 0;
    const cpu = await thread.during(async () => {
      await act();
      await shown();
      ms = Date.now() - begun;
    });
    console.log(`${what}: ${ms} ms, ${cpu.toFixed(0)} ms of CPU`);
    return cpu;
  };
  await page.getByRole("button", { name: "Search this conversation" }).click();
  const search = page.getByRole("complementary", { name: "Search" });
  await search.getByRole("combobox").fill("needle10017");
  await search.getByRole("combobox").press("Enter");
  const result = search.getByText(/needle10017/).first();
  await result.waitFor();
  await measure("to a search result of a year ago", () => result.click(), () => expect(target).toBeInViewport());
  await report("up from there", browser, page, () => scroll(page, -600, 500));
  await report("down from there", browser, page, () => scroll(page, 600, 1_000));
  const place = () =>
    timeline(page).evaluate((node) => {
      const top = node.getBoundingClientRect().top;
      const first = [...node.querySelectorAll("[data-message]")].find((row) => row.getBoundingClientRect().top >= top)!;
      return { id: first.id, offset: first.getBoundingClientRect().top - top };
    });
  const before = await place();
  await sidebarRow(page, "Everybody").first().click();
  await expect(page.locator("#conversation-title")).toHaveText("Everybody");
  const shown = () => expect(page.locator(`#${before.id}`)).toBeInViewport();
  // Back would lead to the address of the result.
  await page.keyboard.press("Control+k");
  const palette = page.getByRole("dialog", { name: "Go to" });
  await palette.getByRole("combobox").fill("Long");
  const option = palette.getByRole("option", { name: /^Long\b/ }).first();
  await option.waitFor();
  await measure("returning to the place", () => option.click(), shown);
  const after = await place();
  expect(after.id).toBe(before.id);
  expect(Math.abs(after.offset - before.offset), "pixels").toBeLessThanOrEqual(1);
  await openPage(page, `/c/${filled.everybody}`);
  await measure("a permalink of a year ago", () => page.goto(`/c/${filled.long}/m/${filled.old}`), () => expect(target).toBeInViewport());
});
