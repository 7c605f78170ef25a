import { expect } from "@playwright/test";
import { history } from "../conversation";
import { openPage, test } from "../people";
import { recordTransfers } from "../transfers";
import { MainThread, pause, percentile } from "./cost";

/** Lighthouse's slow 4G, and a processor that is four times slower. */
const NETWORK = { offline: false, latency: 150, downloadThroughput: (1.6e6 / 8) * 0.9, uploadThroughput: (750e3 / 8) * 0.9 };
const SLOWDOWN = 4;
const RUNS = 5;
/** Milliseconds of CPU, at a quarter of the speed, until a conversation is live. */
const MAX_START = 1_500;

test("a first visit on slow 4G and a slow processor", async ({ browser, ada, grace }) => {
  const id = await history(ada, grace);
  const cookies = await ada.context.cookies();
  const [painted, live, costs]: number[][] = [[], [], []];
  for (let run = 0; run < RUNS; run++) {
    // With an empty cache.
    const context = await browser.newContext();
    await context.addCookies(cookies);
    const page = await context.newPage();
    const session = await context.newCDPSession(page);
    await session.send("Network.enable");
    await session.send("Network.emulateNetworkConditions", NETWORK);
    await session.send("Emulation.setCPUThrottlingRate", { rate: SLOWDOWN });
    const thread = await MainThread.of(page);
    const begun = Date.now();
    costs.push(await thread.during(() => openPage(page, `/c/${id}`), 0));
    live.push(Date.now() - begun);
    painted.push(
      await page.evaluate(() => performance.getEntriesByName("first-contentful-paint")[0]?.startTime ?? Number.NaN),
    );
    await context.close();
    await pause(500);
  }
  const p50 = (values: number[]) => percentile(values, 0.5).toFixed(0);
  console.log(`slow 4G, ${SLOWDOWN}x CPU: painted after ${p50(painted)} ms, live after ${p50(live)} ms and ${p50(costs)} ms of CPU (medians of ${RUNS})`);
  expect(percentile(costs, 0.5), "with the processor slowed down").toBeLessThan(MAX_START);
});

test("bytes of a first visit", async ({ browser, ada, grace }) => {
  const id = await history(ada, grace);
  const cookies = await ada.context.cookies();
  for (const path of [`/c/${id}`, "/", "/new", "/settings"]) {
    const context = await browser.newContext();
    await context.addCookies(cookies);
    const page = await context.newPage();
    const transfers = await recordTransfers(page);
    await openPage(page, path);
    await page.waitForLoadState("networkidle");
    const files = transfers();
    const bytes = (of: typeof files) => of.reduce((total, file) => total + file.bytes, 0);
    const before = files.filter(({ isFirst }) => isFirst);
    console.log(`${path.replace(id, "{id}")}: ${bytes(before)} bytes before it is live, ${bytes(files) - bytes(before)} ahead`);
    expect(bytes(before)).toBeGreaterThan(0);
    await context.close();
  }
});
