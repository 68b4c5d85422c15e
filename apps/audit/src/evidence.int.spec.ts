/** Questioning the record on a real Postgres: searches page by page, one invocation in full, the stored hash chain. */
import { sql } from 'kysely';
import { afterEach, beforeEach, describe, expect, inject, it } from 'vitest';
import { parseSubject, toolSpec } from '@writ/contracts';
import type { InvocationId, TenantId } from '@writ/contracts';
import { ChainCheck, goingOn, provenanceOf } from '@writ/provenance';
import type { ChainFault, ChainLink, LineageRequest, SearchRequest } from '@writ/provenance';
import { memoryLedger } from '@writ/ledger';
import { freshDatabase } from '@writ/testkit';
import type { Audit } from '../test/audit.ts';
import { TENANT, append, commit, completed, decided, names, ran, requested } from '../test/calls.ts';
import type { Commit } from '../test/calls.ts';
import { Scene } from '../test/scene.ts';
import { CircumstancesReader } from './circumstances.ts';
import { RecordReader } from './record-reader.ts';
import { LineageSearch } from './lineage.ts';
import { InvocationSearch } from './search.ts';
import { StoredChain } from './stored-chain.ts';

const tenant = TENANT as TenantId;
const MODULE = { adapter: { kind: 'module', module: 'x.mjs' } };
let scene: Scene;
let audit: Audit;
let search: InvocationSearch;
let chain: StoredChain;

beforeEach(async () => {
  scene = await Scene.open(() => freshDatabase(inject('postgresUrl')));
  audit = scene.start();
  const { db, projection } = audit;
  const reader = new RecordReader(db, projection);
  const circumstances = new CircumstancesReader(scene.ledger);
  search = new InvocationSearch(db, scene.ledger, projection, reader, circumstances);
  chain = new StoredChain(db, scene.ledger, projection);
});

afterEach(async () => scene.close());

async function found(request: SearchRequest): Promise<string[]> {
  const ids: string[] = [];
  for (let after: string | undefined; ;) {
    const page = await search.search(tenant, { ...request, ...(after === undefined ? {} : { after }) });
    ids.push(...page.invocations.map(({ invocation }) => invocation));
    after = page.next;
    if (after === undefined) return ids;
  }
}

async function links(): Promise<ChainLink[]> {
  const all: ChainLink[] = [];
  for (let more = true; more;) {
    const page = await chain.page(tenant, all.at(-1)?.seq ?? 0);
    all.push(...page.links);
    more = page.more && page.links.length > 0;
  }
  return all;
}

async function verified(): Promise<{ fault: ChainFault | undefined; checked: number }> {
  const stored = await links();
  const stream = scene.ledger.commits.filter(({ subject }) => parseSubject(subject)?.tenant === tenant);
  const check = new ChainCheck();
  for (let index = 0; index < Math.max(stored.length, stream.length) && !check.fault; index++)
    check.step(stream[index], stored[index]);
  return check;
}

describe('a search', () => {
  it('page by page: each match once, newest first', async () => {
    const campaign = { campaign: 'c1' };
    await append(scene.ledger, ...ran(names('a', 25), campaign), ...ran(names('b', 25)));
    await append(scene.ledger, requested(['no'], campaign), decided(['no'], 'deny', campaign));
    expect(await found({ campaign: 'c1', limit: 10 })).toEqual(['no', ...names('a', 25).toReversed()]);
    expect(await found({ limit: 17 })).toHaveLength(51);
  });

  it('by stage, agent, tool, digest and time: all of them must hold', async () => {
    await append(
      scene.ledger,
      ...ran(['a']),
      requested(['no']),
      decided(['no'], 'deny'),
      requested(['open']),
    );
    expect(await found({ stage: 'denied' })).toEqual(['no']);
    expect(await found({ stage: 'requested', agent: 'alpha' })).toEqual(['open']);
    expect(await found({ tool: 'descriptors', agent: 'beta' })).toEqual([]);
    const { record } = await search.show(tenant, 'a' as InvocationId);
    const argsDigest = record?.decided[0]?.argsDigest;
    expect(await found({ argsDigest: argsDigest! })).toEqual(['no', 'a']);
    expect(await found({ until: '2024-05-01T12:00:00Z' })).toEqual([]);
    expect(await found({ since: '2024-05-01T12:00:00Z' })).toHaveLength(3);
  });

  it('by words of inputs, outputs and reasons, over months and pages: newest first', async () => {
    let now = Date.UTC(2024, 0, 31, 23);
    scene.ledger = memoryLedger({ now: () => (now += 1_000) });
    await scene.stop(audit);
    audit = scene.start();
    const { db, projection } = audit;
    const reader = new RecordReader(db, projection);
    search = new InvocationSearch(
      db,
      scene.ledger,
      projection,
      reader,
      new CircumstancesReader(scene.ledger),
    );
    const inputs = { path: '/data/Müller_42.csv', deep: { list: ['aspirin'] } };
    await append(scene.ledger, ...ran(['input'], { inputs }), ...ran(['other']));
    now += 7_200_000;
    await append(scene.ledger, requested(['output']), completed(['output'], {}, { note: 'ASPIRIN-like' }));
    await append(
      scene.ledger,
      ...ran(names('more', 3), { inputs }),
      requested(['no']),
      decided(['no'], 'deny'),
    );
    const inputsToo = ['more-00002', 'more-00001', 'more-00000', 'output', 'input'];
    expect(await found({ text: 'aspirin', limit: 2 })).toEqual(inputsToo);
    expect(await found({ text: 'müller 42 CSV' })).toEqual(inputsToo.filter((id) => id !== 'output'));
    expect(await found({ text: 'aspirin', since: '2024-02-01T00:00:00Z', limit: 3 })).toEqual(
      inputsToo.slice(0, 4),
    );
    expect(await found({ text: 'aspirin', until: '2024-02-01T00:00:00Z' })).toEqual(['input']);
    expect(await found({ text: 'not here' })).toEqual(['no']);
    expect(await found({ text: 'aspirin', tool: 'dock' })).toEqual([]);
    await expect(search.search(tenant, { text: '-' })).rejects.toMatchObject({ code: 'no-words' });
  });

  it('of another tenant: finds nothing; after a key that no page has: refused', async () => {
    await append(scene.ledger, ...ran(['a']));
    expect(await search.search('globex' as TenantId, {})).toEqual({ invocations: [] });
    await expect(search.search(tenant, { after: "1'" })).rejects.toMatchObject({ code: 'bad-page-key' });
  });
});

