import { type Page, expect } from "@playwright/test";
import { readAll, row } from "../conversation";
import { type Person, openPage } from "../people";
import { MainThread, pause, percentile } from "./cost";
import { connect } from "./sender";
import { test } from "./filled";

/** Milliseconds of CPU of a switch to a conversation that was seen before, and to one that was not. */
const MAX_AGAIN = 60;
const MAX_FIRST = 120;
/** Milliseconds of CPU of an event. */
const MAX_MESSAGE_HERE = 30;
const MAX_MESSAGE_ELSEWHERE = 15;
const MAX_TYPING = 5;
const EVENTS = 30;

interface Switch {
  /** Milliseconds until it is shown, by the clock. */
  ms: number;
  requests: string[];
  /** How many requests followed one after the other until the messages were there. */
  roundTrips: number;
}

/** Clicks a row of the sidebar, and waits until the conversation is shown. */
function visit(page: Page, name: string): Promise<Switch> {
  return page.evaluate(async (name) => {
    const links = [...document.querySelectorAll<HTMLElement>(".conversations a")];
    const link = links.find((link) => link.querySelector(".conversation-name")?.textContent === name);
    if (!link) throw new Error(`${name} has no row`);
    performance.clearResourceTimings();
    const begun = performance.now();
    link.click();
    const isShown = () =>
      document.querySelector("#conversation-title")?.textContent === name &&
      document.querySelector("#timeline [data-message]") !== null;
    while (!isShown()) await new Promise((resolve) => requestAnimationFrame(resolve));
    await new Promise((resolve) => requestAnimationFrame(() => setTimeout(resolve)));
    const ms = performance.now() - begun;
    const entries = performance.getEntriesByType("resource") as PerformanceResourceTiming[];
    const asked = entries.filter((entry) => entry.name.includes("/api/v1/"));
    const messages = asked.findLast((entry) => /\/messages\?/.test(entry.name) && entry.responseEnd <= begun + ms);
    let roundTrips = 0;
    for (let start = messages?.startTime ?? 0; start > 0; roundTrips++) {
      start = Math.max(0, ...asked.filter((entry) => entry.responseEnd <= start).map((entry) => entry.startTime));
    }
    const requests = entries.map((entry) => `${entry.name.replace(/^.*\/conversations\/\d+\/?/, "")} ${Math.round(entry.startTime - begun)}-${Math.round(entry.responseEnd - begun)}`);
    return { ms, requests, roundTrips };
  }, name);
}

/** The rows of the sidebar that are conversations of several, and not open. */
async function others(page: Page, count: number): Promise<string[]> {
  const names = page.locator(".conversations a .conversation-name");
  await expect.poll(() => names.count()).toBeGreaterThan(count);
  const all = await names.allTextContents();
  return all.filter((name) => /^Room \d+$/.test(name)).slice(0, count);
}

async function perEvent(thread: MainThread, emit: (at: number) => unknown): Promise<number> {
  const idle = await thread.during(() => pause(EVENTS * 100));
  const cpu = await thread.during(async () => {
    for (let at = 0; at < EVENTS; at++) {
      await emit(at);
      await pause(100);
    }
  });
  return Math.max(0, cpu - idle) / EVENTS;
}

async function measure(count: number, person: Person, grace: Person, long: string): Promise<void> {
  const { page } = person;
  // Otherwise it opens at the first unread message, and what comes has no row.
  await readAll(person, long);
  await openPage(page, `/c/${long}`);
  const say = (id: string, body: string) => grace.api.post(`/api/v1/conversations/${id}/messages`, { data: { body } });
  const sayTo = async (id: string, body: string) => expect((await say(id, body)).status()).toBe(201);
  const names = await others(page, 20);
  const ids = await page.locator(".conversations a").evaluateAll((links) =>
    links
      .filter((link) => /^Room \d+$/.test(link.querySelector(".conversation-name")?.textContent ?? ""))
      .map((link) => /\/c\/(\d+)/.exec((link as HTMLAnchorElement).href)![1]),
  );
  const thread = await MainThread.of(page);
  const what = `${count} conversations`;

  const here = await perEvent(thread, (at) => sayTo(long, `Live ${count} ${at}`));
  await row(page, `Live ${count} ${EVENTS - 1}`).first().waitFor();
  console.log(`${what}: ${here.toFixed(1)} ms of CPU for a message in the open conversation`);
  expect.soft(here).toBeLessThan(MAX_MESSAGE_HERE);
  const elsewhere = await perEvent(thread, (at) => sayTo(ids[at % 15], `Elsewhere ${at}`));
  console.log(`${what}: ${elsewhere.toFixed(1)} ms of CPU for a message elsewhere`);
  expect.soft(elsewhere).toBeLessThan(MAX_MESSAGE_ELSEWHERE);
  const socket = await connect(grace);
  const typing = (id: string) =>
    perEvent(thread, (at) => socket.emit(at % 2 ? "typing:stop" : "typing:start", { conversationId: id }));
  const [typingHere, typingElsewhere] = [await typing(long), await typing(ids[3])];
  socket.close();
  console.log(`${what}: ${typingHere.toFixed(1)} ms of CPU for typing in the open conversation, ${typingElsewhere.toFixed(1)} ms elsewhere`);
  expect.soft(Math.max(typingHere, typingElsewhere)).toBeLessThan(MAX_TYPING);

  const [times, cpus] = [{ first: [] as number[], again: [] as number[] }, { first: [] as number[], again: [] as number[] }];
  const depths: number[] = [];
  let requests: string[] = [];
  for (const turn of ["first", "again"] as const) {
    for (const name of names) {
      let seen: Switch | undefined;
      cpus[turn].push(await thread.during(async () => (seen = await visit(page, name)), 300));
      times[turn].push(seen!.ms);
      if (turn === "again") continue;
      if (seen!.roundTrips >= Math.max(0, ...depths)) requests = seen!.requests;
      depths.push(seen!.roundTrips);
    }
    const [cpu, ms] = [percentile(cpus[turn], 0.5), percentile(times[turn], 0.5)];
    console.log(`${what}: switching (${turn}) p50 ${cpu.toFixed(0)} ms of CPU, ${ms.toFixed(0)} ms by the clock`);
    expect.soft(cpu, turn).toBeLessThan(turn === "first" ? MAX_FIRST : MAX_AGAIN);
  }
  console.log(`${what}: a first switch waits for ${Math.max(...depths)} round trip; asked for (from-to in ms): ${requests.join(", ")}`);
  expect.soft(Math.max(...depths), requests.join(", ")).toBe(1);
}

test("300 conversations", async ({ linus, grace, filled }) => {
  await measure(300, linus, grace, filled.long);
});

test("1,000 conversations", async ({ ada, grace, filled }) => {
  await measure(1_000, ada, grace, filled.long);
});
