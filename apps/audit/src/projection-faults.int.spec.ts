/** The projection on a real Postgres: what it survives. */
import { sql } from 'kysely';
import { afterEach, beforeEach, describe, expect, inject, it } from 'vitest';
import { memoryLedger } from '@writ/ledger';
import { eventually, freshDatabase, startPostgres } from '@writ/testkit';
import { PATIENCE_MS, contentOf, startAudit } from '../test/audit.ts';
import { AT, append, decided, names, ran, requested } from '../test/calls.ts';
import { Scene } from '../test/scene.ts';

let scene: Scene;

beforeEach(async () => {
  scene = await Scene.open(() => freshDatabase(inject('postgresUrl')));
});

afterEach(async () => scene.close());

describe('two replicas', () => {
  it('one writes; when it ends the other goes on where it was', async () => {
    const first = scene.start();
    await append(scene.ledger, ...ran(names('a', 20)));
    expect(await scene.stored(first)).toBe(true);
    const second = scene.start();
    await eventually(() => second.projection.health().ready, {
      withinMs: PATIENCE_MS,
      what: 'the standby is ready',
    });
    expect(second.projection.health().role).toBe('standby');
    await append(scene.ledger, ...ran(names('b', 20)));
    expect(await scene.stored(first)).toBe(true);
    await scene.stop(first);
    await append(scene.ledger, ...ran(names('c', 20)));
    expect(await scene.stored(second)).toBe(true);
    expect(second.projection.health().role).toBe('writer');
    expect(await contentOf(second.db)).toBe(await scene.fromZero());
  });

  it('somebody else moved the cursor: nothing is stored twice, it reads again from there', async () => {
    const audit = scene.start();
    await append(scene.ledger, ...ran(['a']));
    expect(await scene.stored(audit)).toBe(true);
    await append(scene.ledger, ...ran(['b']));
    expect(await scene.stored(audit)).toBe(true);
    await sql`update audit.cursor set last_seq = 5, fold_from = 6`.execute(audit.db);
    await sql`delete from audit.invocations where invocation = 'b'`.execute(audit.db);
    await sql`delete from audit.ids where invocation = 'b'`.execute(audit.db);
    await sql`update audit.usage set attempts = 1, held = div(held, 2), used = div(used, 2), charged = div(charged, 2)`.execute(
      audit.db,
    );
    await sql`delete from audit.chunks where first_seq > 5`.execute(audit.db);
    await append(scene.ledger, ...ran(['c']));
    await eventually(() => audit.problems.length > 0, { withinMs: PATIENCE_MS, what: 'it notices' });
    // The connection that it wrote on is taken by somebody else: its lock must not go with it.
    await audit.db.connection().execute(() => scene.stored(audit));
    expect(audit.problems).toMatchObject([{ code: 'projection-moved' }]);
    expect(await contentOf(audit.db)).toBe(await scene.fromZero());
  });
});

describe('Postgres killed while facts arrive', () => {
  it('the process stays up and says so, and nothing is missing in the end', async () => {
    const postgres = await startPostgres();
    const audit = startAudit(scene.ledger, postgres.url);
    try {
      await append(scene.ledger, ...ran(names('a', 200)), ...ran(['slow']).slice(0, 3));
      expect(await scene.stored(audit)).toBe(true);
      await append(scene.ledger, ...ran(names('b', 200)));
      await postgres.kill();
      await append(scene.ledger, ...ran(names('c', 200)), ...ran(['slow']).slice(3));
      await eventually(() => !audit.projection.health().ready, {
        withinMs: PATIENCE_MS,
        what: 'it is not ready',
      });
      await postgres.start();
      expect(await scene.stored(audit)).toBe(true);
      expect(audit.projection.health().ready).toBe(true);
      expect(await contentOf(audit.db)).toBe(await scene.fromZero());
    } finally {
      await audit.stop();
      await postgres.stop();
    }
  });

  it('only the connections cut: what was on its way is stored by the next one', async () => {
    const audit = scene.start();
    await append(scene.ledger, requested(names('a', 20)));
    expect(await scene.stored(audit)).toBe(true);
    await sql`select pg_terminate_backend(pid) from pg_stat_activity
      where datname = current_database() and pid <> pg_backend_pid()`.execute(audit.db);
    await append(scene.ledger, decided(names('a', 20), 'deny'));
    expect(await scene.stored(audit)).toBe(true);
    expect(audit.problems).not.toEqual([]);
    expect(await contentOf(audit.db)).toBe(await scene.fromZero());
  });

  it('never there: stopping does not wait for it', async () => {
    const audit = startAudit(scene.ledger, 'postgres://writ@127.0.0.1:1/none');
    await eventually(() => audit.problems.length > 0, { withinMs: PATIENCE_MS, what: 'it tried' });
    expect(audit.projection.health().ready).toBe(false);
    await audit.stop();
  });
});

