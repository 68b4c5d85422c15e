import { decodeCommit } from '@writ/contracts';
import { beforeEach, describe, expect, it } from 'vitest';
import { ScriptedSuite } from '../test/scripted-suite.ts';

let suite: ScriptedSuite;

beforeEach(() => {
  suite = new ScriptedSuite();
});

const call = (invocation: string, status = 'running') => ({
  tenant: 'lab',
  invocation,
  tool: 'dock',
  executor: 'e1',
  attempt: 1,
  status,
});

/** The leader answers with each list in turn, the last one for ever; before them a standby that knows nothing yet. */
function answersRunning(...lists: readonly (readonly object[])[]): void {
  let asked = -1;
  suite.answer('scheduler.running', () => {
    asked++;
    if (asked === 0) return { seen: 1_000, leading: false, running: [] };
    return { seen: 1_000, leading: true, running: lists[Math.min(asked, lists.length) - 1] };
  });
}

function published(): unknown[] {
  return suite.ledger.commits
    .flatMap((commit) => decodeCommit(commit))
    .map(({ type, tenant, data }) => [type, tenant, data]);
}

describe('writ pause', () => {
  it('--all while calls run: reports each until it has stopped', async () => {
    answersRunning([call('a'), call('b')], [call('b')], []);
    expect(await suite.run('pause', '--all', '--reason', 'a leak')).toBe(0);
    expect(published()).toEqual([
      ['breaker.forced', 'lab', { scope: 'all', mode: 'paused', reason: 'a leak' }],
    ]);
    const lines = suite.out.split('\n');
    expect(lines[0]).toBe('all is paused until it is released (1)');
    expect(lines.slice(2, 4)).toEqual([
      expect.stringMatching(/^still running +lab +a +dock +e1$/),
      expect.stringMatching(/^still running +lab +b +dock +e1$/),
    ]);
    expect(lines.slice(4)).toEqual(['stopped: a dock; 1 left', 'stopped: b dock; 0 left']);
  });
  it('for the whole cell and a time: is a fact of the cell', async () => {
    answersRunning([]);
    expect(await suite.run('pause', 'pool:gpu', '--cell', '--ttl', '10m', '--reason', 'power')).toBe(0);
    expect(published()).toEqual([
      ['breaker.forced', '_cell', { scope: 'pool:gpu', mode: 'paused', reason: 'power', ttlSeconds: 600 }],
    ]);
    expect(suite.out).toContain('no call is running');
  });
  it('--no-wait while calls run: says so, also by its exit code', async () => {
    answersRunning([call('a')]);
    expect(await suite.run('pause', '--all', '--no-wait', '--reason', 'x')).toBe(1);
  });
  it('while the executor of a call is lost: does not say that it has stopped', async () => {
    answersRunning([call('a', 'lost')]);
    expect(await suite.run('pause', '--all', '--reason', 'x')).toBe(1);
    expect(suite.out).toContain('of 1 calls nobody knows whether they still run');
  });
  it('interrupted: says what still runs', async () => {
    suite.answer('scheduler.running', () => {
      suite.interrupt.abort();
      return { seen: 1_000, leading: true, running: [call('a')] };
    });
    expect(await suite.run('pause', '--all', '--reason', 'x')).toBe(1);
    expect(suite.out).toContain('1 calls still run');
  });
  it.each([
    ['neither a scope nor --all', ['pause', '--reason', 'x']],
    ['both', ['pause', 'all', '--all', '--reason', 'x']],
    ['no reason', ['pause', '--all']],
    ['a scope of another kind', ['pause', 'node:7', '--reason', 'x']],
  ])('with %s: exits 2 and publishes nothing', async (_what, args) => {
    expect(await suite.run(...args)).toBe(2);
    expect(suite.err).not.toBe('');
    expect(published()).toEqual([]);
  });
});

describe('writ resume', () => {
  it('releases everything, and reports what has not stopped yet', async () => {
    answersRunning([call('a')], [call('a'), call('new')], [call('new')]);
    expect(await suite.run('resume', '--reason', 'mended')).toBe(0);
    expect(published()).toEqual([['breaker.released', 'lab', { scope: 'all', reason: 'mended' }]]);
    expect(suite.out.split('\n').at(-1)).toBe('stopped: a dock; 0 left');
  });
});

describe('writ breaker', () => {
  it.each([
    ['open', 'open'],
    ['close', 'closed'],
    ['metrics-only', 'metrics-only'],
  ])('%s: forces the circuit for a time', async (command, mode) => {
    answersRunning([]);
    expect(await suite.run('breaker', command, 'tool:dock', '--ttl', '8h', '--reason', 'x')).toBe(0);
    expect(published()).toEqual([
      ['breaker.forced', 'lab', { scope: 'tool:dock', mode, reason: 'x', ttlSeconds: 28_800 }],
    ]);
  });
  it('open without a time, or with one that is none: exits 2', async () => {
    expect(await suite.run('breaker', 'open', 'tool:dock', '--reason', 'x')).toBe(2);
    expect(await suite.run('breaker', 'open', 'tool:dock', '--ttl', '8', '--reason', 'x')).toBe(2);
    expect(published()).toEqual([]);
  });
  it('list: shows each circuit and what was forced', async () => {
    const forced = { mode: 'metrics-only', reason: 'a drill', untilMs: 1_700_000_000_000 };
    suite.answer('scheduler.status', {
      breakers: [
        {
          scope: 'tool:dock',
          status: 'open',
          calls: 10,
          failures: 6,
          executors: 2,
          untilMs: 1_800_000_000_000,
        },
        { scope: 'all', status: 'closed', calls: 3, failures: 0, executors: 0, slow: 1, forced },
      ],
    });
    expect(await suite.run('breaker', 'list')).toBe(0);
    expect(suite.out.split('\n').slice(1)).toEqual([
      expect.stringMatching(/^tool:dock +open +6 of 10 +0 +2 +2027-/),
      expect.stringMatching(/^all +metrics-only \(forced\) +0 of 3 +1 +0 +2023-.* +a drill$/),
    ]);
  });
  it('whose answer is lost: is published once', async () => {
    answersRunning([]);
    suite.unanswered = 1;
    expect(await suite.run('breaker', 'release', 'tool:dock', '--reason', 'x')).toBe(0);
    expect(published()).toHaveLength(1);
  });
});
