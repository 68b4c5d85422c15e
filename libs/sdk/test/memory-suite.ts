/**
 * A suite in memory for specs of workflows: the real gate, tools that are functions, and no policy that says no. What one
 * connection sends is answered within its turn. A connection can die: from one message on it stores nothing and hears
 * nothing, as if its process had been killed.
 */
import { decodeCommit, digestOf, subjects, toolSpec } from '@writ/contracts';
import type { AgentId, CloudEvent, Fact, RecordedFact, RunId, TenantId, WorkflowSpec } from '@writ/contracts';
import type { Append, AppendResult } from '@writ/ledger';
import { GATE_TOOLS, endedRunView, failuresOf, gate, lint, openRunView, toolCatalog } from '@writ/workflow';
import type { GateState, Release } from '@writ/workflow';
import { GovernedToolExecutor } from '../src/index.ts';
import type { Transport, TransportEvents } from '../src/transport.ts';

const TENANT = 'lab' as TenantId;
const NEVER = new Promise<never>(() => {});

/** What a tool gives; throwing is failing. */
export type ScriptedTool = (inputs: Readonly<Record<string, unknown>>) => unknown;

export class MemorySuite {
  state: GateState = gate.initial();
  /** Every fact, in order. */
  readonly facts: RecordedFact[] = [];
  /** How often each question was run: the same inputs of a tool in the same attempt. */
  readonly runs = new Map<string, number>();
  readonly #tools: Readonly<Record<string, ScriptedTool>>;
  readonly #ended = new Map<string, { readonly type: string; readonly data: unknown }>();
  readonly #asked = new Set<string>();
  readonly #flows: { readonly run: string; readonly fact: Release['fact'] }[] = [];
  readonly #connections = new Set<MemoryTransport>();
  #seq = 0;

  constructor(tools: Readonly<Record<string, ScriptedTool>>, specs: readonly object[]) {
    this.#tools = tools;
    const registered = specs.map((spec) =>
      toolSpec.parse({ adapter: { kind: 'module', module: 'x.mjs' }, ...spec }),
    );
    for (const tool of [...GATE_TOOLS, ...registered]) this.#record('tool.registered', 'catalog', { tool });
  }

  /** An executor; with `diesAfter` its process is killed when it has sent so many messages. */
  connect({ diesAfter = Infinity, agent = 'ada' } = {}): Promise<GovernedToolExecutor> {
    const transport = new MemoryTransport(this, diesAfter);
    this.#connections.add(transport);
    return GovernedToolExecutor.over(transport, { tenant: TENANT, agent: agent as AgentId });
  }

  says(type: RecordedFact['type'], origin: string, data: unknown): void {
    this.#record(type, origin, data);
    this.#react();
  }

