/** The projection on a real Postgres: what it stores. */
import { sql } from 'kysely';
import { afterEach, beforeEach, describe, expect, inject, it } from 'vitest';
import type { InvocationId, TenantId } from '@writ/contracts';
import { freshDatabase } from '@writ/testkit';
import { contentOf } from '../test/audit.ts';
import {
  AT,
  TENANT,
  append,
  commit,
  completed,
  decided,
  names,
  ran,
  requested,
  reserved,
} from '../test/calls.ts';
import { Scene } from '../test/scene.ts';
import { clearProjection, loadTraces } from './audit-store.ts';
import { RecordReader } from './record-reader.ts';

let scene: Scene;

beforeEach(async () => {
  scene = await Scene.open(() => freshDatabase(inject('postgresUrl')));
});

afterEach(async () => scene.close());

describe('a ledger with calls that ran, were denied and are under way', () => {
  it('one row a call, with its columns and times', async () => {
    const audit = scene.start();
    const campaign = { campaign: 'c1', log: 'audit-1' };
    await append(
      scene.ledger,
      ...ran(['a'], campaign),
      requested(['b']),
      decided(['b'], 'deny'),
      requested(['c']),
    );
    expect(await scene.stored(audit)).toBe(true);
    const { rows } =
      await sql`select invocation, first_seq, last_seq, agent, tool, project, campaign, log, stage,
      asked_at, ended_at from audit.invocations order by invocation`.execute(audit.db);
    const fixed = { agent: 'alpha', tool: 'descriptors', project: 'lab', asked_at: new Date(AT) };
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
    const audit = scene.start();
    await append(scene.ledger, ...ran(['a']), ...ran(['a'], { tenant: 'globex' }));
    expect(await scene.stored(audit)).toBe(true);
    const { rows } = await sql`select tenant, stage from audit.invocations order by tenant`.execute(audit.db);
    expect(rows).toEqual([
      { tenant: 'acme', stage: 'succeeded' },
      { tenant: 'globex', stage: 'succeeded' },
    ]);
  });

  it('text that no database likes: stored as it came', async () => {
    const audit = scene.start();
    const inputs = { nul: '\u0000', half: '\ud800', quote: `'"\\{},NULL`, ключ: '💊', line: 'a\nb\r\tc' };
    await append(scene.ledger, ...ran(['a'], { inputs }), completed(['a'], {}, '\u0000'));
    expect(await scene.stored(audit)).toBe(true);
    const [trace] = await loadTraces(audit.db, [
      { tenant: TENANT as TenantId, invocation: 'a' as InvocationId },
    ]);
    const reader = new RecordReader(audit.db, audit.projection);
    expect(await reader.record(trace!)).toMatchObject({ asked: { inputs }, breaches: [{ seq: 6 }] });
    expect(audit.problems).toEqual([]);
  });

  it('facts that say nothing about calls: the cursor moves on all the same', async () => {
    const audit = scene.start();
    await append(
      scene.ledger,
      commit('catalog', ['tool.retired', { tool: 'x' }]),
      commit('unheard-of', ['x', {}]),
    );
    expect(await scene.stored(audit)).toBe(true);
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
    await append(scene.ledger, one!, two!);
    const before = scene.start();
    expect(await scene.stored(before)).toBe(true);
    await scene.stop(before);
    await append(scene.ledger, three!, four!);
    const after = scene.start({ maxLiveTraces: 10 });
    expect(await scene.stored(after)).toBe(true);
    await append(scene.ledger, five!, requested(ids.slice(0, 7)));
    expect(await scene.stored(after)).toBe(true);
    expect(after.problems).toEqual([]);
    expect(await contentOf(after.db)).toBe(await scene.fromZero());
  });

  it('cleared: is made again from zero with equal rows', async () => {
    const audit = scene.start();
    await append(
      scene.ledger,
      ...ran(names('a', 50)),
      commit('schedule', ['breaker.half-opened', { scope: 'tool:x', permits: 1 }]),
    );
    expect(await scene.stored(audit)).toBe(true);
    const content = await contentOf(audit.db);
    await clearProjection(audit.db);
    await scene.stop(audit);
    const again = scene.start();
    expect(await scene.stored(again)).toBe(true);
    expect(await contentOf(again.db)).toBe(content);
  });
});

describe('an id that was asked for long ago', () => {
  it('repeated: counted on its finished record, which stays as it is', async () => {
    const audit = scene.start();
    await append(scene.ledger, ...ran(['a', 'b']));
    expect(await scene.stored(audit)).toBe(true);
    expect(audit.projection.health().liveTraces).toBe(0);
    await append(scene.ledger, requested(['a', 'new']), decided(['new'], 'deny'));
    expect(await scene.stored(audit)).toBe(true);
    const { rows } = await sql`select invocation, stage, first_seq, repeats
      from audit.invocations order by invocation`.execute(audit.db);
    expect(rows).toEqual([
      { invocation: 'a', stage: 'succeeded', first_seq: '1', repeats: 1 },
      { invocation: 'b', stage: 'succeeded', first_seq: '1', repeats: 0 },
      { invocation: 'new', stage: 'denied', first_seq: '6', repeats: 0 },
    ]);
    expect(await contentOf(audit.db)).toBe(await scene.fromZero());
  });

  it('a fact about a call nobody asked for: no row, no problem', async () => {
    const audit = scene.start();
    await append(
      scene.ledger,
      reserved(['ghost']),
      commit('requests.alpha', ['tool.cancel-requested', { invocation: 'ghost' }]),
    );
    expect(await scene.stored(audit)).toBe(true);
    const { rows } = await sql`select * from audit.invocations`.execute(audit.db);
    expect([rows, audit.problems]).toEqual([[], []]);
  });
});

describe('more than fits in memory', () => {
  it('the fold is stopped and begun again until everything is stored', async () => {
    for (let part = 0; part < 20; part++) await append(scene.ledger, ...ran(names(`p${part}`, 100)));
    const audit = scene.start({ maxUnstoredBytes: 50_000, maxLiveTraces: 20 });
    expect(await scene.stored(audit)).toBe(true);
    expect(audit.projection.health()).toMatchObject({ stored: 100, unstoredBytes: 0 });
    expect(await contentOf(audit.db)).toBe(await scene.fromZero());
  });
});
