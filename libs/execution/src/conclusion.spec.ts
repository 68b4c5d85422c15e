import { EVENT_SCHEMAS, MAX_INLINE_PAYLOAD_BYTES, digestOf } from '@writ/contracts';
import type { Grant } from '@writ/contracts';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { conclude } from './conclusion.ts';
import { completedFact, startedFact } from './facts.ts';
import { compileOutputCheck } from './output-schema.ts';
import { failedRun } from './run-result.ts';
import type { RunResult } from './run-result.ts';
import { withWrites } from './seen-writes.ts';
import { nothingUsed, usageOf } from './usage.ts';

const anything = compileOutputCheck(undefined);
const numeric = compileOutputCheck({
  type: 'object',
  required: ['energy'],
  properties: { energy: { type: 'number' } },
});
const LIMIT = 256 * 1024;
const returned = (output: unknown, reported?: Record<string, number>): RunResult => ({
  outcome: 'succeeded',
  output,
  ...(reported && { reported }),
});

describe('a run that returned a value', () => {
  it('within its promise: succeeds with the output and its digest', () => {
    expect(conclude(returned({ energy: -3.5 }), numeric, LIMIT).ending).toEqual({
      outcome: 'succeeded',
      output: { energy: -3.5 },
      outputDigest: digestOf({ energy: -3.5 }),
      usage: { calls: '1000000' },
    });
  });

  it('against its promise: has failed, and says where', () => {
    const { ending } = conclude(returned({ energy: 'low' }), numeric, LIMIT);
    expect(ending).toMatchObject({ outcome: 'failed', error: { code: 'invalid-output' } });
    expect(ending.error?.message).toContain('output/energy must be number');
    expect(ending.output).toBeUndefined();
  });

  it('over the inline bound: is stored by digest first', () => {
    const output = 'é'.repeat(MAX_INLINE_PAYLOAD_BYTES / 2);
    const { ending, store, inlineBytes } = conclude(returned(output), anything, LIMIT);
    expect(ending.output).toBeUndefined();
    expect(ending.outputRef).toEqual({
      digest: digestOf(output),
      bytes: MAX_INLINE_PAYLOAD_BYTES + 2,
      mediaType: 'application/json',
    });
    expect(store?.bytes.length).toBe(MAX_INLINE_PAYLOAD_BYTES + 2);
    expect(inlineBytes).toBeLessThan(100);
  });

  it('exactly at the inline bound: travels inside the fact', () => {
    const { ending, store } = conclude(returned('x'.repeat(MAX_INLINE_PAYLOAD_BYTES - 2)), anything, LIMIT);
    expect(ending.outputRef).toBeUndefined();
    expect(store).toBeUndefined();
  });

  it('over what is kept at all: has failed', () => {
    expect(conclude(returned('x'.repeat(LIMIT)), anything, LIMIT).ending.error?.code).toBe(
      'output-too-large',
    );
  });

  it('that is nothing: succeeds without output, unless something was promised', () => {
    expect(conclude(returned(undefined), anything, LIMIT).ending).toEqual({
      outcome: 'succeeded',
      usage: { calls: '1000000' },
    });
    expect(conclude(returned(undefined), numeric, LIMIT).ending.error?.code).toBe('invalid-output');
  });

  it('with reported usage: states it beside the measured call, which the tool cannot change', () => {
    const { ending } = conclude(returned(1, { 'node-hours': 1.2, calls: 0 }), anything, LIMIT);
    expect(ending.usage).toEqual({ 'node-hours': '1200000', calls: '1000000' });
  });

  it.each([{ 'node-hours': -1 }, { 'node-hours': Number.NaN }, { 'Node Hours': 1 }])(
    'with a report of %o: has failed',
    (reported) => {
      expect(conclude(returned(1, reported), anything, LIMIT).ending.error?.code).toBe('invalid-usage');
    },
  );
});

describe('any run', () => {
  const grant = {
    tenant: 'lab',
    invocation: 'i-1',
    attempt: 1,
    agent: 'screener',
    tool: 't',
    toolDigest: digestOf(1),
    inputs: {},
    argsDigest: digestOf({}),
    fencingToken: 4,
  } as Grant;
  const runner = { executor: 'node-1', session: 's-1' } as never;
  const result = fc.oneof(
    fc.jsonValue().map((output) => returned(output)),
    fc
      .tuple(fc.string({ maxLength: 9_000 }), fc.string({ maxLength: 9_000 }))
      .map(([c, m]) => failedRun(c, m)),
    fc.dictionary(fc.string(), fc.double()).map((reported) => returned(1, reported)),
  );

  it('ends in a fact that the ledger believes, no larger than it says', () => {
    fc.assert(
      fc.property(result, (run) => {
        const { ending, inlineBytes } = conclude(run, anything, LIMIT);
        const fact = completedFact(runner, grant, grant.argsDigest, ending, { startedAtMs: 1, endedAtMs: 2 });
        const text = JSON.stringify(fact.data);
        expect(EVENT_SCHEMAS['execution.completed'].safeParse(JSON.parse(text)).error).toBeUndefined();
        expect(Buffer.byteLength(text)).toBeLessThanOrEqual(inlineBytes + 700);
      }),
    );
  });

  it('that may have an effect begins with a fact that the ledger believes', () => {
    const { data } = startedFact(runner, grant, grant.argsDigest);
    expect(EVENT_SCHEMAS['execution.started'].safeParse(data).success).toBe(true);
  });
});

describe('usage', () => {
  it('of a call that never ran: zero of every unit held for it', () => {
    expect(nothingUsed({ cost: { 'node-hours': '2 node-hours' } })).toEqual({
      calls: '0',
      'node-hours': '0',
    });
  });

  it('with more units than a tool may report: is refused', () => {
    expect(usageOf(Object.fromEntries(Array.from({ length: 33 }, (_, n) => [`u${n}`, 1])))).toBeUndefined();
  });
});

describe('an outputs schema', () => {
  it('of draft 2020-12: is read as such', () => {
    const check = compileOutputCheck({
      $schema: 'https://json-schema.org/draft/2020-12/schema',
      type: 'array',
      prefixItems: [{ type: 'number' }],
    });
    expect(check([1])).toBeUndefined();
    expect(check(['a'])).toContain('output/0 must be number');
  });

  it('with a format: checks it', () => {
    expect(compileOutputCheck({ type: 'string', format: 'date-time' })('yesterday')).toContain('date-time');
  });

  it('that is broken: cannot be compiled, and says why', () => {
    expect(() => compileOutputCheck({ type: 'colour' })).toThrow(/outputs schema cannot be used/);
  });
});

describe('a run that was seen to write', () => {
  const conclusion = conclude(returned('ok'), anything, LIMIT);

  it('tells what it wrote, within the bounds of a completion', () => {
    const names = Array.from({ length: 40 }, (_, index) => `${index}/${'"'.repeat(600)}`);
    const { ending, inlineBytes } = withWrites(conclusion, names);
    expect(ending.writes).toHaveLength(16);
    expect(EVENT_SCHEMAS['execution.completed'].shape.writes.safeParse(ending.writes).success).toBe(true);
    const grown = JSON.stringify(ending).length - JSON.stringify(conclusion.ending).length;
    expect(inlineBytes - conclusion.inlineBytes).toBeGreaterThan(grown - '"writes":[],'.length);
  });
  it('or was not: ends as ever', () => {
    expect(withWrites(conclusion, undefined)).toBe(conclusion);
    expect(withWrites(conclusion, [])).toBe(conclusion);
  });
});
