import { WritError, decodeCommit, digestOf, subjects, toolSpec } from '@writ/contracts';
import type { TenantId } from '@writ/contracts';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { effectsFile } from '../test/effects-file.ts';
import { NODE, ONCE, TestExecutor, ownAdapters, tool, until } from './fixtures/test-executor.ts';

let node: TestExecutor;

beforeEach(() => {
  node = new TestExecutor();
});
afterEach(() => node.stop());

describe('a granted call', () => {
  it('while nobody can tell its spec: waits, however long, and runs', async () => {
    const spec = tool('echo');
    let asked = 0;
    node.scheduler.fetchTool = async () => {
      if (++asked < 10) throw new Error('no responders');
      return spec;
    };
    await node.start();
    node.scheduler.grant(spec, { invocation: 'patient' });
    await node.quiet();
    expect([asked, node.ending('patient')?.outcome]).toEqual([10, 'succeeded']);
  });

  it('whose spec can never be had: fails without running', async () => {
    node.scheduler.fetchTool = async () => {
      throw new WritError('bad-reply', 'this is no spec');
    };
    await node.start();
    node.scheduler.grant(tool('echo'), { invocation: 'hopeless' });
    await node.quiet();
    expect(node.ending('hopeless')).toMatchObject({ outcome: 'failed', error: { code: 'tool-unavailable' } });
  });

  it('of a READ_ONLY tool: runs without anything committed before it, then its completion is committed and told', async () => {
    await node.start();
    node.scheduler.grant(tool('echo'), { invocation: 'a', inputs: { x: 1 } });
    await node.quiet();
    expect(node.types('a')).toEqual(['execution.completed']);
    expect(node.ending('a')).toMatchObject({
      attempt: 1,
      agent: 'screener',
      executor: 'node-1',
      outcome: 'succeeded',
      output: { x: 1 },
      outputDigest: digestOf({ x: 1 }),
      argsDigest: digestOf({ x: 1 }),
      usage: { calls: '1000000' },
    });
    expect(node.notices).toEqual([{ agent: 'screener', types: ['execution.completed'], seq: 1 }]);
  });

  it('of any other tool: has execution.started in the ledger before its effect', async () => {
    const { file, lines } = effectsFile();
    let release = (): void => undefined;
    node.beforeAppend = () => new Promise<void>((resolve) => (release = resolve));
    const agent = await node.start();
    node.scheduler.grant(tool('traced', ONCE), { invocation: 'a', inputs: { file } });
    await until(() => agent.held === 1);
    node.scheduler.grant(tool('echo'), { invocation: 'b' });
    await until(() => agent.held === 2);
    expect(lines()).toEqual([]);
    node.beforeAppend = () => undefined;
    release();
    await node.quiet();
    expect(node.types('a')).toEqual(['execution.started', 'execution.completed']);
    expect(lines()).toEqual(['start a', 'end a']);
  });

  it('of a command: runs the same way', async () => {
    await node.start();
    const adapter = { kind: 'command', argv: ['cat'] };
    node.scheduler.grant(toolSpec.parse({ name: 'cat', adapter }), { invocation: 'a', inputs: { y: 2 } });
    await node.quiet();
    expect(node.types('a')).toEqual(['execution.started', 'execution.completed']);
    expect(node.ending('a')?.output).toEqual({ y: 2 });
  });

  it('whose inputs are not those decided on: never runs', async () => {
    const { file, lines } = effectsFile();
    await node.start();
    const argsDigest = digestOf({ file: 'elsewhere' });
    node.scheduler.grant(tool('traced', { cost: { usd: '1' } }), {
      invocation: 'a',
      inputs: { file },
      argsDigest,
    });
    await node.quiet();
    expect(node.ending('a')).toMatchObject({
      outcome: 'failed',
      error: { code: 'digest-mismatch' },
      argsDigest: digestOf({ file }),
      usage: { calls: '0', usd: '0' },
    });
    expect(lines()).toEqual([]);
  });

  it.each([
    ['that the scheduler does not know', tool('echo'), { toolDigest: digestOf('other') }, 'unknown-tool'],
    [
      'that leads out of the folder',
      tool('echo', { adapter: { kind: 'module', module: '../x.ts' } }),
      {},
      'invalid-tool',
    ],
    ['with a broken promise', tool('echo', { outputs: { type: 'colour' } }), {}, 'invalid-output-schema'],
  ])('of a tool %s: fails without running', async (_, spec, more, code) => {
    await node.start();
    node.scheduler.grant(spec, { invocation: 'a', ...more });
    await node.quiet();
    expect(node.ending('a')).toMatchObject({ outcome: 'failed', error: { code }, usage: { calls: '0' } });
  });

  it.each([
    ['exceeds its timeout', tool('stubborn', { timeoutSeconds: 0.05 }), {}, 'timed-out', 'timeout'],
    ['returns more than is kept', tool('big'), { bytes: 250_000 }, 'failed', 'output-too-large'],
    [
      'breaks its promise',
      tool('echo', { outputs: { required: ['y'] } }),
      { x: 1 },
      'failed',
      'invalid-output',
    ],
  ])('that %s: is completed as such', async (_, spec, inputs, outcome, code) => {
    await node.start();
    node.scheduler.grant(spec, { invocation: 'a', inputs });
    await node.quiet();
    expect(node.ending('a')).toMatchObject({ outcome, error: { code } });
  });

  it('with a large output: has it in the payload store before its digest is stated', async () => {
    let storedBefore = false;
    node.beforeAppend = () => void (storedBefore = node.payloads.size === 1);
    await node.start();
    node.scheduler.grant(tool('big'), { invocation: 'a', inputs: { bytes: 100_000 } });
    await node.quiet();
    const completed = node.ending('a');
    expect(storedBefore).toBe(true);
    expect(completed?.outputRef).toEqual({
      digest: completed?.outputDigest,
      bytes: 100_002,
      mediaType: 'application/json',
    });
    expect(node.payloads.get(String(completed?.outputDigest))?.length).toBe(100_002);
  });
});

