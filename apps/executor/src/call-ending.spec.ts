/** Grants that do not end with the last word on their call: repeats, questions, stops, hand-backs. */
import { toolSpec } from '@writ/contracts';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ONCE, TestExecutor, tool, until } from './fixtures/test-executor.ts';

const RETRY = { retry: { attempts: 3, backoffSeconds: 2, on: ['error', 'connection'] } };
const CONNECTION = { times: 2, code: 'ECONNRESET' };

let node: TestExecutor;
beforeEach(() => {
  node = new TestExecutor();
});
afterEach(() => node.stop());

/** Data of the facts of one type about a call. */
function told(invocation: string, type: string): readonly Record<string, unknown>[] {
  return node
    .facts()
    .filter((fact) => fact.type === type && (fact.data as { invocation?: string }).invocation === invocation)
    .map(({ data }) => data as Record<string, unknown>);
}

describe('a tool that may be tried again', () => {
  it('that fails twice: says twice that it goes on, with growing pauses, then how it ended', async () => {
    await node.start();
    node.scheduler.grant(tool('flaky', RETRY), { invocation: 'a', inputs: CONNECTION });
    await node.quiet();
    expect(node.types('a')).toEqual(['execution.attempted', 'execution.attempted', 'execution.completed']);
    const [first, second] = told('a', 'execution.attempted');
    expect(first).toMatchObject({
      attempt: 1,
      cause: 'failed',
      outcome: 'failed',
      error: { code: 'ECONNRESET' },
    });
    expect(first).toMatchObject({ usage: { calls: '1000000' } });
    expect(first?.['waitMs']).toSatisfy((ms: number) => ms >= 1_000 && ms <= 2_000);
    expect(second?.['waitMs']).toSatisfy((ms: number) => ms >= 2_000 && ms <= 4_000);
    expect(node.ending('a')).toMatchObject({ attempt: 3, outcome: 'succeeded', output: 3 });
  });

  it('that fails to the last attempt: has failed', async () => {
    await node.start();
    node.scheduler.grant(tool('flaky', RETRY), { invocation: 'b', inputs: { times: 9, code: 'ECONNRESET' } });
    await node.quiet();
    expect(node.types('b')).toHaveLength(3);
    expect(node.ending('b')).toMatchObject({ attempt: 3, outcome: 'failed', error: { code: 'ECONNRESET' } });
  });

  it('that fails in another way than its owner names: has failed', async () => {
    await node.start();
    const retry = { retry: { ...RETRY.retry, on: ['timeout'] } };
    node.scheduler.grant(tool('flaky', retry), { invocation: 'c', inputs: CONNECTION });
    await node.quiet();
    expect(node.types('c')).toEqual(['execution.completed']);
  });

  it('but has effects once only: has failed', async () => {
    await node.start();
    node.scheduler.grant(tool('flaky', { ...RETRY, ...ONCE }), { invocation: 'd', inputs: CONNECTION });
    await node.quiet();
    expect(node.types('d')).toEqual(['execution.started', 'execution.completed']);
  });

  it.each([
    ['not-done', ['execution.started', 'execution.attempted', 'execution.started', 'execution.completed']],
    ['unknown', ['execution.started', 'execution.completed']],
  ])('queryable, and its query says %s: acts on that', async (status, types) => {
    await node.start();
    const spec = queryable('flaky', { ...RETRY, retry: { ...RETRY.retry, attempts: 2 } });
    node.scheduler.grant(spec, {
      invocation: `q-${status}`,
      inputs: { times: 1, code: 'ECONNRESET', answer: { status } },
    });
    await node.quiet();
    expect(node.types(`q-${status}`)).toEqual(types);
  });

  it('queryable, and its query says done: has succeeded although it seemed to fail', async () => {
    await node.start();
    const answer = { status: 'done', output: 'posted', usage: { 'node-hours': 2 } };
    node.scheduler.grant(queryable('flaky', RETRY), { invocation: 'e', inputs: { ...CONNECTION, answer } });
    await node.quiet();
    expect(node.ending('e')).toMatchObject({
      outcome: 'succeeded',
      output: 'posted',
      usage: { 'node-hours': '2000000' },
    });
  });
});

