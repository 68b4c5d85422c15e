import { WritError } from '@writ/contracts';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { GovernedToolExecutor } from './governed-tool-executor.ts';
import { orThrow } from './outcome.ts';
import { LAB, ScriptedWire, completed } from '../test/scripted-wire.ts';

let wire: ScriptedWire;
let executor: GovernedToolExecutor;

beforeEach(async () => {
  vi.useFakeTimers();
  wire = new ScriptedWire();
  executor = await GovernedToolExecutor.over(wire, LAB, { auditLog: 'run-1', project: 'chemistry' });
});

afterEach(async () => {
  await executor.close();
  vi.useRealTimers();
});

/** Lets everything that is ready run; no time passes. */
async function settled(): Promise<void> {
  await vi.advanceTimersByTimeAsync(0);
}

const PLAIN = { tool: 'descriptors', inputs: { smiles: 'CCO' } };

describe('calls issued together', () => {
  it('go out in one message as independent steps', async () => {
    const outcomes = Promise.all([1, 2, 3].map((n) => executor.run({ tool: 't', inputs: { n } })));
    await settled();
    expect(wire.messages).toHaveLength(1);
    expect(wire.eventsOf(0).map((event) => (event.data as { calls: unknown[] }).calls.length)).toEqual([
      1, 1, 1,
    ]);
    wire.notify(
      ...wire
        .calls()
        .map((call) => completed(call.invocation, call.inputs['n']))
        .toReversed(),
    );
    expect((await outcomes).map((outcome) => orThrow(outcome).output)).toEqual([1, 2, 3]);
  });

  it('while a message is in flight: wait for it and go out in the next one', async () => {
    const first = Promise.withResolvers<{ status: 'committed'; seq: number }>();
    wire.onAppend = () => (wire.messages.length === 1 ? first.promise : { status: 'committed', seq: 2 });
    void executor.run(PLAIN).catch(() => 0);
    await settled();
    for (let n = 0; n < 5; n++) void executor.run(PLAIN).catch(() => 0);
    await settled();
    expect(wire.messages).toHaveLength(1);
    first.resolve({ status: 'committed', seq: 1 });
    await settled();
    expect(wire.eventsOf(1)).toHaveLength(5);
  });

  it('more than a message may hold: are split by count and by bytes', async () => {
    for (let n = 0; n < 600; n++) void executor.run(PLAIN).catch(() => 0);
    await settled();
    expect(wire.messages.map((_, index) => wire.eventsOf(index).length)).toEqual([512, 88]);
    const blob = 'x'.repeat(60_000);
    for (let n = 0; n < 10; n++) void executor.run({ tool: 't', inputs: { blob } }).catch(() => 0);
    await settled();
    expect(wire.messages.slice(2).map((_, index) => wire.eventsOf(index + 2).length)).toEqual([8, 2]);
  });
});

describe('a message whose fate is unknown', () => {
  it('is sent again with the same bytes and id until it is committed', async () => {
    wire.onAppend = () =>
      wire.messages.length < 3 ? { status: 'unknown', cause: 'timeout' } : { status: 'committed', seq: 1 };
    void executor.run(PLAIN).catch(() => 0);
    await vi.advanceTimersByTimeAsync(1_000);
    expect(wire.messages).toHaveLength(3);
    expect(new Set(wire.messages.map((message) => message.id)).size).toBe(1);
    expect(new Set(wire.messages.map((message) => Buffer.from(message.data).toString())).size).toBe(1);
  });

  it('and refused by the server: fails its calls and those behind it with the reason, at once', async () => {
    wire.onAppend = () => new Promise(() => undefined);
    const calls = [executor.run(PLAIN), executor.run(PLAIN)];
    await settled();
    calls.push(executor.run(PLAIN));
    const failures = Promise.all(calls.map((call) => call.catch((error: WritError) => error.code)));
    const subject = 'writ.lab.requests.screener';
    wire.events?.refused(subject, new WritError('not-permitted', 'may not'));
    expect(await failures).toEqual(['not-permitted', 'not-permitted', 'not-permitted']);
    wire.onAppend = () => ({ status: 'committed', seq: 1 });
    void executor.run(PLAIN).catch(() => 0);
    await settled();
    expect(wire.messages).toHaveLength(2);
  });
});

describe('a ledger that is full', () => {
  it('fails the calls with stream-full', async () => {
    wire.onAppend = () => Promise.reject(new WritError('stream-full', 'no room', { retryable: true }));
    await expect(executor.run(PLAIN)).rejects.toMatchObject({ code: 'stream-full', retryable: true });
  });
});

describe('an abort', () => {
  it('of a call that is under way: asks for its cancellation and waits for the fact', async () => {
    const controller = new AbortController();
    const outcome = executor.run({ ...PLAIN, signal: controller.signal });
    await settled();
    const { invocation } = wire.sent(0);
    controller.abort(new Error('enough'));
    await settled();
    expect(wire.eventsOf(1)).toMatchObject([
      { type: 'tool.cancel-requested', data: { invocation, reason: 'enough' } },
    ]);
    wire.notify(completed(invocation));
    expect((await outcome).status).toBe('succeeded');
  });

  it('of a call that has not left: cancels it here, and it never leaves', async () => {
    const first = Promise.withResolvers<{ status: 'committed'; seq: number }>();
    wire.onAppend = () => first.promise;
    const controller = new AbortController();
    void executor.run(PLAIN).catch(() => 0);
    await settled();
    const outcome = executor.run({ ...PLAIN, signal: controller.signal });
    controller.abort();
    expect((await outcome).status).toBe('cancelled');
    first.resolve({ status: 'committed', seq: 1 });
    await settled();
    expect(wire.messages).toHaveLength(1);
  });
});

describe('lost notices', () => {
  const answer = (subject: string, body: unknown): unknown => {
    if (!subject.endsWith('.audit.status')) return {};
    return {
      terminal: (body as { invocations: string[] }).invocations.map((id) => completed(id, 'from audit')),
    };
  };

  it('are asked for at the audit after two seconds, in chunks', async () => {
    const outcomes = Promise.all(Array.from({ length: 250 }, () => executor.run(PLAIN)));
    wire.onQuery = answer;
    await vi.advanceTimersByTimeAsync(1_900);
    expect(wire.queries).toHaveLength(0);
    await vi.advanceTimersByTimeAsync(2_200);
    expect((await outcomes).every((outcome) => outcome.status === 'succeeded')).toBe(true);
    expect(wire.queries.map(({ body }) => (body as { invocations: string[] }).invocations.length)).toEqual([
      100, 100, 50,
    ]);
  });

  it('while the audit is away: enquiries become rarer, at most every ten seconds', async () => {
    wire.onQuery = () => Promise.reject(new WritError('unavailable', 'away'));
    void executor.run(PLAIN).catch(() => 0);
    await vi.advanceTimersByTimeAsync(60_000);
    expect(wire.queries.length).toBeGreaterThan(5);
    expect(wire.queries.length).toBeLessThan(9);
  });

  it('after a reconnect: are asked for at once', async () => {
    const outcome = executor.run(PLAIN);
    await settled();
    wire.onQuery = answer;
    wire.events?.reconnected();
    expect((await outcome).status).toBe('succeeded');
  });
});
