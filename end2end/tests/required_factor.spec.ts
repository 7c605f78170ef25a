// A second factor that the operator demands, and a browser that is remembered: on a server of its own.
import AxeBuilder from "@axe-core/playwright";
import type { Page } from "@playwright/test";
import { code } from "../authenticator";
import { deploy } from "../contracts/deployment";
import { expect, test, watch } from "../people";
import { freePorts } from "../server";

const SETTINGS = "/settings/two-factor";
const PASSWORD = "correct horse battery";

async function expectNoViolations(page: Page): Promise<void> {
  const { violations } = await new AxeBuilder({ page }).analyze();
  expect(violations.map(({ id, nodes }) => [id, nodes.map((node) => node.html)])).toEqual([]);
}

test("who has to have a second factor sets it up first, and shows no code in a browser that is remembered", async ({ browser, consoleErrors }) => {
  const [port] = await freePorts(1);
  const url = `http://127.0.0.1:${port}`;
  const { LEPTOS_SITE_ROOT } = process.env;
  const settings = { HOST: "127.0.0.1", PORT: String(port), REQUIRE_TWO_FACTOR: "everybody", RATE_LIMIT: "off", CONTRACTS: "off" };
  await deploy({ ...settings, ...(LEPTOS_SITE_ROOT && { LEPTOS_SITE_ROOT }) }, async () => {
    const context = await browser.newContext({ baseURL: url, javaScriptEnabled: false });
    watch(context, "somebody", consoleErrors);
    const page = await context.newPage();
    await page.goto("/register");
    await page.getByLabel("Username").fill("ada");
    await page.getByLabel("Password").fill(PASSWORD);
    await page.getByRole("button", { name: "Create account" }).click();
    await expect(page).toHaveURL(SETTINGS);
    await page.goto("/settings");
    await expect(page).toHaveURL(SETTINGS);
    await expect(page.getByText("This server demands two-factor authentication of you.")).toBeVisible();
    await page.getByLabel("Present password").fill(PASSWORD);
    await page.getByRole("button", { name: "Continue" }).click();
    const secret = await page.getByRole("code").innerText();
    await page.getByLabel("Code", { exact: true }).fill(code(secret));
    await page.getByRole("button", { name: "Turn on" }).click();
    await expect(page.getByText("it stays on")).toBeVisible();
    await page.getByRole("link", { name: "To your conversations" }).click();
    await expect(page).toHaveURL("/");
    await context.close();

    const other = await browser.newContext({ baseURL: url });
    watch(other, "somebody", consoleErrors);
    const elsewhere = await other.newPage();
    const signIn = async () => {
      await elsewhere.goto("/sign-in?next=%2Fsettings%2Ftwo-factor");
      await elsewhere.getByLabel("Username or e-mail").fill("ada");
      await elsewhere.getByLabel("Password").fill(PASSWORD);
      await elsewhere.getByRole("button", { name: "Sign in" }).click();
    };
    await signIn();
    await elsewhere.getByLabel("Code", { exact: true }).fill(code(secret, 1));
    await elsewhere.getByLabel("Don't ask again in this browser for 30 days").check();
    await expectNoViolations(elsewhere);
    await elsewhere.getByRole("button", { name: "Sign in" }).click();
    await expect(elsewhere.getByText("Where no code is asked for")).toBeVisible();
    await expectNoViolations(elsewhere);
    const session = (await other.cookies()).find(({ name }) => name.includes("parlance_session"));
    await other.clearCookies({ name: session?.name });
    await signIn();
    await expect(elsewhere).toHaveURL(SETTINGS);
    await elsewhere.getByRole("button", { name: "Forget" }).click();
    await expect(elsewhere.getByText("Where no code is asked for")).toHaveCount(0);
    await other.close();
  });
});
