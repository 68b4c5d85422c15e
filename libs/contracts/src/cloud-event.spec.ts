import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { cloudEvent, decodeCommit, encodeCommit, encodeEvent } from './cloud-event.ts';
import type { Fact, RecordedFact } from './decider.ts';
import { MAX_COMMIT_BYTES, MAX_INPUT_DEPTH } from './limits.ts';

const REQUESTS = 'writ.lab.requests.ada';
const CALL = { invocation: 'i1', tool: 'read', inputs: { q: 1 } };

function stored(value: unknown, subject = REQUESTS): RecordedFact[] {
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  return decodeCommit({ seq: 7, subject, at: 1_000, data: new TextEncoder().encode(text) });
}

function event(data: unknown, more: Record<string, unknown> = {}): Record<string, unknown> {
  return { specversion: '1.0', id: 'e1', source: 'test', type: 'tool.requested', data, ...more };
}

describe('a request that is well formed', () => {
  it('alone: is one fact with defaults, and the agent of its subject', () => {
    expect(stored(event({ calls: [CALL] }))).toMatchObject([
      {
        type: 'tool.requested',
        tenant: 'lab',
        origin: 'ada',
        seq: 7,
        at: 1_000,
        data: { step: 'e1', project: 'default', priority: 'normal', calls: [CALL] },
      },
    ]);
  });

  it('of an agent that traces: has its trace; what is no traceparent is left out', () => {
    const traceparent = `00-${'a'.repeat(32)}-${'b'.repeat(16)}-01`;
    const traces = [traceparent, `00-${'0'.repeat(32)}-${'b'.repeat(16)}-01`, 7].map(
      (said) => stored(event({ calls: [CALL] }, { traceparent: said }))[0]?.data,
    );
    expect(traces[0]).toMatchObject({ traceparent });
    for (const data of traces.slice(1)) expect(data).not.toHaveProperty('traceparent');
  });

  it('in a batch: gives its facts in order', () => {
    const batch = [event({ calls: [CALL] }), event({ invocation: 'i1' }, { type: 'tool.cancel-requested' })];
    expect(stored(batch).map(({ type }) => type)).toEqual(['tool.requested', 'tool.cancel-requested']);
  });
});

describe('a request that is not well formed', () => {
  const deep = JSON.parse(
    `${'{"a":'.repeat(MAX_INPUT_DEPTH + 2)}1${'}'.repeat(MAX_INPUT_DEPTH + 2)}`,
  ) as object;
  it.each([
    ['no JSON', '{', 'malformed', /JSON/],
    ['no object', '[1]', 'malformed', /JSON object/],
    ['no CloudEvent', [{ type: 'tool.requested', data: {} }], 'malformed', /specversion/],
    [
      'an unknown type',
      [event({}, { type: 'tool.wanted' })],
      'unsupported-type',
      /tool\.requested, tool\.cancel-requested/,
    ],
    ['a type of another subject', [event({}, { type: 'policy.decided' })], 'unsupported-type', /known/],
    ['a misspelt field', [event({ calls: [{ ...CALL, inptus: {} }] })], 'malformed', /inptus/],
    ['no calls', [event({ calls: [] })], 'malformed', /calls/],
    [
      'an id that is no token',
      [event({ calls: [{ ...CALL, invocation: 'a.b' }] })],
      'malformed',
      /invocation/,
    ],
    ['inputs nested too deep', [event({ calls: [{ ...CALL, inputs: deep }] })], 'malformed', /levels deep/],
    ['a bad deadline', [event({ calls: [CALL], deadline: 'soon' })], 'malformed', /deadline/],
    ['too many bytes', `"${'x'.repeat(MAX_COMMIT_BYTES)}"`, 'too-large', /bytes/],
    [
      'too many events',
      Array.from({ length: 600 }, () => event({ calls: [CALL] })),
      'too-large',
      /600 events/,
    ],
  ])('%s: becomes request.malformed that says so', (_what, value, reason, detail) => {
    const [fact] = stored(value) as RecordedFact<'request.malformed'>[];
    expect(fact).toMatchObject({ type: 'request.malformed', origin: 'ada', data: { reason } });
    expect(fact?.data.detail).toMatch(detail);
  });

  it('keeps the invocation it most likely meant, so that its sender can match the answer', () => {
    expect(stored(event({ calls: [{ ...CALL, inptus: {} }] }))).toMatchObject([
      { data: { invocation: 'i1', event: 'e1' } },
    ]);
  });

  it('beside a good one: does not take it down', () => {
    expect(stored([event({ calls: [] }), event({ calls: [CALL] })]).map(({ type }) => type)).toEqual([
      'request.malformed',
      'tool.requested',
    ]);
  });
});

describe('what anyone else got wrong', () => {
  it.each([
    [
      'a vote without digest',
      'writ.lab.approvals.eve',
      event({ invocation: 'i1', vote: 'approve' }, { type: 'approval.voted' }),
    ],
    ['a decision on the catalog', 'writ.lab.catalog', event({}, { type: 'policy.decided' })],
    [
      'a completion without outcome',
      'writ.lab.executions.e1',
      event({ invocation: 'i1' }, { type: 'execution.completed' }),
    ],
    ['a subject that is none of ours', 'other.lab.catalog', event({})],
  ])('%s: is no fact', (_what, subject, value) => {
    expect(stored(value, subject)).toEqual([]);
  });
});

describe('frames', () => {
  it('decoding is total: no bytes on any subject make it throw', () => {
    const kinds = fc.constantFrom(
      'requests.a',
      'catalog',
      'approvals.a',
      'decisions',
      'budget',
      'schedule',
      'executions.e',
      'x',
    );
    fc.assert(
      fc.property(
        kinds,
        fc.oneof(
          fc.uint8Array(),
          fc.json().map((text) => new TextEncoder().encode(text)),
        ),
        (kind, data) => {
          decodeCommit({ seq: 1, subject: `writ.lab.${kind}`, at: 0, data });
        },
      ),
      { numRuns: 2_000 },
    );
  });

  it('the fast encoder writes what JSON.stringify writes', () => {
    const fact = {
      type: 'budget.released',
      tenant: 'lab',
      data: { invocation: 'i1', reason: 'denied' },
    } as Fact;
    const envelope = cloudEvent(fact, 'id', 'writ/budget', 0);
    expect(JSON.parse(encodeEvent(fact, 'id', 'writ/budget', new Date(0).toISOString()))).toEqual(envelope);
    expect(stored(new TextDecoder().decode(encodeCommit([envelope])), 'writ.lab.budget')).toMatchObject([
      fact,
    ]);
  });
});
