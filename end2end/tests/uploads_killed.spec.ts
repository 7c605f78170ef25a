// A server that is killed in the middle of an upload: the page goes on with the next one, to the same bytes.
import { deploy } from "../contracts/deployment";
import { composer, timeline } from "../conversation";
import { addFiles, bytes, sha256 } from "../files";
import { NO_NETWORK, expect, openPage, test, watch } from "../people";

test("an upload survives a server that is killed", async ({ browser, consoleErrors, expectedErrors }) => {
  expectedErrors.push(NO_NETWORK, /Failed to load resource|ERR_CONNECTION/);
  const { LEPTOS_SITE_ROOT } = process.env;
  await deploy({ RATE_LIMIT: "off", CONTRACTS: "off", ...(LEPTOS_SITE_ROOT && { LEPTOS_SITE_ROOT }) }, async (server) => {
    const context = await browser.newContext({ baseURL: server.url });
    watch(context, "ada", consoleErrors);
    const account = { username: "ada", password: "correct horse battery", name: "Ada" };
    const registered = await context.request.post("/api/v1/auth/register", { data: account });
    const headers = { authorization: `Bearer ${(await registered.json()).accessToken}` };
    await context.request.post("/form/sign-in", {
      headers: { accept: "text/html" },
      form: { login: account.username, password: account.password, next: "" },
      maxRedirects: 0,
    });
    const made = await context.request.post("/api/v1/conversations", { headers, data: { kind: "group", title: "Killed", memberIds: [] } });
    const { id } = await made.json();
    const page = await context.newPage();
    await openPage(page, `/c/${id}`);
    await expect(page.getByRole("button", { name: "Add files" })).toBeVisible();
    const offsets: number[] = [];
    let killed: Promise<void> | undefined;
    await page.route(/\/api\/v1\/uploads\//, async (route) => {
      const request = route.request();
      if (request.method() === "PATCH") {
        offsets.push(Number(request.headers()["upload-offset"]));
        // The second piece is on its way when the server goes.
        if (offsets.length === 2) killed = server.restart("SIGKILL");
      }
      await route.continue().catch(() => {});
    });
    const file = bytes("long.bin", 10_000_000);
    await addFiles(page, [file]);
    await composer(page).fill("through a crash");
    await composer(page).press("Enter");
    await expect.poll(() => offsets.length, { timeout: 20_000 }).toBeGreaterThan(1);
    await killed;
    await expect(timeline(page).getByRole("link", { name: /long\.bin/ })).toHaveCount(1, { timeout: 30_000 });
    const answer = await context.request.get(`/api/v1/conversations/${id}/messages?limit=10`, { headers });
    const messages = (await answer.json()).items.filter((message: { kind: string }) => message.kind !== "system");
    expect(messages).toHaveLength(1);
    const download = await context.request.get(messages[0].attachments[0].url, { headers });
    expect(sha256(await download.body())).toBe(sha256(file.buffer));
    expect(offsets.filter((offset) => offset === 0)).toHaveLength(1);
    await context.close();
  });
});
