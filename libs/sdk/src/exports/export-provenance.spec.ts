/** Exports over a scripted audit: pages become one file in every format, whole or not at all. */
import { mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { WritError, subjects } from '@writ/contracts';
import type { RecordedFact, TenantId } from '@writ/contracts';
import { breakerEvent, campaignReport, campaignReportSchema, foldRecord } from '@writ/provenance';
import type { BreakerEvent, EventsPage, ExportPage, InvocationRecord } from '@writ/provenance';
import type { Transport } from '../transport.ts';
import { exportTo, exportToFile } from './export-provenance.ts';

const LAB = 'lab' as TenantId;
let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'writ-exports-'));
});
afterEach(async () => rm(folder, { recursive: true, force: true }));

function fact(seq: number, type: string, origin: string, data: object): RecordedFact {
  return { type, tenant: LAB, origin, seq, at: seq * 1_000, data } as RecordedFact;
}

function denied(invocation: string, seq: number): InvocationRecord {
  const calls = [{ invocation, tool: 'dock', inputs: { note: 'line\nbreak' } }];
  const asked = fact(seq, 'tool.requested', 'alpha', { calls, project: 'lab', priority: 'normal' });
  const fixed = {
    agent: 'alpha',
    tool: 'dock',
    argsDigest: 'sha256:00',
    project: 'lab',
    ceiling: {},
    rules: [],
  };
  const denial = { class: 'permission', rule: 'no', reason: 'not here' };
  const verdict = { invocation, verdict: 'deny', ...fixed, bundle: 'sha256:11', catalogRevision: 1, denial };
  const record = foldRecord(
    foldRecord(undefined, asked),
    fact(seq + 1, 'policy.decided', 'decisions', verdict),
  );
  return record as InvocationRecord;
}

const BREAKER = breakerEvent(
  fact(9, 'breaker.half-opened', 'schedule', { scope: 'tool:dock', permits: 1 }),
) as BreakerEvent;
const RECORDS = [denied('a', 1), denied('b', 3), denied('c', 5)];
const PAGES: readonly ExportPage[] = [
  {
    records: RECORDS.slice(0, 2),
    circumstances: [[{ owner: 'grace' }], [{}]],
    breakers: [],
    asOf: 9,
    next: 'k1',
  },
  { records: RECORDS.slice(2), breakers: [], asOf: 12, next: 'k2' },
  { records: [], breakers: [BREAKER], asOf: 12 },
];
const EVENTS: readonly EventsPage[] = [
  { events: [{ id: '1', sequence: '1' }], at: 1, asOf: 4, next: 'k1' },
  { events: [{ id: '2', sequence: '4' }], at: 4, asOf: 4 },
];

/** Answers page by page; keeps what it was asked. */
function audit(): { transport: Transport; asked: unknown[] } {
  const asked: unknown[] = [];
  const query = async (subject: string, body: { readonly after?: string }): Promise<unknown> => {
    asked.push(body);
    const pages = subject === subjects.api(LAB, 'audit', 'events') ? EVENTS : PAGES;
    return pages[body.after === undefined ? 0 : Number(body.after.slice(1))];
  };
  return { transport: { query } as unknown as Transport, asked };
}

async function written(options: Parameters<typeof exportToFile>[3]): Promise<string> {
  const path = join(folder, 'out');
  await exportToFile(path, audit().transport, LAB, options);
  return readFile(path, 'utf8');
}

