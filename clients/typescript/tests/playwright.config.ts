import { defineConfig } from "@playwright/test";
import browsers from "../../../end2end/playwright.config";

/** The browser and the server of the end-to-end tests: end2end/server.ts starts one. */
export default defineConfig({
  testDir: ".",
  outputDir: "test-results",
  globalSetup: "../../../end2end/server.ts",
  workers: 2,
  fullyParallel: true,
  forbidOnly: true,
  retries: 0,
  timeout: 30_000,
  expect: { timeout: 10_000 },
  reporter: "list",
  use: { ...browsers.use, trace: "off" },
});
