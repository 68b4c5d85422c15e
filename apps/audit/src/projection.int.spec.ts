/** The projection on a real Postgres: what it stores, and what it survives. */
import { sql } from 'kysely';
import { afterEach, beforeEach, describe, expect, inject, it } from 'vitest';
import { memoryLedger } from '@writ/ledger';
import type { MemoryLedger } from '@writ/ledger';
import { eventually, freshDatabase, startPostgres } from '@writ/testkit';
import type { Database } from '@writ/testkit';
import { PATIENCE_MS, contentOf, startAudit } from '../test/audit.ts';
import type { Audit } from '../test/audit.ts';
import { AT, append, commit, completed, decided, names, ran, requested, reserved } from '../test/calls.ts';
import { clearProjection } from './invocation-store.ts';

let database: Database;
let ledger: MemoryLedger;
let audits: Audit[];

beforeEach(async () => {
  database = await freshDatabase(inject('postgresUrl'));
  ledger = memoryLedger({ now: () => AT });
  audits = [];
});

afterEach(async () => {
  for (const audit of audits) await audit.stop();
  await database.drop();
});

function start(options: Parameters<typeof startAudit>[2] = {}, url = database.url): Audit {
  const audit = startAudit(ledger, url, options);
  audits.push(audit);
  return audit;
}

async function stop(audit: Audit): Promise<void> {
  audits.splice(audits.indexOf(audit), 1);
  await audit.stop();
}

async function stored(audit: Audit): Promise<void> {
  expect(await audit.projection.storedUpTo(ledger.commits.length, PATIENCE_MS)).toBe(true);
}

/** The digest of a projection made in one go from the whole ledger. */
async function fromZero(): Promise<string> {
  const fresh = await freshDatabase(inject('postgresUrl'));
  const audit = startAudit(ledger, fresh.url);
  await stored(audit);
  const content = await contentOf(audit.db);
  await audit.stop();
  await fresh.drop();
  return content;
}

describe('a ledger with calls that ran, were denied and are under way', () => {
  it('one row a call, with its columns and times', async () => {
    const audit = start();
    const campaign = { campaign: 'c1', log: 'audit-1' };
    await append(ledger, ...ran(['a'], campaign), requested(['b']), decided(['b'], 'deny'), requested(['c']));
    await stored(audit);
    const { rows } =
      await sql`select invocation, first_seq, last_seq, agent, tool, project, campaign, log, stage,
      requested_at, ended_at from audit.invocations order by invocation`.execute(audit.db);
    const fixed = { agent: 'alpha', tool: 'descriptors', project: 'lab', requested_at: new Date(AT) };
    expect(rows).toEqual([
      {
        ...fixed,
        ...campaign,
        invocation: 'a',
        first_seq: '1',
        last_seq: '5',
        stage: 'succeeded',
        ended_at: new Date(AT),
      },
      {
        ...fixed,
        campaign: null,
        log: null,
        invocation: 'b',
        first_seq: '6',
        last_seq: '7',
        stage: 'denied',
        ended_at: new Date(AT),
      },
      {
        ...fixed,
        campaign: null,
        log: null,
        invocation: 'c',
        first_seq: '8',
        last_seq: '8',
        stage: 'requested',
        ended_at: null,
      },
    ]);
  });

  it('the same id in two tenants: two rows', async () => {
    const audit = start();
    await append(ledger, ...ran(['a']), ...ran(['a'], { tenant: 'globex' }));
    await stored(audit);
    const { rows } = await sql`select tenant, stage from audit.invocations order by tenant`.execute(audit.db);
    expect(rows).toEqual([
      { tenant: 'acme', stage: 'succeeded' },
      { tenant: 'globex', stage: 'succeeded' },
    ]);
  });

  it('text that no database likes: stored as it came', async () => {
    const audit = start();
    const inputs = { nul: '\u0000', half: '\ud800', quote: `'"\\{},NULL`, ключ: '💊', line: 'a\nb\r\tc' };
    await append(ledger, ...ran(['a'], { inputs }), completed(['a'], {}, '\u0000'));
    await stored(audit);
    const { rows } = await sql<{ record: string }>`select record from audit.invocations`.execute(audit.db);
    expect(JSON.parse(rows[0]?.record ?? '{}')).toMatchObject({ asked: { inputs } });
    expect(audit.problems).toEqual([]);
  });

  it('facts that say nothing about calls: the cursor moves on all the same', async () => {
    const audit = start();
    await append(ledger, commit('catalog', ['tool.retired', { tool: 'x' }]), commit('unheard-of', ['x', {}]));
    await stored(audit);
    expect(audit.projection.health()).toMatchObject({
      ready: true,
      role: 'writer',
      stored: 2,
      unstoredBytes: 0,
    });
    expect(await audit.projection.lag()).toBe(0);
  });
});

describe('a projection that was stopped', () => {
  it('goes on from its cursor, with the rows of one made from zero', async () => {
    const ids = names('call', 300);
    const [one, two, three, four, five] = ran(ids);
    await append(ledger, one!, two!);
    const before = start();
    await stored(before);
    await stop(before);
    await append(ledger, three!, four!);
    const after = start({ maxLiveRecords: 10 });
    await stored(after);
    await append(ledger, five!, requested(ids.slice(0, 7)));
    await stored(after);
    expect(after.problems).toEqual([]);
    expect(await contentOf(after.db)).toBe(await fromZero());
  });

  it('cleared: is made again from zero with equal rows', async () => {
    const audit = start();
    await append(
      ledger,
      ...ran(names('a', 50)),
      commit('schedule', ['breaker.half-opened', { scope: 'tool:x', permits: 1 }]),
    );
    await stored(audit);
    const content = await contentOf(audit.db);
    await clearProjection(audit.db);
    await stop(audit);
    const again = start();
    await stored(again);
    expect(await contentOf(again.db)).toBe(content);
  });
});

