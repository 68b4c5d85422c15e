/**
 * Whatever somebody changes in the rows of a real Postgres (a value, a row left out, swapped or put in), comparing them with
 * the stream names the first of those calls. `WRIT_CHANGES=1000` for the long run; a failure prints its seed.
 */
import * as fc from 'fast-check';
import { sql } from 'kysely';
import type { Kysely, RawBuilder } from 'kysely';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { parseSubject } from '@writ/contracts';
import type { StoredCommit, TenantId } from '@writ/contracts';
import { ChainCheck, checkRows } from '@writ/provenance';
import type { ChainFault, RowVerification, StoredRow } from '@writ/provenance';
import { freshDatabase } from '@writ/testkit';
import type { Audit } from '../test/audit.ts';
import { TENANT, append, decided, names, ran, requested } from '../test/calls.ts';
import { Scene } from '../test/scene.ts';
import { StoredChain } from './stored-chain.ts';
import { StoredRows } from './stored-rows.ts';
import type { AuditTables } from './tables.ts';

const CHANGES = Number(process.env['WRIT_CHANGES'] ?? 60);
const tenant = TENANT as TenantId;
/** Calls in the order of their first facts, five of one commit each. */
const IDS = names('call', 30);
let scene: Scene;
let audit: Audit;

beforeAll(async () => {
  scene = await Scene.open(() => freshDatabase(inject('postgresUrl')));
  audit = scene.start();
  for (let at = 0; at < 20; at += 5) {
    await append(scene.ledger, ...ran(IDS.slice(at, at + 5)));
    await scene.stored(audit);
  }
  await append(scene.ledger, requested(IDS.slice(20, 25)), decided(IDS.slice(20, 25), 'deny'));
  await append(scene.ledger, requested(IDS.slice(25)), ...ran(['b'], { tenant: 'globex' }));
  await append(scene.ledger, requested([IDS[3]!]));
  await scene.stored(audit);
});

afterAll(async () => scene.close());

/** A database, or what one transaction sees of it. */
type Db = Kysely<AuditTables>;

class Undone extends Error {}

/** What a verification finds after a change, which is undone. */
async function after<T>(change: (db: Db) => Promise<unknown>, verify: (db: Db) => Promise<T>): Promise<T> {
  let found: T | undefined;
  const undone = audit.db.transaction().execute(async (trx) => {
    await change(trx);
    found = await verify(trx);
    throw new Undone();
  });
  await undone.catch((error: unknown) => {
    if (!(error instanceof Undone)) throw error;
  });
  return found as T;
}

async function* stream(upTo: number): AsyncGenerator<StoredCommit> {
  for await (const commit of scene.ledger.read())
    if (commit.seq <= upTo && parseSubject(commit.subject)?.tenant === tenant) yield commit;
}

async function verifyRows(db: Db): Promise<RowVerification> {
  const stored = new StoredRows(db, scene.ledger, audit.projection);
  const rows: StoredRow[] = [];
  let page = await stored.page(tenant, {});
  const { asOf } = page;
  for (rows.push(...page.rows); page.more; rows.push(...page.rows)) {
    const { first, invocation } = rows.at(-1)!;
    page = await stored.page(tenant, { after: { first, invocation } });
  }
  return checkRows(
    asOf,
    stream,
    (async function* () {
      yield* rows;
    })(),
  );
}

async function verifyCommits(db: Db): Promise<ChainFault | undefined> {
  const { links } = await new StoredChain(db, scene.ledger, audit.projection).page(tenant, 0);
  const check = new ChainCheck();
  const commits: StoredCommit[] = [];
  for await (const commit of stream(Number.POSITIVE_INFINITY)) commits.push(commit);
  for (let index = 0; index < Math.max(commits.length, links.length) && !check.fault; index++)
    check.step(commits[index], links[index]);
  return check.fault;
}

const text = (column: string): RawBuilder<unknown> =>
  sql`update audit.invocations set ${sql.ref(column)} = coalesce(${sql.ref(column)}, '') || 'x'`;
const count = (column: string): RawBuilder<unknown> =>
  sql`update audit.invocations set ${sql.ref(column)} = coalesce(${sql.ref(column)}, 0) + 1`;
const time = (column: string): RawBuilder<unknown> => sql`update audit.invocations set ${sql.ref(column)} =
  coalesce(${sql.ref(column)}, first_at) + interval '1 microsecond'`;
const bytes = (column: string): RawBuilder<unknown> => sql`update audit.invocations set ${sql.ref(column)} =
  coalesce(set_byte(${sql.ref(column)}, 0, get_byte(${sql.ref(column)}, 0) # 1), '\\x00')`;

/** A change of one value in each of its forms, without the row that it is made in. */
const FLIPS: readonly RawBuilder<unknown>[] = [
  ...['invocation', 'tenant', 'stage', 'agent', 'tool', 'project', 'campaign', 'log', 'executor'].map(text),
  ...['verdict', 'asked_again', 'holds'].map(text),
  ...['first_seq', 'last_seq', 'attempts', 'attempt', 'repeats', 'earlier'].map(count),
  ...['first_at', 'asked_at', 'decided_at', 'opened_at', 'closed_at', 'reserved_at'].map(time),
  ...['dispatched_at', 'started_at', 'ended_at'].map(time),
  ...['args_digest', 'facts'].map(bytes),
  sql`update audit.invocations set facts = facts || '\\x80'`,
  sql`update audit.invocations set words = words || 'more'::tsvector`,
  sql`update audit.invocations set words = setweight(to_tsvector('simple', 'cco'), 'A')`,
  sql`update audit.invocations set asked_at = null`,
  sql`update audit.ids set first_seq = first_seq + 1`,
];

