/** Whatever facts come in whatever order, the trace of an invocation says what its record says. */
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { RecordedFact } from '@writ/contracts';
import * as facts from '../test/facts.ts';
import type { Said } from '../test/facts.ts';
import { foldRecord, invocationsOf } from './fold.ts';
import { glimpsesOf } from './glimpse.ts';
import { stageOf, subjectOf } from './record.ts';
import type { InvocationRecord } from './record.ts';
import { foldTrace, stageOfTrace } from './trace.ts';
import type { Trace } from './trace.ts';

const id = fc.constantFrom('a', 'b');

const anyFact: fc.Arbitrary<Said> = fc.oneof(
  { weight: 4, arbitrary: id.map((one) => facts.requestedWith({ project: 'other' }, one)) },
  fc.constant(facts.requested('a', 'b')),
  {
    weight: 4,
    arbitrary: fc
      .tuple(id, fc.constantFrom('allow' as const, 'deny' as const, 'require-approval' as const))
      .map(([one, verdict]) => facts.decided(one, verdict)),
  },
  fc
    .tuple(id, fc.constantFrom('malformed' as const, 'duplicate-id' as const, 'invalid-inputs' as const))
    .map(([one, reason]) => facts.rejected(one, reason)),
  id.map((one) => facts.opened(one)),
  id.map((one) => facts.voted(one, 'grace', 'approve')),
  id.map((one) => facts.granted(one, 'grace')),
  id.map((one) => facts.reserved(one, ['/', 'usd', '5'])),
  id.map((one) => facts.released(one)),
  id.map((one) => facts.refused(one)),
  {
    weight: 2,
    arbitrary: fc.tuple(id, fc.integer({ min: 1, max: 3 })).map((args) => facts.dispatched(...args)),
  },
  {
    weight: 2,
    arbitrary: fc.tuple(id, fc.integer({ min: 1, max: 3 })).map((args) => facts.started(...args)),
  },
  { weight: 2, arbitrary: id.map((one) => facts.completed(one)) },
  {
    weight: 2,
    arbitrary: fc.tuple(id, fc.integer({ min: 1, max: 3 })).map((args) => facts.attempted(...args)),
  },
  fc.tuple(id, fc.integer({ min: 1, max: 3 })).map((args) => facts.returned(...args)),
  fc
    .tuple(id, fc.integer({ min: 1, max: 3 }), fc.constantFrom('not-done' as const, 'unknown' as const))
    .map((args) => facts.queried(...args)),
  id.map((one) => facts.indeterminate(one)),
  id.map((one) => facts.resolved(one)),
);

function traceOf(ledger: readonly RecordedFact[], invocation: string): Trace | undefined {
  let trace: Trace | undefined;
  for (const fact of ledger) {
    for (const glimpse of glimpsesOf(fact))
      if (glimpse.invocation === invocation) trace = foldTrace(trace, fact, glimpse);
  }
  return trace;
}

function recordOf(ledger: readonly RecordedFact[], invocation: string): InvocationRecord | undefined {
  let record: InvocationRecord | undefined;
  for (const fact of ledger) {
    for (const [nth, one] of invocationsOf(fact).entries())
      if (one === invocation) record = foldRecord(record, fact, nth);
  }
  return record;
}

function ofRecord(record: InvocationRecord): unknown {
  const attempt = record.attempts.at(-1);
  return {
    agent: record.agent,
    firstSeq: record.firstSeq,
    lastSeq: record.lastSeq,
    subject: [subjectOf(record)?.tool, subjectOf(record)?.project, subjectOf(record)?.campaign],
    stage: stageOf(record),
    outcome: record.ending?.outcome,
    verdict: record.decided.at(-1)?.verdict,
    argsDigest: record.decided.at(-1)?.argsDigest,
    executor: attempt?.executor,
    times: [
      record.asked?.at,
      record.decided[0]?.at,
      record.approval?.at,
      record.approval?.closed?.at,
      record.hold?.at,
      attempt?.at,
      attempt?.started?.at,
      record.ending?.at,
    ],
    attempts: record.attempts.length,
    repeats: record.repeats,
    earlier: record.earlier.length,
    askedAgain: record.askedAgain?.at,
  };
}

function ofTrace(trace: Trace): unknown {
  return {
    agent: trace.agent,
    firstSeq: trace.firstSeq,
    lastSeq: trace.lastSeq,
    subject: [trace.tool, trace.project, trace.campaign],
    stage: stageOfTrace(trace),
    outcome: trace.outcome,
    verdict: trace.verdict,
    argsDigest: trace.argsDigest,
    executor: trace.executor,
    times: [
      trace.askedAt,
      trace.decidedAt,
      trace.openedAt,
      trace.closedAt,
      trace.reservedAt,
      trace.dispatchedAt,
      trace.startedAt,
      trace.endedAt,
    ],
    attempts: trace.attempts,
    repeats: trace.repeats,
    earlier: trace.earlier,
    askedAgain: trace.askedAgain?.at,
  };
}

describe('any facts in any order', () => {
  it('trace and record agree, and the trace names every fact that makes the record', () =>
    fc.assert(
      fc.property(fc.array(anyFact, { maxLength: 40, size: 'max' }), id, (said, invocation) => {
        const ledger = facts.ledgerOf(...said);
        const [trace, record] = [traceOf(ledger, invocation), recordOf(ledger, invocation)];
        expect(trace && ofTrace(trace)).toEqual(record && ofRecord(record));
        const named = new Set(trace?.facts);
        expect(
          recordOf(
            ledger.filter(({ seq }) => named.has(seq)),
            invocation,
          ),
        ).toEqual(record);
      }),
      { numRuns: 1_000 },
    ));
});
