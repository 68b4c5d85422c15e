/**
 * The fold of the gate: what agents and people send makes it owe answers, what becomes of their calls is remembered, its
 * own facts move the runs on. Total: what does not fit changes nothing. Updates the state in place.
 */
import type { RecordedFact } from '@writ/contracts';
import { callAsked, callEnded } from './calls.ts';
import { foldOwn } from './own-facts.ts';
import { takeCancel, takeRuling, takeRun, takeSubmission } from './intake.ts';
import { keyOfRelease, tenantOf } from './state.ts';
import type { GateState } from './state.ts';
import { plannedTool } from './tools.ts';

export function evolve(state: GateState, fact: RecordedFact): GateState {
  switch (fact.type) {
    case 'tool.requested':
      if (fact.data.flow) callAsked(state, fact, fact.data.flow);
      break;
    case 'execution.completed':
    case 'policy.decided':
    case 'request.rejected':
    case 'budget.refused':
    case 'schedule.refused':
    case 'schedule.resolved':
    case 'invocation.cancelled':
      if (state.pendingCalls > 0) callEnded(state, fact);
      break;
    case 'run.requested':
      takeRun(state, fact);
      break;
    case 'node.submitted':
      takeSubmission(state, fact);
      break;
    case 'run.cancel-requested':
      takeCancel(state, fact);
      break;
    case 'node.ruled':
      takeRuling(state, fact);
      break;
    case 'run.opened':
    case 'run.refused':
    case 'run.completed':
    case 'contract.accepted':
    case 'contract.rejected':
    case 'node.reopened':
      foldOwn(state, fact);
      break;
    case 'flow.released':
    case 'flow.ended':
      released(state, fact);
      break;
    default:
      foldCatalog(state, fact);
  }
  return state;
}

function foldCatalog(state: GateState, fact: RecordedFact): void {
  switch (fact.type) {
    case 'tool.registered':
      tenantOf(state, fact.tenant).tools.set(fact.data.tool.name, plannedTool(fact.data.tool));
      return;
    case 'tool.retired':
      tenantOf(state, fact.tenant).tools.delete(fact.data.tool);
      return;
    case 'node-type.defined':
      tenantOf(state, fact.tenant).types.set(fact.data.nodeType.name, fact.data.nodeType);
      return;
    case 'node-type.retired':
      tenantOf(state, fact.tenant).types.delete(fact.data.nodeType);
      return;
    default:
  }
}

/** It stands on the run's subject now. */
function released(state: GateState, fact: RecordedFact<'flow.released' | 'flow.ended'>): void {
  const node = fact.type === 'flow.released' ? fact.data.node : '';
  state.releases.delete(keyOfRelease(fact.tenant, fact.origin, node));
}
