/** The answer to a submission: accepted with what follows from it, or rejected with what the agent has to do next. */
import type { EventData, Fact, TenantId, Violation } from '@writ/contracts';
import { check } from './check.ts';
import type { Kept } from './check.ts';
import { feedbackOf } from './feedback.ts';
import { MAX_INPUT_DETAIL_LENGTH } from './limits.ts';
import type { PlannedNode } from './plan.ts';
import { Progress, openingOf } from './progress.ts';
import type { Spread } from './progress.ts';
import { schemaCheck } from './schema-check.ts';
import type { Call, GateState, NodeState, Owed, Run } from './state.ts';

type Submission = Extract<Owed, { readonly kind: 'submission' }>;

/** An attempt of a run as it is being judged. */
interface Judged {
  readonly run: Run;
  readonly planned: PlannedNode;
  readonly node: NodeState;
  readonly submission: Submission;
}

export function judged(state: GateState, submission: Submission): Fact[] {
  const { tenant: id, agent, data } = submission;
  const tenant = state.tenants.get(id);
  const run = tenant?.runs.get(data.run);
  const planned = run?.plan.nodes.get(data.node);
  const node = run?.nodes.get(data.node);
  const misplaced = misplacement(submission, run, node);
  if (!tenant || !run || !planned || !node || misplaced) return [ignored(id, agent, data, misplaced)];
  const calls = node.calls.flatMap((invocation) => tenant.calls.get(invocation) ?? []);
  const { kept, violations } = check({
    planned,
    openedAtMs: node.openedAtMs,
    submission: data,
    submittedSeq: submission.seq,
    submittedAtMs: submission.atMs,
    asked: calls.filter((call) => call.askedSeq < submission.seq),
    lookup: (invocation) => tenant.calls.get(invocation),
  });
  const judgement: Judged = { run, planned, node, submission };
  return kept ? accepted(judgement, kept) : [rejected(judgement, 'output', violations)];
}

/** Checks what flows into nodes that are about to begin; those that cannot are taken out of `spread` and end here. */
export function admitted(run: Run, progress: Progress, spread: Spread): Fact[] {
  const facts: Fact[] = [];
  const admit = (into: Spread): void => {
    const unfit = into.opens.flatMap((opening) => {
      const violation = inputViolation(run, progress, opening.node);
      return violation ? [{ opening, violation }] : [];
    });
    for (const { opening, violation } of unfit) {
      into.opens.splice(into.opens.indexOf(opening), 1);
      const { next, spread: after } = progress.block(opening.node);
      admit(after);
      const { id, agent, tenant } = run;
      const where = { run: id, agent, node: opening.node, attempt: 0, side: 'input' as const };
      const feedback = `Node "${opening.node}" does not start.`;
      const data = { ...where, violations: [violation], feedback, next, ...after };
      facts.push({ type: 'contract.rejected', tenant, data });
    }
  };
  admit(spread);
  return facts;
}

function accepted(judgement: Judged, kept: Kept): Fact[] {
  const { run, planned, submission } = judgement;
  const { node: name, attempt, output } = submission.data;
  const progress = new Progress(run);
  const spread = progress.accept(name, output, kept.routedTo);
  if (canRetry(judgement)) {
    for (const { node } of spread.opens) {
      if (run.plan.nodes.get(node)?.node.onInvalidInput !== 'retry') continue;
      const violation = inputViolation(run, progress, node);
      if (violation) return [rejected(judgement, 'input', [violation])];
    }
  }
  const blocked = admitted(run, progress, spread);
  const { routedTo, dataAsOfMs, confirmed, outputDigest, calls } = kept;
  const data: EventData<'contract.accepted'> = {
    run: run.id,
    agent: run.agent,
    node: planned.node.name,
    attempt,
    outputDigest,
    calls: calls.map(({ invocation }: Call) => invocation),
    ...(routedTo === undefined ? {} : { routedTo }),
    ...(dataAsOfMs === undefined ? {} : { dataAsOfMs }),
    ...(confirmed === undefined ? {} : { confirmed }),
    ...spread,
  };
  return [{ type: 'contract.accepted', tenant: run.tenant, data }, ...blocked];
}

function rejected(judgement: Judged, side: 'input' | 'output', violations: readonly Violation[]): Fact {
  const { run, node, submission } = judgement;
  const { node: name, attempt } = submission.data;
  const feedback = feedbackOf(name, violations);
  const where = { run: run.id, agent: run.agent, node: name, attempt, side };
  const told = { ...where, violations: [...violations], feedback };
  if (canRetry(judgement)) {
    const again = { opens: [openingOf(judgement.planned, node.attempt + 1)], skips: [] };
    return { type: 'contract.rejected', tenant: run.tenant, data: { ...told, next: 'retry', ...again } };
  }
  const progress = new Progress(run);
  const { next, spread } = progress.fail(name);
  return { type: 'contract.rejected', tenant: run.tenant, data: { ...told, next, ...spread } };
}

function canRetry({ node, planned }: Judged): boolean {
  return node.attempt <= planned.contract.maxRetries + node.granted;
}

/** Why a submission meets no open attempt. */
function misplacement(
  { agent, data }: Submission,
  run: Run | undefined,
  node: NodeState | undefined,
): Violation | undefined {
  if (!run) return { rule: 'unknown-run', detail: `run "${data.run}" is not open` };
  if (run.agent !== agent)
    return { rule: 'not-your-run', detail: `run "${data.run}" belongs to another agent` };
  if (!node) return { rule: 'unknown-node', detail: `run "${data.run}" has no node "${data.node}"` };
  if (node.status !== 'open')
    return {
      rule: 'node-not-open',
      detail: `node "${data.node}" is ${node.status}: its output is not asked for`,
    };
  if (node.attempt !== data.attempt)
    return {
      rule: 'attempt-not-open',
      detail: `attempt ${data.attempt} is over; attempt ${node.attempt} is open`,
    };
  return undefined;
}

function ignored(
  tenant: TenantId,
  agent: Submission['agent'],
  { run, node, attempt }: EventData<'node.submitted'>,
  violation: Violation = { rule: 'unknown-run', detail: `run "${run}" is not open` },
): Fact<'contract.rejected'> {
  const told = { violations: [violation], feedback: feedbackOf(node, [violation]) };
  const data = {
    run,
    agent,
    node,
    attempt,
    side: 'output' as const,
    ...told,
    next: 'ignored' as const,
    opens: [],
    skips: [],
  };
  return { type: 'contract.rejected', tenant, data };
}

function inputViolation(run: Run, progress: Progress, name: string): Violation | undefined {
  const schema = run.plan.nodes.get(name)?.node.inputSchema;
  if (schema === undefined) return undefined;
  const wrong = schemaCheck(schema)(progress.inputOf(name), 'input');
  return wrong === undefined
    ? undefined
    : {
        rule: 'input-schema',
        detail: `what node "${name}" would get: ${wrong}`.slice(0, MAX_INPUT_DETAIL_LENGTH),
      };
}
