/**
 * What the gate costs its process: a submission while many runs are open, and a call that belongs to no workflow. Measured
 * in this thread's processor time, because what else the machine does is not the gate's cost.
 */
import { digestOf, policyRule, toolSpec, workflowSpec } from '@writ/contracts';
import type { Decider, RecordedFact, WorkflowSpecInput } from '@writ/contracts';
import { GATE_TOOLS, gate } from '@writ/workflow';

export const OPEN_RUNS = 1_000;
const NODES = 12;
const PLAIN_CALLS = 10_000;
const PLAIN_ROUNDS = 15;
const AT = 1_760_000_000_000;

/** Microseconds of one submission, folded, judged and its answer folded; its two calls are folded outside of it. */
export function submissionCost(): number {
  const state = gate.initial();
  let seq = 0;
  const fold = (type: string, data: unknown, origin = 'ada'): void => {
    gate.evolve(state, { type, tenant: 'acme', origin, seq: ++seq, at: AT, data } as unknown as RecordedFact);
  };
  const answer = (): void => {
    for (
      let owed = gate.react(state, AT, undefined);
      owed.length > 0;
      owed = gate.react(state, AT, undefined)
    )
      for (const one of owed) gate.evolve(state, { ...one, origin: 'decisions', seq: 0, at: AT });
  };
  const price = toolSpec.parse({
    name: 'price',
    class: 'READ_ONLY',
    adapter: { kind: 'module', module: 'x.mjs' },
  });
  for (const tool of [...GATE_TOOLS, price]) fold('tool.registered', { tool }, 'catalog');
  const workflow = workflowSpec.parse(chain('data', 'price', NODES));
  for (let run = 0; run < OPEN_RUNS; run++) fold('run.requested', { run: `r${run}`, workflow, input: null });
  answer();
  let spentUs = 0;
  let judged = 0;
  for (let node = 0; node < NODES - 1; node++) {
    const submissions: RecordedFact[] = [];
    for (let run = 0; run < OPEN_RUNS; run++) {
      const flow = { run: `r${run}`, node: `n${node}`, attempt: 1 };
      const used = ['a', 'b'].map((call) => `${call}-${run}-${node}`);
      const calls = used.map((invocation) => ({ invocation, tool: 'price', inputs: {} }));
      fold('tool.requested', { calls, project: 'p', priority: 'normal', flow });
      for (const invocation of used)
        fold('execution.completed', { invocation, outcome: 'succeeded', output: { price: 95 } }, 'e1');
      const output = { data: { symbol: 'ACME', price: 95.2, run }, fetchedAt: new Date(AT).toISOString() };
      const data = { ...flow, output, outputDigest: digestOf(output), used };
      submissions.push({
        type: 'node.submitted',
        tenant: 'acme',
        origin: 'ada',
        seq: ++seq,
        at: AT,
        data,
      } as unknown as RecordedFact);
    }
    const before = process.threadCpuUsage();
    for (const submission of submissions) {
      gate.evolve(state, submission);
      answer();
    }
    const { user, system } = process.threadCpuUsage(before);
    spentUs += user + system;
    judged += submissions.length;
    if (state.releases.size !== OPEN_RUNS)
      throw new Error(`${OPEN_RUNS - state.releases.size} submissions were not accepted`);
    state.releases.clear(); // As the service does, once the copies stand in the ledger.
  }
  return spentUs / judged;
}

/** Microseconds of one call that belongs to no workflow: folded, decided, the decision folded; the best round. */
export function plainCallCost<State>(decider: Decider<State>): number {
  const bundle = [policyRule.parse({ name: 'none', condition: 'tool.destructive', action: 'deny' })];
  const tool = toolSpec.parse({
    name: 'price',
    class: 'READ_ONLY',
    adapter: { kind: 'module', module: 'x.mjs' },
  });
  const state = decider.initial();
  const fact = (type: string, data: unknown, seq: number): RecordedFact =>
    ({ type, tenant: 'acme', origin: 'ada', seq, at: AT, data }) as unknown as RecordedFact;
  decider.evolve(state, fact('tool.registered', { tool }, 1));
  decider.evolve(state, fact('policy.published', { bundle: digestOf(bundle), policies: bundle }, 2));
  let best = Infinity;
  for (let round = 0; round < PLAIN_ROUNDS; round++) {
    const requests = Array.from({ length: PLAIN_CALLS }, (_, call) =>
      fact(
        'tool.requested',
        {
          calls: [{ invocation: `c-${round}-${call}`, tool: 'price', inputs: {} }],
          project: 'p',
          priority: 'normal',
        },
        3,
      ),
    );
    const before = process.threadCpuUsage();
    for (const request of requests) {
      decider.evolve(state, request);
      for (
        let owed = decider.react(state, AT, undefined);
        owed.length > 0;
        owed = decider.react(state, AT, undefined)
      )
        for (const one of owed) decider.evolve(state, { ...one, origin: 'decisions', seq: 0, at: AT });
    }
    const { user, system } = process.threadCpuUsage(before);
    best = Math.min(best, (user + system) / PLAIN_CALLS);
  }
  return best;
}

/** So many nodes of one type, one after another. */
export function chain(type: string, tool: string, length: number): WorkflowSpecInput {
  const names = Array.from({ length }, (_, index) => `n${index}`);
  return {
    name: 'chain',
    nodes: names.map((name) => ({ name, type, tools: [tool] })),
    edges: names.slice(1).map((to, index) => ({ from: `n${index}`, to })),
  };
}
