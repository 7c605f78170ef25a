// What operators' databases do, and what must hold while they do it.
"use strict";

const assert = require("node:assert/strict");
const { existsSync, readFileSync } = require("node:fs");
const { join } = require("node:path");
const { Parlance, PgBouncer, Postgres, Proxy } = require("./servers");
const { People } = require("./people");
const { sleep, until } = require("./processes");

/** Says that a scenario cannot run here. */
class LeftOut extends Error {}

/** Ends with what was started, in the reverse order. */
async function withThings(work) {
  const things = [];
  const keep = (thing) => (things.push(thing), thing);
  try {
    return await work(keep);
  } finally {
    for (const thing of things.reverse()) await (thing.remove ? thing.remove() : thing.leave());
  }
}

async function startPrimary(keep, lines = "") {
  const postgres = keep(await Postgres.make());
  postgres.configure(lines);
  await postgres.start();
  postgres.ask("create database parlance", "postgres");
  return postgres;
}

const url = (...ports) => `postgres://parlance@${ports.map((port) => `127.0.0.1:${port}`).join(",")}/parlance`;

/** Parlance through a PgBouncer: it serves, or it ends at the start with these words. */
function pgbouncer(variable, settings, refusal) {
  return () => withThings(async (keep) => {
    const program = process.env[variable];
    if (!program || !existsSync(program)) throw new LeftOut(`${variable} names no PgBouncer`);
    const postgres = await startPrimary(keep);
    const pooler = keep(await PgBouncer.start(program, postgres, settings));
    const version = PgBouncer.version(program);
    if (refusal) {
      const parlance = keep(await Parlance.spawn(url(pooler.port)));
      const { code } = await parlance.program.ended;
      const output = parlance.program.output();
      assert.equal(code, 1, output);
      assert.ok(output.includes(refusal), output);
      return `PgBouncer ${version}: refused with "${refusal}"`;
    }
    const parlance = keep(await Parlance.start(url(pooler.port)));
    const people = keep(await People.meet(parlance.base));
    for (let n = 0; n < 10; n += 1) await people.talk(`number ${n}`);
    await Promise.all(Array.from({ length: 60 }, async (_, n) => {
      const answer = await people.trySend(`at once ${n}`);
      assert.ok(answer.status < 300, JSON.stringify(answer));
    }));
    await people.signIn("ada");
    assert.equal(await people.ready(), 200);
    await people.checkHistory();
    const log = parlance.program.output();
    assert.ok(!log.includes("ERROR"), log);
    return `PgBouncer ${version}: ${people.sent.length} messages`;
  });
}

/** The primary is killed and its standby promoted, both named in the address. */
function standby() {
  return withThings(async (keep) => {
    const primary = await startPrimary(keep);
    const other = keep(await Postgres.make({ primary }));
    await other.start();
    // Commits wait for the standby, so that what was acknowledged is on it.
    primary.ask("alter system set synchronous_standby_names = 'standby'", "postgres");
    primary.ask("select pg_reload_conf()", "postgres");
    await until("the standby is synchronous", 10_000, () => primary.ask("select sync_state from pg_stat_replication") === "sync");
    const parlance = keep(await Parlance.start(`${url(primary.port, other.port)}?target_session_attrs=read-write`));
    const people = keep(await People.meet(parlance.base));
    await people.talk("before");
    await primary.end("SIGKILL");
    const refused = await people.trySend("while nobody takes writes");
    assert.equal(refused.status, 503, JSON.stringify(refused));
    assert.ok(Number(refused.retryAfter) >= 1);
    assert.equal(await people.ready(), 503);
    const promoted = Date.now();
    other.promote();
    await until("a send works again", 20_000, async () => (await people.trySend("first after")).status < 300);
    const took = Date.now() - promoted;
    await until("readiness says so", 5_000, async () => (await people.ready()) === 200);
    await people.signIn("ada");
    await people.talk("after");
    await people.checkHistory();
    return `sends work again ${took} ms after the promotion began`;
  });
}

