import { describe, expect, it } from 'vitest';
import { digestOf } from '@writ/contracts';
import type { RecordedFact } from '@writ/contracts';
import { foldRecord } from '@writ/provenance';
import type { InvocationRecord } from '@writ/provenance';
import { callSpans } from './call-spans.ts';
import { isEnded } from './hop.ts';
import type { SpanRecord } from './span-record.ts';
import { batchIdsOf } from './trace-ids.ts';

const DIGEST = digestOf({});
const AGENT = `00-${'a'.repeat(32)}-${'b'.repeat(16)}`;

type Told = readonly [type: string, data: object];

const asked: Told = [
  'tool.requested',
  { calls: [{ invocation: 'i-1', tool: 'dock', inputs: {} }], project: 'p', priority: 'normal' },
];
const decided = (verdict: string, more: object = {}): Told => [
  'policy.decided',
  {
    invocation: 'i-1',
    agent: 'ada',
    tool: 'dock',
    argsDigest: DIGEST,
    verdict,
    project: 'p',
    ceiling: {},
    rules: [{ policy: 'all', action: verdict, mode: 'enforce' }],
    bundle: DIGEST,
    catalogRevision: 1,
    ...more,
  },
];
const reserved: Told = ['budget.reserved', { invocation: 'i-1', holds: [] }];
const grant = (attempt: number): object => ({
  invocation: 'i-1',
  attempt,
  executor: `exec-${attempt}`,
  session: 's',
  argsDigest: DIGEST,
});
const dispatched = (attempt: number): Told => ['schedule.dispatched', grant(attempt)];
const completed = (attempt: number, outcome: string, more: object = {}): Told => [
  'execution.completed',
  { ...grant(attempt), agent: 'ada', outcome, usage: {}, startedAtMs: 42, endedAtMs: 44, ...more },
];

/** The spans of a call whose facts stand at 10, 20, 30... in the ledger, and at these milliseconds. */
function spansOf(facts: readonly Told[], traceparent?: string): SpanRecord[] {
  let record: InvocationRecord | undefined;
  for (const [index, [type, data]] of facts.entries()) {
    const at = 10 * (index + 1);
    const fact = { type, tenant: 'lab', origin: 'ada', seq: at, at, data } as unknown as RecordedFact;
    record = foldRecord(record, fact);
  }
  if (!record || !isEnded(record)) throw new Error('the call has not ended');
  const events = new Map(facts.map((_, index) => [10 * (index + 1), `r-${index}.0`]));
  return callSpans(record, { traceparent, events, kept: 'sampled' });
}

function timed(spans: readonly SpanRecord[]): unknown[] {
  return spans.map(({ name, startMs, endMs }) => [name, startMs, endMs]);
}

describe('a call that ran', () => {
  const spans = spansOf([asked, decided('allow'), reserved, dispatched(1), completed(1, 'succeeded')]);

  it('has one span a hop, each beginning where the one before stood in the ledger', () =>
    expect(timed(spans)).toEqual([
      ['execute_tool dock', 10, 50],
      ['decide', 10, 20],
      ['reserve', 20, 30],
      ['wait in queue', 30, 40],
      ['execute', 40, 50],
      ['run dock', 42, 44],
    ]));

  it('is one tree in one trace', () => {
    const ids = new Set(spans.map(({ spanId }) => spanId));
    expect(ids.size).toBe(spans.length);
    expect(new Set(spans.map(({ traceId }) => traceId)).size).toBe(1);
    expect(spans[0]?.parent).toBeUndefined();
    expect(spans.slice(1).every(({ parent }) => ids.has(parent?.spanId ?? ''))).toBe(true);
  });

  it('links every hop to the batch that its fact was appended in', () =>
    expect(spans.find(({ name }) => name === 'decide')?.links).toEqual([batchIdsOf('r-1')]));
});

describe('a call of an agent that traces', () => {
  const facts = [asked, decided('deny', { denial: { class: 'permission', rule: 'no', reason: 'not here' } })];

  it('and records: hangs below its span', () => {
    const [call] = spansOf(facts, `${AGENT}-01`);
    expect(call).toMatchObject({ traceId: 'a'.repeat(32), parent: { spanId: 'b'.repeat(16) }, links: [] });
  });

  it('and does not record: is a root in its trace that links to it', () => {
    const [call] = spansOf(facts, `${AGENT}-00`);
    expect(call).toMatchObject({ traceId: 'a'.repeat(32), links: [{ spanId: 'b'.repeat(16) }] });
    expect(call?.parent).toBeUndefined();
  });
});

describe('a call that did not succeed', () => {
  it('denied: says why, and nothing of it waited or ran', () => {
    const denial = { class: 'permission', rule: 'no', reason: 'not here' };
    const spans = spansOf([asked, decided('deny', { denial })]);
    expect(spans.map(({ name, error }) => [name, error])).toEqual([
      ['execute_tool dock', 'not here'],
      ['decide', undefined],
    ]);
    expect(spans[0]?.attributes).toMatchObject({ 'error.type': 'denied' });
    expect(spans[1]?.attributes).toMatchObject({
      'writ.reason': 'no: not here',
      'writ.denial.class': 'permission',
    });
  });

  it('refused by the budget: the reservation failed', () => {
    const refusal = {
      invocation: 'i-1',
      agent: 'ada',
      reason: 'exhausted',
      account: '/',
      detail: '5 usd short',
    };
    const spans = spansOf([asked, decided('allow'), ['budget.refused', refusal]]);
    expect(spans.at(-1)).toMatchObject({ name: 'reserve', error: '5 usd short', startMs: 20, endMs: 30 });
  });

  it('of an open breaker: the wait failed', () => {
    const refusal = { invocation: 'i-1', agent: 'ada', reason: 'breaker-open', detail: 'dock is down' };
    const spans = spansOf([asked, decided('allow'), reserved, ['schedule.refused', refusal]]);
    expect(spans.at(-1)).toMatchObject({
      name: 'wait in queue',
      error: 'dock is down',
      startMs: 30,
      endMs: 40,
    });
  });

  it('whose first executor was lost: both runs are there, the first without an end of its own', () => {
    const failed = completed(2, 'failed', { error: { code: 'boom', message: 'it broke' } });
    const spans = spansOf([asked, decided('allow'), reserved, dispatched(1), dispatched(2), failed]);
    expect(
      spans.filter(({ name }) => name === 'run dock').map(({ error, startMs }) => [startMs, error]),
    ).toEqual([
      [40, 'executor-lost'],
      [42, 'boom'],
    ]);
    expect(
      spans.find(({ startMs, name }) => startMs === 50 && name === 'wait in queue')?.attributes,
    ).toMatchObject({
      'writ.wait.reason': 'exec-1 was lost',
    });
  });
});
