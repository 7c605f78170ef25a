/** The npm package, installed into another project. */
import { execFile } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { promisify } from "node:util";
import { expect, createGroup, storedBodies, test, url } from "./fixtures.js";

const HOME = resolve(__dirname, "..");
const MODULES = resolve(HOME, "../../node_modules");
// The tests share one project, and run one after the other.
test.describe.configure({ mode: "default" });

const run = promisify(execFile);
let project: string;

/** Creates a project with the package and its dependencies, without asking the registry. */
test.beforeAll(async () => {
  project = mkdtempSync(join(tmpdir(), "parlance-client-"));
  await run("npm", ["pack", "--pack-destination", project], { cwd: HOME });
  copy("socket.io-client");
  const dependencies = { "socket.io-client": manifest("socket.io-client").version };
  writeFileSync(join(project, "package.json"), JSON.stringify({ private: true, type: "module", dependencies }));
  const [tarball] = readdirSync(project).filter((name) => name.endsWith(".tgz"));
  await run("npm", ["install", "--offline", "--ignore-scripts", "--no-audit", "--no-fund", `./${tarball}`], { cwd: project });
});

test.afterAll(() => rmSync(project, { recursive: true, force: true }));

function manifest(name: string): { version: string; dependencies?: Record<string, string> } {
  return JSON.parse(readFileSync(join(MODULES, name, "package.json"), "utf8"));
}

function copy(name: string): void {
  const to = join(project, "node_modules", name);
  mkdirSync(to, { recursive: true });
  cpSync(join(MODULES, name), to, { recursive: true });
  for (const other of Object.keys(manifest(name).dependencies ?? {})) copy(other);
}

test("the package contains what it needs, and nothing else", () => {
  const installed = join(project, "node_modules/@parlance/client");
  expect(readdirSync(installed).sort()).toEqual(["LICENSE", "LICENSE-APACHE", "LICENSE-MIT", "README.md", "dist", "package.json"]);
  const [scripts, types] = [".js", ".d.ts"].map((end) => readdirSync(join(installed, "dist")).filter((name) => name.endsWith(end)).length);
  expect([scripts, types]).toEqual([readdirSync(join(HOME, "src")).length, scripts]);
});

test("the example of the README runs", async ({ ada }) => {
  const [, example] = /```js\n(.*?)```/s.exec(readFileSync(join(HOME, "README.md"), "utf8"))!;
  writeFileSync(join(project, "example.js"), example!);
  const { login, password } = ada.login;
  const { stdout } = await run("node", ["example.js", login, password, url()], { cwd: project });
  expect(stdout.trim().split("\n")).toEqual(["created: Who is hungry?", "updated: Who is hungry?", "Who is hungry?"]);
});

test("the types accept correct programs, and reject wrong ones", async () => {
  const program = (more: string) => `
    import { Parlance, type Message } from "@parlance/client";
    const chat = new Parlance("http://127.0.0.1", { token: () => "t" });
    chat.on("message", (message: Message, change: "created" | "updated" | "deleted") => void [message, change]);
    chat.on("typing", ({ userId, typing }) => void [userId.length, typing === true]);
    ${more}`;
  writeFileSync(join(project, "good.ts"), program("void chat.send('7', 'Hello').then(({ position }) => position + 1);"));
  writeFileSync(join(project, "bad.ts"), program("chat.on('massage', () => {}); void chat.send(7, 'Hello');"));
  const options = ["--noEmit", "--strict", "--module", "nodenext", "--lib", "es2023,dom", "--types", ""];
  const check = (file: string) => run(join(MODULES, ".bin/tsc"), [...options, file], { cwd: project });
  await check("good.ts");
  const failed = await check("bad.ts").catch((failure: { stdout: string }) => failure);
  expect(failed.stdout.match(/TS\d+/g), failed.stdout).toHaveLength(2);
});

test("in a browser it sends, receives, and keeps the outbox over a reload", async ({ page, ada, grace }) => {
  const id = await createGroup(ada, grace);
  const { network } = ada;
  const imports = {
    "@parlance/client": "/modules/@parlance/client/dist/index.js",
    "socket.io-client": "/modules/socket.io-client/dist/socket.io.esm.min.js",
  };
  const body = `<!doctype html><script type="importmap">${JSON.stringify({ imports })}</script>`;
  // Served from the server's origin: the server refuses pages of other origins by default.
  await page.route(`${network.url}/page`, (route) => route.fulfill({ contentType: "text/html", body }));
  await page.route(`${network.url}/modules/**`, (route) => {
    const path = new URL(route.request().url()).pathname.replace("/modules", "/node_modules");
    return route.fulfill({ path: join(project, path) });
  });
  /** Opens the page with a client of Ada's. */
  const open = async () => {
    await page.goto(`${network.url}/page`);
    await page.evaluate(
      async ({ server, token, user }) => {
        const { Parlance, WebStorage } = await import("@parlance/client" as string);
        const storage = new WebStorage(localStorage, `parlance:${user}`);
        const chat = new Parlance(server, { token: () => token, storage, socket: { reconnectionDelayMax: 500 } });
        Object.assign(window, { chat, received: [] as string[] });
        chat.on("message", ({ body }: { body: string }) => (window as unknown as { received: string[] }).received.push(body));
        void chat.connect();
      },
      { server: network.url, token: await ada.session.token(), user: ada.id },
    );
  };
  const evaluate = <T>(expression: string) => page.evaluate(expression) as Promise<T>;
  const online = () => expect.poll(() => evaluate("chat.status")).toBe("online");

  await open();
  await online();
  expect(await evaluate(`chat.send("${id}", "one").then(({ body }) => body)`)).toBe("one");
  network.isOpen = false;
  network.cut();
  await expect.poll(() => evaluate("chat.status")).toBe("offline");
  await evaluate(`void chat.send("${id}", "two"), void chat.send("${id}", "three")`);
  expect(await storedBodies(grace, id)).toEqual(["one"]);

  await page.reload();
  network.isOpen = true;
  await open();
  await online();
  await expect.poll(() => evaluate("received")).toEqual(["two", "three"]);
  expect(await evaluate("[chat.outbox.length, localStorage.length]")).toEqual([0, 0]);
  expect(await storedBodies(grace, id)).toEqual(["one", "two", "three"]);
});
