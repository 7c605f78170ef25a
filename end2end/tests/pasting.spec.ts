// What is pasted and dropped into the boxes.
import { type Locator, type Page } from "@playwright/test";
import { boxNote, composer, expectTick, startConversation } from "../conversation";
import { expect, openPage, test } from "../people";

/** Pastes, or drops, as if somebody had copied this. Whether the browser would have gone on with it. */
async function transfer(box: Locator, name: "paste" | "drop", data: Record<string, string>, file?: string): Promise<boolean> {
  return box.evaluate(
    (box, { name, data, file }) => {
      const transfer = new DataTransfer();
      for (const [type, text] of Object.entries(data)) transfer.setData(type, text);
      if (file) transfer.items.add(new File(["x"], file, { type: "image/png" }));
      const init = { bubbles: true, cancelable: true };
      const event =
        name === "paste"
          ? new ClipboardEvent(name, { ...init, clipboardData: transfer })
          : new DragEvent(name, { ...init, dataTransfer: transfer });
      return box.dispatchEvent(event);
    },
    { name, data, file },
  );
}

async function open(page: Page, id: string): Promise<Locator> {
  await openPage(page, `/c/${id}`);
  await expect(page.getByRole("toolbar", { name: "Formatting" })).toBeVisible();
  return composer(page);
}

const PAGE = `<html><body><!--StartFragment--><h2>Notes</h2>
<p>See <a href="https://a.example/x">the <b>docs</b></a>, <em>soon</em> &amp; <del>never</del>: 2*3</p>
<ul><li>one<ul><li>within</li></ul></li><li><code>two</code></li></ul>
<blockquote><p>quoted</p></blockquote><pre><code class="language-js">let a;
  b</code></pre>
<table><tr><th>x</th><th>y</th></tr><tr><td>1</td><td>2</td></tr></table><!--EndFragment--></body></html>`;

const MARKDOWN = `## Notes

See [the **docs**](https://a.example/x), *soon* & ~~never~~: 2\\*3

- one
  - within
- \`two\`

> quoted

\`\`\`js
let a;
  b
\`\`\`

| x | y |
| --- | --- |
| 1 | 2 |`;

const GOOGLE = `<meta charset="utf-8"><b style="font-weight:normal;" id="docs-internal-guid-1"><p dir="ltr"><span style="font-weight:700;">Bold</span><span style="font-weight:400;"> and </span><span style="font-style:italic;">not</span></p><ol><li><p><span>a</span></p></li><ul><li><p><span>b</span></p></li></ul></ol></b>`;

const VS_CODE = `<meta charset='utf-8'><div style="color: #ccc;font-family: 'Droid Sans Mono', monospace;font-weight: normal;white-space: pre;"><div><span style="color: #f00;">fn</span><span> *a*() {</span></div><div><span>}</span></div></div>`;

test("formatted text is pasted as Markdown", async ({ ada, grace }) => {
  const box = await open(ada.page, await startConversation(ada, [grace]));
  for (const [html, markdown] of [
    [PAGE, MARKDOWN],
    [GOOGLE, "**Bold** and *not*\n\n1. a\n   - b"],
  ]) {
    await box.fill("");
    expect(await transfer(box, "paste", { "text/html": html, "text/plain": "plain" })).toBe(false);
    await expect(box).toHaveValue(markdown);
    await box.press("ControlOrMeta+z");
    await expect(box, "one paste is undone at once").toHaveValue("");
  }
});

test("code of an editor is pasted as code", async ({ ada, grace }) => {
  const box = await open(ada.page, await startConversation(ada, [grace]));
  const plain = "fn *a*() {\n}";
  const data = { "text/html": VS_CODE, "text/plain": plain, "vscode-editor-data": `{"version":1,"mode":"rust"}` };
  await transfer(box, "paste", data);
  await expect(box).toHaveValue("```rust\n" + plain + "\n```");
  await box.fill("");
  await transfer(box, "paste", { "text/html": VS_CODE, "text/plain": plain });
  await expect(box).toHaveValue("```\n" + plain + "\n```");
  await box.fill("```\n");
  expect(await transfer(box, "paste", data), "in a block it stays as it is").toBe(true);
  await expect(box).toHaveValue("```\n");
});

