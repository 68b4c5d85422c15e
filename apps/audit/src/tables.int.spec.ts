/** The tables beside the rows on a real Postgres: months, sums, views, and what a reader of one tenant sees. */
import { sql } from 'kysely';
import pg from 'pg';
import { afterEach, beforeEach, describe, expect, inject, it } from 'vitest';
import { digestOf } from '@writ/contracts';
import { memoryLedger } from '@writ/ledger';
import { freshDatabase } from '@writ/testkit';
import { contentOf } from '../test/audit.ts';
import { AT, append, commit, names, ran, requested, reserved } from '../test/calls.ts';
import { Scene } from '../test/scene.ts';

let scene: Scene;
let url: string;

beforeEach(async () => {
  scene = await Scene.open(async () => {
    const database = await freshDatabase(inject('postgresUrl'));
    url = database.url;
    return database;
  });
});

afterEach(async () => scene.close());

const ARGS = digestOf({ smiles: 'CCO' });
const halfOpened = commit('schedule', ['breaker.half-opened', { scope: 'tool:x', permits: 1 }]);

function attempted(id: string): ReturnType<typeof commit> {
  const run = {
    executor: 'exec-1',
    session: 's-1',
    argsDigest: ARGS,
    outcome: 'failed',
    usage: { usd: '7' },
  };
  const error = { code: 'http-503', message: 'busy \u0000 \ud800' };
  const span = { startedAtMs: AT, endedAtMs: AT + 5, cause: 'failed', waitMs: 10 };
  return commit('executions.exec-1', [
    'execution.attempted',
    { invocation: id, attempt: 1, agent: 'alpha', ...run, error, ...span },
  ]);
}

const again = commit('schedule', [
  'schedule.dispatched',
  { invocation: 'open', attempt: 2, executor: 'exec-2', session: 's-2', argsDigest: ARGS },
]);

const approval: readonly ReturnType<typeof commit>[] = [
  commit('decisions', [
    'approval.opened',
    {
      invocation: 'asked',
      agent: 'alpha',
      tool: 'descriptors',
      argsDigest: ARGS,
      terms: { approvers: ['grace'], quorum: 1, expiresAtMs: AT + 60_000 },
      ceiling: {},
      policies: ['a-rule'],
    },
  ]),
  commit('approvals.grace', [
    'approval.voted',
    { invocation: 'asked', vote: 'approve', argsDigest: ARGS, reason: 'seen' },
  ]),
  commit('decisions', ['approval.granted', { invocation: 'asked', argsDigest: ARGS, by: ['grace'] }]),
];

describe('calls of two months', () => {
  it('stand in the tables of their months, and are found and written again over both', async () => {
    let now = Date.UTC(2024, 4, 31, 23, 59);
    scene.ledger = memoryLedger({ now: () => now });
    const audit = scene.start({ maxLiveTraces: 0 });
    const late = ran(['late']);
    await append(scene.ledger, ...ran(names('may', 3)), ...late.slice(0, 3));
    expect(await scene.stored(audit)).toBe(true);
    now += 120_000;
    await append(scene.ledger, ...late.slice(3), ...ran(names('june', 2)), requested(['may-00000']));
    expect(await scene.stored(audit)).toBe(true);
    const { rows } = await sql`select tableoid::regclass::text as part, invocation, stage, repeats
      from audit.invocations order by invocation`.execute(audit.db);
    const june = { part: 'audit.invocations_2024_06', stage: 'succeeded', repeats: 0 };
    const may = { ...june, part: 'audit.invocations_2024_05' };
    expect(rows).toEqual([
      { ...june, invocation: 'june-00000' },
      { ...june, invocation: 'june-00001' },
      { ...may, invocation: 'late' },
      { ...may, invocation: 'may-00000', repeats: 1 },
      { ...may, invocation: 'may-00001' },
      { ...may, invocation: 'may-00002' },
    ]);
    const chunks =
      await sql`select distinct tableoid::regclass::text as part from audit.chunks order by 1`.execute(
        audit.db,
      );
    expect(chunks.rows).toEqual([{ part: 'audit.chunks_2024_05' }, { part: 'audit.chunks_2024_06' }]);
    expect(await contentOf(audit.db)).toBe(await scene.fromZero());
  });
});

