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

describe('one call', () => {
  it('is one event whose id is its invocation, with its terms', async () => {
    const deadline = new Date('2026-01-01T00:00:00Z');
    void executor
      .run({ ...PLAIN, budgetTag: 'screening', priority: 'urgent', deadline, justification: 'why' })
      .catch(() => 0);
    await settled();
    const [event] = wire.eventsOf(0);
    expect(wire.messages[0]?.subject).toBe('writ.lab.requests.screener');
    expect(event).toEqual({
      specversion: '1.0',
      id: wire.calls()[0]?.invocation,
      source: 'writ/agent/screener',
      type: 'tool.requested',
      data: {
        calls: [{ invocation: event?.id, ...PLAIN }],
        project: 'chemistry',
        campaign: 'screening',
        priority: 'urgent',
        deadline: '2026-01-01T00:00:00.000Z',
        justification: 'why',
        log: 'run-1',
      },
    });
  });

  it('of a trace: its request says so; of none: it does not', async () => {
    const traceparent = `00-${'a'.repeat(32)}-${'b'.repeat(16)}-01`;
    void executor.run({ ...PLAIN, traceparent }).catch(() => 0);
    void executor.run(PLAIN).catch(() => 0);
    await settled();
    expect(wire.eventsOf(0).map((event) => (event as { traceparent?: string }).traceparent)).toEqual([
      traceparent,
      undefined,
    ]);
  });

  it('that succeeds: resolves with output, usage in whole units, executor and durations', async () => {
    const outcome = executor.run(PLAIN);
    await settled();
    wire.notify(completed(wire.sent(0).invocation, { mass: 46 }));
    expect(await outcome).toMatchObject({
      status: 'succeeded',
      output: { mass: 46 },
      usage: { 'node-hours': '1.5' },
      executor: 'node-1',
      runMs: 250,
    });
  });

  const ends = [
    [
      'policy.decided',
      { verdict: 'deny', denial: { class: 'permission', rule: 'r', reason: 'no', remedy: 'ask' } },
      { status: 'denied', class: 'permission', rule: 'r', reason: 'no', remedy: 'ask' },
    ],
    [
      'budget.refused',
      { reason: 'exhausted', account: 'lab/x', unit: 'usd', asked: '2500000', free: '0', detail: 'd' },
      {
        status: 'refused',
        by: 'budget',
        account: 'lab/x',
        unit: 'usd',
        asked: '2.5',
        free: '0',
        detail: 'd',
      },
    ],
    ['schedule.refused', { reason: 'deadline', detail: 'late' }, { status: 'expired', detail: 'late' }],
    [
      'schedule.refused',
      { reason: 'breaker-open', detail: 'open', retryAtMs: 5 },
      { status: 'refused', by: 'breaker', retryAtMs: 5 },
    ],
    [
      'request.rejected',
      { reason: 'invalid-inputs', detail: 'smiles is missing' },
      { status: 'rejected', reason: 'invalid-inputs', detail: 'smiles is missing' },
    ],
    ['invocation.cancelled', { reason: 'enough' }, { status: 'cancelled', reason: 'enough' }],
  ] as const;
  it.each(ends)('that ends with %s %j: resolves, and does not throw', async (type, data, outcome) => {
    const ended = executor.run(PLAIN);
    await settled();
    wire.notify({ type, data: { invocation: wire.sent(0).invocation, agent: LAB.agent, ...data } });
    const result = await ended;
    expect(result).toMatchObject(outcome);
    expect(() => orThrow(result)).toThrow(WritError);
  });

  it('that waits for approval: goes on, and the notice is told', async () => {
    const heard: string[] = [];
    const listening = await GovernedToolExecutor.over(wire, LAB, {
      onNotice: (fact) => heard.push(fact.type),
    });
    const outcome = listening.run(PLAIN);
    await settled();
    const invocation = wire.sent(0).invocation;
    wire.notify({ type: 'policy.decided', data: { invocation, verdict: 'require-approval' } });
    wire.notify({ type: 'approval.opened', data: { invocation } }, completed(invocation));
    expect((await outcome).status).toBe('succeeded');
    expect(heard).toEqual(['policy.decided', 'approval.opened', 'execution.completed']);
  });
});

describe('what cannot be sent', () => {
  const bad: [string, Parameters<GovernedToolExecutor['run']>[0], string, RegExp][] = [
    [
      'inputs over 64 KiB of which no single one is large',
      { tool: 't', inputs: Object.fromEntries(Array.from({ length: 20 }, (_, n) => [n, 'x'.repeat(4_000)])) },
      'payload-too-large',
      /80151 bytes/,
    ],
    ['a tool name with a dot', { tool: 'a.b' }, 'invalid-call', /calls\.0\.tool/],
    ['a bad budget tag', { tool: 't', budgetTag: 'a b' }, 'invalid-call', /budgetTag/],
    ['a deadline that is no time', { tool: 't', deadline: 'soon' }, 'invalid-call', /deadline/],
    ['a bigint in the inputs', { tool: 't', inputs: { n: 1n } }, 'invalid-call', /no JSON/],
    ['a bad invocation id', { tool: 't', invocation: 'a b' }, 'invalid-call', /invocation "a b"/],
  ];
  it.each(bad)('%s: is a typed error and nothing is sent', async (_, options, code, message) => {
    await expect(executor.run(options)).rejects.toMatchObject({
      code,
      message: expect.stringMatching(message),
    });
    await settled();
    expect(wire.messages).toHaveLength(0);
  });

  it('a step over a message: is a typed error', async () => {
    const calls = Array.from({ length: 9 }, () => ({ tool: 't', inputs: { blob: 'x'.repeat(60_000) } }));
    await expect(executor.runStep(calls)).rejects.toMatchObject({ code: 'payload-too-large' });
  });
});