  receive(request: Append): void {
    const commit = { seq: ++this.#seq, subject: request.subject, at: Date.now(), data: request.data };
    for (const fact of decodeCommit(commit)) {
      if (fact.type === 'tool.requested') this.#calls(fact);
      else this.#fold(fact);
    }
    this.#react();
  }

  answer(call: string, body: unknown): unknown {
    const { state } = this;
    const { run, project, invocations, workflow } = body as {
      run: RunId;
      project: string;
      invocations: readonly string[];
      workflow: WorkflowSpec;
    };
    switch (call) {
      case 'run': {
        const flows = this.#flows.filter((flow) => flow.run === run).map(({ fact }) => fact);
        const view = openRunView(state, TENANT, run) ?? endedRunView(run, flows);
        return view ? { run: view } : {};
      }
      case 'tools':
        return toolCatalog(state, TENANT, new Map(), new Map());
      case 'failures':
        return { failures: failuresOf(state, TENANT, { project }) };
      case 'lint':
        return { problems: lint(workflow, state.tenants.get(TENANT) as never).problems };
      default:
        return { terminal: invocations.flatMap((id) => this.#ended.get(id) ?? []) };
    }
  }

  /** A call that was asked for before is no news; a new one runs at once. */
  #calls(fact: RecordedFact<'tool.requested'>): void {
    const calls = fact.data.calls.filter(({ invocation }) => !this.#asked.has(invocation));
    this.#fold({ ...fact, data: { ...fact.data, calls } });
    for (const { invocation, tool, inputs } of calls) {
      this.#asked.add(invocation);
      const question = JSON.stringify([fact.data.flow, tool, inputs]);
      this.runs.set(question, (this.runs.get(question) ?? 0) + 1);
      const now = Date.now();
      const common = { invocation, attempt: 1, agent: fact.origin, executor: 'e1', session: 's1', usage: {} };
      const end = this.#outcomeOf(tool, inputs);
      const data = { ...common, ...end, argsDigest: digestOf(inputs), startedAtMs: now, endedAtMs: now };
      this.#ended.set(invocation, { type: 'execution.completed', data });
      this.#tell(this.#record('execution.completed', 'e1', data));
    }
  }

  #outcomeOf(tool: string, inputs: Readonly<Record<string, unknown>>): object {
    try {
      return { outcome: 'succeeded', output: this.#tools[tool]?.(inputs) ?? null };
    } catch (error) {
      return { outcome: 'failed', error: { code: 'broken', message: String(error) } };
    }
  }

  #react(): void {
    for (let owed = gate.react(this.state, Date.now(), undefined); owed.length > 0;) {
      for (const one of owed) {
        const fact = { ...one, origin: 'decisions', seq: 0, at: Date.now() } as RecordedFact;
        this.#fold(fact);
        this.#tell(fact);
      }
      for (const { run, fact } of this.state.releases.values()) {
        this.#flows.push({ run, fact });
        this.#record(fact.type, run, fact.data);
      }
      owed = gate.react(this.state, Date.now(), undefined);
    }
  }

  #record(type: RecordedFact['type'], origin: string, data: unknown): RecordedFact {
    const fact = {
      type,
      tenant: TENANT,
      origin,
      seq: ++this.#seq,
      at: Date.now(),
      data,
    } as unknown as RecordedFact;
    this.#fold(fact);
    return fact;
  }

  #fold(fact: RecordedFact): void {
    this.facts.push(fact);
    this.state = gate.evolve(this.state, fact);
  }

  #tell(fact: Fact | RecordedFact): void {
    const { agent } = fact.data as { readonly agent?: AgentId };
    if (agent === undefined) return;
    const event = { type: fact.type, data: fact.data } as CloudEvent;
    for (const connection of this.#connections) connection.hear(subjects.notices(TENANT, agent), event);
  }
}

class MemoryTransport implements Transport {
  readonly #suite: MemorySuite;
  #left: number;
  readonly #sinks = new Map<string, (data: Uint8Array) => void>();

  constructor(suite: MemorySuite, diesAfter: number) {
    this.#suite = suite;
    this.#left = diesAfter;
  }

  async append(request: Append): Promise<AppendResult> {
    if (this.#left <= 0) return NEVER;
    this.#left -= 1;
    this.#suite.receive(request);
    return this.#left > 0 ? { status: 'committed', seq: 1 } : NEVER;
  }

  async subscribe(subject: string, sink: (data: Uint8Array) => void): Promise<void> {
    this.#sinks.set(subject, sink);
  }

  async query(subject: string, body: unknown): Promise<unknown> {
    // A copy, as over a wire.
    return this.#left > 0
      ? structuredClone(this.#suite.answer(subject.split('.').at(-1) ?? '', body))
      : NEVER;
  }

  hear(subject: string, event: CloudEvent): void {
    const sink = this.#sinks.get(subject);
    const data = Buffer.from(JSON.stringify([event]));
    if (this.#left > 0 && sink) queueMicrotask(() => this.#left > 0 && sink(data));
  }

  watch(_events: TransportEvents): void {}

  async close(): Promise<void> {
    this.#left = 0;
  }
}
