import { execFile } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { SMTPServer } from "smtp-server";
import { expect } from "./people";
import { freePorts } from "./server";

/** A mail that the mail server has taken. */
export interface Mail {
  to: string;
  /** Headers and both parts, with soft line breaks joined. */
  text: string;
  /** Whether it came over TLS, after signing in. */
  secure: boolean;
}

/** A real mail server, with STARTTLS and a password, that keeps what it takes. */
export interface MailServer {
  /** The settings of a server that sends its mails here. */
  settings: Record<string, string>;
  mails: Mail[];
  /** The next mails are refused with these codes. */
  refusals: number[];
  /** The next mail to an address, which is taken out of the box. */
  next: (to: string, timeout?: number) => Promise<Mail>;
  /** Stops answering, and answers again. */
  away: () => Promise<void>;
  back: () => Promise<void>;
}

/** The page of the link of a mail. */
export function linkOf(mail: Mail, page: string): string {
  const found = new RegExp(`http://127\\.0\\.0\\.1:\\d+/${page}/[\\w-]{43}`).exec(mail.text);
  expect(found, mail.text).not.toBeNull();
  return (found as RegExpExecArray)[0];
}

const PASSWORD = "of the mail server";

/** A certificate of `localhost`, which signs itself. */
async function certificate(folder: string): Promise<{ key: Buffer; cert: Buffer; path: string }> {
  const [config, key, path] = ["openssl.cnf", "key.pem", "cert.pem"].map((name) => join(folder, name));
  writeFileSync(
    config,
    "[req]\ndistinguished_name=dn\nx509_extensions=ext\nprompt=no\n[dn]\nCN=localhost\n[ext]\nbasicConstraints=critical,CA:FALSE\nsubjectAltName=DNS:localhost\n",
  );
  const options = ["-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-config", config, "-keyout", key, "-out", path];
  await promisify(execFile)("openssl", ["req", ...options]);
  return { key: readFileSync(key), cert: readFileSync(path), path };
}

/** Runs a mail server while `use` runs. `publicPort` is that of the server whose links are mailed. */
export async function withMailServer(publicPort: number, use: (mail: MailServer) => Promise<void>): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), "parlance-mail-"));
  const { key, cert, path } = await certificate(folder);
  const [port] = await freePorts(1);
  const mails: Mail[] = [];
  const refusals: number[] = [];
  let server = listen();

  function listen(): SMTPServer {
    const listening = new SMTPServer({
      key,
      cert,
      onAuth: ({ username, password }, _, done) =>
        username === "parlance" && password === PASSWORD ? done(null, { user: username }) : done(new Error("wrong password")),
      onData: (stream, session, done) => {
        const parts: Buffer[] = [];
        stream.on("data", (part: Buffer) => parts.push(part));
        stream.on("end", () => {
          const code = refusals.shift();
          if (code) return done(Object.assign(new Error("refused"), { responseCode: code }));
          const text = Buffer.concat(parts).toString().replaceAll("=\r\n", "").replaceAll("=3D", "=");
          const to = session.envelope.rcptTo[0].address;
          mails.push({ to, text, secure: session.secure && session.user === "parlance" });
          done();
        });
      },
    });
    listening.on("error", () => {});
    listening.listen(port, "localhost");
    return listening;
  }

  const close = () => new Promise<void>((closed) => server.close(closed));
  try {
    await use({
      mails,
      refusals,
      settings: {
        SMTP_URL: `smtp://parlance:${encodeURIComponent(PASSWORD)}@localhost:${port}`,
        MAIL_FROM: "Parlance <chat@example.org>",
        PUBLIC_URL: `http://127.0.0.1:${publicPort}`,
        // The authorities that the server trusts.
        SSL_CERT_FILE: path,
      },
      next: async (to, timeout = 20_000) => {
        const find = () => mails.findIndex((mail) => mail.to === to);
        await expect.poll(find, { timeout, message: `a mail to ${to}` }).not.toBe(-1);
        return mails.splice(find(), 1)[0];
      },
      away: close,
      back: async () => {
        server = listen();
      },
    });
  } finally {
    await close();
    rmSync(folder, { recursive: true, force: true });
  }
}
