// The servers of a scenario: Postgres, PgBouncer, Parlance, and a proxy whose target can be changed.
"use strict";

const { execFileSync } = require("node:child_process");
const { appendFileSync, existsSync, readdirSync, realpathSync, writeFileSync } = require("node:fs");
const { connect, createServer } = require("node:net");
const { dirname, join } = require("node:path");
const { Program, freePort, makeFolder, removeFolder, run, until } = require("./processes");

const SECRET = "a secret of bin/databases, long enough to sign with";

/** The folder of Postgres' programs: on PATH, else Debian's newest. */
function postgresPrograms() {
  for (const folder of process.env.PATH.split(":")) {
    if (existsSync(join(folder, "initdb"))) return dirname(realpathSync(join(folder, "initdb")));
  }
  const debian = "/usr/lib/postgresql";
  const versions = existsSync(debian) ? readdirSync(debian).sort((one, other) => other - one) : [];
  if (versions.length === 0) throw new Error("no Postgres is installed");
  return join(debian, versions[0], "bin");
}

class Postgres {
  /** Makes a cluster, or a standby of `primary`. Does not start it. */
  static async make({ programs = postgresPrograms(), primary } = {}) {
    const it = new Postgres();
    it.programs = programs;
    it.folder = makeFolder();
    it.data = join(it.folder, "data");
    it.port = await freePort();
    if (primary) {
      const source = `host=127.0.0.1 port=${primary.port} user=parlance application_name=standby`;
      run(join(programs, "pg_basebackup"), ["-D", it.data, "-d", source, "-R", "--checkpoint=fast"]);
    } else {
      run(join(programs, "initdb"), ["-D", it.data, "-U", "parlance", "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8", "--no-sync"]);
      it.configure("max_connections = 100\nwal_level = replica\nhot_standby = on");
    }
    it.configure(`listen_addresses = '127.0.0.1'\nport = ${it.port}\nunix_socket_directories = ''`);
    return it;
  }

  configure(lines) {
    appendFileSync(join(this.data, "postgresql.conf"), `${lines}\n`);
  }

  async start() {
    this.program = new Program(join(this.programs, "postgres"), ["-D", this.data], { folder: this.folder, name: "postgres" });
    await until("Postgres starts", 20_000, () => this.ask("select 'up'", "postgres") === "up");
    return this;
  }

  /** The answer of psql. */
  ask(sql, database = "parlance") {
    const psql = join(existsSync(join(this.programs, "psql")) ? this.programs : postgresPrograms(), "psql");
    const args = ["-h", "127.0.0.1", "-p", this.port, "-U", "parlance", "-d", database, "-XtAqc", sql];
    return run(psql, args.map(String)).trim();
  }

  promote() {
    run(join(this.programs, "pg_ctl"), ["promote", "-D", this.data, "--wait"]);
  }

  async end(signal = "SIGQUIT") {
    await this.program?.end(signal);
  }

  async remove() {
    await this.end();
    removeFolder(this.folder);
  }
}

class PgBouncer {
  static async start(program, postgres, settings) {
    const it = new PgBouncer();
    it.folder = makeFolder();
    it.port = await freePort();
    const file = join(it.folder, "pgbouncer.ini");
    const all = { listen_addr: "127.0.0.1", listen_port: it.port, auth_type: "any", unix_socket_dir: "", ...settings };
    const lines = Object.entries(all).map(([name, value]) => `${name} = ${value}`);
    const target = `host=127.0.0.1 port=${postgres.port} user=parlance`;
    writeFileSync(file, `[databases]\nparlance = ${target}\n[pgbouncer]\n${lines.join("\n")}\n`);
    it.program = new Program(program, [file], { folder: it.folder, name: "pgbouncer" });
    await until("PgBouncer listens", 10_000, () => it.program.output().includes("process up"));
    return it;
  }

  static version(program) {
    return execFileSync(program, ["--version"], { encoding: "utf8" }).split("\n")[0].replace("PgBouncer ", "");
  }

  async remove() {
    await this.program.end("SIGKILL");
    removeFolder(this.folder);
  }
}

class Parlance {
  static async spawn(databaseUrl, env = {}) {
    const it = new Parlance();
    it.folder = makeFolder();
    const settings = { PORT: "0", CONTRACTS: "off", RATE_LIMIT: "off", JWT_SECRET: SECRET, DATA_DIR: join(it.folder, "data") };
    if (databaseUrl) settings.DATABASE_URL = databaseUrl;
    it.program = new Program(process.env.PARLANCE_PROGRAM, [], {
      folder: it.folder, name: "parlance", asRoot: true, env: { ...settings, ...env },
    });
    return it;
  }

  static async start(databaseUrl, env) {
    const it = await Parlance.spawn(databaseUrl, env);
    const found = await until("Parlance starts", 60_000, () => /Parlance is at (http:\S+)/.exec(it.program.output())).catch((error) => {
      throw new Error(`${error.message}\n${it.program.output()}`);
    });
    it.base = found[1];
    return it;
  }

  async remove() {
    await this.program.end("SIGKILL");
    removeFolder(this.folder);
  }
}

/** A TCP proxy with one address and a target that changes, as a virtual address or a DNS name has. */
class Proxy {
  static async start(port) {
    const it = new Proxy();
    it.target = port;
    it.pairs = new Set();
    it.server = createServer((client) => {
      const server = connect(it.target, "127.0.0.1");
      const pair = [client, server];
      it.pairs.add(pair);
      for (const [one, other] of [pair, [server, client]]) {
        one.pipe(other);
        one.on("error", () => {}).on("close", () => {
          other.destroy();
          it.pairs.delete(pair);
        });
      }
    });
    await new Promise((resolve) => it.server.listen(0, "127.0.0.1", resolve));
    it.port = it.server.address().port;
    return it;
  }

  cut() {
    for (const pair of this.pairs) for (const socket of pair) socket.destroy();
  }

  async remove() {
    this.server.close();
    this.cut();
  }
}

module.exports = { Parlance, PgBouncer, Postgres, Proxy };