describe('an agent', () => {
  it('with many calls of many agents and tenants: commits what gathers, tells each agent its own', async () => {
    await node.start({ slots: 600 });
    for (let n = 0; n < 1_200; n++) {
      const tenant = n % 3 === 0 ? 'plant' : 'lab';
      node.scheduler.grant(tool('echo'), { invocation: `i-${n}`, tenant, agent: `agent-${n % 2}` });
    }
    await node.quiet();
    expect(node.facts().filter(({ type }) => type === 'execution.completed').length).toBe(1_200);
    expect(node.ledger.commits.length).toBeLessThan(600);
    expect(node.ledger.commits.every((commit) => decodeCommit(commit).length <= 512)).toBe(true);
    const told = (name: string): number =>
      node.notices
        .filter(({ agent }) => agent === name)
        .reduce((sum, notice) => sum + notice.types.length, 0);
    expect([told('agent-0'), told('agent-1')]).toEqual([600, 600]);
  });

  it('with outputs that fill commits: keeps every commit within its bound', async () => {
    await node.start({ slots: 64 });
    for (let n = 0; n < 40; n++)
      node.scheduler.grant(tool('big'), { invocation: `i-${n}`, inputs: { bytes: 60_000 } });
    await node.quiet();
    expect(node.facts().length).toBe(40);
  });

  it('with all slots taken: pulls on, so that it is known to live, and gets nothing', async () => {
    const agent = await node.start({ slots: 1 });
    node.scheduler.grant(tool('wait'), { invocation: 'a', inputs: { ms: 100 } });
    node.scheduler.grant(tool('echo'), { invocation: 'b' });
    await until(() => agent.held === 1);
    node.scheduler.expire();
    await until(() => node.scheduler.requests.length === 2);
    expect(node.scheduler.requests[1]).toMatchObject({ holding: 1, slots: 1 });
    expect(agent.held).toBe(1);
    await node.quiet();
  });

  it('whose pull stays open: takes one call after the other without asking again', async () => {
    await node.start({ slots: 1 });
    for (let n = 0; n < 20; n++) node.scheduler.grant(tool('echo'), { invocation: `i-${n}` });
    await node.quiet();
    expect(node.facts().length).toBe(20);
    expect(node.scheduler.requests.length).toBe(1);
  });

  it('that stops: finishes and commits what runs, is heard of meanwhile, and takes nothing new', async () => {
    const agent = await node.start({ drainMs: 2_000 });
    node.scheduler.grant(tool('wait', ONCE), { invocation: 'a', inputs: { ms: 60 } });
    await until(() => node.types('a').length === 1);
    const stopped = agent.stop();
    node.scheduler.grant(tool('echo'), { invocation: 'b' });
    await until(() => node.scheduler.requests.at(-1)?.pool === '(stopping)');
    node.scheduler.expire();
    await stopped;
    expect(node.types('a')).toEqual(['execution.started', 'execution.completed']);
    expect(node.types('b')).toEqual([]);
    expect(node.scheduler.requests.filter(({ pool }) => pool === '(stopping)').length).toBeGreaterThan(1);
  });

  it('that stops with a call that does not end: leaves it to the scheduler', async () => {
    const agent = await node.start({ drainMs: 30 }, await ownAdapters());
    node.scheduler.grant(tool('stubborn', ONCE), { invocation: 'a' });
    await until(() => node.types('a').length === 1);
    await agent.stop();
    expect(node.types('a')).toEqual(['execution.started']);
  });

  it('as its own process again: begins where its subject stands', async () => {
    await (await node.start()).stop();
    const earlier = await node.start();
    node.scheduler.grant(tool('echo'), { invocation: 'a' });
    await node.quiet();
    await earlier.stop();
    const later = await node.start();
    node.scheduler.grant(tool('echo'), { invocation: 'b' });
    await node.quiet();
    expect(node.ending('b')?.session).toBe(later.session);
    expect((await node.ledger.tail(subjects.executions('lab' as TenantId, NODE)))?.seq).toBe(2);
  });
});
