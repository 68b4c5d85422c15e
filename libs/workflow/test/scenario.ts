/**
 * Given what the gate has seen, when news arrives, then these are its answers. Everything goes through the decider, as
 * in a host: facts are folded in ledger order, then answers are asked for and folded until nothing is owed. Facts are of
 * tenant "acme" and agent "ada"; a clock of the world moves only by `later`.
 */
import { RunOutcome, digestOf, toolSpec, workflowSpec } from '@writ/contracts';
import type { EventType, Fact, Instant, RecordedFact, WorkflowSpecInput } from '@writ/contracts';
import { GATE_TOOLS, gate } from '../src/index.ts';
import type { GateState } from '../src/index.ts';

export const START: Instant = 1_760_000_000_000;
const TENANT = 'acme';

/** The gates, and tools of each other role. */
const TOOLS = [
  ...GATE_TOOLS,
  ...[
    { name: 'get_price', class: 'READ_ONLY' },
    { name: 'get_news', class: 'READ_ONLY' },
    { name: 'place_order', class: 'NETWORK' },
    { name: 'purge', class: 'DESTRUCTIVE' },
  ].map((spec) => toolSpec.parse({ ...spec, adapter: { kind: 'module', module: 'x.mjs' } })),
];

/** How a call ends; succeeded and at once by default. */
interface CallOptions {
  readonly output?: unknown;
  readonly outcome?: RunOutcome;
  readonly origin?: string;
  readonly ends?: boolean;
}

export class World {
  state: GateState = gate.initial();
  now: Instant = START;
  /** Every answer so far. */
  readonly answers: Fact[] = [];
  /** Every fact so far, the answers among them. */
  readonly facts: RecordedFact[] = [];
  /** At this fact the state is replaced by what its snapshot restores. */
  restoreAt: number | undefined;
  #seq = 0;
  #calls = 0;

  constructor() {
    for (const tool of TOOLS) this.fold('tool.registered', { tool }, 'catalog');
  }

  later(seconds: number): this {
    this.now += seconds * 1_000;
    return this;
  }

  /** Puts a fact into the ledger without letting the gate answer. */
  fold(type: EventType, data: unknown, origin = 'ada'): number {
    const seq = ++this.#seq;
    const fact = { type, tenant: TENANT, origin, seq, at: this.now, data } as unknown as RecordedFact;
    this.#evolve(fact);
    return seq;
  }

  /** Everything that the gate owes now. */
  react(): Fact[] {
    const all: Fact[] = [];
    for (let owed = gate.react(this.state, this.now, undefined); owed.length > 0;) {
      for (const one of owed) {
        const fact = { ...one, origin: 'decisions', seq: 0, at: this.now } as RecordedFact;
        this.#evolve(fact);
      }
      all.push(...owed);
      if (all.length > 10_000) throw new Error('the gate answers for ever');
      owed = gate.react(this.state, this.now, undefined);
    }
    this.answers.push(...all);
    return all;
  }

  #evolve(fact: RecordedFact): void {
    this.facts.push(fact);
    this.state = gate.evolve(this.state, fact);
    if (this.facts.length === this.restoreAt)
      this.state = gate.restore(JSON.parse(JSON.stringify(gate.snapshot(this.state))));
  }

  says(type: EventType, data: unknown, origin?: string): Fact[] {
    this.fold(type, data, origin);
    return this.react();
  }

  begin(workflow: WorkflowSpecInput, run = 'r1', input: unknown = null): Fact[] {
    return this.says('run.requested', { run, workflow: workflowSpec.parse(workflow), input });
  }

  /** A call of an attempt, up to its end; the invocation. */
  call(
    tool: string,
    flow: { run?: string; node: string; attempt: number },
    { output = {}, outcome = RunOutcome.succeeded, origin = 'ada', ends = true }: CallOptions = {},
  ): string {
    const invocation = `c${++this.#calls}`;
    this.ask(invocation, tool, flow, origin);
    if (ends) this.end(invocation, { outcome, output });
    return invocation;
  }

  ask(
    invocation: string,
    tool: string,
    flow: { run?: string; node: string; attempt: number },
    origin = 'ada',
  ): void {
    const calls = [{ invocation, tool, inputs: {} }];
    this.fold(
      'tool.requested',
      { calls, project: 'lab', priority: 'normal', flow: { run: 'r1', ...flow } },
      origin,
    );
  }

  end(invocation: string, { outcome = RunOutcome.succeeded, output = {} }: CallOptions = {}): void {
    const error = outcome === RunOutcome.succeeded ? {} : { error: { code: 'broken', message: 'it broke' } };
    this.fold(
      'execution.completed',
      { invocation, agent: 'ada', outcome, output, usage: {}, ...error },
      'node1',
    );
  }

  submit(
    node: string,
    attempt: number,
    output: unknown,
    used: readonly string[],
    { run = 'r1', origin = 'ada', more = {} } = {},
  ): Fact[] {
    const outputDigest = output === undefined ? {} : { outputDigest: digestOf(output) };
    const data = { run, node, attempt, output, ...outputDigest, used: [...used], ...more };
    return this.says('node.submitted', data, origin);
  }
}

/** What a rejection named. */
export function rulesOf(facts: readonly Fact[]): string[] {
  return facts.flatMap((fact) =>
    fact.type === 'contract.rejected' ? fact.data.violations.map(({ rule }) => rule) : [],
  );
}
