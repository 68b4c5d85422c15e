/** How the gate's own facts move its state: exactly what they say, whoever computed them. */
import type { EventData, RecordedFact } from '@writ/contracts';
import { isOver } from './progress.ts';
import { contractsOf } from './plan.ts';
import { dropRun, newRun, projectFailures, releaseKey } from './state.ts';
import type { GateState, NodeState, Owed, Release, Run, Tenant } from './state.ts';
import type { Tried } from './failures.ts';

export type OwnFact = RecordedFact<
  'run.opened' | 'run.refused' | 'run.completed' | 'contract.accepted' | 'contract.rejected' | 'node.reopened'
>;

export function foldOwn(state: GateState, fact: OwnFact): void {
  const [head] = state.owed;
  const answered = head !== undefined && answers(head, fact) ? head : undefined;
  if (answered) state.owed.shift();
  const tenant = state.tenants.get(fact.tenant);
  if (!tenant) return;
  if (fact.type === 'run.opened') opened(state, tenant, fact, answered);
  const run = tenant.runs.get(fact.data.run);
  if (run) {
    switch (fact.type) {
      case 'contract.accepted':
        accepted(state, tenant, run, fact.data, answered);
        break;
      case 'contract.rejected':
        rejected(tenant, run, fact.data, fact.at);
        break;
      case 'node.reopened':
        reopened(run, fact.data, fact.at);
        break;
      case 'run.completed':
        release(state, { tenant: tenant.id, run: run.id, fact: { type: 'flow.ended', data: fact.data } });
        dropRun(state, tenant, run);
        break;
      default:
    }
    if (fact.type !== 'run.completed') openAll(run, fact.data as EventData<'run.opened'>, fact.at);
    if (tenant.runs.has(run.id) && isOver(run))
      state.owed.push({ kind: 'end', tenant: tenant.id, run: run.id });
  }
  forgetDead(state);
}

/** Whether `fact` is the answer to what was asked first. */
function answers(head: Owed, { type, tenant, data }: OwnFact): boolean {
  if (head.tenant !== tenant) return false;
  switch (head.kind) {
    case 'run':
      return (type === 'run.opened' || type === 'run.refused') && head.data.run === data.run;
    case 'submission': {
      if (type !== 'contract.accepted' && type !== 'contract.rejected') return false;
      const { run, node, attempt } = head.data;
      return run === data.run && node === data.node && attempt === data.attempt;
    }
    case 'ruling':
      return type === 'node.reopened' && head.data.run === data.run && head.data.node === data.node;
    case 'cancel':
    case 'end':
      return type === 'run.completed' && head.run === data.run;
  }
}

/** What nobody waits for any more gets no answer: it must not stand in the way of the others. */
function forgetDead(state: GateState): void {
  for (let head = state.owed[0]; head && isDead(state, head); head = state.owed[0]) state.owed.shift();
}

function isDead(state: GateState, head: Owed): boolean {
  const runs = state.tenants.get(head.tenant)?.runs;
  if (head.kind === 'cancel' || head.kind === 'end') return !runs?.has(head.run);
  return head.kind === 'ruling' && runs?.get(head.data.run)?.nodes.get(head.data.node)?.status !== 'person';
}

/** Contracts are fixed here: by the catalog as the author of this fact had folded it. */
function opened(
  state: GateState,
  tenant: Tenant,
  fact: RecordedFact<'run.opened'>,
  owed: Owed | undefined,
): void {
  if (owed?.kind !== 'run') return;
  const { run: id, workflow, input } = owed.data;
  const { contracts } = contractsOf(workflow, tenant.types, tenant.tools);
  const expiresAtMs = fact.at + workflow.timeoutSeconds * 1_000;
  const run = newRun({ id, tenant: tenant.id, agent: owed.agent, workflow, contracts, input, expiresAtMs });
  tenant.runs.set(id, run);
  state.expiries.push(run);
}

function accepted(
  state: GateState,
  tenant: Tenant,
  run: Run,
  data: EventData<'contract.accepted'>,
  owed: Owed | undefined,
): void {
  const node = run.nodes.get(data.node);
  if (!node || node.status !== 'open' || owed?.kind !== 'submission') return;
  const { outputDigest, routedTo, dataAsOfMs, attempt } = data;
  const { output } = owed.data;
  node.status = 'accepted';
  node.output = output;
  node.outputDigest = outputDigest;
  if (routedTo !== undefined) node.routedTo = routedTo;
  const calls = data.calls.flatMap((invocation) => tenant.calls.get(invocation)?.tool ?? []);
  for (const { rule } of node.broken) {
    for (const book of books(tenant, run)) book.fixed(triedBy(tenant, run, data.node, node), rule, calls);
  }
  const label = {
    ...(routedTo === undefined ? {} : { routedTo }),
    ...(dataAsOfMs === undefined ? {} : { dataAsOfMs }),
  };
  const flow = { node: data.node, attempt, output, outputDigest, ...label };
  release(state, { tenant: tenant.id, run: run.id, fact: { type: 'flow.released', data: flow } });
}

function rejected(tenant: Tenant, run: Run, data: EventData<'contract.rejected'>, at: number): void {
  const node = run.nodes.get(data.node);
  if (!node || data.next === 'ignored' || (node.status !== 'open' && node.status !== 'waiting')) return;
  const tried = triedBy(tenant, run, data.node, node);
  for (const { rule, detail } of data.violations) {
    node.broken.push({ rule, detail });
    for (const book of books(tenant, run)) book.failed(tried, rule, detail);
  }
  node.feedback = data.feedback;
  if (data.next === 'person') node.status = 'person';
  else if (data.next !== 'retry') node.status = 'failed';
  node.openedAtMs = at;
}

function reopened(run: Run, data: EventData<'node.reopened'>, at: number): void {
  const node = run.nodes.get(data.node);
  if (node?.status !== 'person') return;
  if (data.ruling === 'retry') node.granted += 1;
  else node.status = 'failed';
  node.openedAtMs = at;
}

function openAll(
  run: Run,
  { opens, skips }: { opens?: EventData<'run.opened'>['opens']; skips?: string[] },
  at: number,
): void {
  for (const { node: name, attempt } of opens ?? []) {
    const node = run.nodes.get(name);
    if (!node) continue;
    node.status = 'open';
    node.attempt = attempt;
    node.openedAtMs = at;
    node.calls = [];
  }
  for (const name of skips ?? []) {
    const node = run.nodes.get(name);
    if (node) node.status = 'skipped';
  }
}

function release(state: GateState, one: Release): void {
  state.releases.set(releaseKey(one), one);
}

function books(tenant: Tenant, run: Run): ReturnType<typeof projectFailures>[] {
  return [run.failures, projectFailures(tenant, run.workflow.project)];
}

function triedBy(tenant: Tenant, run: Run, name: string, { calls }: NodeState): Tried {
  const planned = run.plan.nodes.get(name);
  const offered = planned?.node.tools ?? [];
  const called = calls.flatMap((invocation) => tenant.calls.get(invocation)?.tool ?? []);
  return {
    nodeType: planned?.node.type ?? 'agent',
    tools: offered.length > 0 ? offered : [...new Set(called)],
  };
}