describe('an id that was asked for long ago', () => {
  it('repeated: counted on its finished record, which stays as it is', async () => {
    const audit = start();
    await append(ledger, ...ran(['a', 'b']));
    await stored(audit);
    expect(audit.projection.health().liveRecords).toBe(0);
    await append(ledger, requested(['a', 'new']), decided(['new'], 'deny'));
    await stored(audit);
    const { rows } = await sql`select invocation, stage, first_seq, record::json->'repeats' as repeats
      from audit.invocations order by invocation`.execute(audit.db);
    expect(rows).toEqual([
      { invocation: 'a', stage: 'succeeded', first_seq: '1', repeats: 1 },
      { invocation: 'b', stage: 'succeeded', first_seq: '1', repeats: null },
      { invocation: 'new', stage: 'denied', first_seq: '6', repeats: null },
    ]);
    expect(await contentOf(audit.db)).toBe(await fromZero());
  });

  it('a fact about a call nobody asked for: no row, no problem', async () => {
    const audit = start();
    await append(
      ledger,
      reserved(['ghost']),
      commit('requests.alpha', ['tool.cancel-requested', { invocation: 'ghost' }]),
    );
    await stored(audit);
    const { rows } = await sql`select * from audit.invocations`.execute(audit.db);
    expect([rows, audit.problems]).toEqual([[], []]);
  });
});

describe('more than fits in memory', () => {
  it('the fold is stopped and begun again until everything is stored', async () => {
    for (let part = 0; part < 20; part++) await append(ledger, ...ran(names(`p${part}`, 100)));
    const audit = start({ maxUnstoredBytes: 50_000, maxLiveRecords: 20 });
    await stored(audit);
    expect(audit.projection.health()).toMatchObject({ stored: 100, unstoredBytes: 0 });
    expect(await contentOf(audit.db)).toBe(await fromZero());
  });
});

describe('two replicas', () => {
  it('one writes; when it ends the other goes on where it was', async () => {
    const first = start();
    await append(ledger, ...ran(names('a', 20)));
    await stored(first);
    const second = start();
    await eventually(() => second.projection.health().ready, {
      withinMs: PATIENCE_MS,
      what: 'the standby is ready',
    });
    expect(second.projection.health().role).toBe('standby');
    await append(ledger, ...ran(names('b', 20)));
    await stored(first);
    await stop(first);
    await append(ledger, ...ran(names('c', 20)));
    await stored(second);
    expect(second.projection.health().role).toBe('writer');
    expect(await contentOf(second.db)).toBe(await fromZero());
  });

  it('somebody else moved the cursor: nothing is stored twice, it reads again from there', async () => {
    const audit = start();
    await append(ledger, ...ran(['a']), ...ran(['b']));
    await stored(audit);
    await sql`update audit.cursor set last_seq = 5`.execute(audit.db);
    await sql`delete from audit.invocations where invocation = 'b'`.execute(audit.db);
    await append(ledger, ...ran(['c']));
    await eventually(() => audit.problems.length > 0, { withinMs: PATIENCE_MS, what: 'it notices' });
    // The connection that it wrote on is taken by somebody else: its lock must not go with it.
    await audit.db.connection().execute(() => stored(audit));
    expect(audit.problems).toMatchObject([{ code: 'projection-moved' }]);
    expect(await contentOf(audit.db)).toBe(await fromZero());
  });
});

describe('Postgres killed while facts arrive', () => {
  it('the process stays up and says so, and nothing is missing in the end', async () => {
    const postgres = await startPostgres();
    const audit = startAudit(ledger, postgres.url);
    try {
      await append(ledger, ...ran(names('a', 200)), ...ran(['slow']).slice(0, 3));
      await stored(audit);
      await append(ledger, ...ran(names('b', 200)));
      await postgres.kill();
      await append(ledger, ...ran(names('c', 200)), ...ran(['slow']).slice(3));
      await eventually(() => !audit.projection.health().ready, {
        withinMs: PATIENCE_MS,
        what: 'it is not ready',
      });
      await postgres.start();
      await stored(audit);
      expect(audit.projection.health().ready).toBe(true);
      expect(await contentOf(audit.db)).toBe(await fromZero());
    } finally {
      await audit.stop();
      await postgres.stop();
    }
  });

  it('only the connections cut: what was on its way is stored by the next one', async () => {
    const audit = start();
    await append(ledger, requested(names('a', 20)));
    await stored(audit);
    await sql`select pg_terminate_backend(pid) from pg_stat_activity
      where datname = current_database() and pid <> pg_backend_pid()`.execute(audit.db);
    await append(ledger, decided(names('a', 20), 'deny'));
    await stored(audit);
    expect(audit.problems).not.toEqual([]);
    expect(await contentOf(audit.db)).toBe(await fromZero());
  });

  it('never there: stopping does not wait for it', async () => {
    const audit = startAudit(ledger, 'postgres://writ@127.0.0.1:1/none');
    await eventually(() => audit.problems.length > 0, { withinMs: PATIENCE_MS, what: 'it tried' });
    expect(audit.projection.health().ready).toBe(false);
    await audit.stop();
  });
});

describe('a ledger that is shorter than the projection', () => {
  it('is another ledger: it refuses to go on and says what to do', async () => {
    const audit = start();
    await append(ledger, ...ran(['a']));
    await stored(audit);
    await stop(audit);
    ledger = memoryLedger({ now: () => AT });
    const other = start();
    await eventually(() => other.projection.health().reason?.includes('another ledger'), {
      withinMs: PATIENCE_MS,
      what: 'it says that the ledger is another one',
    });
    expect(other.projection.health().ready).toBe(false);
  });
});
