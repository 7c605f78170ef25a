import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { type RequestOptions, request as httpRequest } from "node:http";
import { request as httpsRequest } from "node:https";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { connect as connectTls } from "node:tls";
import { freePorts } from "../server";

/** The configurations of docs/proxies.md, by the language of their block; the first of each. */
function documented(language: string, number = 0): string {
  const text = readFileSync(resolve(__dirname, "../../docs/proxies.md"), "utf8");
  const blocks = [...text.matchAll(new RegExp("```" + language + "\\n(.*?)```", "gs"))];
  const [, block] = blocks[number] ?? [];
  if (!block) throw new Error(`docs/proxies.md has no block ${number} of ${language}`);
  return block;
}

/** How a proxy is set up in front of `upstream` (`127.0.0.1:8080`), to listen at `port`. */
interface Setup {
  scheme: "http" | "https";
  program: string;
  config(folder: string, port: number, upstream: string): string;
  arguments(folder: string, file: string): string[];
}

const nginx = (location: string, map: string) => (folder: string, port: number) => `
  daemon off; pid ${folder}/pid; error_log stderr error; worker_processes 1;
  ${process.getuid?.() === 0 ? "user root;" : ""}
  events {}
  http {
    access_log off;
    ${["client_body", "proxy", "fastcgi", "uwsgi", "scgi"].map((it) => `${it}_temp_path ${folder}/${it};`).join(" ")}
    ${map}
    server { listen 127.0.0.1:${port}; ${location} }
  }`;

const NGINX = { scheme: "http", program: "nginx", arguments: (folder: string, file: string) => ["-p", folder, "-c", file] } as const;

const HAPROXY = { scheme: "http", program: "haproxy", arguments: (_: string, file: string) => ["-db", "-f", file] } as const;

const HAPROXY_DEFAULTS = `
defaults
    timeout connect 5s
    timeout client 60s
    timeout server 60s
`;

export const SETUPS = {
  nginx: {
    ...NGINX,
    config: (folder, port, upstream) =>
      nginx(documented("nginx").replace("127.0.0.1:8080", upstream), documented("nginx", 1))(folder, port),
  },
  /** As somebody writes it who has read nothing: HTTP/1.0, the address of the server for a host, no upgrades. */
  "bare nginx": {
    ...NGINX,
    config: (folder, port, upstream) => nginx(`location / { proxy_pass http://${upstream}; }`, "")(folder, port),
  },
  caddy: {
    scheme: "https",
    program: "caddy",
    config: (folder, port, upstream) => `{
      admin off
      auto_https disable_redirects
      skip_install_trust
      storage file_system ${folder}/caddy
      log {
        level ERROR
      }
    }
    ${documented("caddy").replace("chat.example.org {", `https://localhost:${port} {\n\tbind 127.0.0.1\n\ttls internal`).replace("127.0.0.1:8080", upstream)}`,
    arguments: (_, file) => ["run", "--adapter", "caddyfile", "--config", file],
  },
  haproxy: {
    ...HAPROXY,
    config: (_, port, upstream) => `${HAPROXY_DEFAULTS}${documented("haproxy").replace("bind :80", `bind 127.0.0.1:${port}`).replace("127.0.0.1:8080", upstream)}`,
  },
  /** `Forwarded` and nothing else, for a server with PROXY_HEADERS=forwarded. */
  "haproxy with Forwarded": {
    ...HAPROXY,
    config: (_, port, upstream) => `${HAPROXY_DEFAULTS}frontend chat
    bind 127.0.0.1:${port}
    mode http
    http-request set-var(req.asked) req.hdr(host)
    http-request set-header Forwarded for=%[src];host=\\"%[var(req.asked)]\\";proto=http
    http-request set-header Host ${upstream}
    default_backend parlance
backend parlance
    mode http
    timeout tunnel 1h
    server parlance ${upstream}
`,
  },
} satisfies Record<string, Setup>;

export type ProxyName = keyof typeof SETUPS;

/** Runs the proxy in front of a server while `use` runs, with its address. */
export async function withProxy(name: ProxyName, server: string, use: (url: string) => Promise<void>): Promise<void> {
  const setup: Setup = SETUPS[name];
  const [port] = await freePorts(1);
  const folder = mkdtempSync(join(tmpdir(), "parlance-proxy-"));
  const file = join(folder, "config");
  writeFileSync(file, setup.config(folder, port, new URL(server).host));
  const PATH = `${process.env.PATH}:/usr/sbin:/sbin`;
  const proxy = spawn(setup.program, setup.arguments(folder, file), {
    env: { ...process.env, PATH, HOME: folder, XDG_DATA_HOME: folder, XDG_CONFIG_HOME: folder },
    stdio: ["ignore", "ignore", "inherit"],
  });
  try {
    await listening(port, proxy, setup);
    // `http://localhost:*` is an origin that the server allows, and Caddy's certificate is for a name.
    await use(`${setup.scheme}://${setup.scheme === "https" ? "localhost" : "127.0.0.1"}:${port}`);
  } finally {
    const ended = proxy.exitCode ?? once(proxy, "exit");
    proxy.kill("SIGTERM");
    if ((await Promise.race([ended, sleep(5_000, "late", { ref: false })])) === "late") proxy.kill("SIGKILL");
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Whether there is a certificate: Caddy listens before it has made one. */
async function greets(port: number): Promise<boolean> {
  const socket = connectTls({ port, host: "127.0.0.1", servername: "localhost", rejectUnauthorized: false });
  const greeted = once(socket, "secureConnect").then(() => true);
  const secure = await greeted.catch(() => false);
  socket.destroy();
  return secure;
}

async function listening(port: number, proxy: ChildProcess, { program, scheme }: Setup): Promise<void> {
  let failure: Error | undefined;
  proxy.once("error", (error) => (failure = error));
  for (const until = Date.now() + 20_000; Date.now() < until; await sleep(50)) {
    if (failure) throw new Error(`cannot start ${program}: ${failure.message} (bin/test contracts installs it)`);
    if (proxy.exitCode !== null) throw new Error(`${program} ended with status ${proxy.exitCode}`);
    const socket = connect(port, "127.0.0.1");
    const opened = await Promise.race([once(socket, "connect").then(() => true), once(socket, "error").then(() => false)]).catch(() => false);
    socket.destroy();
    if (opened && (scheme === "http" || (await greets(port)))) return;
  }
  throw new Error(`${program} does not listen`);
}

export interface Answer {
  status: number;
  headers: Record<string, string | string[] | undefined>;
  body: string;
}

/** Sends a request as a browser does that knows no Fetch Metadata, from an address of this machine. */
export function send(
  url: string,
  { body = "", from = "127.0.0.1", ...options }: RequestOptions & { body?: string; from?: string } = {},
): Promise<Answer> {
  const { protocol, hostname, port, pathname, search } = new URL(url);
  const request = protocol === "https:" ? httpsRequest : httpRequest;
  return new Promise((answered, failed) => {
    const sent = request(
      // `localhost` may be IPv6 first, and the proxies listen at IPv4.
      { hostname, port, path: pathname + search, family: 4, localAddress: from, rejectUnauthorized: false, ...options } as RequestOptions,
      (answer) => {
        let text = "";
        answer.setEncoding("utf8").on("data", (part) => (text += part));
        answer.on("end", () => answered({ status: answer.statusCode ?? 0, headers: answer.headers, body: text }));
      },
    );
    sent.on("error", failed);
    sent.end(body);
  });
}
