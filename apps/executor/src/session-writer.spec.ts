import type { AppendFault } from '@writ/ledger';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { effectsFile } from '../test/effects-file.ts';
import { ONCE, TestExecutor, tool, until } from './fixtures/test-executor.ts';

let node: TestExecutor;

beforeEach(() => {
  node = new TestExecutor();
});
afterEach(() => node.stop());

describe('a session', () => {
  it('whose reply was lost: gets the grants again and runs each once', async () => {
    const { file, lines } = effectsFile();
    node.scheduler.loseReplies = 1;
    await node.start();
    for (const invocation of ['a', 'b'])
      node.scheduler.grant(tool('traced', ONCE), { invocation, inputs: { file } });
    await node.quiet();
    expect(
      lines()
        .filter((line) => line.startsWith('start'))
        .toSorted(),
    ).toEqual(['start a', 'start b']);
    expect(node.scheduler.requests.some(({ running }) => running !== undefined)).toBe(true);
  });

  it('that is asked nothing: repeats its pull after a failure and says how far it has committed', async () => {
    const agent = await node.start();
    node.scheduler.grant(tool('echo'), { invocation: 'a' });
    await node.quiet();
    await until(() => agent.held === 0);
    node.scheduler.failPull();
    await until(() => node.scheduler.requests.at(-1)?.asOf === 1);
    expect(node.scheduler.requests.at(-1)).toMatchObject({ holding: 0, slots: 8, session: agent.session });
  });

  it('fenced before anything started: starts nothing, and a new session runs it once', async () => {
    const { file, lines } = effectsFile();
    const agent = await node.start();
    const before = agent.session;
    node.scheduler.grant(tool('echo'), { invocation: 'warm' });
    await node.quiet();
    // The session sleeps past its bound with its started fact on the way: SIGSTOP, fence, SIGCONT.
    let release: (() => void) | undefined;
    node.beforeAppend = () => new Promise<void>((resolve) => (release = resolve));
    node.scheduler.grant(tool('traced', ONCE), { invocation: 'a', inputs: { file } });
    await until(() => release !== undefined);
    await node.scheduler.fence(['lab']);
    node.beforeAppend = () => undefined;
    release?.();
    await node.quiet();
    expect(agent.session).not.toBe(before);
    expect(lines()).toEqual(['start a', 'end a']);
    expect(node.ending('a')).toMatchObject({ attempt: 2, session: agent.session });
    expect(node.types('a')).toEqual(['execution.started', 'execution.completed']);
  });

  it('fenced before its first commit for a tenant: finds the fence when it looks, and starts nothing', async () => {
    const { file, lines } = effectsFile();
    const agent = await node.start();
    const session = agent.session;
    node.scheduler.fetchTool = async () => {
      await node.fence(session);
      return tool('traced', ONCE);
    };
    node.scheduler.grant(tool('traced', ONCE), { invocation: 'a', inputs: { file } });
    await until(() => agent.session !== session);
    expect(lines()).toEqual([]);
    expect(node.types('a')).toEqual([]);
  });

  it('fenced while a call runs: drops its result', async () => {
    const agent = await node.start();
    node.scheduler.grant(tool('wait'), { invocation: 'a', inputs: { ms: 60 } });
    await until(() => agent.held === 1);
    await node.scheduler.fence(['lab']);
    await node.quiet();
    expect(node.types('a')).toEqual(['execution.completed']);
    expect(node.ending('a')).toMatchObject({ attempt: 2, session: agent.session });
  });

  it('fenced while two calls run: counts the slot of the one that still runs as taken', async () => {
    const agent = await node.start();
    node.scheduler.grant(tool('wait'), { invocation: 'a', inputs: { ms: 20 } });
    node.scheduler.grant(tool('wait'), { invocation: 'b', inputs: { ms: 200 } });
    await until(() => agent.held === 2);
    await node.scheduler.fence(['lab']);
    await node.quiet();
    const fresh = node.scheduler.requests.filter(({ session }) => session === agent.session);
    expect(fresh[0]?.slots).toBe(7);
    node.scheduler.expire();
    await until(() => node.scheduler.requests.at(-1)?.slots === 8);
  });

  it('fenced through one tenant: starts nothing for another, though its execution.started still lands', async () => {
    const { file, lines } = effectsFile();
    const agent = await node.start();
    const session = agent.session;
    node.scheduler.grant(tool('echo'), { invocation: 'warm', tenant: 'plant' });
    await node.quiet();
    let release: (() => void) | undefined;
    node.beforeAppend = ({ subject }) =>
      subject.startsWith('writ.lab.') ? new Promise<void>((resolve) => (release = resolve)) : undefined;
    node.scheduler.grant(tool('traced', ONCE), { invocation: 'a', inputs: { file } });
    // Its execution.started is on its way, not only held.
    await until(() => release !== undefined);
    await node.fence(session, 'plant');
    node.scheduler.grant(tool('echo'), { invocation: 'b', tenant: 'plant' });
    await until(() => agent.session !== session);
    release?.();
    await until(() => node.types('a').length === 1);
    expect(node.types('a')).toEqual(['execution.started']);
    expect(lines()).toEqual([]);
  });

  it('that meets a late fence of an earlier session: goes on', async () => {
    const agent = await node.start();
    const session = agent.session;
    node.scheduler.grant(tool('echo'), { invocation: 'a' });
    await node.quiet();
    await node.fence('earlier');
    node.scheduler.grant(tool('echo'), { invocation: 'b' });
    await node.quiet();
    expect(agent.session).toBe(session);
    expect(node.ending('b')?.session).toBe(session);
  });

  it('whose answer to an append is lost: commits once', async () => {
    const faults: AppendFault[] = ['answer-lost', 'lost', 'answer-lost', 'lost'];
    node.fault = () => faults.shift() ?? 'none';
    await node.start();
    node.scheduler.grant(tool('echo', ONCE), { invocation: 'a' });
    await node.quiet();
    expect(node.types('a')).toEqual(['execution.started', 'execution.completed']);
  });

  it('whose ledger is full: keeps its facts until there is room', async () => {
    let refusals = 3;
    node.beforeAppend = () => {
      if (refusals-- > 0) throw new Error('stream-full');
    };
    await node.start();
    node.scheduler.grant(tool('echo'), { invocation: 'a' });
    await node.quiet();
    expect(node.types('a')).toEqual(['execution.completed']);
  });
});
