import type { CDPSession, Page } from "@playwright/test";
import { type Socket, io } from "socket.io-client";
import { readAll, row, sidebarRow, startConversation, timeline } from "../conversation";
import { type Person, openPage, test } from "../people";

/** Sends messages through the public API, some at once. Their order is not that of their numbers. */
async function fill(person: Person, id: string, count: number): Promise<void> {
  let next = 1;
  const worker = async () => {
    for (let at = next++; at <= count; at = next++) {
      const body = `Message ${at}: ${"words of a usual length ".repeat(1 + (at % 5))}`;
      const answer = await person.api.post(`/api/v1/conversations/${id}/messages`, { data: { body } });
      if (!answer.ok()) throw new Error(await answer.text());
    }
  };
  await Promise.all(Array.from({ length: 16 }, worker));
}

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

async function connect(person: Person): Promise<Socket> {
  const socket = io(process.env.PARLANCE_URL!, { auth: { token: person.accessToken }, transports: ["websocket"] });
  await new Promise((resolve) => socket.once("ready", resolve));
  return socket;
}

async function metrics(session: CDPSession): Promise<Record<string, number>> {
  const { metrics } = await session.send("Performance.getMetrics");
  return Object.fromEntries(metrics.map(({ name, value }) => [name, value]));
}

/** Milliseconds of the main thread that `work` takes, per `count`. */
async function mainThread(session: CDPSession, count: number, work: () => Promise<void>): Promise<string> {
  await pause(500);
  const before = await metrics(session);
  await work();
  await pause(1500);
  const after = await metrics(session);
  return (((after.TaskDuration - before.TaskDuration) * 1000) / count).toFixed(1);
}

async function devTools(page: Page): Promise<CDPSession> {
  const session = await page.context().newCDPSession(page);
  await session.send("Performance.enable");
  return session;
}

function nodes(page: Page): Promise<string> {
  return timeline(page).evaluate((node) => {
    const walker = document.createTreeWalker(node, NodeFilter.SHOW_ALL);
    let all = 0;
    while (walker.nextNode()) all++;
    const rows = node.querySelectorAll("[data-message]").length;
    return `${rows} rows, ${node.querySelectorAll("*").length} elements, ${all} nodes`;
  });
}

/** Scrolls up until the first message of the conversation is in the document. */
async function scrollToStart(page: Page): Promise<{ longest: number; frames: number; ms: number }> {
  return timeline(page).evaluate(async (node) => {
    const frame = () => new Promise<number>((resolve) => requestAnimationFrame(resolve));
    const begun = performance.now();
    let [longest, frames, still, last, height] = [0, 0, 0, await frame(), 0];
    while (still < 60) {
      node.scrollTop -= 600;
      const now = await frame();
      longest = Math.max(longest, now - last);
      frames++;
      last = now;
      const atStart = node.scrollHeight - node.clientHeight + node.scrollTop < 2;
      still = atStart && node.scrollHeight === height ? still + 1 : 0;
      height = node.scrollHeight;
    }
    return { longest: Math.round(longest), frames, ms: Math.round(performance.now() - begun) };
  });
}

for (const count of [1_050, 5_800]) {
  test(`${count} rows`, async ({ ada, grace }) => {
    const id = await startConversation(ada, [grace], { kind: "group", title: "Long" });
    await fill(grace, id, count);
    await readAll(ada, id);
    const other = await startConversation(ada, [grace], { kind: "group", title: "Short" });
    await fill(grace, other, 20);
    await openPage(ada.page, `/c/${id}`);
    const session = await devTools(ada.page);
    const say = (body: string) => grace.api.post(`/api/v1/conversations/${id}/messages`, { data: { body } });
    const arrive = () =>
      mainThread(session, 20, async () => {
        for (let at = 0; at < 20; at++) {
          await say(`Live ${at}`);
          await pause(100);
        }
      });
    console.log(`${count}: at the end: ${await nodes(ada.page)}; ${await arrive()} ms per arriving message`);
    const { longest, frames, ms } = await scrollToStart(ada.page);
    console.log(`${count}: scrolled to the start in ${ms} ms, ${frames} frames, the longest ${longest} ms`);
    console.log(`${count}: at the start: ${await nodes(ada.page)}; ${await arrive()} ms per arriving message`);
    const heap = (await metrics(session)).JSHeapUsedSize / 1e6;
    console.log(`${count}: ${heap.toFixed(0)} MB of JavaScript's heap`);
    await sidebarRow(ada.page, "Short").click();
    await row(ada.page, "Message 1: words of a usual length words of a usual length").first().waitFor();
    const begun = Date.now();
    await sidebarRow(ada.page, "Long").click();
    await timeline(ada.page).locator("[data-message]").nth(30).waitFor();
    const place = await timeline(ada.page).evaluate((node) => Math.round(node.scrollHeight + node.scrollTop));
    console.log(`${count}: returned in ${Date.now() - begun} ms, ${place} px from the start`);
  });
}

