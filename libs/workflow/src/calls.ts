/**
 * What the ledger says of the calls of open runs. A call belongs to the attempt that its request names, if that attempt
 * was open for the agent that asked; its end is the first terminal fact about it. Nothing else is ever counted.
 */
import { RunOutcome, ToolRole, Verdict } from '@writ/contracts';
import type { FlowOfCall, RecordedFact } from '@writ/contracts';
import type { Call, CallStatus, GateState } from './state.ts';

/** Longest reason that is remembered of a call. */
const MAX_WHY_LENGTH = 200;

type Ending = RecordedFact<
  | 'execution.completed'
  | 'policy.decided'
  | 'request.rejected'
  | 'budget.refused'
  | 'schedule.refused'
  | 'schedule.resolved'
  | 'invocation.cancelled'
>;

export function callAsked(state: GateState, fact: RecordedFact<'tool.requested'>, flow: FlowOfCall): void {
  const tenant = state.tenants.get(fact.tenant);
  const run = tenant?.runs.get(flow.run);
  const node = run?.nodes.get(flow.node);
  if (!tenant || !run || !node || run.agent !== fact.origin) return;
  if (node.status !== 'open' || node.attempt !== flow.attempt) return;
  const most = run.plan.nodes.get(flow.node)?.contract.maxToolCalls ?? 0;
  for (const { invocation, tool } of fact.data.calls) {
    // One more than may be is remembered, so that it is noticed; an agent cannot make the gate remember without end.
    if (tenant.calls.has(invocation) || node.calls.length > most) continue;
    const roles = tenant.tools.get(tool)?.roles ?? [];
    const place = { order: run.nextOrder++, askedSeq: fact.seq };
    tenant.calls.set(invocation, {
      invocation,
      flow,
      tool,
      roles,
      ...place,
      status: 'pending',
      endSeq: 0,
      endAtMs: 0,
    });
    node.calls.push(invocation);
    run.calls.push(invocation);
    state.pendingCalls += 1;
  }
}

export function callEnded(state: GateState, fact: Ending): void {
  const { invocation } = fact.data;
  const call = invocation === undefined ? undefined : state.tenants.get(fact.tenant)?.calls.get(invocation);
  if (call?.status !== 'pending') return;
  const end = endOf(fact);
  if (!end) return;
  call.status = end.status;
  call.endSeq = fact.seq;
  call.endAtMs = fact.at;
  if (end.why !== undefined) call.why = end.why.slice(0, MAX_WHY_LENGTH);
  if (fact.type === 'execution.completed') keepRoute(call, fact.data.output);
  state.pendingCalls -= 1;
}

function endOf(fact: Ending): { readonly status: CallStatus; readonly why?: string | undefined } | undefined {
  switch (fact.type) {
    case 'execution.completed': {
      const { outcome, error } = fact.data;
      if (outcome === RunOutcome.succeeded) return { status: 'succeeded' };
      return {
        status: outcome === RunOutcome.cancelled ? 'cancelled' : 'failed',
        why: error?.message ?? outcome,
      };
    }
    case 'policy.decided':
      return fact.data.verdict === Verdict.deny
        ? { status: 'denied', why: fact.data.denial?.reason }
        : undefined;
    case 'request.rejected':
      // Another message that repeats the id is rejected; the call itself goes on.
      return fact.data.reason === 'duplicate-id' ? undefined : { status: 'refused', why: fact.data.detail };
    case 'budget.refused':
    case 'schedule.refused':
      return { status: 'refused', why: fact.data.detail };
    case 'schedule.resolved':
      return { status: fact.data.outcome, why: fact.data.reason };
    case 'invocation.cancelled':
      return { status: 'cancelled', why: fact.data.reason };
  }
}

function keepRoute(call: Call, output: unknown): void {
  if (!call.roles.includes(ToolRole.decision) || typeof output !== 'object' || output === null) return;
  const { routedTo } = output as { readonly routedTo?: unknown };
  if (typeof routedTo === 'string') call.routedTo = routedTo.slice(0, MAX_WHY_LENGTH);
}
