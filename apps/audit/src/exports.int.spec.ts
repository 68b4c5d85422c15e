/** Exports by every scope on a real Postgres: the records of calls, and the events as they stand in the ledger. */
import { afterEach, beforeEach, describe, expect, inject, it } from 'vitest';
import type { TenantId } from '@writ/contracts';
import { memoryLedger } from '@writ/ledger';
import type { EventsPage, ExportRequest, ExportedEvent } from '@writ/provenance';
import { freshDatabase } from '@writ/testkit';
import type { Audit } from '../test/audit.ts';
import { AT, TENANT, append, commit, decided, names, ran, requested } from '../test/calls.ts';
import { Scene } from '../test/scene.ts';
import { CircumstancesReader } from './circumstances.ts';
import { EventExport } from './event-export.ts';
import { RecordExport } from './export.ts';
import { EXPORT_PAGE_BYTES } from './limits.ts';
import { RecordReader } from './record-reader.ts';

const tenant = TENANT as TenantId;
let scene: Scene;
let audit: Audit;
let records: RecordExport;
let events: EventExport;

beforeEach(async () => {
  scene = await Scene.open(() => freshDatabase(inject('postgresUrl')));
  // Each commit a second after the one before.
  scene.ledger = memoryLedger({ now: () => AT + scene.ledger.commits.length * 1_000 });
  audit = scene.start();
  const { db, projection } = audit;
  const { ledger } = scene;
  const reader = new RecordReader(db, projection);
  records = new RecordExport(db, ledger, projection, reader, new CircumstancesReader(ledger));
  events = new EventExport(db, ledger, projection, reader);
});

afterEach(async () => scene.close());

async function calls(request: ExportRequest): Promise<string[]> {
  const ids: string[] = [];
  for (let after: string | undefined; ;) {
    const page = await records.page(tenant, { ...request, ...(after === undefined ? {} : { after }) });
    ids.push(...page.records.map(({ invocation }) => invocation));
    after = page.next;
    if (after === undefined) return ids;
  }
}

async function exported(request: ExportRequest = {}): Promise<{ all: ExportedEvent[]; pages: EventsPage[] }> {
  const pages: EventsPage[] = [];
  for (let after: string | undefined; ;) {
    const page = await events.page(tenant, { ...request, ...(after === undefined ? {} : { after }) });
    pages.push(page);
    after = page.next;
    if (after === undefined) return { all: pages.flatMap((one) => one.events), pages };
  }
}

/** `<sequence> <type>` of each. */
function lines(all: readonly ExportedEvent[]): string[] {
  return all.map(({ sequence, type }) => `${Number(sequence)} ${String(type)}`);
}

describe('an export of records', () => {
  it('of one call, of a span of time: only what is asked for', async () => {
    for (const id of ['a', 'b', 'c']) await append(scene.ledger, ...ran([id]));
    expect(await calls({ invocation: 'b' })).toEqual(['b']);
    const since = new Date(AT + 5_000).toISOString();
    const until = new Date(AT + 10_000).toISOString();
    expect(await calls({ since })).toEqual(['b', 'c']);
    expect(await calls({ since, until })).toEqual(['b']);
  });
});

describe('an export of events', () => {
  it('of a tenant: everything in ledger order, as it was written', async () => {
    await append(scene.ledger, ...ran(['a'], { tenant: 'globex' }), ...ran(['b', 'c']));
    await append(scene.ledger, commit('schedule', ['breaker.half-opened', { scope: 'all', permits: 1 }]));
    const { all, pages } = await exported();
    expect(lines(all)).toEqual([
      '6 tool.requested',
      ...['policy.decided', 'budget.reserved', 'schedule.dispatched', 'execution.completed'].flatMap(
        (type, index) => [`${7 + index} ${type}`, `${7 + index} ${type}`],
      ),
      '11 breaker.half-opened',
    ]);
    expect(pages.at(-1)).toMatchObject({ asOf: 11, at: 11 });
    expect(all[0]).toMatchObject({ id: 'e-0', source: 'writ/test', subject: 'writ.acme.requests.alpha' });
  });

  it('of a span of time: from its first moment to before its last, wherever the chunks are cut', async () => {
    for (const id of names('x', 6)) {
      await append(scene.ledger, ...ran([id]));
      await scene.stored(audit);
    }
    const since = new Date(AT + 7_000).toISOString();
    const until = new Date(AT + 19_000).toISOString();
    const { all } = await exported({ since, until });
    expect(all.map(({ sequence }) => Number(sequence))).toEqual(
      Array.from({ length: 12 }, (_, index) => 8 + index),
    );
  });

  it('of a campaign: those of its calls, each once, also when one message asked for several', async () => {
    const campaign = { campaign: 'c1', log: 'audit-1' };
    await append(scene.ledger, ...ran(['a', 'b'], campaign), ...ran(['other']));
    await append(scene.ledger, requested(['no'], campaign), decided(['no'], 'deny', campaign));
    const { all } = await exported({ campaign: 'c1' });
    const sequences = all.map(({ sequence }) => Number(sequence)).toSorted((one, other) => one - other);
    expect(sequences).toEqual([1, 2, 2, 3, 3, 4, 4, 5, 5, 11, 12]);
    expect((await exported({ invocation: 'b' })).all.map(({ sequence }) => Number(sequence))).toEqual([
      1, 2, 3, 4, 5,
    ]);
  });

  it('of more than a page: each event once, no page too long for a message', async () => {
    const inputs = { text: 'x'.repeat(3_000) };
    for (let part = 0; part < 6; part++) {
      await append(scene.ledger, ...ran(names(`p${part}`, 70), { campaign: 'c1', inputs }));
      await scene.stored(audit);
    }
    const inLedger = scene.ledger.commits.flatMap(
      ({ data }) => JSON.parse(Buffer.from(data).toString()) as object[],
    );
    for (const request of [{}, { campaign: 'c1' }]) {
      const { all, pages } = await exported(request);
      expect(all).toHaveLength(inLedger.length);
      expect(new Set(all.map(({ sequence, id }) => `${String(sequence)} ${String(id)}`)).size).toBe(
        inLedger.length,
      );
      expect(pages.length).toBeGreaterThan(2);
      for (const page of pages) expect(JSON.stringify(page).length).toBeLessThan(2 * EXPORT_PAGE_BYTES);
    }
  });

  it('after a key of the other kind: refused with a sentence', async () => {
    await append(scene.ledger, ...ran(['a']));
    for (const request of [{ after: 'i.1.a.0' }, { after: 'c.1', campaign: 'c1' }, { after: "c.1'" }])
      await expect(events.page(tenant, request)).rejects.toMatchObject({ code: 'bad-page-key' });
  });
});
