import { composer, startConversation } from "../conversation";
import { addFiles, bytes, picture, tray, transferFiles, expectUploaded } from "../files";
import { expect, openPage, test } from "../people";

test("stub", async ({ ada, grace }) => {
  const { page } = ada;
  const got = new Map<string, { length: number; data: Buffer; meta: string }>();
  let n = 0;
  await page.route(/\/api\/v1\/uploads/, async (route) => {
    const r = route.request();
    const h = r.headers();
    const id = r.url().split("/uploads/")[1];
    if (r.method() === "POST") {
      const id = `${++n}`;
      got.set(id, { length: +h["upload-length"]!, data: Buffer.alloc(0), meta: h["upload-metadata"]! });
      return route.fulfill({ status: 201, headers: { Location: `/api/v1/uploads/${id}` } });
    }
    const u = got.get(id!);
    if (!u) return route.fulfill({ status: 404 });
    if (r.method() === "PATCH") { u.data = Buffer.concat([u.data, r.postDataBuffer() ?? Buffer.alloc(0)]); await new Promise(d => setTimeout(d, 300)); return route.fulfill({ status: 204, headers: { "Upload-Offset": `${u.data.length}` } }); }
    if (r.method() === "HEAD") return route.fulfill({ status: 200, headers: { "Upload-Offset": `${u.data.length}` } });
    if (r.method() === "GET") return route.fulfill({ status: 200, json: { id, state: "ready" } });
    return route.fulfill({ status: 204 });
  });
  const id = await startConversation(ada, [grace], { kind: "channel", title: "general-x" });
  for (const [w, h, c] of [[1440, 900, "light"], [390, 844, "dark"]] as const) {
    await page.setViewportSize({ width: w, height: h });
    await page.emulateMedia({ colorScheme: c });
    await openPage(page, `/c/${id}`);
    await expect(page.getByRole("button", { name: "Add files" })).toBeAttached();
    await addFiles(page, [picture("red.png", 800, 600), bytes("a long name of a file that goes on and on.bin", 9_000_000)]);
    await page.screenshot({ path: `/tmp/fp-tray-${w}-a.png` });
    await expectUploaded(page, 2);
    await page.screenshot({ path: `/tmp/fp-tray-${w}.png` });
    console.log([...got.values()].map(u => [u.length, u.data.length, u.meta]));
    expect(await transferFiles(page.locator("#main"), "dragover", [picture("x.png", 10, 10)])).toBe(false);
    await page.screenshot({ path: `/tmp/fp-drop-${w}.png` });
    expect(await transferFiles(page.locator("#main"), "drop", [picture("x.png", 10, 10)])).toBe(false);
    await expectUploaded(page, 3);
    await composer(page).fill("caption");
    await composer(page).press("Enter");
    await expect(tray(page)).toHaveCount(0);
    await page.waitForTimeout(1000);
    await page.screenshot({ path: `/tmp/fp-sent-${w}.png` });
  }
});
