/** What the audit answers: how far calls have come, and a campaign's records page by page. */
import { afterEach, beforeEach, describe, expect, inject, it } from 'vitest';
import { memoryLedger } from '@writ/ledger';
import type { MemoryLedger } from '@writ/ledger';
import type { InvocationId, TenantId } from '@writ/contracts';
import { campaignReport, campaignReportSchema } from '@writ/provenance';
import type { BreakerEvent, ExportPage, ExportRequest, InvocationRecord } from '@writ/provenance';
import { freshDatabase } from '@writ/testkit';
import type { Database } from '@writ/testkit';
import { PATIENCE_MS, startAudit } from '../test/audit.ts';
import type { Audit } from '../test/audit.ts';
import { AT, TENANT, append, commit, completed, decided, names, ran, requested } from '../test/calls.ts';
import { CircumstancesReader } from './circumstances.ts';
import { RecordExport } from './export.ts';
import { EXPORT_PAGE_BYTES, STATUS_REPLY_BYTES } from './limits.ts';
import { RecordReader } from './record-reader.ts';
import { InvocationStatus } from './status.ts';

const tenant = TENANT as TenantId;
let database: Database;
let ledger: MemoryLedger;
let audit: Audit;
let status: InvocationStatus;
let records: RecordExport;

beforeEach(async () => {
  database = await freshDatabase(inject('postgresUrl'));
  ledger = memoryLedger({ now: () => AT });
  audit = startAudit(ledger, database.url, { flushIntervalMs: 60_000 });
  const reader = new RecordReader(audit.db, audit.projection);
  status = new InvocationStatus(audit.db, audit.projection, reader);
  const circumstances = new CircumstancesReader(ledger);
  records = new RecordExport(audit.db, ledger, audit.projection, reader, circumstances);
  expect(await audit.projection.storedUpTo(0, PATIENCE_MS)).toBe(true);
});

afterEach(async () => {
  await audit.stop();
  await database.drop();
});

async function endings(...ids: readonly string[]): Promise<unknown[]> {
  const { terminal } = await status.status(tenant, ids as InvocationId[]);
  return terminal.map(({ type, data }) => [type, (data as { invocation: string }).invocation]);
}

async function exported(
  request: ExportRequest = {},
): Promise<{ pages: ExportPage[]; all: InvocationRecord[]; breakers: BreakerEvent[] }> {
  const pages: ExportPage[] = [];
  for (let after: string | undefined; ;) {
    const page = await records.page(tenant, { ...request, ...(after === undefined ? {} : { after }) });
    pages.push(page);
    after = page.next;
    if (after === undefined) break;
  }
  return {
    pages,
    all: pages.flatMap((page) => page.records),
    breakers: pages.flatMap((page) => page.breakers),
  };
}

describe('the status of calls', () => {
  it('folded but not stored yet: answered from memory', async () => {
    await append(ledger, requested(['first']));
    await exported();
    await append(ledger, ...ran(['a']), requested(['b']), decided(['b'], 'deny'), requested(['c']));
    await expect.poll(() => audit.projection.health().folded).toBe(ledger.commits.length);
    expect(audit.projection.health().stored).toBe(1);
    expect(await endings('a', 'b', 'c', 'unheard-of')).toEqual([
      ['execution.completed', 'a'],
      ['policy.decided', 'b'],
    ]);
  });

  it('stored: the terminal fact as it was written, whole', async () => {
    const ending = completed(['a']);
    await append(ledger, ...ran(['a']));
    await exported();
    expect(audit.projection.health().liveTraces).toBe(0);
    const { terminal } = await status.status(tenant, ['a' as InvocationId]);
    expect(terminal).toEqual([{ type: 'execution.completed', data: ending.events[0]?.[1] }]);
    expect((await status.status('globex' as TenantId, ['a' as InvocationId])).terminal).toEqual([]);
  });

  it('asked for again and not stored yet: the end of the first call is known', async () => {
    await append(ledger, ...ran(['a']));
    await exported();
    await append(ledger, requested(['a']));
    await expect.poll(() => audit.projection.health().folded).toBe(ledger.commits.length);
    expect(await endings('a')).toEqual([['execution.completed', 'a']]);
  });

  it('more than fits in one reply: the rest comes when it is asked for', async () => {
    const ids = names('big', 20);
    await append(ledger, ...ids.flatMap((id) => [requested([id]), completed([id], {}, 'x'.repeat(60_000))]));
    const seen = new Set<string>();
    for (let asked = 0; asked < 4; asked++) {
      const open = ids.filter((id) => !seen.has(id)) as InvocationId[];
      const reply = await status.status(tenant, open);
      expect(JSON.stringify(reply).length).toBeLessThan(STATUS_REPLY_BYTES + 100);
      for (const { data } of reply.terminal) seen.add((data as { invocation: string }).invocation);
      if (asked === 0) await exported();
    }
    expect(seen.size).toBe(20);
  });
});

