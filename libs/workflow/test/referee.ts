/**
 * Judges a run by what stands in the ledger, with none of the gate's code: naive, one rule after another. No node begins
 * before everything that it needs was accepted, what was accepted rests on calls that the ledger has, one way leads out
 * of a decision, and nobody is asked more often than agreed.
 */
import type { EventData, RecordedFact, WorkflowSpec } from '@writ/contracts';

interface Asked {
  readonly tool: string;
  readonly key: string;
  readonly seq: number;
}

const ROLE: Readonly<Record<string, string>> = {
  boolean_gate: 'routes',
  conditional_gate: 'routes',
  get_price: 'fetches',
  get_news: 'fetches',
  place_order: 'acts',
};
/** Of the built-in data type. */
const MAX_AGE_MS = 3_600_000;

const WANTED: Readonly<Record<string, string | undefined>> = {
  decision: 'routes',
  data: 'fetches',
  executor: 'acts',
};

/** One sentence for each rule that was broken. */
export function judge(facts: readonly RecordedFact[], workflow: WorkflowSpec): string[] {
  const referee = new Referee(workflow);
  for (const fact of facts) referee.see(fact);
  return referee.wrong;
}

class Referee {
  readonly wrong: string[] = [];
  readonly #workflow: WorkflowSpec;
  readonly #asked = new Map<string, Asked>();
  readonly #succeeded = new Map<string, RecordedFact<'execution.completed'>>();
  readonly #submitted = new Map<string, RecordedFact<'node.submitted'>>();
  readonly #routes = new Map<string, string | undefined>();
  readonly #opened = new Map<string, number>();
  readonly #granted = new Map<string, number>();
  readonly #failed = new Set<string>();

  constructor(workflow: WorkflowSpec) {
    this.#workflow = workflow;
  }

  see(fact: RecordedFact): void {
    switch (fact.type) {
      case 'tool.requested':
        for (const { invocation, tool } of fact.data.calls) {
          const { node = '', attempt = 0 } = fact.data.flow ?? {};
          this.#asked.set(invocation, { tool, key: `${node} ${attempt}`, seq: fact.seq });
        }
        break;
      case 'execution.completed':
        if (fact.data.outcome === 'succeeded') this.#succeeded.set(fact.data.invocation, fact);
        break;
      case 'node.submitted':
        this.#submitted.set(`${fact.data.node} ${fact.data.attempt}`, fact);
        break;
      case 'contract.accepted':
        this.#routes.set(fact.data.node, fact.data.routedTo);
        this.#accepted(fact.data);
        break;
      case 'contract.rejected':
        if (fact.data.next === 'fail' || fact.data.next === 'fallback') this.#failed.add(fact.data.node);
        break;
      case 'node.reopened':
        if (fact.data.ruling === 'retry')
          this.#granted.set(fact.data.node, 1 + (this.#granted.get(fact.data.node) ?? 0));
        else this.#failed.add(fact.data.node);
        break;
      default:
    }
    const { opens = [] } = fact.data as { opens?: EventData<'run.opened'>['opens'] };
    for (const { node, attempt } of opens) this.#opens(node, attempt);
  }

  #accepted({ node, attempt, calls, routedTo }: EventData<'contract.accepted'>): void {
    const key = `${node} ${attempt}`;
    const submission = this.#submitted.get(key);
    const before = submission?.seq ?? 0;
    this.#expect(
      submission && this.#opened.get(node) === attempt,
      `${key} is accepted, but was not open and submitted`,
    );
    for (const call of calls) {
      const end = this.#succeeded.get(call);
      this.#expect(this.#asked.get(call)?.key === key && end && end.seq < before, `${key} rests on ${call}`);
    }
    const type = this.#node(node)?.type ?? 'agent';
    const wanted = WANTED[type];
    const isKept =
      wanted === undefined || calls.some((call) => ROLE[this.#asked.get(call)?.tool ?? ''] === wanted);
    this.#expect(isKept, `${key} is accepted without a call that ${wanted}`);
    if (type === 'decision') {
      const last = [...this.#asked].findLast(([, call]) => call.key === key && call.seq < before);
      const said = (this.#succeeded.get(last?.[0] ?? '')?.data.output as { routedTo?: string } | undefined)
        ?.routedTo;
      this.#expect(
        ROLE[last?.[1].tool ?? ''] === 'routes' && said === routedTo,
        `${key} went where no gate said`,
      );
    }
    if (type === 'data') {
      const oldest = Math.min(...calls.map((call) => this.#succeeded.get(call)?.at ?? 0));
      this.#expect((submission?.at ?? 0) - oldest <= MAX_AGE_MS, `${key} hands over stale data`);
    }
  }

  #opens(node: string, attempt: number): void {
    this.#expect(
      attempt === (this.#opened.get(node) ?? 0) + 1,
      `${node} begins attempt ${attempt} out of turn`,
    );
    const most = 1 + (this.#node(node)?.sla?.maxRetries ?? 2) + (this.#granted.get(node) ?? 0);
    this.#expect(attempt <= most, `${node} is asked ${attempt} times, at most ${most}`);
    this.#opened.set(node, attempt);
    const incoming = this.#workflow.edges.filter(({ to }) => to === node);
    const isReached = incoming.some(
      ({ from, when }) => this.#routes.has(from) && (when === undefined || this.#routes.get(from) === when),
    );
    this.#expect(incoming.length === 0 || isReached, `${node} begins although no path leads there`);
    for (const { from } of incoming) {
      const hasStandIn = typeof this.#node(from)?.onFailure === 'object';
      this.#expect(!this.#failed.has(from) || hasStandIn, `${node} begins without the data of ${from}`);
    }
    const replaced = this.#workflow.nodes.find(
      ({ onFailure }) => typeof onFailure === 'object' && onFailure.fallback === node,
    );
    this.#expect(
      !replaced || this.#failed.has(replaced.name),
      `${node} stands in for a node that has not failed`,
    );
  }

  #expect(holds: unknown, otherwise: string): void {
    if (!holds) this.wrong.push(otherwise);
  }

  #node(name: string): WorkflowSpec['nodes'][number] | undefined {
    return this.#workflow.nodes.find((node) => node.name === name);
  }
}
