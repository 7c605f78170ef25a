import start from "../server";
import { test } from "./doors";

/**
 * A server for the tests of the file or group that calls this: what they do reaches everybody, and so the
 * tests that share a server. They run in one worker, one after the other.
 */
export function useOwnServer(): void {
  test.describe.configure({ mode: "default" });
  const shared = { ...process.env };
  let stop: (() => Promise<void>) | void;
  test.beforeAll(async () => {
    delete process.env.PARLANCE_URL;
    stop = await start();
  });
  test.afterAll(async () => {
    await stop?.();
    Object.assign(process.env, shared);
  });
}
