import { digestOf, policyRule, toolSpec, workflowSpec } from '@writ/contracts';
import type { EventType, Fact, RecordedFact } from '@writ/contracts';
import { describe, expect, it } from 'vitest';
import { gatedPolicy } from './gated-policy.ts';
import type { GatedState } from './gated-policy.ts';

const AT = 1_760_000_000_000;
const TOOL = toolSpec.parse({
  name: 'look',
  class: 'READ_ONLY',
  adapter: { kind: 'module', module: 'x.mjs' },
});
const RULE = policyRule.parse({ name: 'nothing', condition: 'false', action: 'deny' });
const WORKFLOW = workflowSpec.parse({ name: 'one', nodes: [{ name: 'only', sla: { minToolCalls: 1 } }] });
const FLOW = { flow: { run: 'r1', node: 'only', attempt: 1 } };

/** The composed decider with a ledger of its own. */
class Cell {
  state: GatedState = gatedPolicy.initial();
  #seq = 0;

  constructor() {
    this.fold('tool.registered', { tool: TOOL }, 'catalog');
    this.fold('policy.published', { bundle: digestOf([RULE]), policies: [RULE] }, 'catalog');
  }

  fold(type: EventType, data: unknown, origin = 'ada'): void {
    const fact = { type, tenant: 'acme', origin, seq: ++this.#seq, at: AT, data } as unknown as RecordedFact;
    this.state = gatedPolicy.evolve(this.state, fact);
  }

  asks(invocation: string, more: object = {}): void {
    const calls = [{ invocation, tool: 'look', inputs: {} }];
    this.fold('tool.requested', { calls, project: 'lab', priority: 'normal', ...more });
  }

  ends(invocation: string): void {
    this.fold('execution.completed', { invocation, agent: 'ada', outcome: 'succeeded', usage: {} }, 'e1');
  }

  submits(used: readonly string[]): void {
    this.fold('node.submitted', { run: 'r1', node: 'only', attempt: 1, output: 'done', used });
  }

  react(): Fact[] {
    const all: Fact[] = [];
    for (let owed = this.#owed(); owed.length > 0; owed = this.#owed()) {
      for (const one of owed)
        this.state = gatedPolicy.evolve(this.state, {
          ...one,
          origin: 'decisions',
          seq: 0,
          at: AT,
        });
      all.push(...owed);
    }
    return all;
  }

  #owed(): readonly Fact[] {
    return gatedPolicy.react(this.state, AT, undefined);
  }
}

function typesOf(facts: readonly Fact[]): string[] {
  return facts.map(({ type }) => type);
}

describe('policy and gate as one decider', () => {
  it('a call of an attempt: is decided by policy and counted by the gate', () => {
    const cell = new Cell();
    cell.fold('run.requested', { run: 'r1', workflow: WORKFLOW });
    expect(typesOf(cell.react())).toEqual(['run.opened']);
    cell.asks('c1', FLOW);
    expect(typesOf(cell.react())).toEqual(['policy.decided']);
    cell.ends('c1');
    cell.submits(['c1']);
    expect(typesOf(cell.react())).toEqual(['contract.accepted', 'run.completed']);
  });

  it('a call that policy denied: is named by the gate', () => {
    const cell = new Cell();
    cell.fold('run.requested', { run: 'r1', workflow: WORKFLOW });
    cell.react();
    cell.fold('tool.requested', {
      calls: [{ invocation: 'c1', tool: 'gone', inputs: {} }],
      project: 'lab',
      priority: 'normal',
      ...FLOW,
    });
    cell.react();
    cell.submits(['c1']);
    expect(cell.react()).toMatchObject([
      { data: { violations: [{ rule: 'denied-call' }, { rule: 'too-few-calls' }] } },
    ]);
  });

  it('a call from before, asked for once more as part of an attempt: does not count', () => {
    const cell = new Cell();
    cell.asks('c1');
    cell.fold('run.requested', { run: 'r1', workflow: WORKFLOW });
    cell.react();
    cell.asks('c1', FLOW);
    cell.ends('c1');
    cell.submits(['c1']);
    expect(cell.react()).toMatchObject([
      { data: { violations: [{ rule: 'unknown-call' }, { rule: 'too-few-calls' }] } },
    ]);
  });

  it('both owe answers: they take turns', () => {
    const cell = new Cell();
    for (let index = 0; index < 3; index++) cell.asks(`c${index}`);
    for (let index = 0; index < 3; index++)
      cell.fold('run.requested', { run: `r${index}`, workflow: WORKFLOW });
    const types = typesOf(cell.react());
    expect(types).toEqual(Array.from({ length: 3 }, () => ['policy.decided', 'run.opened']).flat());
  });

  it('without a run: what others write is not wanted, so it is not parsed', () => {
    const cell = new Cell();
    cell.asks('c1');
    cell.react();
    const wanted = (['budget', 'schedule', 'executions', 'flows', 'requests'] as const).map((kind) =>
      gatedPolicy.wants?.(cell.state, kind),
    );
    expect(wanted).toEqual([false, false, false, false, true]);
  });

  it('every end of a call is read, whoever writes it', () => {
    const ends = ['execution.completed', 'budget.refused', 'schedule.refused', 'schedule.resolved'] as const;
    for (const type of [...ends, 'invocation.cancelled'] as const) expect(gatedPolicy.folds).toContain(type);
  });

  it('its snapshot: restores both', () => {
    const cell = new Cell();
    cell.fold('run.requested', { run: 'r1', workflow: WORKFLOW });
    cell.react();
    cell.asks('c1', FLOW);
    const text = JSON.stringify(gatedPolicy.snapshot(cell.state));
    const restored = gatedPolicy.restore(JSON.parse(text));
    expect(JSON.stringify(gatedPolicy.snapshot(restored))).toBe(text);
    expect(gatedPolicy.react(restored, AT, undefined)).toEqual(gatedPolicy.react(cell.state, AT, undefined));
  });
});