describe('a question to a tool', () => {
  it('that answers "done": completes the call without starting anything, under its own key', async () => {
    await node.start();
    node.scheduler.grant(queryable('fail'), { invocation: 'f', inputs: { answer: 'who asks' } }, true);
    await node.quiet();
    expect(node.types('f')).toEqual(['execution.completed']);
    expect(node.ending('f')?.output).toEqual({
      idempotencyKey: 'lab/f',
      fencingToken: expect.any(Number) as number,
    });
  });

  it.each([
    [{ status: 'not-done' }, 'not-done', undefined],
    [{ status: 'unknown', detail: 'the log is gone' }, 'unknown', 'the log is gone'],
    ['perhaps', 'unknown', expect.stringContaining('no answer')],
  ])('that answers %j: is told as %s', async (said, answer, detail) => {
    await node.start();
    node.scheduler.grant(queryable('fail'), { invocation: 'g', inputs: { answer: said } }, true);
    await node.quiet();
    expect(node.types('g')).toEqual(['execution.queried']);
    expect(told('g', 'execution.queried')[0]).toMatchObject({ answer, ...(detail ? { detail } : {}) });
  });

  it('that has no query, or fails: nobody knows', async () => {
    await node.start();
    node.scheduler.grant(tool('fail', ONCE), { invocation: 'h' }, true);
    node.scheduler.grant(queryable('echo', {}, 'fail'), { invocation: 'i' }, true);
    await node.quiet();
    for (const id of ['h', 'i'])
      expect(told(id, 'execution.queried')[0]).toMatchObject({ answer: 'unknown' });
  });

  it('of a command: runs its own program', async () => {
    await node.start();
    const adapter = { kind: 'command', argv: ['false'], query: ['echo', '{"status":"done","output":7}'] };
    const spec = toolSpec.parse({ name: 'order', class: 'NETWORK', effects: 'queryable', adapter });
    node.scheduler.grant(spec, { invocation: 'j' }, true);
    await node.quiet();
    expect(node.ending('j')).toMatchObject({ outcome: 'succeeded', output: 7 });
  });
});

describe('a running call that is to be stopped', () => {
  it('because its agent cancelled it: ends cancelled, with what it used and why', async () => {
    await node.start();
    node.scheduler.grant(tool('patient', ONCE), { invocation: 'k' });
    await until(() => node.types('k').length === 1);
    node.scheduler.stop({ grant: 'lab/k/1', cause: 'cancelled', reason: 'too late' });
    await node.quiet();
    expect(node.ending('k')).toMatchObject({
      outcome: 'cancelled',
      error: { code: 'cancelled', message: 'too late' },
    });
  });

  it('because an operator wants its place: gives it up and goes on later', async () => {
    await node.start();
    node.scheduler.grant(tool('patient', { ...ONCE, resumable: true }), { invocation: 'l' });
    await until(() => node.types('l').length === 1);
    node.scheduler.stop({ grant: 'lab/l/1', cause: 'preempted', reason: 'a beam slot' });
    await until(() => node.types('l').length === 3);
    expect(node.types('l')).toEqual(['execution.started', 'execution.attempted', 'execution.started']);
    expect(told('l', 'execution.attempted')[0]).toMatchObject({ cause: 'preempted', waitMs: 0 });
    node.scheduler.stop({ grant: 'lab/l/2', cause: 'cancelled' });
    await node.quiet();
  });

  it('that is not here, or has ended: changes nothing', async () => {
    await node.start();
    node.scheduler.grant(tool('echo'), { invocation: 'm' });
    await node.quiet();
    node.scheduler.stop({ grant: 'lab/m/1', cause: 'cancelled' });
    node.scheduler.grant(tool('echo'), { invocation: 'n' });
    await node.quiet();
    expect(node.types('m')).toEqual(['execution.completed']);
  });
});

describe('an executor that is told to stop', () => {
  it('while a grant is on its way: gives it back unbegun', async () => {
    const agent = await node.start();
    await until(() => node.scheduler.requests.length === 1);
    node.scheduler.beforePull = () => node.scheduler.grant(tool('echo', ONCE), { invocation: 'o' });
    await agent.stop();
    expect(node.types('o')).toEqual(['execution.returned']);
  });
});

/** A tool with a query, `find` unless told otherwise. */
function queryable(name: string, more: object = {}, query = 'find') {
  return tool(name, {
    class: 'NETWORK',
    effects: 'queryable',
    adapter: { kind: 'module', module: 'tools.mjs', export: name, query },
    ...more,
  });
}
