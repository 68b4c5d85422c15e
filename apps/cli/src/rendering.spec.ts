import type { InvocationId, RecordedFact, TenantId } from '@writ/contracts';
import type { CallOutcome } from '@writ/sdk';
import { describe, expect, it } from 'vitest';
import { exitCodeOfOutcome } from './commands.ts';
import { factLine } from './fact-line.ts';
import { outcomeText } from './outcome-text.ts';
import { sessionSettings } from './session.ts';
import { painter } from './terminal.ts';

const plain = painter({ interactive: false });

function fact(type: string, data: unknown): RecordedFact {
  return { type, tenant: 'lab' as TenantId, origin: 'screener', seq: 12, at: 0, data } as RecordedFact;
}

describe('one fact in one line', () => {
  it.each([
    [
      fact('tool.requested', {
        calls: [
          { invocation: 'i1', tool: 'a' },
          { invocation: 'i2', tool: 'b' },
        ],
        project: 'p',
        campaign: 'c',
      }),
      '00:00:00.000     12 tool.requested         i1  2 calls: a, b for screener, p/c',
    ],
    [
      fact('policy.decided', {
        invocation: 'i1',
        verdict: 'deny',
        tool: 'a',
        rules: [],
        denial: { rule: 'r', reason: 'not in production' },
      }),
      '00:00:00.000     12 policy.decided         i1  deny a r: not in production',
    ],
    [
      fact('execution.completed', {
        invocation: 'i1',
        outcome: 'succeeded',
        executor: 'n1',
        usage: { usd: '1500000' },
        startedAtMs: 0,
        endedAtMs: 20,
      }),
      '00:00:00.000     12 execution.completed    i1  succeeded on n1 in 20 ms 1.5 usd',
    ],
    [
      fact('budget.reserved', {
        invocation: 'i1',
        holds: [{ account: 'lab', unit: 'usd', amount: '2000000' }],
      }),
      '00:00:00.000     12 budget.reserved        i1  2 usd of lab',
    ],
    [
      fact('schedule.refused', { invocation: 'i1', reason: 'deadline', detail: 'too late' }),
      '00:00:00.000     12 schedule.refused       i1  too late',
    ],
    [
      fact('breaker.opened', {
        scope: 'tool:x',
        evidence: { calls: 10, failures: 6, executors: 2 },
        untilMs: 5,
      }),
      '00:00:00.000     12 breaker.opened         tool:x: 6 of 10 calls failed',
    ],
  ])('%j', (recorded, line) => expect(factLine(recorded, plain)).toBe(line));

  it('on a terminal: is coloured, and only there', () => {
    const line = factLine(
      fact('executor.lost', { executor: 'n1', reason: 'silent' }),
      painter({ interactive: true }),
    );
    expect(line).toContain('\u001b[33m');
  });
});

describe('an outcome', () => {
  const ended = { invocation: 'i1' as InvocationId, totalMs: 20 };

  it('that is a denial: says rule, reason and what would pass, and exits 1', () => {
    const outcome: CallOutcome = {
      ...ended,
      status: 'denied',
      class: 'permission',
      rule: 'r',
      reason: 'no',
      remedy: 'ask ada',
    };
    expect(outcomeText(outcome, plain)).toBe('denied  i1  20 ms\nno (r); ask ada');
    expect(exitCodeOfOutcome(outcome)).toBe(1);
  });

  it('that succeeded: shows the output, and exits 0', () => {
    const ran = { executor: 'n1' as never, attempt: 1, runMs: 5, usage: { usd: '2' } };
    const outcome: CallOutcome = { ...ended, ...ran, status: 'succeeded', output: { mass: 46 } };
    expect(outcomeText(outcome, plain)).toBe(
      'succeeded  i1  20 ms  on n1 in 5 ms, 2 usd\n{\n  "mass": 46\n}',
    );
    expect(exitCodeOfOutcome(outcome)).toBe(0);
  });
});

describe('who a command connects as', () => {
  const server = { WRIT_NATS_URL: 'nats://x', WRIT_TENANT: 'lab' };

  it('an approver: has his name from his credential', () => {
    const settings = sessionSettings('approver', { user: 'approver-lab-ada' }, server, '/');
    expect(settings).toMatchObject({ tenant: 'lab', origin: 'ada', user: 'approver-lab-ada' });
  });

  it('an approver whose credential names nobody: is told what is missing', () => {
    expect(() => sessionSettings('approver', { user: 'ada' }, server, '/')).toThrow(
      /approver-lab-<person>.*WRIT_APPROVER/,
    );
  });

  it('nobody, nowhere: is told the ways to name a server', () => {
    expect(() => sessionSettings('operator', {}, {}, '/')).toThrow(/--server.*WRIT_NATS_URL.*npm start/);
  });
});
