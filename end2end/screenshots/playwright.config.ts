import { defineConfig } from "@playwright/test";
import tests from "../playwright.config";

/** The pictures of every screen: `bin/screenshots`. */
export default defineConfig({
  ...tests,
  testMatch: ["*.screens.ts"],
  globalSetup: "./server.ts",
  workers: 1,
  timeout: 240_000,
  globalTimeout: 1_800_000,
  use: { ...tests.use, trace: "off", actionTimeout: 10_000 },
});