test("what has no format is pasted by the browser, as with Ctrl, Shift and V", async ({ ada, grace }) => {
  const box = await open(ada.page, await startConversation(ada, [grace]));
  const plain = { "text/html": "<p><span style='color:red'>a*b</span></p>", "text/plain": "a*b" };
  expect(await transfer(box, "paste", plain)).toBe(true);
  const bold = { "text/html": "<b>a</b>", "text/plain": "a" };
  await box.press("Control+Shift+v");
  await box.fill("");
  await box.evaluate((box) => box.dispatchEvent(new KeyboardEvent("keydown", { key: "V", code: "KeyV", ctrlKey: true, shiftKey: true, bubbles: true })));
  expect(await transfer(box, "paste", bold)).toBe(true);
  await box.press("Control");
  expect(await transfer(box, "paste", bold)).toBe(false);
  await expect(box).toHaveValue("**a**");
});

test("an address over a text is its link", async ({ ada, grace }) => {
  const box = await open(ada.page, await startConversation(ada, [grace]));
  await box.fill("the docs");
  await box.press("ControlOrMeta+a");
  expect(await transfer(box, "paste", { "text/plain": "https://a.example/(x)" })).toBe(false);
  await expect(box).toHaveValue("[the docs](https://a.example/%28x%29)");
  await box.fill("the docs");
  await box.press("ControlOrMeta+a");
  expect(await transfer(box, "paste", { "text/plain": "javascript:alert(1)" })).toBe(true);
});

test("nothing that is pasted runs, or is fetched", async ({ ada, grace, expectedErrors }) => {
  // Newer versions of Chromium say of handlers in a parsed text that the policy forbids them.
  expectedErrors.push(/Executing inline event handler violates the following Content Security Policy/);
  const { page } = ada;
  const box = await open(page, await startConversation(ada, [grace]));
  const asked: string[] = [];
  page.on("request", (request) => asked.push(request.url()));
  page.on("dialog", (dialog) => asked.push(dialog.message()));
  const html = `<b>a</b><img src="https://tracker.example/x.png" onerror="alert(1)"><script>alert(2)</script><svg onload="alert(3)"></svg><iframe srcdoc="<script>alert(4)</script>"></iframe><style>@import "https://tracker.example/y"</style><a href="javascript:alert(5)">b</a><video src="https://tracker.example/z" autoplay></video>`;
  await transfer(box, "paste", { "text/html": html, "text/plain": "a" });
  await expect(box).toHaveValue("**a**b");
  await page.waitForTimeout(300);
  expect(asked.filter((it) => !it.startsWith(new URL(page.url()).origin))).toEqual([]);
});

test("formatted text is dropped as it is pasted, and a file does not take the page's place", async ({ ada, grace }) => {
  const { page } = ada;
  const box = await open(page, await startConversation(ada, [grace]));
  expect(await transfer(box, "drop", { "text/html": "<i>a</i>", "text/plain": "a" })).toBe(false);
  await expect(box).toHaveValue("*a*");
  for (const place of [box, page.locator("#main")]) expect(await transfer(place, "drop", {}, "a.png")).toBe(false);
  await expect(page.getByRole("list", { name: "Files of the message" }).getByRole("listitem")).toHaveCount(2);
  // An edit has no place for files.
  await box.fill("b");
  await page.getByRole("button", { name: "Remove a.png" }).first().click();
  await page.getByRole("button", { name: "Remove a.png" }).click();
  await box.press("Enter");
  // Only what the server has can be edited.
  await expectTick(page, "b", "Sent");
  await box.press("ArrowUp");
  const edit = page.getByRole("textbox", { name: "Edit message" });
  expect(await transfer(edit, "paste", {}, "a.png")).toBe(false);
  await expect(boxNote(page.locator(".edit"))).toHaveText("An edit takes no files.");
});
