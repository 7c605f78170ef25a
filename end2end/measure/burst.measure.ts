import { expect } from "@playwright/test";
import { readAll, row } from "../conversation";
import { openPage } from "../people";
import { MainThread, pause } from "./cost";
import { connect } from "./sender";
import { test } from "./filled";

const MESSAGES = 2_000;
const SECONDS = 8;
/** Milliseconds of CPU of a message: the page keeps pace on a core that it has for itself. */
const MAX_COST = 4;

test("2,000 messages in 8 seconds", async ({ ada, grace, filled }) => {
  const { page } = ada;
  await readAll(ada, filled.long);
  await openPage(page, `/c/${filled.long}`);
  const thread = await MainThread.of(page);
  const socket = await connect(grace);
  const tag = crypto.randomUUID().slice(0, 8);
  const send = (body: string) =>
    socket.emitWithAck("message:send", { conversationId: filled.long, body, clientId: crypto.randomUUID() });
  let [sent, shown] = [0, 0];
  const begun = Date.now();
  const cpu = await thread.during(async () => {
    const sends: Promise<unknown>[] = [];
    for (let at = 1; at < MESSAGES; at++) {
      const wait = begun + (at * SECONDS * 1_000) / MESSAGES - Date.now();
      if (wait > 0) await pause(wait);
      sends.push(send(`Live ${at} ${tag}`));
    }
    await Promise.all(sends);
    await send(`The last one ${tag}`);
    sent = Date.now();
    await row(page, `The last one ${tag}`).waitFor({ timeout: 120_000 });
    shown = Date.now();
  }, 0);
  socket.close();
  const each = cpu / MESSAGES;
  console.log(
    `2,000 messages: sent in ${sent - begun} ms, the last is shown ${shown - sent} ms after it was sent;` +
      ` ${each.toFixed(1)} ms of CPU each`,
  );
  expect(each).toBeLessThan(MAX_COST);
});
