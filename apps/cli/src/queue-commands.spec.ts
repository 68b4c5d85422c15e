/** What a person reads about calls that wait. */
import { beforeEach, describe, expect, it } from 'vitest';
import { ScriptedSuite } from '../test/scripted-suite.ts';

let suite: ScriptedSuite;

beforeEach(() => {
  suite = new ScriptedSuite();
});

const CALL = {
  invocation: 'c1',
  tool: 'dock',
  project: 'lab',
  campaign: 'screening',
  status: 'ready',
  blockers: [
    { kind: 'capacity', detail: 'it waits for an executor of pool "gpu"; 2 calls are ahead of it', seq: 41 },
    { kind: 'lease', detail: 'call c0 holds the key "vault/a"', seq: 12 },
  ],
  position: 2,
  expectedStartMs: Date.UTC(2026, 0, 1),
  expectedRunMs: 30_000,
};

describe('writ queue', () => {
  it('with calls: is a table of what each waits for', async () => {
    suite.answer('scheduler.queue', { calls: [CALL] });
    expect(await suite.run('queue')).toBe(0);
    expect(suite.out.split('\n')[1]).toMatch(
      /^3 +c1 +dock +lab\/screening +capacity +2026-01-01T00:00:00.000Z +it waits for an executor/,
    );
  });
  it('without any: says so', async () => {
    suite.answer('scheduler.queue', { calls: [] });
    expect(await suite.run('queue')).toBe(0);
    expect(suite.out).toBe('no call waits');
  });
});

describe('writ why', () => {
  it('of a call that waits: names everything that holds it with its sequence', async () => {
    suite.answer('scheduler.why', { call: CALL });
    expect(await suite.run('why', 'c1')).toBe(0);
    expect(suite.out).toContain('place in the queue: 3');
    expect(suite.out).toMatch(/capacity +41 +it waits/);
    expect(suite.out).toMatch(/lease +12 +call c0 holds/);
  });
  it('of a call that has ended: tells how', async () => {
    suite.answer('scheduler.why', {});
    suite.answer('audit.status', { terminal: [{ type: 'execution.completed', data: {} }] });
    expect(await suite.run('why', 'c1')).toBe(0);
    expect(suite.out).toBe('c1 has ended: execution.completed');
  });
  it('of an unknown call: is an error that names it', async () => {
    suite.answer('scheduler.why', {});
    suite.answer('audit.status', { terminal: [] });
    expect(await suite.run('why', 'c9')).not.toBe(0);
    expect(suite.err).toContain('no call is known as "c9"');
  });
});

describe('writ admission', () => {
  it('of a call that would be late: says so in words and in the exit code', async () => {
    const forecast = {
      answer: 'unlikely',
      ahead: 7,
      expectedStartMs: Date.UTC(2026, 0, 1),
      expectedRunMs: 500,
    };
    suite.answer('scheduler.admission', { forecast });
    expect(await suite.run('admission', 'dock', '--deadline', '2025-12-31T00:00:00Z')).toBe(1);
    expect(suite.out).toContain('in time: unlikely');
    expect(suite.out).toContain('calls ahead: 7');
  });
});
