/**
 * What the gate owes now: runs whose time is up, then the oldest answer. Nothing here changes the state: folding the
 * answer does.
 */
import type { EventData, Fact, Instant, RunId, TenantId } from '@writ/contracts';
import { MAX_OPEN_RUNS, MAX_REPORTED_FAILURES } from './limits.ts';
import { lint } from './lint.ts';
import { admitted, judged } from './judge.ts';
import { Progress, endsOf, openingOf } from './progress.ts';
import { newRun } from './state.ts';
import type { GateState, Owed, Run } from './state.ts';

type OwedOf<Kind extends Owed['kind']> = Extract<Owed, { readonly kind: Kind }>;

export function react(state: GateState, now: Instant): readonly Fact[] {
  const oldest = state.expiries.peek();
  if (oldest && oldest.expiresAtMs <= now)
    return [ended(oldest, { ...endsOf(oldest), status: 'expired', reason: 'its time was up' })];
  const [owed] = state.owed;
  if (!owed) return [];
  switch (owed.kind) {
    case 'run':
      return begun(state, owed);
    case 'submission':
      return judged(state, owed);
    case 'ruling':
      return ruled(state, owed);
    case 'cancel': {
      const run = runOf(state, owed);
      return run ? [ended(run, { ...endsOf(run), status: 'cancelled', reason: owed.reason })] : [];
    }
    case 'end': {
      const run = runOf(state, owed);
      return run ? [ended(run, endsOf(run))] : [];
    }
  }
}

function begun(state: GateState, { tenant, agent, data, isTaken }: OwedOf<'run'>): Fact[] {
  const { run: id, workflow, input } = data;
  const place = state.tenants.get(tenant);
  const refused = (problems: EventData<'run.refused'>['problems']): Fact[] => [
    { type: 'run.refused', tenant, data: { run: id, agent, problems } },
  ];
  if (!place || isTaken)
    return refused([
      { code: 'duplicate-run', message: `run "${id}" is known already, for another workflow or agent` },
    ]);
  if (place.runs.size >= MAX_OPEN_RUNS)
    return refused([
      { code: 'too-many-runs', message: `${MAX_OPEN_RUNS} runs of the tenant are open; end some first` },
    ]);
  const { contracts, problems } = lint(workflow, {
    tools: place.tools,
    types: place.types,
  });
  if (problems.length > 0) return refused([...problems]);
  const run = newRun({ id, tenant, agent, workflow, contracts, input, expiresAtMs: 0 });
  const progress = new Progress(run);
  const spread = progress.start();
  const blocked = admitted(run, progress, spread);
  return [{ type: 'run.opened', tenant, data: { run: id, agent, opens: spread.opens } }, ...blocked];
}

function ruled(state: GateState, { tenant, by, data }: OwedOf<'ruling'>): Fact[] {
  const run = state.tenants.get(tenant)?.runs.get(data.run);
  const planned = run?.plan.nodes.get(data.node);
  const node = run?.nodes.get(data.node);
  if (!run || !planned || node?.status !== 'person') return [];
  const spread =
    data.ruling === 'retry'
      ? { opens: [openingOf(planned, node.attempt + 1)], skips: [] }
      : new Progress(run).giveUp(data.node);
  const { run: id, node: name, ruling } = data;
  return [
    { type: 'node.reopened', tenant, data: { run: id, agent: run.agent, node: name, by, ruling, ...spread } },
  ];
}

function ended(run: Run, how: Pick<EventData<'run.completed'>, 'status' | 'nodes' | 'reason'>): Fact {
  const failures = run.failures.summary(MAX_REPORTED_FAILURES);
  return {
    type: 'run.completed',
    tenant: run.tenant,
    data: { run: run.id, agent: run.agent, ...how, failures },
  };
}

function runOf(
  state: GateState,
  { tenant, run }: { readonly tenant: TenantId; readonly run: RunId },
): Run | undefined {
  return state.tenants.get(tenant)?.runs.get(run);
}
