import { readFileSync } from "node:fs";
import type { Browser, CDPSession, Page } from "@playwright/test";

export const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

export function percentile(values: number[], part: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))];
}

/** The main thread of a page, in milliseconds of CPU. */
export class MainThread {
  private constructor(private readonly session: CDPSession) {}

  static async of(page: Page): Promise<MainThread> {
    const session = await page.context().newCDPSession(page);
    // Of CPU, not of the clock: others may compute beside.
    await session.send("Performance.enable", { timeDomain: "threadTicks" });
    return new MainThread(session);
  }

  private async metric(wanted: string): Promise<number> {
    const { metrics } = await this.session.send("Performance.getMetrics");
    return metrics.find(({ name }) => name === wanted)!.value;
  }

  /** What `work` costs, with what follows within `settle`. */
  async during(work: () => Promise<unknown>, settle = 1_500): Promise<number> {
    const before = await this.metric("TaskDuration");
    await work();
    await pause(settle);
    return ((await this.metric("TaskDuration")) - before) * 1_000;
  }

  async collectGarbage(): Promise<void> {
    await this.session.send("HeapProfiler.collectGarbage");
  }
}

interface TraceEvent {
  name: string;
  ph: string;
  pid: number;
  tid: number;
  ts: number;
  dur?: number;
  tdur?: number;
  args: { name?: string };
}

interface Costs {
  /** Of the longest task. A frame waits for one at most, where the processor is free between them. */
  longestTask: number;
  /** Of all tasks between two frames: more than one where the processor is not free for the frame between them. */
  frames: number[];
}

/** What the main thread of a page did while `work` drew frames, in milliseconds of CPU. */
export async function frameCosts(browser: Browser, page: Page, work: () => Promise<unknown>): Promise<Costs> {
  await browser.startTracing(page, {
    categories: ["-*", "devtools.timeline", "disabled-by-default-devtools.timeline", "toplevel"],
  });
  await work();
  const { traceEvents } = JSON.parse((await browser.stopTracing()).toString()) as { traceEvents: TraceEvent[] };
  const frames = traceEvents.filter(({ name }) => name === "FireAnimationFrame");
  const { pid, tid } = frames[frames.length - 1];
  const isOfPage = (event: TraceEvent) => event.pid === pid && event.tid === tid;
  const begins = frames.filter(isOfPage).map(({ ts }) => ts).sort((a, b) => a - b);
  const tasks = traceEvents.filter((event) => isOfPage(event) && event.ph === "X" && /RunTask$/.test(event.name) && event.tdur);
  const costs = begins.map(() => 0);
  let [at, ended, longestTask] = [0, 0, 0];
  for (const task of tasks.sort((a, b) => a.ts - b.ts || b.dur! - a.dur!)) {
    const end = task.ts + (task.dur ?? 0);
    // A task is recorded by two categories, one within the other.
    if (end <= ended) continue;
    ended = end;
    while (at + 1 < begins.length && begins[at + 1] < end) at++;
    costs[at] += task.tdur! / 1_000;
    longestTask = Math.max(longestTask, task.tdur! / 1_000);
  }
  return { longestTask, frames: costs };
}

/** Anonymous memory of the largest renderer, in MB. */
export async function rendererMemory(browser: Browser): Promise<number> {
  const session = await browser.newBrowserCDPSession();
  const { processInfo } = await session.send("SystemInfo.getProcessInfo");
  await session.detach();
  const sizes = processInfo.filter(({ type }) => type === "renderer").map(({ id }) => {
    const status = readFileSync(`/proc/${id}/status`, "utf8");
    return Number(/RssAnon:\s+(\d+)/.exec(status)![1]) / 1_000;
  });
  return Math.max(...sizes);
}
