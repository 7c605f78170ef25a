// The page of one's own data: a file of it, and the end of the account, which others see at once.
import AxeBuilder from "@axe-core/playwright";
import { say, startConversation } from "../conversation";
import { expect, openPage, test } from "../people";

test("somebody takes their data with them and deletes the account", async ({ ada, grace }) => {
  const title = `Farewell ${ada.username}`;
  const id = await startConversation(ada, [grace], { kind: "group", title });
  await say(ada, id, "Farewell to all");
  await openPage(grace.page, `/c/${id}`);
  await openPage(ada.page, "/settings");
  await ada.page.setViewportSize({ width: 390, height: 844 });
  await ada.page.getByRole("link", { name: "Your data" }).click();
  const { violations } = await new AxeBuilder({ page: ada.page }).analyze();
  expect(violations.map(({ id: rule, nodes }) => [rule, nodes.map((node) => node.html)])).toEqual([]);

  await ada.page.getByLabel("Present password").fill(ada.password);
  const download = ada.page.waitForEvent("download");
  await ada.page.getByRole("button", { name: "Export" }).click();
  expect((await download).suggestedFilename()).toBe(`parlance-${ada.username}.zip`);

  await ada.page.getByRole("link", { name: "Delete the account" }).click();
  await ada.page.getByLabel("Your username").fill("somebody");
  await ada.page.getByLabel("Present password").fill(ada.password);
  await ada.page.getByRole("button", { name: "Delete the account for good" }).click();
  await expect(ada.page.getByText(/must be your own/i)).toBeVisible();
  await ada.page.getByLabel("Your username").fill(ada.username);
  await ada.page.getByLabel("Present password").fill(ada.password);
  await ada.page.getByRole("button", { name: "Delete the account for good" }).click();
  await expect(ada.page.getByText("Your account is deleted.")).toBeVisible();
  await expect(grace.page.getByText("Deleted user").first()).toBeVisible();
});
