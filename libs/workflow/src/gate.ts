/**
 * The gate: a node's data flows on only when its contract is kept, checked against the ledger. It writes beside policy
 * on the decisions subject; what it lets through is copied to the run's flows subject by the service that hosts it.
 */
import { SubjectKind } from '@writ/contracts';
import type { Decider } from '@writ/contracts';
import { evolve } from './evolve.ts';
import { react } from './react.ts';
import { restore, snapshot } from './snapshot.ts';
import { initial } from './state.ts';
import type { GateState } from './state.ts';

export const gate: Decider<GateState> & Required<Pick<Decider<GateState>, 'wants'>> = {
  name: 'gate',
  version: 2,
  writes: SubjectKind.decisions,
  reads: new Set([
    SubjectKind.requests,
    SubjectKind.catalog,
    SubjectKind.approvals,
    SubjectKind.budget,
    SubjectKind.schedule,
    SubjectKind.executions,
    SubjectKind.flows,
  ]),
  wants,
  initial,
  evolve,
  react,
  snapshot,
  restore,
};

/** What becomes of calls matters only while a run waits for one; without runs the gate costs nothing. */
function wants(state: GateState, kind: SubjectKind): boolean {
  switch (kind) {
    case SubjectKind.budget:
    case SubjectKind.schedule:
    case SubjectKind.executions:
      return state.pendingCalls > 0;
    case SubjectKind.flows:
      return state.releases.size > 0;
    default:
      return true;
  }
}