describe('a disk that is full', () => {
  it('is told by its health; memory is bounded, and it stores everything when there is room', async () => {
    const maxUnstoredBytes = 100_000;
    const audit = scene.start({ maxUnstoredBytes });
    await append(scene.ledger, ...ran(names('a', 20)));
    expect(await scene.stored(audit)).toBe(true);
    await sql`create function no_room() returns trigger language plpgsql as $$
      begin raise exception 'could not extend file: No space left on device' using errcode = 'disk_full'; end $$`.execute(
      audit.db,
    );
    await sql`create trigger full_disk before insert on audit.chunks for each row execute function no_room()`.execute(
      audit.db,
    );
    for (let part = 0; part < 20; part++) await append(scene.ledger, ...ran(names(`b${part}`, 50)));
    await eventually(() => audit.projection.health().reason?.includes('No space left'), {
      withinMs: PATIENCE_MS,
      what: 'it says that the disk is full',
    });
    expect(audit.projection.health()).toMatchObject({ ready: false, stored: 5 });
    expect(await audit.projection.lag()).toBe(100);
    expect(audit.projection.health().unstoredBytes).toBeLessThanOrEqual(2 * maxUnstoredBytes);
    await sql`drop trigger full_disk on audit.chunks`.execute(audit.db);
    expect(await scene.stored(audit)).toBe(true);
    expect(audit.projection.health().ready).toBe(true);
    expect(await contentOf(audit.db)).toBe(await scene.fromZero());
  });
});

describe('tables emptied while it runs', () => {
  const changes = {
    'all of them, the cursor too': sql`truncate audit.ids, audit.invocations, audit.chunks, audit.notes,
      audit.breaker_events, audit.usage, audit.cursor`,
    'the rows of all months': sql`truncate audit.invocations`,
    'the raw commits of one month': sql`truncate audit.chunks_2024_05`,
    'the whole schema': sql`drop schema audit cascade`,
  };
  it.each(Object.entries(changes))('%s: everything is made again', async (_, change) => {
    const audit = scene.start();
    await append(scene.ledger, ...ran(names('a', 30)), requested(['open']));
    expect(await scene.stored(audit)).toBe(true);
    const whole = await contentOf(audit.db);
    await change.execute(audit.db);
    // Nothing is said meanwhile: it notices by itself.
    await eventually(() => audit.problems.length > 0, { withinMs: PATIENCE_MS, what: 'it notices' });
    expect(await scene.stored(audit)).toBe(true);
    await eventually(async () => (await contentOf(audit.db).catch(() => '')) === whole, {
      withinMs: PATIENCE_MS,
      what: 'everything is there again',
    });
    await append(scene.ledger, ...ran(names('b', 30)));
    expect(await scene.stored(audit)).toBe(true);
    expect(await contentOf(audit.db)).toBe(await scene.fromZero());
  });
});

describe('a ledger that is shorter than the projection', () => {
  it('is another ledger: it refuses to go on and says what to do', async () => {
    const audit = scene.start();
    await append(scene.ledger, ...ran(['a']));
    expect(await scene.stored(audit)).toBe(true);
    await scene.stop(audit);
    scene.ledger = memoryLedger({ now: () => AT });
    const other = scene.start();
    await eventually(() => other.projection.health().reason?.includes('another ledger'), {
      withinMs: PATIENCE_MS,
      what: 'it says that the ledger is another one',
    });
    expect(other.projection.health().ready).toBe(false);
  });
});