test("300 conversations: typing, and messages elsewhere", async ({ ada, grace }) => {
  const ids: string[] = [];
  for (let at = 0; at < 300; at++) ids.push(await startConversation(ada, [grace], { kind: "group", title: `Group ${at}` }));
  for (const id of ids) await fill(grace, id, 1);
  await fill(grace, ids[0], 100);
  await readAll(ada, ids[0]);
  await openPage(ada.page, `/c/${ids[0]}`);
  const session = await devTools(ada.page);
  const socket = await connect(grace);
  const typing = await mainThread(session, 40, async () => {
    for (let at = 0; at < 40; at++) {
      socket.emit(at % 2 ? "typing:stop" : "typing:start", { conversationId: ids[0] });
      await pause(100);
    }
  });
  console.log(`300 conversations: ${typing} ms per typing event in the open conversation`);
  const elsewhere = await mainThread(session, 20, async () => {
    for (let at = 0; at < 20; at++) {
      await grace.api.post(`/api/v1/conversations/${ids[10 + at]}/messages`, { data: { body: "Elsewhere" } });
      await pause(100);
    }
  });
  console.log(`300 conversations: ${elsewhere} ms per message in another conversation`);
  socket.close();

  const visit = (name: string) =>
    ada.page.evaluate(async (name) => {
      const links = [...document.querySelectorAll<HTMLElement>(".conversations a")];
      const link = links.find((link) => link.querySelector(".conversation-name")?.textContent === name)!;
      const begun = performance.now();
      link.click();
      const title = () => document.querySelector("#conversation-title")?.textContent;
      while (title() !== name || !document.querySelector("#timeline [data-message]"))
        await new Promise((resolve) => requestAnimationFrame(resolve));
      await new Promise((resolve) => requestAnimationFrame(() => setTimeout(resolve)));
      return performance.now() - begun;
    }, name);
  const middle = (times: number[]) => times.sort((a, b) => a - b)[times.length >> 1].toFixed(0);
  const names = Array.from({ length: 15 }, (_, at) => `Group ${100 + at}`);
  const first: number[] = [];
  for (const name of names) first.push(await visit(name));
  const again: number[] = [];
  for (const name of names) again.push(await visit(name));
  console.log(`300 conversations: switching p50 ${middle(first)} ms for the first time, ${middle(again)} ms again`);
});

test("2,000 messages in 8 seconds", async ({ ada, grace }) => {
  const id = await startConversation(ada, [grace], { kind: "group", title: "Busy" });
  await fill(grace, id, 100);
  await readAll(ada, id);
  await openPage(ada.page, `/c/${id}`);
  const socket = await connect(grace);
  const send = (body: string) => socket.emitWithAck("message:send", { conversationId: id, body, clientId: crypto.randomUUID() });
  const begun = Date.now();
  const sends: Promise<unknown>[] = [];
  for (let at = 1; at < 2_000; at++) {
    const wait = begun + at * 4 - Date.now();
    if (wait > 0) await pause(wait);
    sends.push(send(`Live ${at}`));
  }
  await Promise.all(sends);
  await send("The last one");
  const sent = Date.now();
  await row(ada.page, "The last one").waitFor({ timeout: 120_000 });
  socket.close();
  console.log(`2,000 messages: sent in ${sent - begun} ms, shown ${Date.now() - sent} ms after the last`);
});