describe('one invocation', () => {
  it('in full: who, what, why, where and at what cost', async () => {
    await append(scene.ledger, ...ran(['a'], { campaign: 'c1' }));
    const { record } = await search.show(tenant, 'a' as InvocationId);
    expect(record && provenanceOf(record)).toMatchObject({
      stage: 'succeeded',
      who: { agent: 'alpha', campaign: 'c1' },
      what: { tool: 'descriptors', inputs: { smiles: 'CCO' }, output: { logP: 1.2 } },
      where: { executor: 'exec-1' },
      cost: { settled: [{ account: '/', held: '5', charged: '2' }] },
      ledger: { requested: 1, decided: [2], reserved: 3, dispatched: [4], ended: 5 },
    });
    expect(await search.show(tenant, 'ghost' as InvocationId)).toEqual({});
  });

  it('whose tool changed later and whose executor said where it runs: as it was when it was decided', async () => {
    const catalog = (version: string, owner: string): Commit =>
      commit(
        'catalog',
        [
          'tool.registered',
          { tool: toolSpec.parse({ name: 'descriptors', version, pool: 'cpu', ...MODULE }) },
        ],
        ['owners.defined', { owners: { alpha: owner } }],
      );
    const joined = { executor: 'exec-1', session: 's-1', pool: 'cpu', node: 'node-7', labels: {} };
    const cell = { subject: 'writ._cell.executions.exec-1', events: [['executor.joined', joined]] } as const;
    await append(scene.ledger, catalog('1.4', 'grace'), cell);
    await append(scene.ledger, ...ran(['a'], { onBehalfOf: 'heidi', causedBy: ['before'] }));
    await append(scene.ledger, catalog('2.0', 'trent'));
    const { record, circumstances } = await search.show(tenant, 'a' as InvocationId);
    expect(record && provenanceOf(record, circumstances?.[0])).toMatchObject({
      who: { agent: 'alpha', owner: 'grace', onBehalfOf: 'heidi', causedBy: ['before'], node: null },
      what: { tool: 'descriptors', version: '1.4', class: 'DESTRUCTIVE', effects: 'once' },
      where: { executor: 'exec-1', pool: 'cpu', node: 'node-7', attempts: [{ node: 'node-7' }] },
      cost: { held: { usd: '5' }, used: { usd: '2' } },
    });
  });
});

describe('the lineage of a call', () => {
  it('over many chunks, a few at a time: the same as in one walk', async () => {
    await append(scene.ledger, ...ran(['a']));
    for (const [index, id] of names('x', 6).entries()) {
      await append(scene.ledger, requested([id], index % 2 === 0 ? { causedBy: ['a'] } : {}));
      await scene.stored(audit);
    }
    await append(scene.ledger, requested(['last'], { causedBy: ['x-00004'] }));
    const { db, projection } = audit;
    const first = { towards: 'effects' as const, calls: ['a' as InvocationId], from: 1 };
    for (const [chunks, least] of [
      [1, 4],
      [64, 1],
    ] as const) {
      const lineage = new LineageSearch(db, scene.ledger, projection, chunks);
      const calls: unknown[] = [];
      let pages = 0;
      for (let request: LineageRequest = first; ; pages++) {
        const page = await lineage.page(tenant, request);
        calls.push(...page.links.flatMap((link) => link.calls));
        if (page.next === undefined) break;
        request = goingOn(request, page);
      }
      expect(calls).toEqual(['x-00000', 'x-00002', 'x-00004', 'last']);
      expect(pages + 1).toBeGreaterThanOrEqual(least);
    }
    expect(await new LineageSearch(db, scene.ledger, projection).page('globex' as TenantId, first)).toEqual({
      links: [],
    });
  });
});

describe('the stored chain', () => {
  it('of several tenants, in several chunks: agrees with the stream', async () => {
    for (let part = 0; part < 5; part++) {
      await append(scene.ledger, ...ran(names(`p${part}`, 100)), ...ran(['other'], { tenant: 'globex' }));
      await scene.stored(audit);
    }
    expect(await verified()).toMatchObject({ fault: undefined, checked: 25 });
  });

  it('a byte changed, a row dropped: the first place is named', async () => {
    for (const id of ['a', 'b', 'c']) {
      await append(scene.ledger, ...ran([id]));
      await scene.stored(audit);
    }
    await sql`delete from audit.chunks where first_seq = 11`.execute(audit.db);
    expect((await verified()).fault).toEqual({ seq: 11, what: 'is in the stream, but not recorded' });
    await sql`update audit.chunks set hashes = set_byte(hashes, 40, 255 - get_byte(hashes, 40))
      where first_seq = 6`.execute(audit.db);
    expect((await verified()).fault).toMatchObject({ seq: 7 });
  });
});