/** One address that leads to a standby for a while: its connections must not be kept. */
function movedAddress() {
  return withThings(async (keep) => {
    const primary = await startPrimary(keep);
    const other = keep(await Postgres.make({ primary }));
    await other.start();
    const proxy = keep(await Proxy.start(primary.port));
    const parlance = keep(await Parlance.start(url(proxy.port)));
    const people = keep(await People.meet(parlance.base));
    await people.talk("before");
    proxy.target = other.port;
    proxy.cut();
    let refused;
    await until("readiness asks for a write", 5_000, async () => (await people.ready()) === 503);
    for (let n = 0; n < 8; n += 1) {
      refused = await people.trySend(`refused ${n}`);
      assert.equal(refused.status, 503, JSON.stringify(refused));
      assert.equal(refused.body.code, "unavailable");
      await sleep(200);
    }
    // The connections to the standby stay open.
    proxy.target = primary.port;
    const back = Date.now();
    await until("a send works again", 10_000, async () => (await people.trySend("back")).status < 300);
    const took = Date.now() - back;
    await until("readiness says so", 5_000, async () => (await people.ready()) === 200);
    await people.talk("after");
    await people.checkHistory();
    return `sends work again ${took} ms after the address has moved back`;
  });
}

function oldPostgres() {
  return withThings(async (keep) => {
    const programs = process.env.POSTGRES_OLD;
    if (!programs || !existsSync(join(programs, "initdb"))) throw new LeftOut("POSTGRES_OLD names no Postgres");
    const postgres = keep(await Postgres.make({ programs }));
    await postgres.start();
    postgres.ask("create database parlance", "postgres");
    const parlance = keep(await Parlance.spawn(url(postgres.port)));
    const { code } = await parlance.program.ended;
    const output = parlance.program.output();
    assert.equal(code, 1, output);
    assert.match(output, /this is Postgres \d+\S*, and Parlance needs 14 or newer/, output);
    return /this is Postgres [^,]+/.exec(output)[0];
  });
}

/** The private Postgres is killed while people talk, and the server stops soon after another kill. */
function privatePostgres() {
  return withThings(async (keep) => {
    const parlance = keep(await Parlance.start(undefined));
    const people = keep(await People.meet(parlance.base));
    await people.talk("before");
    const pid = () => Number(readFileSync(join(parlance.folder, "data/postgres/cluster/postmaster.pid"), "utf8").split("\n")[0]);
    const killed = pid();
    process.kill(killed, "SIGKILL");
    const began = Date.now();
    await until("a send works again", 20_000, async () => (await people.trySend("after")).status < 300);
    const took = Date.now() - began;
    assert.notEqual(pid(), killed);
    await people.talk("later");
    await people.checkHistory();
    process.kill(pid(), "SIGKILL");
    const stopping = Date.now();
    await parlance.program.end("SIGTERM");
    const stopped = Date.now() - stopping;
    assert.ok(stopped < 9_000, `stopping took ${stopped} ms`);
    return `sends work again after ${took} ms; stopping took ${stopped} ms after another kill`;
  });
}

const prepared = "set max_prepared_statements = 200";
const scenarios = {
  "pgbouncer session": pgbouncer("PGBOUNCER", { pool_mode: "session" }),
  "pgbouncer statement": pgbouncer("PGBOUNCER", { pool_mode: "statement" }, "statement pooling"),
  "pgbouncer transaction, before 1.21": pgbouncer("PGBOUNCER", { pool_mode: "transaction" }, prepared),
  "pgbouncer new session": pgbouncer("PGBOUNCER_NEW", { pool_mode: "session" }),
  "pgbouncer new transaction": pgbouncer("PGBOUNCER_NEW", { pool_mode: "transaction", max_prepared_statements: 200, default_pool_size: 5 }),
  "pgbouncer new transaction, two connections": pgbouncer("PGBOUNCER_NEW", { pool_mode: "transaction", max_prepared_statements: 200, default_pool_size: 2 }),
  "pgbouncer new transaction, unprepared": pgbouncer("PGBOUNCER_NEW", { pool_mode: "transaction", max_prepared_statements: 0 }, prepared),
  "standby promoted": standby,
  "moved address": movedAddress,
  "old postgres": oldPostgres,
  "private postgres killed": privatePostgres,
};

module.exports = { LeftOut, scenarios };
