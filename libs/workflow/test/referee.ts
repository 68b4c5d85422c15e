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
const WANTED: Readonly<Record<string, string | undefined>> = {
  decision: 'routes',
  data: 'fetches',
  executor: 'acts',
};

/** One sentence for each rule that was broken. */
export function judge(facts: readonly RecordedFact[], workflow: WorkflowSpec): string[] {
  const wrong: string[] = [];
  const asked = new Map<string, Asked>();
  const succeeded = new Map<string, RecordedFact<'execution.completed'>>();
  const submitted = new Map<string, RecordedFact<'node.submitted'>>();
  const routes = new Map<string, string | undefined>();
  const opened = new Map<string, number>();
  const granted = new Map<string, number>();
  const failed = new Set<string>();
  for (const fact of facts) {
    switch (fact.type) {
      case 'tool.requested':
        for (const { invocation, tool } of fact.data.calls) {
          const { node = '', attempt = 0 } = fact.data.flow ?? {};
          asked.set(invocation, { tool, key: `${node} ${attempt}`, seq: fact.seq });
        }
        break;
      case 'execution.completed':
        if (fact.data.outcome === 'succeeded') succeeded.set(fact.data.invocation, fact);
        break;
      case 'node.submitted':
        submitted.set(`${fact.data.node} ${fact.data.attempt}`, fact);
        break;
      case 'contract.accepted':
        routes.set(fact.data.node, fact.data.routedTo);
        wrong.push(...acceptance(fact.data));
        break;
      case 'contract.rejected':
        if (fact.data.next === 'fail' || fact.data.next === 'fallback') failed.add(fact.data.node);
        break;
      case 'node.reopened':
        if (fact.data.ruling === 'retry') granted.set(fact.data.node, (granted.get(fact.data.node) ?? 0) + 1);
        break;
      default:
    }
    const { opens = [] } = fact.data as { opens?: EventData<'run.opened'>['opens'] };
    for (const { node, attempt } of opens) wrong.push(...opening(node, attempt));
  }
  return wrong;

  function acceptance({ node, attempt, calls, routedTo }: EventData<'contract.accepted'>): string[] {
    const found: string[] = [];
    const key = `${node} ${attempt}`;
    const submission = submitted.get(key);
    if (!submission || opened.get(node) !== attempt)
      found.push(`${key} is accepted, but was not open and submitted`);
    const before = submission?.seq ?? 0;
    const mine = [...asked].filter(([, call]) => call.key === key && call.seq < before);
    for (const call of calls) {
      const end = succeeded.get(call);
      if (asked.get(call)?.key !== key || !end || end.seq > before) found.push(`${key} rests on ${call}`);
    }
    const type = workflow.nodes.find(({ name }) => name === node)?.type ?? 'agent';
    const wanted = WANTED[type];
    if (wanted !== undefined && !calls.some((call) => ROLE[asked.get(call)?.tool ?? ''] === wanted))
      found.push(`${key} is accepted without a call that ${wanted}`);
    if (type === 'decision') {
      const last = mine.at(-1);
      const said = (succeeded.get(last?.[0] ?? '')?.data.output as { routedTo?: string } | undefined)
        ?.routedTo;
      if (ROLE[last?.[1].tool ?? ''] !== 'routes' || said !== routedTo)
        found.push(`${key} went where no gate said`);
    }
    if (type === 'data') {
      const oldest = Math.min(...calls.map((call) => succeeded.get(call)?.at ?? 0));
      if ((submission?.at ?? 0) - oldest > 3_600_000) found.push(`${key} hands over stale data`);
    }
    return found;
  }

  function opening(node: string, attempt: number): string[] {
    const found: string[] = [];
    if (attempt !== (opened.get(node) ?? 0) + 1) found.push(`${node} begins attempt ${attempt} out of turn`);
    const spec = workflow.nodes.find(({ name }) => name === node);
    const most = 1 + (spec?.sla?.maxRetries ?? 2) + (granted.get(node) ?? 0);
    if (attempt > most) found.push(`${node} is asked ${attempt} times, at most ${most}`);
    opened.set(node, attempt);
    const incoming = workflow.edges.filter(({ to }) => to === node);
    const taken = incoming.filter(
      ({ from, when }) => routes.has(from) && (when === undefined || routes.get(from) === when),
    );
    if (incoming.length > 0 && taken.length === 0) found.push(`${node} begins although no path leads there`);
    for (const { from } of incoming) {
      const standIn = workflow.nodes.find(({ name }) => name === from)?.onFailure;
      if (failed.has(from) && typeof standIn !== 'object')
        found.push(`${node} begins without the data of ${from}`);
    }
    const stoodInFor = workflow.nodes.find(
      ({ onFailure }) => typeof onFailure === 'object' && onFailure.fallback === node,
    );
    if (stoodInFor && !failed.has(stoodInFor.name))
      found.push(`${node} stands in for ${stoodInFor.name}, which has not failed`);
    return found;
  }
}