const anyRow = fc.integer({ min: 0, max: IDS.length - 1 });
const rowChange = fc.record({
  how: fc.oneof(
    { weight: 3, arbitrary: fc.constant('flip' as const) },
    fc.constantFrom('drop', 'swap', 'insert', 'repeat'),
  ),
  row: anyRow,
  other: anyRow,
  flip: fc.integer({ min: 0, max: FLIPS.length - 1 }),
});
type RowChange = typeof rowChange extends fc.Arbitrary<infer C> ? C : never;

function changeRow({ how, row, other, flip }: RowChange): (db: Db) => Promise<unknown> {
  const [id, second] = [IDS[row]!, IDS[other]!];
  const here = sql`where tenant = ${TENANT} and invocation = ${id}`;
  switch (how) {
    case 'flip':
      return async (db) => sql`${FLIPS[flip]!} ${here}`.execute(db);
    case 'drop':
      return async (db) => sql`delete from audit.invocations ${here}`.execute(db);
    case 'swap':
      return async (db) =>
        sql`update audit.invocations set invocation = case invocation when ${id} then ${second} else ${id} end,
          stage = case when stage = 'denied' then 'failed' else 'denied' end
          where tenant = ${TENANT} and invocation in (${id}, ${second})`.execute(db);
    default:
      return async (db) => {
        await sql`create temporary table copied on commit drop as select * from audit.invocations ${here}`.execute(
          db,
        );
        if (how === 'insert') await sql`update copied set invocation = invocation || '-too'`.execute(db);
        await sql`insert into audit.invocations select * from copied`.execute(db);
      };
  }
}

describe('rows of invocations', () => {
  it('as they were stored: verified', async () => {
    expect(await verifyRows(audit.db)).toEqual({ checked: IDS.length });
  });

  it('changed anywhere: the first call that is not as it was is named', () =>
    fc.assert(
      fc.asyncProperty(rowChange, async (change) => {
        const { how, row, other } = change;
        fc.pre(how !== 'swap' || row !== other);
        const touched = how === 'swap' ? [row, other].toSorted((a, b) => a - b) : [row];
        const [first = row] = touched;
        const { fault } = await after(changeRow(change), verifyRows);
        // Five calls are asked for by one commit, and five commits are about them.
        const seq = first < 20 ? 1 + 5 * Math.floor(first / 5) : first < 25 ? 21 : 23;
        expect(fault?.seq).toBe(seq);
        expect(touched.some((index) => fault?.invocation.startsWith(IDS[index]!))).toBe(true);
      }),
      { numRuns: CHANGES },
    ));
});

const chunkChange = fc.record({
  how: fc.constantFrom('flip body', 'flip hash', 'drop', 'swap', 'insert'),
  chunk: fc.nat(),
  other: fc.nat(),
  byte: fc.nat(),
  bit: fc.integer({ min: 0, max: 7 }),
});
type ChunkChange = typeof chunkChange extends fc.Arbitrary<infer C> ? C : never;

function changeChunk(
  { how, byte, bit }: ChunkChange,
  here: string,
  there: string,
): (db: Db) => Promise<unknown> {
  const column = sql.ref(how === 'flip hash' ? 'hashes' : 'body');
  const at = sql`(${byte}::bigint % length(${column}))::integer`;
  const where = sql`where tenant = ${TENANT} and last_seq = ${here}`;
  switch (how) {
    case 'drop':
      return async (db) => sql`delete from audit.chunks ${where}`.execute(db);
    case 'insert':
      return async (db) =>
        sql`insert into audit.chunks select first_seq, last_seq + 1, first_at, commits, unpacked_bytes, body_crc,
          tenant, hashes, body from audit.chunks ${where}`.execute(db);
    case 'swap':
      return async (db) =>
        sql`update audit.chunks set hashes = others.hashes, body = others.body, body_crc = others.body_crc,
          unpacked_bytes = others.unpacked_bytes, commits = others.commits from audit.chunks as others
          where chunks.tenant = ${TENANT} and others.tenant = ${TENANT}
            and (chunks.last_seq, others.last_seq) in ((${here}, ${there}), (${there}, ${here}))`.execute(db);
    default:
      return async (db) =>
        sql`update audit.chunks set ${column} =
          set_byte(${column}, ${at}, get_byte(${column}, ${at}) # ${1 << bit}) ${where}`.execute(db);
  }
}

describe('raw commits', () => {
  it('changed anywhere: the first place is named', async () => {
    const { rows } = await sql<{ first: string; last: string }>`select first_seq as first, last_seq as last
      from audit.chunks where tenant = ${TENANT} order by last_seq`.execute(audit.db);
    expect(await verifyCommits(audit.db)).toBeUndefined();
    await fc.assert(
      fc.asyncProperty(chunkChange, async (change) => {
        const [chunk, other] = [change.chunk % rows.length, change.other % rows.length];
        fc.pre(change.how !== 'swap' || chunk !== other);
        const fault = await after(changeChunk(change, rows[chunk]!.last, rows[other]!.last), verifyCommits);
        const first = rows[change.how === 'swap' ? Math.min(chunk, other) : chunk]!;
        expect(fault?.seq).toBeGreaterThanOrEqual(Number(first.first));
        // What was put in behind a chunk's last commit stands right after it.
        expect(fault?.seq).toBeLessThanOrEqual(Number(first.last) + 1);
      }),
      { numRuns: CHANGES },
    );
  });
});