describe('what was used', () => {
  it('is summed once by account, tool, agent and day, however often the audit begins again', async () => {
    const first = scene.start();
    await append(scene.ledger, ...ran(['a', 'b']), ...ran(['open']).slice(0, 3), halfOpened);
    expect(await scene.stored(first)).toBe(true);
    // As if it had died before it stored what is open: all of it is folded again, and nothing is counted again.
    await sql`delete from audit.ids where invocation = 'open'`.execute(first.db);
    await sql`delete from audit.invocations where invocation = 'open'`.execute(first.db);
    await sql`update audit.cursor set fold_from = 1`.execute(first.db);
    await scene.stop(first);
    const audit = scene.start();
    const [, , , granted, completed] = ran(['open']);
    await append(scene.ledger, granted!, attempted('open'), reserved(['open']), again, completed!);
    expect(await scene.stored(audit)).toBe(true);
    const { rows } = await sql`select day::text, account, tool, agent, unit, attempts, held, used, charged
      from audit.usage`.execute(audit.db);
    const named = { day: '2024-05-01', account: '/', tool: 'descriptors', agent: 'alpha', unit: 'usd' };
    expect(rows).toEqual([
      { ...named, attempts: '4', held: '20000000', used: '6000007', charged: '6000007' },
    ]);
    expect(await contentOf(audit.db)).toBe(await scene.fromZero());
    const attempts =
      await sql`select attempt, executor, ended_as from audit.attempts where invocation = 'open'
      order by attempt`.execute(audit.db);
    expect(attempts.rows).toEqual([
      { attempt: 1, executor: 'exec-1', ended_as: 'failed' },
      { attempt: 2, executor: 'exec-2', ended_as: 'succeeded' },
    ]);
  });
});

describe('a reader of one tenant', () => {
  it('sees that tenant in tables and views; a reader of none sees nothing; neither writes', async () => {
    const audit = scene.start();
    await append(scene.ledger, requested(['asked']), ...approval, halfOpened);
    await append(scene.ledger, ...ran(['a', 'b']), ...ran(['a'], { tenant: 'globex' }));
    expect(await scene.stored(audit)).toBe(true);
    const role = `reader_${process.pid}`;
    await sql`create role ${sql.ref(role)} login password 'secret' in role audit_reader`.execute(audit.db);
    const client = new pg.Client({
      connectionString: Object.assign(new URL(url), { username: role, password: 'secret' }).href,
    });
    try {
      await client.connect();
      const counts = async (): Promise<unknown> => {
        const { rows } = await client.query(`select
          (select array_agg(distinct tenant) from audit.invocations) as tenants,
          (select count(*)::int from audit.invocations) as invocations, (select count(*)::int from audit.ids) as ids,
          (select count(*)::int from audit.chunks) > 0 as chunks, (select count(*)::int from audit.usage) as usage,
          (select count(*)::int from audit.waits) as waits, (select count(*)::int from audit.attempts) as attempts,
          (select array_agg(result || ' ' || votes) from audit.approvals) as approvals,
          (select array_agg(person) from audit.votes) as votes,
          (select array_agg(transition) from audit.breakers) as breakers`);
        return rows[0];
      };
      expect(await counts()).toMatchObject({
        tenants: null,
        invocations: 0,
        ids: 0,
        chunks: false,
        waits: 0,
      });
      await sql`insert into audit.readers values (${role}, 'acme')`.execute(audit.db);
      expect(await counts()).toEqual({
        tenants: ['acme'],
        invocations: 3,
        ids: 3,
        chunks: true,
        usage: 1,
        waits: 3,
        attempts: 2,
        approvals: ['granted 1'],
        votes: ['grace'],
        breakers: ['half-opened'],
      });
      await client.query(`set writ.tenant = 'globex'`);
      expect(await counts()).toMatchObject({ tenants: ['acme'] });
      for (const statement of [
        `delete from audit.invocations`,
        `update audit.readers set tenant = 'globex'`,
        `select * from audit.invocations_2024_05`,
        `select * from audit.cursor`,
      ])
        await expect(client.query(statement)).rejects.toMatchObject({ code: '42501' });
    } finally {
      await client.end();
      await sql`drop role ${sql.ref(role)}`.execute(audit.db);
    }
  });
});