describe('an export', () => {
  it('of a campaign: its records in order, everything that is in the ledger when it is asked for', async () => {
    const campaign = { campaign: 'c1', log: 'audit-1' };
    await append(
      ledger,
      ...ran(['z', 'a'], campaign),
      ...ran(['other']),
      ...ran(['m'], { campaign: 'c2', log: 'audit-1' }),
    );
    expect((await exported({ campaign: 'c1' })).all.map(({ invocation }) => invocation)).toEqual(['a', 'z']);
    expect((await exported({ log: 'audit-1' })).all.map(({ invocation }) => invocation)).toEqual([
      'a',
      'z',
      'm',
    ]);
    expect((await exported()).all).toHaveLength(4);
    expect((await exported({ campaign: 'none' })).all).toEqual([]);
  });

  it('of more than a page: each record once, no page too long for a message', async () => {
    const inputs = { text: 'x'.repeat(3_000) };
    for (let part = 0; part < 6; part++)
      await append(ledger, ...ran(names(`p${part}`, 70), { campaign: 'c1', inputs }));
    for (let part = 0; part < 500; part++)
      await append(
        ledger,
        commit('schedule', ['breaker.half-opened', { scope: 'tool:descriptors', permits: part }]),
      );
    const { pages, all, breakers } = await exported({ campaign: 'c1' });
    expect(new Set(all.map(({ invocation }) => invocation)).size).toBe(420);
    expect(all).toHaveLength(420);
    expect(breakers.map(({ permits }) => permits)).toEqual(Array.from({ length: 500 }, (_, index) => index));
    for (const page of pages) expect(JSON.stringify(page).length).toBeLessThan(EXPORT_PAGE_BYTES + 1_000);
  });

  it('made into a report: valid, with the sums of what was settled', async () => {
    await append(
      ledger,
      ...ran(names('a', 10), { campaign: 'c1' }),
      requested(['no'], { campaign: 'c1' }),
      decided(['no'], 'deny', { campaign: 'c1' }),
    );
    const { pages, all, breakers } = await exported({ campaign: 'c1' });
    const report = campaignReport(all, breakers, {
      tenant,
      campaign: 'c1',
      generatedAt: AT,
      asOf: pages[0]?.asOf ?? 0,
    });
    expect(campaignReportSchema.parse(JSON.parse(JSON.stringify(report)))).toMatchObject({
      asOf: 7,
      summary: {
        calls: 11,
        outcomes: { succeeded: 10, denied: 1 },
        accounts: [{ account: '/', unit: 'usd', held: '50', charged: '20' }],
      },
    });
  });

  it('after a key that no page has: refused with a sentence', async () => {
    await expect(records.page(tenant, { after: "i.1'; drop table" })).rejects.toMatchObject({
      code: 'bad-page-key',
    });
    await expect(records.page(tenant, { after: 'b.1.x' })).rejects.toMatchObject({ code: 'bad-page-key' });
  });
});
