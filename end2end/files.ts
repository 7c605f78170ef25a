import { createHash } from "node:crypto";
import { crc32, deflateSync } from "node:zlib";
import { type Locator, type Page, expect } from "@playwright/test";
import type { Person } from "./people";

/** A file, as Playwright and a page take it. */
export interface TestFile {
  name: string;
  mimeType: string;
  buffer: Buffer;
}

export type Colour = [red: number, green: number, blue: number];

/** A PNG of one colour. */
export function picture(name: string, width: number, height: number, colour: Colour = [200, 80, 60]): TestFile {
  const line = Buffer.alloc(width * 3, Buffer.from(colour));
  return png(name, width, height, () => line);
}

/** A PNG of these lines of pixels. */
export function png(name: string, width: number, height: number, line: (y: number) => Buffer): TestFile {
  const chunk = (kind: string, data: Buffer) => {
    const body = Buffer.concat([Buffer.from(kind, "latin1"), data]);
    const [length, sum] = [Buffer.alloc(4), Buffer.alloc(4)];
    length.writeUInt32BE(data.length);
    sum.writeUInt32BE(crc32(body));
    return Buffer.concat([length, body, sum]);
  };
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  header.set([8, 2, 0, 0, 0], 8);
  const lines = Array.from({ length: height }, (_, y) => Buffer.concat([Buffer.from([0]), line(y)]));
  const pixels = deflateSync(Buffer.concat(lines));
  const signature = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
  const buffer = Buffer.concat([signature, chunk("IHDR", header), chunk("IDAT", pixels), chunk("IEND", Buffer.alloc(0))]);
  return { name, mimeType: "image/png", buffer };
}

/** Bytes that no server can shorten. */
export function bytes(name: string, size: number): TestFile {
  const buffer = Buffer.alloc(size);
  let state = 0x2545f491;
  for (let at = 0; at < size; at++) {
    state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
    buffer[at] = state >>> 16;
  }
  return { name, mimeType: "application/octet-stream", buffer };
}

export const sha256 = (data: Buffer) => createHash("sha256").update(data).digest("hex");

export function tray(within: Page | Locator): Locator {
  return within.getByRole("list", { name: "Files of the message" });
}

/** Chooses files by the button of the box. */
export async function addFiles(page: Page, files: TestFile[], box = page.locator(".composer:not(.thread-composer)")): Promise<void> {
  await box.getByRole("textbox").focus();
  const [chooser] = await Promise.all([
    page.waitForEvent("filechooser"),
    box.getByRole("button", { name: "Add files" }).click(),
  ]);
  await chooser.setFiles(files);
}

export async function expectUploaded(page: Page, count: number): Promise<void> {
  await expect(tray(page).getByRole("listitem")).toHaveCount(count);
  await expect(tray(page).getByRole("progressbar")).toHaveCount(0);
}

/** Pastes or drops files onto an element. Whether the browser would have gone on with it. */
export async function transferFiles(target: Locator, name: "paste" | "drop" | "dragover", files: TestFile[]): Promise<boolean> {
  const data = files.map(({ name, mimeType, buffer }) => ({ name, mimeType, base64: buffer.toString("base64") }));
  return target.evaluate(
    (target, { name, data }) => {
      const transfer = new DataTransfer();
      for (const file of data) {
        const bytes = Uint8Array.from(atob(file.base64), (letter) => letter.charCodeAt(0));
        transfer.items.add(new File([bytes], file.name, { type: file.mimeType }));
      }
      const init = { bubbles: true, cancelable: true };
      const event =
        name === "paste"
          ? new ClipboardEvent(name, { ...init, clipboardData: transfer })
          : new DragEvent(name, { ...init, dataTransfer: transfer });
      return target.dispatchEvent(event);
    },
    { name, data },
  );
}

export interface SentFile {
  id: string;
  name: string;
  url: string;
}

/** Before its code has come, a picture is a link that opens a tab. */
export async function untilOpening(page: Page): Promise<void> {
  await page.waitForFunction(() =>
    document.adoptedStyleSheets.some(({ cssRules }) => [...cssRules].some(({ cssText }) => cssText.includes(".viewer-bar"))),
  );
}

/** The files of a conversation's newest messages, oldest message first. */
export async function sentFiles(person: Person, conversationId: string): Promise<SentFile[][]> {
  const answer = await person.api.get(`/api/v1/conversations/${conversationId}/messages?limit=100`);
  const { items } = (await answer.json()) as { items: { kind: string; attachments: SentFile[] }[] };
  return items.filter((message) => message.kind !== "system").map((message) => message.attachments);
}

/** What the server gives for the address of a file. */
export async function download(person: Person, file: SentFile): Promise<Buffer> {
  const answer = await person.api.get(file.url);
  expect(answer.status(), file.url).toBe(200);
  return answer.body();
}

/** The names of the files in each draft of a person, as the server has them. */
export async function draftFiles(person: Person): Promise<string[][]> {
  const { items } = (await (await person.api.get("/api/v1/me/drafts")).json()) as { items: { uploads?: { name: string }[] }[] };
  return items.map((draft) => (draft.uploads ?? []).map((upload) => upload.name));
}

/** Uploads files through the public API. Their ids. */
export async function uploadFiles(person: Person, files: TestFile[]): Promise<string[]> {
  const attachmentIds: string[] = [];
  for (const { name, mimeType, buffer } of files) {
    const base64 = (text: string) => Buffer.from(text).toString("base64");
    const created = await person.api.post("/api/v1/uploads", {
      headers: {
        "Tus-Resumable": "1.0.0",
        "Upload-Length": String(buffer.length),
        "Upload-Metadata": `filename ${base64(name)},filetype ${base64(mimeType)}`,
        "Content-Type": "application/offset+octet-stream",
      },
      data: buffer,
    });
    expect(created.status(), await created.text()).toBe(201);
    const address = created.headers()["location"]!;
    await expect.poll(async () => (await (await person.api.get(address)).json()).state).toBe("ready");
    attachmentIds.push(address.split("/").pop()!);
  }
  return attachmentIds;
}

/** Uploads files and sends them with a message, through the public API. The id of the message. */
export async function sendFiles(person: Person, conversationId: string, body: string, files: TestFile[]): Promise<string> {
  const attachmentIds = await uploadFiles(person, files);
  const sent = await person.api.post(`/api/v1/conversations/${conversationId}/messages`, { data: { body, attachmentIds } });
  expect(sent.status(), await sent.text()).toBe(201);
  return (await sent.json()).id;
}