describe('a step', () => {
  it('is one event with its calls in model order, and resolves in model order', async () => {
    const outcomes = executor.runStep([{ tool: 'a' }, { tool: 'b' }], {
      budgetTag: 'screening',
      plan: 'dag',
    });
    await settled();
    expect(wire.eventsOf(0)).toHaveLength(1);
    expect(wire.eventsOf(0)[0]?.data).toMatchObject({ campaign: 'screening', plan: 'dag' });
    expect([wire.sent(0).tool, wire.sent(1).tool]).toEqual(['a', 'b']);
    wire.notify(completed(wire.sent(1).invocation, 'second'));
    wire.notify(completed(wire.sent(0).invocation, 'first'));
    expect((await outcomes).map((outcome) => orThrow(outcome).output)).toEqual(['first', 'second']);
  });

  it('that is malformed as a message: rejects all its calls', async () => {
    const outcomes = executor.runStep([{ tool: 'a' }, { tool: 'b' }]);
    await settled();
    const [event] = wire.eventsOf(0);
    const data = { agent: LAB.agent, event: event?.id, reason: 'malformed', detail: 'bad' };
    wire.notify({ type: 'request.rejected', data });
    expect((await outcomes).map((outcome) => outcome.status)).toEqual(['rejected', 'rejected']);
  });
});

describe("an id of the caller's own", () => {
  it('that is under way: is refused here', async () => {
    void executor.run({ ...PLAIN, invocation: 'mine' }).catch(() => 0);
    await expect(executor.run({ ...PLAIN, invocation: 'mine' })).rejects.toMatchObject({
      code: 'invalid-call',
    });
  });

  it('that another process repeats with other arguments: keeps its own outcome', async () => {
    const outcome = executor.run({ ...PLAIN, invocation: 'mine' });
    await settled();
    const data = {
      agent: LAB.agent,
      invocation: 'mine',
      event: 'theirs',
      reason: 'duplicate-id',
      detail: 'd',
    };
    wire.notify({ type: 'request.rejected', data }, completed('mine'));
    expect((await outcome).status).toBe('succeeded');
  });

  it('that was used before with other arguments: is rejected', async () => {
    const outcome = executor.run({ ...PLAIN, invocation: 'mine' });
    await settled();
    const event = wire.eventsOf(0)[0]?.id;
    const data = { agent: LAB.agent, invocation: 'mine', event, reason: 'duplicate-id', detail: 'd' };
    wire.notify({ type: 'request.rejected', data });
    expect((await outcome).status).toBe('rejected');
  });
});

describe('map', () => {
  it('keeps to its concurrency, reports progress, and answers in input order', async () => {
    const seen: number[] = [];
    const inputs = Array.from({ length: 7 }, (_, n) => ({ n }));
    const outcomes = executor.map(inputs, {
      tool: 't',
      concurrency: 3,
      onProgress: ({ done, total }) => seen.push(done, total!),
    });
    await settled();
    expect(wire.calls()).toHaveLength(3);
    for (let done = 0; done < 7; done++) {
      const call = wire.sent(done);
      wire.notify(completed(call.invocation, call.inputs['n']));
      await settled();
      expect(wire.calls().length).toBe(Math.min(7, done + 4));
    }
    expect((await outcomes).map((outcome) => orThrow(outcome).output)).toEqual([0, 1, 2, 3, 4, 5, 6]);
    expect(seen.slice(-2)).toEqual([7, 7]);
  });

  it('that is aborted: sends nothing more', async () => {
    const controller = new AbortController();
    const outcomes = executor.map([{ n: 1 }, { n: 2 }], {
      tool: 't',
      concurrency: 1,
      signal: controller.signal,
    });
    await settled();
    controller.abort();
    wire.notify(completed(wire.sent(0).invocation));
    expect((await outcomes).map(({ status }) => status)).toEqual(['succeeded', 'cancelled']);
    expect(wire.calls()).toHaveLength(1);
  });
});

describe('connecting', () => {
  it('with a policy that is not in force: fails and lists what is published', async () => {
    wire.onQuery = () => ({ policies: ['cost-limit'], tools: [], revision: 3 });
    const connected = GovernedToolExecutor.over(wire, LAB, { policies: ['cost-limit', 'approval-required'] });
    await expect(connected).rejects.toMatchObject({
      code: 'policy-not-in-force',
      message: 'tenant lab has no policy named "approval-required"; published: cost-limit',
    });
    expect(wire.closed).toBe(true);
  });

  it('with a scheduler: is recorded when nobody can tell, refused when it is unknown', async () => {
    wire.onQuery = () => Promise.reject(new WritError('unavailable', 'away'));
    const recorded = await GovernedToolExecutor.over(wire, LAB, { scheduler: 'fair-share' });
    expect(recorded.settings.scheduler).toBe('fair-share');
    wire.onQuery = () => ({ schedulers: ['priority'] });
    const refused = GovernedToolExecutor.over(wire, LAB, { scheduler: 'fair-share' });
    await expect(refused).rejects.toMatchObject({ code: 'scheduler-unknown' });
  });
});

describe('a closed executor', () => {
  it('fails what is outstanding and what comes later with closed', async () => {
    const outstanding = executor.run(PLAIN).catch((error: WritError) => error.code);
    await executor.close();
    expect(await outstanding).toBe('closed');
    await expect(executor.run(PLAIN)).rejects.toMatchObject({ code: 'closed' });
  });
});
