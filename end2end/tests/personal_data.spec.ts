// The page of one's own data: a file of it, and the end of the account, which others see at once.
import AxeBuilder from "@axe-core/playwright";
import { startConversation } from "../conversation";
import { expect, openPage, test } from "../people";

test("somebody takes their data with them and deletes the account", async ({ ada, grace }) => {
  const title = `Farewell ${ada.username}`;
  const id = await startConversation(ada, [grace], { kind: "group", title });
  await openPage(grace.page, `/c/${id}`);
  await openPage(ada.page, "/settings");
  await ada.page.setViewportSize({ width: 390, height: 844 });
  await ada.page.getByRole("link", { name: "Your data" }).click();
  const { violations } = await new AxeBuilder({ page: ada.page }).analyze();
  expect(violations.map(({ id: rule, nodes }) => [rule, nodes.map((node) => node.html)])).toEqual([]);

  const first = ada.page.locator("section.card").filter({ hasText: "Export your data" });
  await first.getByLabel("Present password").fill(ada.password);
  const download = ada.page.waitForEvent("download");
  await first.getByRole("button", { name: "Export" }).click();
  expect((await download).suggestedFilename()).toBe(`parlance-${ada.username}.zip`);

  const last = ada.page.locator("section.card").filter({ hasText: "Delete your account" });
  await last.getByText("Delete the account…").click();
  await last.getByLabel("Your username").fill("somebody");
  await last.getByLabel("Present password").fill(ada.password);
  await last.getByRole("button", { name: "Delete the account for good" }).click();
  await expect(last.getByText(/must be your own/i)).toBeVisible();
  await last.getByLabel("Your username").fill(ada.username);
  await last.getByLabel("Present password").fill(ada.password);
  await last.getByRole("button", { name: "Delete the account for good" }).click();
  await expect(ada.page.getByText("Your account is deleted.")).toBeVisible();
  await expect(grace.page.getByText("Deleted user").first()).toBeVisible();
});
