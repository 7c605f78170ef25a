import { defineConfig } from "@playwright/test";

/** The server is the one of the end-to-end tests: end2end/server.ts starts it. */
export default defineConfig({
  testDir: "tests",
  outputDir: "test-results",
  globalSetup: "../../end2end/server.ts",
  workers: 2,
  fullyParallel: true,
  forbidOnly: true,
  retries: 0,
  timeout: 90_000,
  reporter: "list",
});