describe('a report', () => {
  it('of several pages: what the same records give in memory, and a summary to go on with', async () => {
    const { transport, asked } = audit();
    const path = join(folder, 'report.json');
    const exported = await exportToFile(path, transport, LAB, { campaign: 'c1' });
    const text = await readFile(path, 'utf8');
    const report = campaignReportSchema.parse(JSON.parse(text));
    const scope = { tenant: LAB, campaign: 'c1', generatedAt: Date.parse(report.generatedAt), asOf: 9 };
    const inMemory = campaignReport(RECORDS, [BREAKER], scope);
    inMemory.invocations[0]!.who.owner = 'grace';
    expect(text).toBe(`${JSON.stringify(inMemory, null, 2)}\n`);
    expect(exported).toMatchObject({
      format: 'report',
      calls: 3,
      asOf: 9,
      summary: { calls: 3, outcomes: { denied: 3 } },
    });
    expect(exported.bytes).toBe(Buffer.byteLength(text));
    expect(asked).toEqual([
      { campaign: 'c1' },
      { campaign: 'c1', after: 'k1' },
      { campaign: 'c1', after: 'k2' },
    ]);
  });
});

describe('the other formats', () => {
  it('csv: a head and a line a call', async () => {
    const lines = (await written({ format: 'csv' })).trimEnd().split('\r\n');
    expect(lines.map((line) => line.split(',')[0])).toEqual(['invocation', 'a', 'b', 'c']);
  });

  it('openlineage: two events a line each for a call that was denied', async () => {
    const events = (await written({ format: 'openlineage' })).trimEnd().split('\n');
    const types = events.map((line) => (JSON.parse(line) as { eventType: string }).eventType);
    expect(types).toEqual(['START', 'ABORT', 'START', 'ABORT', 'START', 'ABORT']);
  });

  it('prov: one document with a bundle a call', async () => {
    const document = JSON.parse(await written({ format: 'prov' })) as { bundle: object };
    expect(Object.keys(document.bundle)).toEqual(['a', 'b', 'c'].map((id) => `writ:provenance/lab/${id}`));
  });

  it('cloudevents: an event a line, as they come; progress by ledger sequence', async () => {
    const seen: unknown[] = [];
    const text = await written({ format: 'cloudevents', onProgress: (progress) => seen.push(progress) });
    expect(text).toBe('{"id":"1","sequence":"1"}\n{"id":"2","sequence":"4"}\n');
    expect(seen).toEqual([
      { calls: 0, events: 1, from: 1, at: 1, asOf: 4 },
      { calls: 0, events: 2, from: 1, at: 4, asOf: 4 },
    ]);
  });

  it('piece by piece: the same bytes', async () => {
    let text = '';
    await exportTo(async (piece) => void (text += piece), audit().transport, LAB, { format: 'csv' });
    expect(text).toBe(await written({ format: 'csv' }));
  });
});

describe('an audit that is away for a moment', () => {
  it('in the middle of an export: asked again for the same page; from the start: said at once', async () => {
    const { transport, asked } = audit();
    let away = 2;
    const query = async (subject: string, body: { after?: string }): Promise<unknown> => {
      if (body.after === 'k1' && away-- > 0)
        throw new WritError(away === 0 ? 'internal' : 'unavailable', 'busy');
      return transport.query(subject, body);
    };
    const path = join(folder, 'out');
    await exportToFile(path, { query } as unknown as Transport, LAB, { format: 'csv' });
    expect((await readFile(path, 'utf8')).trimEnd().split('\r\n')).toHaveLength(4);
    expect(asked).toHaveLength(3);
    const gone = {
      query: () => Promise.reject(new WritError('unavailable', 'nobody')),
    } as unknown as Transport;
    await expect(exportToFile(path, gone, LAB, {})).rejects.toMatchObject({ code: 'unavailable' });
  });
});

describe('an export that is interrupted', () => {
  it('leaves what stood under its name, and nothing else', async () => {
    const path = join(folder, 'kept');
    await writeFile(path, 'before');
    const interrupt = new AbortController();
    const options = { format: 'csv' as const, signal: interrupt.signal, onProgress: () => interrupt.abort() };
    await expect(exportToFile(path, audit().transport, LAB, options)).rejects.toMatchObject({
      code: 'interrupted',
    });
    expect(await readFile(path, 'utf8')).toBe('before');
    expect(await readdir(folder)).toEqual(['kept']);
  });
});
