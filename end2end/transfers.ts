import type { Page } from "@playwright/test";

/** A file that a page has loaded. */
export interface Transfer {
  kind: string;
  path: string;
  /** Over the wire, with the head of the response. 0 until it has arrived. */
  bytes: number;
  /** Whether it was asked for before the page had received `ready`. */
  isFirst: boolean;
}

const READY = '42["ready"';

/** Records the documents, styles, scripts and WebAssembly that a page loads from now on. */
export async function recordTransfers(page: Page): Promise<() => Transfer[]> {
  const session = await page.context().newCDPSession(page);
  const asked = new Map<string, { path: string; isFirst: boolean }>();
  const files = new Map<string, Transfer>();
  let isLive = false;
  session.on("Network.requestWillBeSent", ({ requestId, request }) => {
    asked.set(requestId, { path: new URL(request.url).pathname, isFirst: !isLive });
  });
  session.on("Network.webSocketFrameReceived", ({ response }) => {
    isLive ||= response.payloadData.startsWith(READY);
  });
  session.on("Network.responseReceived", ({ requestId, response }) => {
    const kind = /html|css|javascript|wasm/.exec(response.mimeType)?.[0];
    const request = asked.get(requestId);
    if (kind && request) files.set(requestId, { kind, ...request, bytes: 0 });
  });
  session.on("Network.loadingFinished", ({ requestId, encodedDataLength }) => {
    const file = files.get(requestId);
    if (file) file.bytes = encodedDataLength;
  });
  await session.send("Network.enable");
  await session.send("Network.setCacheDisabled", { cacheDisabled: false });
  return () => [...files.values()];
}

/** The files of each chunk, as the splitter has listed them, without folder and extension. */
export async function chunkFiles(page: Page): Promise<Record<string, string[]>> {
  const html = await (await page.request.get("/")).text();
  const folder = /href="(\/pkg\/[^"]*)parlance\.js"/.exec(html)?.[1];
  const answer = await page.request.get(`${folder}__wasm_split_manifest.json`);
  return (await answer.json()) as Record<string, string[]>;
}
