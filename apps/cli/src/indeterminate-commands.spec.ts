/** What a person does about calls whose end nobody saw. */
import { decodeCommit } from '@writ/contracts';
import type { RecordedFact } from '@writ/contracts';
import { beforeEach, describe, expect, it } from 'vitest';
import { ScriptedSuite } from '../test/scripted-suite.ts';

let suite: ScriptedSuite;

beforeEach(() => {
  suite = new ScriptedSuite();
});

const published = (): RecordedFact[] => suite.ledger.commits.flatMap((commit) => decodeCommit(commit));

const CALL = {
  invocation: 'c1',
  tool: 'order',
  agent: 'ada',
  attempt: 1,
  executor: 'node-7',
  since: Date.UTC(2026, 0, 1),
  owner: 'person',
};
const RESOLVED = { invocation: 'c1', agent: 'ada', attempt: 1, outcome: 'failed', by: 'eve' };

describe('writ indeterminate', () => {
  it('with calls: is a table of who has to say what became of each', async () => {
    suite.answer('scheduler.indeterminate', { calls: [CALL, { ...CALL, invocation: 'c2', owner: 'tool' }] });
    expect(await suite.run('indeterminate')).toBe(0);
    const [, first, second] = suite.out.split('\n');
    expect(first).toMatch(/^c1 +order +ada +node-7 +1 +2026-01-01\S+ +a person: writ resolve c1/);
    expect(second).toMatch(/the tool is asked/);
  });
  it('with more calls than a page holds: asks for what is behind each page, and shows each call once, as it was told last', async () => {
    const [c2, c3] = ['c2', 'c3'].map((invocation) => ({ ...CALL, invocation }));
    const behind = [1, 2].map((since) => ({ since, invocation: 'c2' }));
    const asked: unknown[] = [];
    suite.answer('scheduler.indeterminate', (body: unknown) => {
      const next = behind[asked.push(body) - 1];
      const calls = [[CALL, c2], [c3], [{ ...CALL, attempt: 7 }]][asked.length - 1];
      return next ? { calls, next } : { calls };
    });
    expect(await suite.run('indeterminate', '--json')).toBe(0);
    expect(asked).toEqual([{}, { after: behind[0] }, { after: behind[1] }]);
    expect(JSON.parse(suite.out)).toMatchObject([
      { invocation: 'c1', attempt: 7 },
      { invocation: 'c2', attempt: 1 },
      { invocation: 'c3', attempt: 1 },
    ]);
  });
  it('without any: says so', async () => {
    suite.answer('scheduler.indeterminate', { calls: [] });
    expect(await suite.run('indeterminate')).toBe(0);
    expect(suite.out).toBe('no call is indeterminate');
  });
});

describe('writ resolve', () => {
  it('an indeterminate call: publishes the word of the person and tells how the call ended', async () => {
    suite.answer('scheduler.indeterminate', { calls: [CALL] });
    suite.answer('audit.status', { terminal: [{ type: 'schedule.resolved', data: RESOLVED }] });
    expect(
      await suite.run('resolve', 'c1', '--as', 'failed', '--reason', 'no order', '--used', 'usd=1.5'),
    ).toBe(0);
    expect(published()).toMatchObject([
      {
        type: 'invocation.resolved',
        data: { invocation: 'c1', outcome: 'failed', reason: 'no order', used: { usd: '1500000' } },
      },
    ]);
    expect(suite.out).toBe('c1 failed, says eve; charged at its ceiling');
  });
  it('one that its tool ended meanwhile: says so', async () => {
    suite.answer('scheduler.indeterminate', { calls: [CALL] });
    suite.answer('audit.status', { terminal: [{ type: 'execution.completed', data: {} }] });
    expect(await suite.run('resolve', 'c1', '--as', 'failed')).not.toBe(0);
    expect(suite.out).toContain('had ended already');
  });
  it('any other call: publishes nothing and names those that are indeterminate', async () => {
    suite.answer('scheduler.indeterminate', { calls: [CALL] });
    expect(await suite.run('resolve', 'x', '--as', 'failed')).not.toBe(0);
    expect(suite.err).toContain('"x" is not indeterminate; these are: c1');
    expect(published()).toEqual([]);
  });
  it('with an outcome or an amount that is none: says what would be right', async () => {
    expect(await suite.run('resolve', 'c1', '--as', 'done')).not.toBe(0);
    expect(suite.err).toContain('It is succeeded or failed.');
    expect(await suite.run('resolve', 'c1', '--as', 'failed', '--used', '3 usd')).not.toBe(0);
    expect(suite.err).toContain('node-hours=1.5');
  });
});
